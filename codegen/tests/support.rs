//! What several tests need: the fixtures, and goldens that refresh themselves.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crictl_codegen::release::{self, Release};

/// A path below this crate.
pub(crate) fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// The releases whose protos are kept for the tests, the oldest first, and then those that were adopted since.
pub(crate) fn releases() -> Vec<Release> {
    let all = |folder| release::all(&path(folder)).expect("the folder is there");
    let mut releases = all("tests/proto");
    let adopted = all("../proto").into_iter().filter(|it| !releases.iter().any(|kept| kept.name == it.name));
    let adopted: Vec<_> = adopted.collect();
    releases.extend(adopted);
    releases
}

/// The protos below a folder with their names, sorted.
pub(crate) fn tree(root: &Path) -> Vec<(String, String)> {
    fn collect(root: &Path, folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("the folder can be read").path();
            match path.is_dir() {
                true => collect(root, &path, found),
                false => {
                    let name =
                        path.strip_prefix(root).expect("it is below").to_str().expect("a name").replace('\\', "/");
                    let text = fs::read_to_string(&path).expect("it can be read").replace("\r\n", "\n");
                    found.push((name, text));
                }
            }
        }
    }
    let mut found = Vec::new();
    collect(root, root, &mut found);
    found.sort();
    found
}

/// Compares the files with what they must be. Stale ones are rewritten, then the test fails:
/// whoever reviews the change reads the difference, and nobody edits a golden by hand.
pub(crate) fn refresh(files: impl IntoIterator<Item = (PathBuf, String)>) {
    let mut stale = Vec::new();
    for (path, expected) in files {
        let actual = fs::read_to_string(&path).unwrap_or_default();
        if actual.replace("\r\n", "\n") != expected {
            let folder = path.parent().expect("a file is in a folder");
            fs::create_dir_all(folder).expect("the folder can be made");
            fs::write(&path, expected).expect("the file can be written");
            stale.push(path);
        }
    }
    assert!(stale.is_empty(), "rewritten, review and commit: {stale:#?}");
}

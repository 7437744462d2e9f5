//! Output that is too long to stand in a test: a file of its own.

use std::fs;
use std::path::Path;

/// Compares with a file of `tests/golden` that is rewritten where it differs; the reviewer sees the difference in the
/// commit.
pub(crate) fn golden(name: &str, actual: &str) {
    goldens(Path::new("tests/golden"), &[(name.to_owned(), actual.to_owned())]);
}

/// As [`golden`], with several files of a folder.
pub(crate) fn goldens(folder: &Path, files: &[(String, String)]) {
    let is_stale =
        |(name, actual): &&(String, String)| fs::read_to_string(folder.join(name)).unwrap_or_default() != *actual;
    let stale: Vec<_> = files.iter().filter(is_stale).collect();
    for (name, actual) in &stale {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join(name), actual).unwrap();
    }
    let names: Vec<_> = stale.iter().map(|(name, _)| folder.join(name).display().to_string()).collect();
    assert!(names.is_empty(), "{} was stale and is rewritten now: review it, commit it", names.join(", "));
}

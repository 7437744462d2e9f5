//! Which of the vendored protos is built.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::Error;

/// A vendored proto.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The name of its folder, `1.36`.
    pub name: String,
    /// The proto.
    pub proto: PathBuf,
}

/// The release that is wanted, or the highest one, of those under `protos`.
///
/// # Errors
///
/// When there is none, or not the one that is wanted.
pub fn pick(protos: &Path, wanted: Option<&str>) -> Result<Release, Error> {
    let mut releases = all(protos)?;
    let Some(wanted) = wanted else {
        let path = protos.to_owned();
        return releases.pop().ok_or(Error::NoRelease { path });
    };
    let existing = releases.iter().map(|release| release.name.clone());
    let existing = existing.collect();
    let found = releases.into_iter().find(|release| release.name == wanted);
    found.ok_or_else(|| Error::UnknownRelease { wanted: wanted.to_owned(), existing })
}

/// All releases under `protos`, the lowest first.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn all(protos: &Path) -> Result<Vec<Release>, Error> {
    let failed = |source| Error::Io { path: protos.to_owned(), source };
    let mut releases = Vec::new();
    for entry in fs::read_dir(protos).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let proto = entry.path().join("api.proto");
        if proto.is_file() {
            let name = entry.file_name().to_string_lossy().into_owned();
            releases.push(Release { name, proto });
        }
    }
    releases.sort_by_key(|release| numbers(&release.name));
    Ok(releases)
}

/// Releases are compared by number, because 1.9 is older than 1.36.
fn numbers(name: &str) -> Vec<u64> {
    name.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vendored(names: &[&str]) -> tempfile::TempDir {
        let protos = tempfile::tempdir().expect("a scratch folder");
        for name in names {
            let folder = protos.path().join(name);
            fs::create_dir(&folder).expect("it can be made");
            fs::write(folder.join("api.proto"), "").expect("it can be written");
        }
        protos
    }

    #[test]
    fn the_highest_release_is_built_by_number() {
        let protos = vendored(&["1.9", "1.36", "1.4"]);
        let picked = pick(protos.path(), None).expect("there is one");
        assert_eq!(picked.name, "1.36");
        assert_eq!(picked.proto, protos.path().join("1.36").join("api.proto"));
    }

    #[test]
    fn the_release_that_is_wanted_is_built() {
        let protos = vendored(&["1.9", "1.36"]);
        let picked = pick(protos.path(), Some("1.9")).expect("there is one");
        assert_eq!(picked.name, "1.9");
    }

    #[test]
    fn a_release_that_is_not_there_is_refused_with_those_that_are() {
        let protos = vendored(&["1.36", "1.9"]);
        let error = pick(protos.path(), Some("1.8")).expect_err("it is not there");
        let text = error.to_string();
        assert_eq!(text, "no proto of release 1.8: there are 1.9, 1.36");
    }

    #[test]
    fn a_folder_without_protos_is_refused() {
        let protos = vendored(&[]);
        let error = pick(protos.path(), None).expect_err("there is none");
        assert!(matches!(error, Error::NoRelease { .. }));
    }
}

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

//! Chooses the vendored proto to build.

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
    /// The proto, or the folder of several.
    pub proto: PathBuf,
}

/// The requested release, or the highest one, of those under `protos`.
///
/// # Errors
///
/// When there is none, or the requested one does not exist.
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

/// The releases of an API of many files, each in a folder of its own, the lowest first.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn trees(protos: &Path) -> Result<Vec<Release>, Error> {
    let entries = fs::read_dir(protos).map_err(|source| Error::Io { path: protos.to_owned(), source })?;
    let folders = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut releases: Vec<_> = folders.map(|proto| Release { name: name(&proto), proto }).collect();
    releases.sort_by_key(|release| numbers(&release.name));
    Ok(releases)
}

/// The name of a release: the given one, or the only one in the path of its proto, where a patch release counts as its
/// release.
///
/// # Errors
///
/// When the given name is not a release, or the path has none or several.
pub fn name(given: Option<&str>, proto: &Path) -> Result<String, Error> {
    if let Some(given) = given {
        let name = given.to_owned();
        return if is_name(given) { Ok(name) } else { Err(Error::BadRelease { name }) };
    }
    let path = proto.to_string_lossy();
    let words = path.split(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let names = words.filter_map(|word| {
        let mut parts = word.trim_matches('.').splitn(3, '.');
        let name = format!("{}.{}", parts.next()?, parts.next()?);
        is_name(&name).then_some(name)
    });
    let mut names: Vec<_> = names.collect();
    names.dedup();
    match names.as_slice() {
        [name] => Ok(name.clone()),
        _ => Err(Error::UnnamedRelease { path: proto.to_owned(), names }),
    }
}

/// Two numbers, as in `1.36`.
fn is_name(name: &str) -> bool {
    let number = |text: &str| text.parse::<u32>().is_ok_and(|number| number.to_string() == text);
    name.split_once('.').is_some_and(|(major, minor)| number(major) && number(minor))
}

/// Releases are compared as numbers, because 1.9 is older than 1.36.
pub(crate) fn numbers(name: &str) -> Vec<u64> {
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
        assert_eq!(text, "no proto of release 1.8: choose one of 1.9, 1.36");
    }

    #[test]
    fn a_release_is_named_by_hand_or_by_the_one_in_its_path() {
        let told = |path: &str| name(None, Path::new(path)).map_err(|error| error.to_string());
        for path in ["proto/1.37/api.proto", "kubernetes-1.37.2/v1/api.proto", "api-v1.37.proto", "1.37/release-1.37/a"]
        {
            assert_eq!(told(path).as_deref(), Ok("1.37"), "{path}");
        }
        let error = "which release is v1/api.proto? its path does not say: give it with --release 1.37";
        assert_eq!(told("v1/api.proto"), Err(error.to_owned()));
        let error = "which release is 1.36/1.37.proto? its path says 1.36, 1.37: give it with --release 1.37";
        assert_eq!(told("1.36/1.37.proto"), Err(error.to_owned()));
        assert_eq!(name(Some("1.38"), Path::new("1.37")).expect("it is one"), "1.38");
    }

    #[test]
    fn what_is_no_release_is_refused() {
        for given in ["", "1", "1.", "v1.37", "1.37.0", "1.037", "../1", "1.x", "-1.2"] {
            let error = name(Some(given), Path::new("1.37")).expect_err(given).to_string();
            assert_eq!(error, format!("{given:?} is not a release: expected two numbers, as in 1.37"));
        }
    }

    #[test]
    fn a_folder_without_protos_is_refused() {
        let protos = vendored(&[]);
        let error = pick(protos.path(), None).expect_err("there is none");
        assert!(matches!(error, Error::NoRelease { .. }));
    }
}

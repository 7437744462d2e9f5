//! The earlier files of a log, which a kubelet, logrotate or Docker keeps beside the one being written.

use std::cmp::Reverse;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The rotated files, oldest first as far as names tell.
pub(crate) fn older(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = files(path)?;
    // Any other file beside a log is not a part of it: a kubelet's `.tmp`, an editor's copy.
    files.retain(|(suffix, _)| !matches!(suffix.age, Age::Other(_)));
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

/// The files that share the log's name, whoever created them, sorted by name.
pub(crate) fn beside(path: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(files(path)?.into_iter().map(|(_, path)| path).collect())
}

fn files(path: &Path) -> io::Result<Vec<(Suffix, PathBuf)>> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    let entries = match fs::read_dir(folder) {
        // The container was removed, and its logs with it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let suffix = entry.file_name().to_str().and_then(|file| suffix(file, name));
        found.extend(suffix.map(|suffix| (suffix, entry.path())));
    }
    found.sort();
    // While a file is being compressed both forms exist; the plain one sorts first, and is complete.
    found.dedup_by(|later, earlier| later.0.age == earlier.0.age);
    Ok(found)
}

/// The suffix after the log's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Suffix {
    age: Age,
    packed: bool,
}

/// How old a file is, judged only by its name: compressing changes the file's own times.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Age {
    /// The name does not say.
    Other(String),
    /// Docker and logrotate number the files; the oldest has the highest number.
    Number(Reverse<u32>),
    /// A kubelet writes the time, `20240301-100000`; so does logrotate if configured to.
    Date(String),
}

/// The suffix of a file whose name starts with the log's name, `name`.
fn suffix(file: &str, name: &str) -> Option<Suffix> {
    let rest = file.strip_prefix(name)?;
    if rest.starts_with(char::is_alphanumeric) || rest.is_empty() {
        return None;
    }
    let (rest, packed) = match rest.strip_suffix(".gz") {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let age = rest.strip_prefix(['.', '-']).unwrap_or_default();
    let age = match age.parse() {
        Ok(number) if age.len() < 5 => Age::Number(Reverse(number)),
        _ if age.len() >= 8 && age.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') => {
            Age::Date(age.to_owned())
        }
        _ => Age::Other(rest.to_owned()),
    };
    Some(Suffix { age, packed })
}

/// The log of an earlier attempt: a kubelet names the logs `ATTEMPT.log` and keeps them in one folder.
///
/// # Errors
/// The name of the log has no extension to keep.
pub(crate) fn previous(path: &Path, attempt: u32) -> Result<PathBuf, Error> {
    let extension = path.extension().and_then(|extension| extension.to_str()).ok_or_else(|| {
        Error::failure(format!("the log path {} has no extension", path.display()))
            .hint("the log of an earlier instance can be found only if this one is called ATTEMPT.log")
    })?;
    Ok(path.with_file_name(format!("{attempt}.{extension}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_put_aside_are_found_oldest_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("0.log");
        assert_eq!(older(&log).expect("a folder"), Vec::<PathBuf>::new());
        for name in [
            "0.log",
            "0.log.20240301-100001",
            "0.log.20240301-100001.gz",
            "0.log.20240229-235959.gz",
            "0.log.20240301-110000.tmp",
            "0.log.20240302-000000",
            "0.log.bak",
            "1.log.20240302-000000",
        ] {
            fs::write(folder.path().join(name), "").expect("a file");
        }
        let expected = ["0.log.20240229-235959.gz", "0.log.20240301-100001", "0.log.20240302-000000"];
        assert_eq!(older(&log).expect("a folder"), expected.map(|name| folder.path().join(name)));
        let others = ["0.log.20240301-110000.tmp", "0.log.bak"];
        let all = others.iter().chain(&expected).map(|name| folder.path().join(name)).collect::<Vec<_>>();
        assert_eq!(beside(&log).expect("a folder"), all);
    }

    #[test]
    fn numbered_files_are_older_the_higher_the_number() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["x-json.log", "x-json.log.1", "x-json.log.2.gz", "x-json.log.10.gz"] {
            fs::write(folder.path().join(name), "").expect("a file");
        }
        let expected = ["x-json.log.10.gz", "x-json.log.2.gz", "x-json.log.1"];
        let found = older(&folder.path().join("x-json.log")).expect("a folder");
        assert_eq!(found, expected.map(|name| folder.path().join(name)));
    }
}

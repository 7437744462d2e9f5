//! `proto/PROVENANCE.toml`: the hash of each release's protos and, above that, a description of the files.

use sha2::{Digest, Sha256};

/// The section of the CRI's releases.
pub(super) const CRI: &str = "[releases]";
/// The section of containerd's.
pub(super) const CONTAINERD: &str = "[containerd.releases]";

/// The hash of one file.
pub(super) fn of_file(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}

/// The hash of files by their names: that of what `sha256sum` says of all of them.
#[must_use]
pub fn of_tree(files: &[(String, String)]) -> String {
    let lines = files.iter().map(|(name, text)| format!("{}  {}\n", of_file(text), name));
    of_file(&lines.collect::<String>())
}

/// The text with the hash of a release: its line in the section is replaced or added. Everything else stays as it is,
/// comments included.
pub(super) fn with(text: &str, heading: &str, release: &str, hash: &str) -> String {
    let line = format!("{release:?} = {hash:?}");
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    let section = lines.iter().position(|line| line.trim() == heading);
    let first = section.map_or_else(
        || {
            lines.push(heading.to_owned());
            lines.len()
        },
        |at| at + 1,
    );
    let end = lines[first..].iter().position(|line| line.trim_start().starts_with('['));
    let end = end.map_or(lines.len(), |length| first + length);
    let numbers = crate::release::numbers(release);
    // After the last release that is not higher than this one; if there is none, before all others.
    let last = (first..end).rfind(|at| name(&lines[*at]).is_some_and(|it| crate::release::numbers(it) <= numbers));
    match last {
        Some(at) if name(&lines[at]) == Some(release) => lines[at] = line,
        Some(at) => lines.insert(at + 1, line),
        None => lines.insert(first, line),
    }
    lines.join("\n") + "\n"
}

/// The release that a line is about.
fn name(line: &str) -> Option<&str> {
    let (name, _) = line.split_once('=')?;
    Some(name.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# About.\nsource = \"a\"\n\n# Hashes.\n[releases]\n\"1.9\" = \"x\"\n\"1.36\" = \"y\"\n\n[more]\n\"2.0\" = 1\n";
    const LINE: &str = "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"";

    #[test]
    fn a_release_goes_where_its_number_belongs() {
        for (release, before) in [("1.8", "\"1.9\""), ("1.10", "\"1.36\""), ("1.37", "\n[more]")] {
            let expected = TEXT.replacen(before, &format!("\"{release}\" = {LINE}\n{before}"), 1);
            assert_eq!(with(TEXT, CRI, release, &of_file("abc")), expected, "{release}");
        }
    }

    #[test]
    fn a_release_that_is_there_is_replaced() {
        assert_eq!(with(TEXT, CRI, "1.36", &of_file("abc")), TEXT.replace("\"y\"", LINE));
    }

    #[test]
    fn a_file_without_releases_gets_them() {
        assert_eq!(with("", CRI, "1.37", &of_file("abc")), format!("[releases]\n\"1.37\" = {LINE}\n"));
    }
}

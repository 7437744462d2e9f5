//! containerd's namespaces, as those who know nothing of its API see them: which one a run is about, what is in one,
//! and the mark on what comes from one of several.

use std::collections::BTreeMap;
use std::fmt;

/// The namespace that containerd's CRI works in.
pub(crate) const CRI: &str = "k8s.io";

/// The metadata in which containerd is told which namespace a call is about (its `pkg/namespaces`).
pub(crate) const HEADER: &str = "containerd-namespace";

/// The annotation on what was found in one of several namespaces. No runtime has one of this name.
pub(crate) const MARK: &str = "io.containerd/namespace";

/// The longest name, as containerd has it in `pkg/identifiers`.
const LONGEST: usize = 76;

/// Which namespaces a run is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The CRI's own, which the CRI answers for.
    #[default]
    Cri,
    /// Another one, by its name.
    One(String),
    /// The CRI's and every other one.
    All,
}

impl Wanted {
    /// Reads what `--containerd-namespace` is given. An empty word is the default.
    ///
    /// # Errors
    /// No namespace can have such a name. containerd takes letters and digits, with single dots, dashes and underscores
    /// between them (`pkg/identifiers`).
    pub(crate) fn parse(word: &str) -> Result<Self, String> {
        let parts = word.split(['.', '-', '_']);
        let valid = parts.map(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        match word {
            "" | CRI => Ok(Self::Cri),
            "all" => Ok(Self::All),
            _ if word.len() > LONGEST => Err(format!("{word:?} is longer than {LONGEST} characters")),
            _ if valid.into_iter().all(|valid| valid) => Ok(Self::One(word.to_owned())),
            _ => Err(format!("{word:?} is no name of a namespace: letters and digits, with single . - _ between them")),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Cri => CRI,
            Self::One(name) => name,
            Self::All => "all",
        })
    }
}

/// What is in a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) containers: usize,
    /// How many of the containers run.
    pub(crate) running: usize,
    pub(crate) images: usize,
    /// What is in the content store, in bytes. Namespaces may share it.
    pub(crate) size: u64,
}

/// The namespace that a mark names.
pub(crate) fn mark(annotations: &BTreeMap<String, String>) -> Option<&str> {
    annotations.get(MARK).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_containerd_takes() {
        for word in ["ephemerd", "ephemerd-dind-7", "a.b_c-D9", &"x".repeat(76)] {
            assert_eq!(Wanted::parse(word), Ok(Wanted::One(word.to_owned())), "{word}");
        }
        for word in ["a b", "-a", "a-", "a..b", "a/b", "ä", "a\n", &"x".repeat(77)] {
            assert!(Wanted::parse(word).is_err(), "{word}");
        }
        assert_eq!([Wanted::parse(""), Wanted::parse("k8s.io")], [Ok(Wanted::Cri), Ok(Wanted::Cri)]);
        assert_eq!(Wanted::parse("all"), Ok(Wanted::All));
    }
}

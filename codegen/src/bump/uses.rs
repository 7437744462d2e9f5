//! Which command makes which calls, according to its overlay's `calls`: a list of method names, which crictl's tests
//! check.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::{Error, overlay_index};

/// The methods that each command calls, such as `ListContainers` for `ps`.
pub type Uses = BTreeMap<String, BTreeSet<String>>;

/// Reads the overlays in a folder. A folder that does not exist has none.
///
/// # Errors
///
/// When the folder or a file in it can't be read.
pub fn read(overlays: &Path) -> Result<Uses, Error> {
    let mut uses = Uses::new();
    for name in overlay_index::names(overlays)? {
        let (file, folder) = (overlays.join(format!("{name}.rs")), overlays.join(&name).join("mod.rs"));
        let path = if file.is_file() { file } else { folder };
        let text = fs::read_to_string(&path).map_err(|source| Error::Io { path, source })?;
        uses.insert(name.replace('_', "-"), calls(&text));
    }
    Ok(uses)
}

/// The quoted words between `calls: &[` and its `]`.
fn calls(text: &str) -> BTreeSet<String> {
    let list = text.split_once("calls: &[").and_then(|(_, rest)| rest.split_once(']'));
    let quoted = list.map_or("", |(list, _)| list).split('"').skip(1).step_by(2);
    quoted.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_calls_what_its_overlay_lists() {
        let overlays = tempfile::tempdir().expect("a scratch folder");
        let write = |name: &str, text: &str| fs::write(overlays.path().join(name), text).expect("it can be written");
        write("mod.rs", "");
        write("port_forward.rs", "Overlay {\n    calls: &[\"PortForward\"],\n}");
        write("ps.rs", "Overlay {\n    calls: &[\n        \"ListContainers\",\n        \"ImageStatus\",\n    ],\n}");
        write("config.rs", "Overlay {}");
        let uses = read(overlays.path()).expect("they are there");
        let expected: [(&str, &[&str]); 3] =
            [("config", &[]), ("port-forward", &["PortForward"]), ("ps", &["ImageStatus", "ListContainers"])];
        let expected = expected.map(|(name, calls)| (name.to_owned(), calls.iter().map(ToString::to_string).collect()));
        assert_eq!(uses, expected.into());
    }
}

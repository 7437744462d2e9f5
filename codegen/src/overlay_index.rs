//! The text of `src/overlay/mod.rs`, which lists the files beside it.
//!
//! A build script that emits `#[path]` modules instead would hide the files from
//! `cargo fmt` and put absolute paths of the build machine into the program.

use std::{fs, path::Path};

use crate::Error;

const HEADER: &str = "\
//! The commands of crictl, one file each; no file uses another.
//!
//! This list is kept by `cargo regen`, from the names of the files beside it.

";

/// Fails if the list in `folder` is not up to date. A folder that does not exist has no list.
///
/// # Errors
///
/// When the list is stale, or the folder cannot be read.
pub fn check(folder: &Path) -> Result<(), Error> {
    if !folder.exists() {
        return Ok(());
    }
    let path = folder.join("mod.rs");
    let actual = fs::read_to_string(&path).unwrap_or_default();
    // Git may have checked it out with other line ends.
    if actual.replace("\r\n", "\n") == text(folder)? {
        return Ok(());
    }
    Err(Error::StaleOverlayIndex { path })
}

/// The right list for `folder`.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn text(folder: &Path) -> Result<String, Error> {
    let names = names(folder)?;
    let modules = names.iter().map(|name| format!("mod {name};\n"));
    let overlays = names.iter().map(|name| format!("    {name}::OVERLAY,\n"));
    Ok(format!(
        "{HEADER}{}\nuse crate::command::Overlay;\n\n\
         pub(crate) static OVERLAYS: &[Overlay] = &[\n{}];\n",
        modules.collect::<String>(),
        overlays.collect::<String>()
    ))
}

/// The modules in the folder: `ps.rs`, or `top/` with a `mod.rs`. A folder that does not exist has none.
///
/// # Errors
///
/// When the folder cannot be read.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let failed = |source| Error::Io { path: folder.to_owned(), source };
    let mut names = Vec::new();
    if !folder.exists() {
        return Ok(names);
    }
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_module = path.join("mod.rs").is_file() || path.extension().is_some_and(|extension| extension == "rs");
        let name = path.file_stem().and_then(|name| name.to_str());
        if let Some(name) = name.filter(|name| is_module && *name != "mod") {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

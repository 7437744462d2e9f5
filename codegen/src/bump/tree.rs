//! Adopts a release of containerd's own API, which is many files: below `proto/containerd/<release>`, they have the names
//! by which they import each other.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Bump, Report, before, canonical, provenance, record, write};
use crate::{Error, load, model_of_tree, of_containerd, release};

/// As [`Bump::run`]. A release has the files of the one before it; the first has all that are there.
pub(super) fn run(bump: &Bump) -> Result<(Report, Vec<PathBuf>), Error> {
    let release = release::name(bump.release.as_deref(), &bump.proto)?;
    let protos = bump.root.join("proto");
    let kept = protos.join("containerd");
    let all = if kept.exists() { release::trees(&kept)? } else { Vec::new() };
    let old = before(all, &release);
    let names = load::names(old.as_ref().map_or(&bump.proto, |old| &old.proto))?;
    let files = texts(&bump.proto, &names)?;
    // That of the canonical text: this is what is built.
    let scratch = tempfile::tempdir().map_err(|source| Error::Io { path: std::env::temp_dir(), source })?;
    files.iter().try_for_each(|(name, text)| write(&scratch.path().join(name), text))?;
    let new = model_of_tree(scratch.path())?;
    let old = old.map(|old| Ok::<_, Error>((old.name, model_of_tree(&old.proto)?))).transpose()?;
    let old = old.as_ref().map(|(name, model)| (name.as_str(), model));
    let report = Report::of_containerd(old, (&release, &new));
    if report.breaks() > 0 && !bump.accept {
        return Ok((report, Vec::new()));
    }
    let folder = kept.join(&release);
    files.iter().try_for_each(|(name, text)| write(&folder.join(name), text))?;
    let provenance = record(&protos, provenance::CONTAINERD, &release, &provenance::of_tree(&files))?;
    Ok((report, vec![folder, provenance]))
}

/// The texts in which the protos below a folder are kept, by their names.
///
/// # Errors
///
/// When one of them is not there or does not compile, or they have something that can't be expressed.
pub fn texts(root: &Path, names: &[String]) -> Result<Vec<(String, String)>, Error> {
    for name in names {
        let path = root.join(name);
        fs::metadata(&path).map_err(|source| Error::Io { path, source })?;
    }
    let protos = load::files(root, names)?;
    of_containerd(&protos)?;
    let files = names.iter().filter_map(|name| protos.pool.get_file_by_name(name));
    Ok(files.map(|file| (file.name().to_owned(), canonical::file(&file))).collect())
}

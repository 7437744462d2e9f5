//! Adopts a release of the CRI: turns upstream's `api.proto` into the file that is built, and reports what has changed.
//! `tree` does the same with the files of containerd's own API.
//! It knows the layout of the repository, but not its user: `main` speaks to them.

mod api;
pub(crate) mod canonical;
mod diff;
mod flags;
mod pair;
mod provenance;
mod report;
mod tree;
pub mod uses;
mod wire;

use std::{
    fs,
    path::{Path, PathBuf},
};

pub use diff::{Change, Effect, Element, What, diff};
pub use flags::FlagChange;
pub use provenance::of_tree;
pub use report::Report;
pub use tree::texts as canonical_tree;

use crate::{
    Docs, Error, Input, Words,
    docs::Prose,
    generate, load, lower, model,
    model::Model,
    release::{self, Release},
};

/// A release to be adopted.
#[derive(Clone, Debug)]
pub struct Bump {
    /// The repository.
    pub root: PathBuf,
    /// Upstream's proto, or the folder of containerd's protos.
    pub proto: PathBuf,
    /// The release's name; if it is missing, it is taken from the path.
    pub release: Option<String>,
    /// Adopt it even if it breaks the wire.
    pub accept: bool,
}

impl Bump {
    /// Compares the release to the one before it and, unless it breaks the wire and that is not accepted, writes its
    /// proto and the provenance. Returns the report, and what was written.
    ///
    /// # Errors
    ///
    /// When the release has no name, or its proto has something that can't be expressed; the error names it. Nothing is
    /// written then.
    pub fn run(&self) -> Result<(Report, Vec<PathBuf>), Error> {
        if self.proto.is_dir() {
            return tree::run(self);
        }
        let release = release::name(self.release.as_deref(), &self.proto)?;
        let (text, new) = canonical(&self.proto, &release)?;
        let protos = self.root.join("proto");
        let all = if protos.exists() { release::all(&protos)? } else { Vec::new() };
        let old = before(all, &release);
        let old =
            old.map(|it| Ok::<_, Error>((it.name, model(Input { proto: &it.proto, docs: None })?))).transpose()?;
        let old = old.as_ref().map(|(name, model)| (name.as_str(), model));
        let uses = uses::read(&self.root.join("src").join("overlay"))?;
        let report = Report::new(old, (&release, &new), &uses);
        let refused = report.breaks() > 0 && !self.accept;
        if refused {
            return Ok((report, Vec::new()));
        }
        let proto = protos.join(&release).join("api.proto");
        write(&proto, &text)?;
        let provenance = record(&protos, provenance::CRI, &release, &provenance::of_file(&text))?;
        Ok((report, vec![proto, provenance]))
    }
}

/// The text in which a proto is kept, and its model.
///
/// # Errors
///
/// When the proto does not compile, or has something that can't be expressed; the error names it.
pub fn canonical(proto: &Path, release: &str) -> Result<(String, Model), Error> {
    let protos = load::descriptors(proto, &[])?;
    let model = lower::model(&protos, &Prose::new(&Docs::default(), &protos.pool, &|_| None), Words::Method)?;
    let text = canonical::text(&protos.pool, &model.package, release);
    // The code is generated only to find everything that is refused before anything is written.
    let failed = |source| Error::Io { path: std::env::temp_dir(), source };
    let scratch = tempfile::tempdir().map_err(failed)?;
    let proto = scratch.path().join("api.proto");
    fs::write(&proto, &text).map_err(failed)?;
    generate(Input { proto: &proto, docs: None }, scratch.path())?;
    Ok((text, model))
}

/// The release to compare with: the nearest that is not higher, which is the release itself if it was adopted before;
/// if all are higher, the nearest of these.
fn before(all: Vec<Release>, release: &str) -> Option<Release> {
    let numbers = release::numbers(release);
    let nearest = all.iter().rposition(|it| release::numbers(&it.name) <= numbers).unwrap_or_default();
    all.into_iter().nth(nearest)
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    fs::write(path, text).map_err(failed)
}

/// Writes the hash of a release down. Returns where.
fn record(protos: &Path, section: &str, release: &str, hash: &str) -> Result<PathBuf, Error> {
    let path = protos.join("PROVENANCE.toml");
    let origin = match path.exists() {
        true => fs::read_to_string(&path).map_err(|source| Error::Io { path: path.clone(), source })?,
        false => String::new(),
    };
    write(&path, &provenance::with(&origin, section, release, hash))?;
    Ok(path)
}

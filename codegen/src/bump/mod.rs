//! Adopts a release of the CRI: turns upstream's `api.proto` into the file that is built, and reports what has changed.
//! It knows the layout of the repository, but not its user: `main` speaks to them.

mod api;
pub(crate) mod canonical;
mod diff;
mod flags;
mod pair;
mod provenance;
mod report;
pub mod uses;
mod wire;

use std::{
    fs,
    path::{Path, PathBuf},
};

pub use diff::{Change, Effect, Element, What, diff};
pub use flags::FlagChange;
pub use report::Report;

use crate::{
    Docs, Error, Input,
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
    /// Upstream's proto.
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
        let release = release::name(self.release.as_deref(), &self.proto)?;
        let (text, new) = canonical(&self.proto, &release)?;
        let protos = self.root.join("proto");
        let old = before(&protos, &release)?;
        let old =
            old.map(|it| Ok::<_, Error>((it.name, model(Input { proto: &it.proto, docs: None })?))).transpose()?;
        let old = old.as_ref().map(|(name, model)| (name.as_str(), model));
        let uses = uses::read(&self.root.join("src").join("overlay"))?;
        let report = Report::new(old, (&release, &new), &uses);
        let refused = report.breaks() > 0 && !self.accept;
        let written = if refused { Vec::new() } else { write(&protos, &release, &text)? };
        Ok((report, written))
    }
}

/// The text in which a proto is kept, and its model.
///
/// # Errors
///
/// When the proto does not compile, or has something that can't be expressed; the error names it.
pub fn canonical(proto: &Path, release: &str) -> Result<(String, Model), Error> {
    let pool = load::descriptors(proto)?;
    let model = lower::model(&pool, &Prose::new(&Docs::default(), &pool, &|_| None))?;
    let text = canonical::text(&pool, &model.package, release);
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
fn before(protos: &Path, release: &str) -> Result<Option<Release>, Error> {
    let all = if protos.exists() { release::all(protos)? } else { Vec::new() };
    let numbers = release::numbers(release);
    let nearest = all.iter().rposition(|it| release::numbers(&it.name) <= numbers).unwrap_or_default();
    Ok(all.into_iter().nth(nearest))
}

fn write(protos: &Path, release: &str, text: &str) -> Result<Vec<PathBuf>, Error> {
    let folder = protos.join(release);
    let (proto, provenance) = (folder.join("api.proto"), protos.join("PROVENANCE.toml"));
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Io { path, source }
    };
    let origin = match provenance.exists() {
        true => fs::read_to_string(&provenance).map_err(failed(&provenance))?,
        false => String::new(),
    };
    fs::create_dir_all(&folder).map_err(failed(&folder))?;
    fs::write(&proto, text).map_err(failed(&proto))?;
    fs::write(&provenance, provenance::with(&origin, release, text)).map_err(failed(&provenance))?;
    Ok(vec![proto, provenance])
}

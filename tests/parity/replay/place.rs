//! The directory of one run: `w` to work in, `h` as home, `s` and `i` for the sockets, `b` for a copy
//! of the program. What a run left there is found by comparing with what was written before.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::replay::Result;
use crate::replay::case::{Case, File};
use crate::replay::subst::Subst;
use crate::replay::text;

pub(crate) struct Place {
    root: TempDir,
    before: BTreeMap<String, Vec<u8>>,
}

impl Place {
    /// Makes the directory. Its name is as long as in the recordings: it appears in aligned tables.
    pub(crate) fn new() -> io::Result<Self> {
        let root = tempfile::Builder::new().prefix("crp").rand_bytes(8).tempdir_in("/tmp")?;
        let place = Self { root, before: BTreeMap::new() };
        fs::create_dir(place.path("w"))?;
        fs::create_dir(place.path("h"))?;
        Ok(place)
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// Sets the placeholders that are paths.
    pub(crate) fn name_paths(&self, subst: &mut Subst) {
        let names = [("dir", "w"), ("home", "h"), ("sock", "s"), ("isock", "i"), ("exe", "b")];
        for (name, path) in names {
            subst.set(name, self.path(path).to_string_lossy());
        }
    }

    /// Writes the files that a case wants to find; `fixtures` is where it may take some from.
    pub(crate) fn write(&mut self, case: &Case, subst: &Subst, fixtures: &Path) -> Result<()> {
        for (name, file) in &case.files {
            let path = self.path("w").join(name);
            let Some(file) = file else {
                fs::create_dir_all(path)?;
                continue;
            };
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            let content = match file {
                File::Symlink { symlink: target } => {
                    symlink(subst.text(target), path)?;
                    continue;
                }
                File::Text(text) => text::to_bytes(&subst.text(text)),
                File::Fixture { from } => fs::read(fixtures.join(from))?,
                File::Hex { hex } => text::from_hex(hex)?,
            };
            fs::write(path, &content)?;
            self.before.insert(name.clone(), content);
        }
        Ok(())
    }

    /// The program to run: a copy with files beside it where a case asks for that.
    pub(crate) fn program(&self, case: &Case, subst: &Subst, program: &Path) -> Result<PathBuf> {
        let Some(files) = &case.exe_files else {
            return Ok(program.to_owned());
        };
        let dir = self.path("b");
        fs::create_dir(&dir)?;
        for (name, content) in files {
            fs::write(dir.join(name), subst.text(content))?;
        }
        let copy = dir.join(program.file_name().ok_or("the program has no name")?);
        fs::copy(program, &copy)?;
        Ok(copy)
    }

    /// The files that are new, changed or (`None`) gone.
    pub(crate) fn changes(&self) -> io::Result<BTreeMap<String, Option<Vec<u8>>>> {
        let work = self.path("w");
        let mut changes = BTreeMap::new();
        let mut dirs = vec![work.clone()];
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(dir)? {
                let entry = entry?;
                let kind = entry.file_type()?;
                if kind.is_dir() {
                    dirs.push(entry.path());
                }
                if !kind.is_file() {
                    continue;
                }
                let path = entry.path();
                let name = path.strip_prefix(&work).unwrap_or(&path);
                let name = name.to_string_lossy().into_owned();
                let content = fs::read(&path)?;
                if self.before.get(&name) != Some(&content) {
                    changes.insert(name, Some(content));
                }
            }
        }
        for name in self.before.keys() {
            if work.join(name).symlink_metadata().is_err() {
                changes.insert(name.clone(), None);
            }
        }
        Ok(changes)
    }
}

//! From files to descriptors. Only this file uses protox, so that building does not need a `protoc`.

use std::collections::HashSet;
use std::path::{Path, PathBuf, absolute};
use std::{fs, io};

use prost_reflect::{
    DescriptorPool,
    prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, UninterpretedOption},
};
use protox::Compiler;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver};

use crate::{Error, file};

/// The package of the types that every compiler of protos has built in.
pub(crate) const WELL_KNOWN: &str = "google.protobuf";

/// What was compiled.
pub(crate) struct Protos {
    pub(crate) pool: DescriptorPool,
    /// The names of the files that were asked for; the others are imported.
    pub(crate) roots: Vec<String>,
}

impl Protos {
    /// The package of the files that were asked for; empty if they have several.
    pub(crate) fn package(&self) -> String {
        let mut packages: Vec<_> = self.roots.iter().filter_map(|name| self.pool.get_file_by_name(name)).collect();
        packages.dedup_by(|one, next| one.package_name() == next.package_name());
        match packages.as_slice() {
            [file] => file.package_name().to_owned(),
            _ => String::new(),
        }
    }
}

/// Compiles a proto and its imports, with the comments. Imports are looked for in the folders, then beside the proto. A
/// file with another extension is read as a descriptor set, as `protoc -o` and `buf build` write it.
pub(crate) fn descriptors(proto: &Path, folders: &[PathBuf]) -> Result<Protos, Error> {
    if proto.extension().is_none_or(|extension| extension != "proto") {
        return set(proto);
    }
    // Otherwise the compiler's error would be about an include path, which nobody has named.
    fs::metadata(proto).map_err(|source| Error::Io { path: proto.to_owned(), source })?;
    let beside = proto.parent().filter(|beside| !beside.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    let folders: Vec<_> = folders.iter().cloned().chain([beside]).collect();
    compile(proto, &[proto.to_owned()], &folders)
}

/// Compiles every proto below a folder, which is where they look for each other.
#[cfg(feature = "emit")]
pub(crate) fn tree(root: &Path) -> Result<Protos, Error> {
    files(root, &names(root)?)
}

/// Compiles protos below a folder by the names by which they import each other.
#[cfg(feature = "emit")]
pub(crate) fn files(root: &Path, names: &[String]) -> Result<Protos, Error> {
    let protos: Vec<_> = names.iter().map(|name| root.join(name)).collect();
    compile(root, &protos, &[root.to_owned()])
}

/// The names of the protos below a folder, sorted.
#[cfg(feature = "emit")]
pub(crate) fn names(root: &Path) -> Result<Vec<String>, Error> {
    let mut protos = Vec::new();
    below(root, &mut protos).map_err(|source| Error::Io { path: root.to_owned(), source })?;
    let names = protos.iter().filter_map(|path| path.strip_prefix(root).ok());
    let mut names: Vec<_> = names.map(|path| path.to_string_lossy().replace('\\', "/")).collect();
    names.sort();
    Ok(names)
}

#[cfg(feature = "emit")]
fn below(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => below(&path, found)?,
            false => found.extend(path.extension().is_some_and(|extension| extension == "proto").then(|| path.clone())),
        }
    }
    Ok(())
}

/// The files of a descriptor set, which contains what they import too.
fn set(path: &Path) -> Result<Protos, Error> {
    let bytes = file::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    encoded(&bytes).map_err(|reason| Error::DescriptorSet { path: path.to_owned(), reason })
}

/// As [`descriptors`], from the bytes of a descriptor set. What is not protobuf's own was asked for: a set does not say.
pub(crate) fn encoded(bytes: &[u8]) -> Result<Protos, String> {
    let pool = DescriptorPool::decode(bytes).map_err(|error| error.to_string())?;
    let roots = pool.files().filter(|file| file.package_name() != WELL_KNOWN).map(|file| file.name().to_owned());
    let roots = roots.collect();
    Ok(Protos { pool, roots })
}

fn compile(asked: &Path, protos: &[PathBuf], folders: &[PathBuf]) -> Result<Protos, Error> {
    let mut resolver = ChainFileResolver::new();
    folders.iter().for_each(|folder| resolver.add(Folder::new(folder)));
    resolver.add(GoogleFileResolver::new());
    let failed = |reason| Error::Proto { path: asked.to_owned(), reason };
    let roots = protos.iter().map(|path| {
        let name = resolver.resolve_path(path);
        name.ok_or_else(|| failed(format!("{} has no name that others could import it by", path.display())))
    });
    let roots: Vec<_> = roots.collect::<Result<_, _>>()?;
    let mut files =
        Files { resolver: &resolver, seen: HashSet::new(), missing: Vec::new(), pool: DescriptorPool::new() };
    let pool = match roots.iter().try_for_each(|name| files.add(name)) {
        Ok(()) => files.pool,
        // The Debug form is the long one: it includes the line and the column.
        Err(error) if !files.missing.is_empty() => {
            let missing = files.missing.join(", ");
            return Err(failed(format!("{error:?}, and there is no {missing}")));
        }
        Err(_) => whole(protos, resolver).map_err(|error| failed(format!("{error:?}")))?,
    };
    Ok(Protos { pool, roots })
}

fn whole(protos: &[PathBuf], resolver: ChainFileResolver) -> Result<DescriptorPool, protox::Error> {
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true).open_files(protos)?;
    Ok(compiler.descriptor_pool())
}

/// A folder of protos, each of which may be in any encoding that people use.
struct Folder {
    path: PathBuf,
    include: IncludeFileResolver,
}

impl Folder {
    fn new(path: &Path) -> Self {
        // Both as they are from the root: `./a` and `a` are one folder.
        let path = absolute(path).unwrap_or_else(|_| path.to_owned());
        Self { include: IncludeFileResolver::new(path.clone()), path }
    }
}

impl FileResolver for Folder {
    fn resolve_path(&self, path: &Path) -> Option<String> {
        self.include.resolve_path(&absolute(path).ok()?)
    }

    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        open(name, &self.path.join(name))
    }
}

/// Reads a proto. protox by itself expects UTF-8 without a mark.
fn open(name: &str, path: &Path) -> Result<File, protox::Error> {
    let bytes = file::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => protox::Error::file_not_found(name),
        _ => protox::Error::new(error),
    })?;
    let (text, _) = file::text(&bytes).map_err(protox::Error::new)?;
    File::from_source(name, &text)
}

/// Compiles protos without the options that others define, and without imports that are not there: these are mostly for
/// options. Up to 1.33 the CRI imported an extension for the generator of upstream's Go code, and real APIs import
/// `google/api/annotations.proto`. If this fails, what is missing is needed for more.
struct Files<'a> {
    resolver: &'a dyn FileResolver,
    seen: HashSet<String>,
    missing: Vec<String>,
    pool: DescriptorPool,
}

impl Files<'_> {
    /// Adds a file after those that it imports.
    fn add(&mut self, name: &str) -> Result<(), Box<dyn std::error::Error>> {
        if self.seen.contains(name) {
            return Ok(());
        }
        let mut file = self.resolver.open_file(name)?.file_descriptor_proto().clone();
        self.seen.insert(name.to_owned());
        let mut public = Vec::new();
        let mut there = Vec::new();
        for (index, import) in std::mem::take(&mut file.dependency).into_iter().enumerate() {
            match self.add(&import) {
                Ok(()) => {
                    let is_public = file.public_dependency.iter().any(|it| usize::try_from(*it) == Ok(index));
                    public.extend(is_public.then_some(i32::try_from(there.len())?));
                    there.push(import);
                }
                Err(error) if error.downcast_ref().is_some_and(protox::Error::is_file_not_found) => {
                    self.missing.push(import);
                }
                Err(error) => return Err(error),
            }
        }
        (file.dependency, file.public_dependency) = (there, public);
        file.weak_dependency.clear();
        strip_file(&mut file);
        Ok(self.pool.add_file_descriptor_proto(file)?)
    }
}

/// Removes the options that are not protobuf's own.
macro_rules! strip {
    ($($owner:expr),*) => {
        $(if let Some(options) = &mut $owner.options {
            options.uninterpreted_option.retain(is_known);
        })*
    };
}

fn strip_file(file: &mut FileDescriptorProto) {
    strip!(file);
    file.message_type.iter_mut().for_each(strip_message);
    file.enum_type.iter_mut().for_each(strip_enum);
    file.extension.iter_mut().for_each(|field| strip!(field));
    for service in &mut file.service {
        strip!(service);
        service.method.iter_mut().for_each(|method| strip!(method));
    }
}

fn strip_message(message: &mut DescriptorProto) {
    strip!(message);
    message.field.iter_mut().for_each(|field| strip!(field));
    message.extension.iter_mut().for_each(|field| strip!(field));
    message.oneof_decl.iter_mut().for_each(|oneof| strip!(oneof));
    message.nested_type.iter_mut().for_each(strip_message);
    message.enum_type.iter_mut().for_each(strip_enum);
}

fn strip_enum(it: &mut EnumDescriptorProto) {
    strip!(it);
    it.value.iter_mut().for_each(|value| strip!(value));
}

/// An option of protobuf itself; the names of all others are in parentheses.
fn is_known(option: &UninterpretedOption) -> bool {
    !option.name.iter().any(|part| part.is_extension)
}

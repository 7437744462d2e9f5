//! From a file to descriptors. Only this file uses protox, so that building does not need a `protoc`.

use std::path::{Path, PathBuf};
use std::{fs, io};

use prost_reflect::{DescriptorPool, prost_types::UninterpretedOption};
use protox::Compiler;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver};

use crate::{Error, file};

/// Compiles a proto and its imports, with the comments. A file with another extension is read as a descriptor set, as
/// `protoc -o` and `buf build` write it.
pub(crate) fn descriptors(proto: &Path) -> Result<DescriptorPool, Error> {
    if proto.extension().is_none_or(|extension| extension != "proto") {
        return set(proto);
    }
    // Otherwise the compiler's error would be about an include path, which nobody has named.
    fs::metadata(proto).map_err(|source| Error::Io { path: proto.to_owned(), source })?;
    let compiled = alone(proto).or_else(|_| compile(proto));
    compiled.map_err(|error| Error::Proto {
        path: proto.to_owned(),
        // The Debug form is the long one: it includes the line and the column.
        reason: format!("{error:?}"),
    })
}

fn set(path: &Path) -> Result<DescriptorPool, Error> {
    let bytes = file::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let pool = DescriptorPool::decode(bytes.as_slice());
    pool.map_err(|error| Error::DescriptorSet { path: path.to_owned(), reason: error.to_string() })
}

fn compile(proto: &Path) -> Result<DescriptorPool, protox::Error> {
    let folder = proto.parent().unwrap_or(Path::new("."));
    let mut resolver = ChainFileResolver::new();
    resolver.add(Folder { path: folder.to_owned(), include: IncludeFileResolver::new(folder.to_owned()) });
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true);
    compiler.open_file(proto)?;
    Ok(compiler.descriptor_pool())
}

/// A folder of protos, each of which may be in any encoding that people use.
struct Folder {
    path: PathBuf,
    include: IncludeFileResolver,
}

impl FileResolver for Folder {
    fn resolve_path(&self, path: &Path) -> Option<String> {
        self.include.resolve_path(path)
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

/// Compiles a proto without its imports and their options. Up to 1.33 the CRI imported an extension only for its
/// options, which matter only to the generator of upstream's Go code, and the imported file is not available. If this
/// fails, the imports are needed for more than options.
fn alone(proto: &Path) -> Result<DescriptorPool, Box<dyn std::error::Error>> {
    let name = proto.file_name().unwrap_or_default().to_string_lossy();
    let mut file = open(&name, proto)?.file_descriptor_proto().clone();
    file.dependency.clear();
    file.public_dependency.clear();
    file.weak_dependency.clear();
    if let Some(options) = &mut file.options {
        options.uninterpreted_option.retain(is_known);
    }
    let fields = file.message_type.iter_mut().flat_map(|message| &mut message.field);
    for options in fields.filter_map(|field| field.options.as_mut()) {
        options.uninterpreted_option.retain(is_known);
    }
    let mut pool = DescriptorPool::new();
    pool.add_file_descriptor_proto(file)?;
    Ok(pool)
}

/// An option of protobuf itself; the names of all others are in parentheses.
fn is_known(option: &UninterpretedOption) -> bool {
    !option.name.iter().any(|part| part.is_extension)
}

//! From a file to descriptors, by protox, which is here
//! so that nobody needs a `protoc` to build.

use std::{fs, path::Path};

use prost_reflect::DescriptorPool;
use protox::Compiler;

use crate::Error;

/// Compiles a proto and what it imports, with the comments. A file of another name is a descriptor set: what
/// `protoc -o` and `buf build` write.
pub(crate) fn descriptors(proto: &Path) -> Result<DescriptorPool, Error> {
    if proto.extension().is_none_or(|extension| extension != "proto") {
        return set(proto);
    }
    compile(proto).map_err(|error| Error::Proto {
        path: proto.to_owned(),
        // The Debug form is the long one: it has the line and the column.
        reason: format!("{error:?}"),
    })
}

fn set(path: &Path) -> Result<DescriptorPool, Error> {
    let bytes = fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let pool = DescriptorPool::decode(bytes.as_slice());
    pool.map_err(|error| Error::DescriptorSet { path: path.to_owned(), reason: error.to_string() })
}

fn compile(proto: &Path) -> Result<DescriptorPool, protox::Error> {
    let folder = proto.parent().unwrap_or(Path::new("."));
    let mut compiler = Compiler::new([folder])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_file(proto)?;
    Ok(compiler.descriptor_pool())
}

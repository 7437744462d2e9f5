//! From a file to descriptors. The only file that knows protox, which is here
//! so that nobody needs a `protoc` to build.

use std::path::Path;

use prost_reflect::DescriptorPool;
use protox::Compiler;

use crate::Error;

/// Compiles a proto and what it imports, with the comments.
pub(crate) fn descriptors(proto: &Path) -> Result<DescriptorPool, Error> {
    compile(proto).map_err(|error| Error::Proto {
        path: proto.to_owned(),
        // The Debug form is the long one: it has the line and the column.
        reason: format!("{error:?}"),
    })
}

fn compile(proto: &Path) -> Result<DescriptorPool, protox::Error> {
    let folder = proto.parent().unwrap_or(Path::new("."));
    let mut compiler = Compiler::new([folder])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_file(proto)?;
    Ok(compiler.descriptor_pool())
}

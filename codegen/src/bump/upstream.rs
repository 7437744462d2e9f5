//! Reading a proto as upstream publishes it, whose imports may not be there.

use std::path::Path;

use prost_reflect::{DescriptorPool, prost_types::UninterpretedOption};
use protox::file::File;

use crate::{Error, load};

/// Compiles a proto whose imports may not be there, because they only bring options that mean nothing to anybody but
/// the generator of upstream's Go code.
///
/// Without its imports and such options it compiles in every release so far. Where it does not, the imports are for
/// more than options and have to be there.
pub(super) fn descriptors(proto: &Path) -> Result<DescriptorPool, Error> {
    alone(proto).or_else(|_| load::descriptors(proto))
}

fn alone(proto: &Path) -> Result<DescriptorPool, Box<dyn std::error::Error>> {
    let name = proto.file_name().unwrap_or_default().to_string_lossy();
    let mut file = File::open(&name, proto)?.file_descriptor_proto().clone();
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

/// An option of protobuf itself; the name of any other stands in parentheses.
fn is_known(option: &UninterpretedOption) -> bool {
    !option.name.iter().any(|part| part.is_extension)
}

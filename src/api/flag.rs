//! Flags for fields, next to the flags of the call.

use clap::Command;

use crate::generated::commands;
use crate::method::{Flags, Given, Method};
use crate::schema::Value;

/// Adds a method's positionals and flags to the flags of a call.
pub(crate) fn command(method: &'static Method, call: Command) -> Command {
    match method.flags {
        Flags::Code => commands::command(method.path, call),
        Flags::Table(table) => table.command(method.command, method.request.name, call),
        Flags::Later => call,
    }
}

/// The document that the flags of a method's fields make.
///
/// # Errors
/// A flag has an invalid value; the error names the flag.
pub(crate) fn document(method: &Method, mut given: Given<'_>) -> Result<Value, String> {
    match method.flags {
        Flags::Code => commands::request(method.path, &mut given)?,
        Flags::Table(table) => table.request(&mut given)?,
        Flags::Later => {}
    }
    Ok(given.document())
}

/// Gives the flags of a call names that no field can take: each is also `--call-NAME`, unless a field's name has
/// already turned it into that, or a field has that very name.
pub(crate) fn distinct(command: Command, own: &[String]) -> Command {
    let names = |arg: &clap::Arg| {
        let aliases = arg.get_all_aliases().unwrap_or_default();
        arg.get_long().into_iter().chain(aliases).map(str::to_owned).collect::<Vec<_>>()
    };
    let taken: Vec<_> = command.get_arguments().flat_map(names).collect();
    command.mut_args(|arg| {
        let is_own = own.iter().any(|id| arg.get_id() == id.as_str());
        let long = arg.get_long().filter(|long| is_own && !long.starts_with("call-"));
        match long.map(|long| format!("call-{long}")).filter(|other| !taken.contains(other)) {
            Some(other) => arg.alias(other),
            None => arg,
        }
    })
}

//! Flags of the call beside flags of the fields, which a proto may call as it likes.

use clap::Command;

use crate::args::field;
use crate::schema::Message;

/// The flags of a call under names that no field has. Each is also `--call-NAME`, and only that where a field of the
/// request is called the same: what a person reads in the proto is what a flag of that name sets.
pub(crate) fn distinct(command: Command, message: &'static Message) -> Command {
    let taken = field::names(message);
    let is_taken = |name: &str| taken.iter().any(|other| other == name);
    command.mut_args(|arg| {
        let Some(long) = arg.get_long().map(str::to_owned) else { return arg };
        let other = format!("call-{long}");
        let arg = match arg.get_short().map(String::from) {
            Some(short) if is_taken(&short) => arg.short(None),
            _ => arg,
        };
        match (is_taken(&long), is_taken(&other)) {
            (true, _) => arg.long(other),
            (false, true) => arg,
            (false, false) => arg.alias(other),
        }
    })
}

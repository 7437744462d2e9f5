//! What Go's flag rules need to know about a clap [`Arg`].

use std::any::TypeId;

use clap::{Arg, ArgAction, Command};

/// The flags of a command.
pub(super) fn all(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| !arg.is_positional())
}

/// Every name of a flag; the name it is known by comes first.
pub(super) fn names(flag: &Arg) -> Vec<String> {
    let long = flag.get_long().into_iter().map(str::to_owned);
    let short = flag.get_short().into_iter().map(String::from);
    let aliases = flag.get_all_aliases().unwrap_or_default().into_iter().map(str::to_owned);
    let letters = flag.get_all_short_aliases().unwrap_or_default().into_iter().map(String::from);
    long.chain(short).chain(aliases).chain(letters).collect()
}

/// Whether a flag takes a value only after `=`.
pub(super) fn is_switch(flag: &Arg) -> bool {
    matches!(flag.get_action(), ArgAction::SetTrue) || holds::<bool>(flag)
}

/// Whether a flag may stand without a value. Its value follows `=`; the next argument is never its value.
pub(super) fn is_optional(flag: &Arg) -> bool {
    flag.get_num_args().is_some_and(|count| count.min_values() == 0)
}

/// Whether the flag's value is parsed as this type.
pub(super) fn holds<T: 'static>(flag: &Arg) -> bool {
    flag.get_value_parser().type_id() == TypeId::of::<T>()
}

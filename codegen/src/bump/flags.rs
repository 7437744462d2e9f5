//! What happens to the flags of `crictl rpc`: to scripts, a method with other request fields is another command.

use super::diff::What;
use crate::model::{Flag, Kind, Label, Method, Model};

/// What happened to a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagChange {
    /// The word after `crictl rpc`.
    pub command: String,
    /// The flag's name.
    pub flag: String,
    /// What happened to it. A flag is never renamed: somebody who types the old name is told that it does not exist.
    pub what: What,
}

/// The differences between the flags of methods that both releases have. The flags of a new method are all new.
#[must_use]
pub(super) fn flags(old: &Model, new: &Model) -> Vec<FlagChange> {
    let mut changes = Vec::new();
    for method in methods(new) {
        let Some(before) = methods(old).find(|it| it.path == method.path) else { continue };
        let change = |flag: &Flag, what| FlagChange { command: method.command.clone(), flag: flag.long.clone(), what };
        for flag in &method.flags {
            match before.flags.iter().find(|it| it.long == flag.long).map(takes) {
                None => changes.push(change(flag, What::Added(takes(flag)))),
                Some(took) if took != takes(flag) => changes.push(change(flag, What::Retyped(took, takes(flag)))),
                Some(_) => {}
            }
        }
        let gone = before.flags.iter().filter(|flag| !method.flags.iter().any(|it| it.long == flag.long));
        changes.extend(gone.map(|flag| change(flag, What::Removed)));
    }
    changes
}

fn methods(model: &Model) -> impl Iterator<Item = &Method> {
    model.services.iter().flat_map(|service| &service.methods)
}

/// What a flag takes, in words. The type names of enums and messages are left out: they don't matter to users who type
/// a value.
fn takes(flag: &Flag) -> String {
    let kind = |kind: &Kind| match kind {
        Kind::Scalar(name) => name.to_lowercase(),
        Kind::Enum(_) => "name".to_owned(),
        Kind::Message(_) => "JSON".to_owned(),
    };
    match (flag.label, &flag.key) {
        (_, Some(key)) => format!("map<{}, {}>", kind(key), kind(&flag.kind)),
        (Label::Repeated, _) => format!("repeated {}", kind(&flag.kind)),
        _ => kind(&flag.kind),
    }
}

//! How the API of one release differs from that of another.

use super::{
    api::{Api, Call, Field},
    pair::{Pair, pairs},
    wire,
};
use crate::model::{Flow, Model};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The kind of thing that has changed.
    pub element: Element,
    /// The service of a method, the message of a field, the enum of a value; a service, message or enum itself has its
    /// own name here.
    pub owner: String,
    /// The name of a method, field or value; the old one if there are two.
    pub name: String,
    /// What happened to it.
    pub what: What,
    /// What that means for peers of the two releases.
    pub effect: Effect,
}

/// A kind of thing that can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The variants are protobuf's own words.
pub enum Element {
    Method,
    Message,
    Enum,
    Field,
    Value,
}

/// What happened to something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It is new; a field has this type.
    Added(String),
    /// It is gone.
    Removed,
    /// It has been renamed to this.
    Renamed(String),
    /// It changed from the first type to the second.
    Retyped(String, String),
    /// It changed from the first number to the second.
    Renumbered(i64, i64),
    /// It has become a secret, or has stopped being one.
    Secret(bool),
}

/// What a change means for peers of the two releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// They misunderstand each other, for this reason.
    Breaks(&'static str),
    /// They understand each other; the text says what else to know, if anything.
    Reads(&'static str),
}

impl Change {
    /// Whether peers of the two releases misunderstand each other.
    #[must_use]
    pub fn breaks(&self) -> bool {
        matches!(self.effect, Effect::Breaks(_))
    }
}

/// The differences between two releases.
#[must_use]
pub fn diff(old: &Model, new: &Model) -> Vec<Change> {
    let (old, new) = (Api::new(old), Api::new(new));
    let renames = old.renames(&new);
    let mut changes = Vec::new();
    for (names, element) in [(names(&old.messages), Element::Message), (names(&old.enums), Element::Enum)] {
        for (from, to) in names.iter().filter_map(|name| renames.get_key_value(*name)) {
            changes.push(change(element, from, "", What::Renamed(to.clone()), Effect::Reads("")));
        }
    }
    let old = old.renamed(&renames);
    changes.extend(calls(&old.calls, &new));
    changes.extend(groups(Element::Message, &old.messages, &new.messages, fields));
    changes.extend(groups(Element::Enum, &old.enums, &new.enums, values));
    changes
}

fn names<T>(groups: &[(String, T)]) -> Vec<&str> {
    groups.iter().map(|(name, _)| name.as_str()).collect()
}

fn change(element: Element, owner: &str, name: &str, what: What, effect: Effect) -> Change {
    Change { element, owner: owner.to_owned(), name: name.to_owned(), what, effect }
}

fn calls(old: &[Call], new: &Api) -> Vec<Change> {
    let of = |call: &Call, what, effect| change(Element::Method, &call.service, &call.name, what, effect);
    let mut changes = Vec::new();
    for call in old {
        match new.call(&call.path) {
            None => changes.push(of(call, What::Removed, Effect::Breaks("a server without it answers Unimplemented"))),
            Some(other) if signature(call) != signature(other) => {
                let what = What::Retyped(signature(call), signature(other));
                changes.push(of(call, what, Effect::Breaks("caller and server expect different messages")));
            }
            Some(_) => {}
        }
    }
    let added = new.calls.iter().filter(|call| !old.iter().any(|it| it.path == call.path));
    changes.extend(added.map(|call| of(call, What::Added(String::new()), Effect::Reads(""))));
    changes
}

fn signature(call: &Call) -> String {
    let stream = |streams| if streams { "stream " } else { "" };
    let sent = stream(matches!(call.flow, Flow::ClientStream | Flow::Duplex));
    let answered = stream(matches!(call.flow, Flow::ServerStream | Flow::Duplex));
    format!("({sent}{}) returns ({answered}{})", call.request, call.response)
}

/// Compares the members that both have, and reports those that only one of them has.
fn groups<T>(
    element: Element,
    old: &[(String, Vec<T>)],
    new: &[(String, Vec<T>)],
    members: fn(&str, &[T], &[T]) -> Vec<Change>,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for (name, ours) in old {
        match new.iter().find(|(it, _)| it == name) {
            Some((_, theirs)) => changes.extend(members(name, ours, theirs)),
            // Everything that used it has changed too, and the reports on that say what it means.
            None => changes.push(change(element, name, "", What::Removed, Effect::Reads(""))),
        }
    }
    let added = new.iter().filter(|(name, _)| !old.iter().any(|(it, _)| it == name));
    changes.extend(added.map(|(name, _)| change(element, name, "", What::Added(String::new()), Effect::Reads(""))));
    changes
}

fn fields(message: &str, old: &[Field], new: &[Field]) -> Vec<Change> {
    let key = |field: &Field| (field.name.clone(), i64::from(field.number));
    let (ours, theirs): (Vec<_>, Vec<_>) = (old.iter().map(key).collect(), new.iter().map(key).collect());
    let mut changes = Vec::new();
    for pair in pairs(&ours, &theirs) {
        changes.extend(paired(Element::Field, message, pair, &ours, &theirs));
        let of = |field: &Field, what, effect| change(Element::Field, message, &field.name, what, effect);
        match pair {
            Pair::Kept(at, place) | Pair::Renumbered(at, place) | Pair::Renamed(at, place) => {
                let (field, other) = (&old[at], &new[place]);
                if field.shape != other.shape {
                    let reason = wire::misread(&field.shape, &other.shape).or_else(|| crowded(other, field, old, new));
                    let caveat = Effect::Reads(wire::caveat(&field.shape, &other.shape));
                    let what = What::Retyped(field.shape.text(), other.shape.text());
                    changes.push(of(field, what, reason.map_or(caveat, Effect::Breaks)));
                }
                if field.secret != other.secret {
                    changes.push(of(field, What::Secret(other.secret), Effect::Reads("")));
                }
            }
            Pair::Added(place) => {
                let field = &new[place];
                changes.push(of(field, What::Added(field.shape.text()), Effect::Reads("")));
            }
            Pair::Removed(_) => {}
        }
    }
    changes
}

/// Fields that could be set together before, and are now in a oneof, which keeps only the last.
fn crowded(now: &Field, before: &Field, old: &[Field], new: &[Field]) -> Option<&'static str> {
    let oneof = now.shape.oneof.as_ref()?;
    let mut siblings = new.iter().filter(|it| it.number != now.number && it.shape.oneof.as_ref() == Some(oneof));
    let at_once = |it: &Field| before.shape.oneof.is_none() || it.shape.oneof != before.shape.oneof;
    let was_beside = |number: u32| old.iter().any(|it| it.number == number && at_once(it));
    siblings
        .any(|it| was_beside(it.number))
        .then_some("these fields could be set together, but a oneof keeps only the last")
}

fn values(name: &str, old: &[(String, i32)], new: &[(String, i32)]) -> Vec<Change> {
    let key = |(name, number): &(String, i32)| (name.clone(), i64::from(*number));
    let (ours, theirs): (Vec<_>, Vec<_>) = (old.iter().map(key).collect(), new.iter().map(key).collect());
    let mut changes = Vec::new();
    for pair in pairs(&ours, &theirs) {
        changes.extend(paired(Element::Value, name, pair, &ours, &theirs));
        if let Pair::Added(place) = pair {
            changes.push(change(Element::Value, name, &theirs[place].0, What::Added(String::new()), Effect::Reads("")));
        }
    }
    changes
}

/// What happened to a name and its number.
fn paired(element: Element, owner: &str, pair: Pair, old: &[(String, i64)], new: &[(String, i64)]) -> Option<Change> {
    let (name, what, effect) = match pair {
        Pair::Kept(..) | Pair::Added(_) => return None,
        Pair::Renamed(at, place) => {
            let caveat = Effect::Reads("documents must use the new names");
            (&old[at].0, What::Renamed(new[place].0.clone()), caveat)
        }
        Pair::Renumbered(at, place) => {
            let what = What::Renumbered(old[at].1, new[place].1);
            (&old[at].0, what, Effect::Breaks("each release takes the other's number for something else"))
        }
        Pair::Removed(at) if element == Element::Value && new.iter().any(|it| it.1 == old[at].1) => {
            (&old[at].0, What::Removed, Effect::Reads("another name of its number is left"))
        }
        Pair::Removed(at) => {
            (&old[at].0, What::Removed, Effect::Breaks("a peer may still send it, and is not understood"))
        }
    };
    Some(change(element, owner, name, what, effect))
}

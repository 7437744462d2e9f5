//! The report for the person who adopts a release: first what breaks, then what needs a look, then what is new.

use std::collections::{BTreeSet, HashSet};

use super::{
    api::Api,
    diff::{Change, Effect, Element, What, diff},
    flags::{FlagChange, flags},
    uses::Uses,
};
use crate::model::Model;

/// With at least this many, the renamed values of an enum become one line.
const MANY: usize = 4;
/// The length of a line of names.
const WIDTH: usize = 100;

/// How a release differs from the one before it, and what that affects in the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What it is a release of.
    pub api: String,
    /// The release that it is compared with, if there is one.
    pub old: Option<String>,
    /// The release that is adopted.
    pub new: String,
    /// How many methods it has.
    pub methods: usize,
    /// The differences.
    pub changes: Vec<Change>,
    /// The differences between the flags of methods that both releases have.
    pub flags: Vec<FlagChange>,
    /// The messages and enums that have changed, each with the commands that send or get it.
    pub touched: Vec<(String, Vec<String>)>,
    /// The methods that no command calls.
    pub unused: Vec<String>,
}

impl Report {
    /// Compares two releases, each with its name.
    #[must_use]
    pub fn new(old: Option<(&str, &Model)>, new: (&str, &Model), uses: &Uses) -> Self {
        let changes = old.map(|(_, model)| diff(model, new.1)).unwrap_or_default();
        let flags = old.map(|(_, model)| flags(model, new.1)).unwrap_or_default();
        let api = Api::new(new.1);
        let used: HashSet<_> = uses.values().flatten().collect();
        let unused = api.calls.iter().filter(|call| !used.contains(&call.name));
        let unused = unused.map(|call| call.name.clone()).collect();
        let methods = api.calls.len();
        let apis: Vec<_> = old.map(|(_, model)| Api::new(model)).into_iter().chain([api]).collect();
        let touched = touched(&changes, &apis, uses);
        let old = old.map(|(name, _)| name.to_owned());
        let api = "CRI".to_owned();
        Self { api, old, new: new.0.to_owned(), methods, changes, flags, touched, unused }
    }

    /// As [`Report::new`], for containerd's own API, whose methods no command makes known.
    #[must_use]
    pub fn of_containerd(old: Option<(&str, &Model)>, new: (&str, &Model)) -> Self {
        let report = Self::new(old, new, &Uses::new());
        Self { api: "containerd".to_owned(), touched: Vec::new(), unused: Vec::new(), ..report }
    }

    /// How many changes make peers of the two releases misunderstand each other.
    #[must_use]
    pub fn breaks(&self) -> usize {
        self.changes.iter().filter(|change| change.breaks()).count()
    }

    /// The report as text.
    #[must_use]
    pub fn render(&self) -> String {
        let (new, old): (Vec<_>, Vec<_>) = self.changes.iter().partition(|it| matches!(it.what, What::Added(_)));
        let (broken, changed): (Vec<_>, Vec<_>) = old.into_iter().partition(|change| change.breaks());
        let touched = self.touched.iter().map(|(name, commands)| match commands.as_slice() {
            [] => format!("{name}: none"),
            commands => wrap(&format!("{name}: "), commands),
        });
        let sections = [
            section("Breaks the wire", &lines(&broken)),
            section("Changed, and understood by both releases", &lines(&changed)),
            section("Commands that send or get what has changed", &touched.collect::<Vec<_>>()),
            section("New", &added(&new)),
            section("Flags of `crictl rpc` that are new, gone or take something else", &commands(&self.flags)),
            section("Methods that only `crictl rpc` calls", &words(&self.unused)),
        ];
        self.headline() + &sections.concat()
    }

    fn headline(&self) -> String {
        let Self { api, new, methods, .. } = self;
        let Some(old) = &self.old else {
            return format!("{api} {new}: {methods} methods; there is no release to compare it to.\n");
        };
        let is_new = |change: &&Change| change.element == Element::Method && matches!(change.what, What::Added(_));
        let added = match self.changes.iter().filter(is_new).count() {
            0 => String::new(),
            count => format!(", {count} of them new"),
        };
        let verdict = match (self.changes.len(), self.breaks()) {
            (0, _) => "nothing has changed".to_owned(),
            (_, 0) => "nothing breaks the wire".to_owned(),
            (_, 1) => "1 change BREAKS THE WIRE".to_owned(),
            (_, count) => format!("{count} changes BREAK THE WIRE"),
        };
        format!("{api} {old} -> {new}: {methods} methods{added}; {verdict}.\n")
    }
}

/// The commands that send or get each changed message or enum, the most serious changes first.
fn touched(changes: &[Change], apis: &[Api], uses: &Uses) -> Vec<(String, Vec<String>)> {
    let is_old = |change: &&Change| match change.element {
        Element::Method => false,
        Element::Message | Element::Enum => !matches!(change.what, What::Added(_)),
        Element::Field | Element::Value => true,
    };
    let mut changes: Vec<_> = changes.iter().filter(is_old).collect();
    changes.sort_by_key(|change| (!change.breaks(), matches!(change.what, What::Added(_))));
    let mut owners: Vec<&str> = Vec::new();
    for change in changes {
        if !owners.contains(&change.owner.as_str()) {
            owners.push(&change.owner);
        }
    }
    let handles = |owner: &str, used: &BTreeSet<String>| {
        apis.iter().any(|api| {
            let mut calls = api.calls.iter().filter(|call| used.contains(&call.name));
            calls.any(|call| [&call.request, &call.response].iter().any(|name| api.within(name).contains(owner)))
        })
    };
    let commands = |owner: &str| {
        let users = uses.iter().filter(|(_, calls)| handles(owner, calls));
        users.map(|(command, _)| command.clone()).collect()
    };
    owners.into_iter().map(|owner| (owner.to_owned(), commands(owner))).collect()
}

fn section(title: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    format!("\n{title}\n{lines}")
}

/// A line for each change, or one line for many renamed values of an enum.
fn lines(changes: &[&Change]) -> Vec<String> {
    let renamed = |it: &Change| it.element == Element::Value && matches!(it.what, What::Renamed(_));
    let groups = changes.chunk_by(|one, next| renamed(one) && renamed(next) && one.owner == next.owner);
    let texts = groups.map(|group| match group {
        [first, ..] if group.len() >= MANY => vec![line(first, &format!(" and {} more like it", group.len() - 1))],
        group => group.iter().map(|change| line(change, "")).collect(),
    });
    texts.flatten().collect()
}

fn line(change: &Change, more: &str) -> String {
    let name = name(change) + more;
    let what = match &change.what {
        What::Added(_) => "new".to_owned(),
        What::Removed => "gone".to_owned(),
        What::Renamed(to) => format!("now {to}"),
        What::Retyped(from, to) => format!("{from} -> {to}"),
        What::Renumbered(from, to) => format!("number {from} -> {to}"),
        What::Secret(true) => "now a secret".to_owned(),
        What::Secret(false) => "no longer a secret".to_owned(),
    };
    match change.effect {
        Effect::Reads("") => format!("{name}: {what}"),
        Effect::Reads(why) | Effect::Breaks(why) => format!("{name}: {what}; {why}"),
    }
}

fn name(change: &Change) -> String {
    match change.name.as_str() {
        "" => change.owner.clone(),
        // Where two services have a method with the same name, the names of all have the service in them.
        name if change.element == Element::Method => name.to_owned(),
        name => format!("{}.{name}", change.owner),
    }
}

/// What is new, by kind. Fields have lines of their own because their types are shown.
fn added(changes: &[&Change]) -> Vec<String> {
    let of = |element| changes.iter().filter(move |change| change.element == element);
    let mut lines = Vec::new();
    for (element, label) in [
        (Element::Method, "methods: "),
        (Element::Message, "messages: "),
        (Element::Enum, "enums: "),
        (Element::Value, "values: "),
    ] {
        let names: Vec<_> = of(element).map(|change| name(change)).collect();
        if !names.is_empty() {
            lines.push(wrap(label, &names));
        }
    }
    lines.extend(of(Element::Field).filter_map(|change| match &change.what {
        What::Added(kind) => Some(format!("{}: {kind}", name(change))),
        _ => None,
    }));
    lines
}

/// A line for each command whose flags have changed.
fn commands(changes: &[FlagChange]) -> Vec<String> {
    let commands = changes.chunk_by(|one, next| one.command == next.command);
    let lines = commands.filter_map(|changes| {
        let flags = changes.iter().map(|change| match &change.what {
            What::Added(takes) => format!("--{} (new: {takes})", change.flag),
            What::Retyped(took, takes) => format!("--{} ({took} -> {takes})", change.flag),
            _ => format!("--{} (gone)", change.flag),
        });
        Some(wrap(&format!("{}: ", changes.first()?.command), &flags.collect::<Vec<_>>()))
    });
    lines.collect()
}

fn words(names: &[String]) -> Vec<String> {
    if names.is_empty() { Vec::new() } else { vec![wrap("", names)] }
}

/// Names separated by commas, in lines that are indented to the first name.
fn wrap(label: &str, names: &[String]) -> String {
    let indent = format!("\n  {:1$}", "", label.len());
    let mut text = label.to_owned();
    let mut column = label.len() + 2;
    for (at, name) in names.iter().enumerate() {
        let comma = if at + 1 < names.len() { "," } else { "" };
        let length = name.len() + comma.len() + 1;
        if at > 0 && column + length > WIDTH {
            text += &indent;
            column = label.len() + 2;
        } else if at > 0 {
            text += " ";
        }
        text += &format!("{name}{comma}");
        column += length;
    }
    text
}

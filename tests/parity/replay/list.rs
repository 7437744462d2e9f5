//! The two lists of what does not match: work not done yet, and differences that are meant.
//!
//! Both are checked in the other direction too, so that neither can outlive its reason.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::replay::Result;
use crate::replay::case::Case;

pub(crate) struct Lists {
    todo: Todo,
    deviations: Vec<Deviation>,
}

/// `todo.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Todo {
    #[serde(default)]
    commands: Vec<String>,
    /// Whether cases about `-o go-template` wait.
    #[serde(default)]
    templates: bool,
}

/// `deviations.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deviations {
    #[serde(default)]
    deviation: Vec<Deviation>,
}

/// A case of which the reference is not followed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deviation {
    case: String,
    /// The number of the defect of the reference.
    defect: u32,
    why: String,
}

impl Deviation {
    /// What to say when the case matches after all.
    pub(crate) fn outlived(&self) -> String {
        format!(
            "deviations.toml: {} is as recorded, remove the entry (defect {}: {})",
            self.case, self.defect, self.why
        )
    }
}

impl Lists {
    pub(crate) fn load(data: &Path) -> Result<Self> {
        let todo = fs::read_to_string(data.join("todo.toml"))?;
        let deviations: Deviations = toml::from_str(&fs::read_to_string(data.join("deviations.toml"))?)?;
        Ok(Self { todo: toml::from_str(&todo)?, deviations: deviations.deviation })
    }

    /// Whether nobody expects this case to match yet.
    pub(crate) fn waits(&self, case: &Case) -> bool {
        self.todo.commands.contains(&case.cmd) || (self.todo.templates && case.has_template())
    }

    /// Why this case must not match.
    pub(crate) fn deviation(&self, case: &Case) -> Option<&Deviation> {
        self.deviations.iter().find(|entry| entry.case == case.name)
    }

    /// Entries about cases that do not exist.
    pub(crate) fn unknown(&self, cases: &[Case]) -> Vec<String> {
        let commands = self.todo.commands.iter();
        let commands = commands
            .filter(|command| cases.iter().all(|case| case.cmd != **command))
            .map(|command| format!("todo.toml: there are no cases of {command}"));
        let deviations = self.deviations.iter();
        let deviations = deviations
            .filter(|entry| cases.iter().all(|case| case.name != entry.case))
            .map(|entry| format!("deviations.toml: there is no case {}", entry.case));
        commands.chain(deviations).collect()
    }

    /// Entries of `todo.toml` that are done, told by all cases and whether they match.
    pub(crate) fn done(&self, ran: &[(&Case, bool)]) -> Vec<String> {
        let all_match = |waits: &dyn Fn(&Case) -> bool| {
            let mut waiting = ran.iter().filter(|(case, _)| waits(case)).peekable();
            waiting.peek().is_some() && waiting.all(|(_, matches)| *matches)
        };
        let commands = self.todo.commands.iter();
        let mut done: Vec<_> = commands
            .filter(|command| all_match(&|case| case.cmd == **command))
            .map(|command| format!("todo.toml: {command} is done, remove it from the list"))
            .collect();
        if self.todo.templates && all_match(&Case::has_template) {
            done.push("todo.toml: templates are done, remove the entry".to_owned());
        }
        done
    }
}

//! Cases made of `cli.json`: each command, flag and alias of the reference is understood.
//!
//! What a flag does is the matter of the recorded cases; here `--help` follows it, so that it is only read.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use crate::replay::Result;
use crate::replay::case::Case;

#[derive(Deserialize)]
struct Line {
    global_flags: Vec<Flag>,
    commands: Vec<Command>,
}

#[derive(Deserialize)]
struct Command {
    name: String,
    aliases: Vec<String>,
    flags: Vec<Flag>,
    subcommands: Vec<Command>,
}

#[derive(Deserialize)]
struct Flag {
    name: String,
    aliases: Vec<String>,
    r#type: String,
    #[serde(default)]
    choices: Vec<String>,
}

/// The cases, as cases of the command that they name.
pub(crate) fn cases(path: &Path) -> Result<Vec<Case>> {
    let line: Line = serde_json::from_str(&fs::read_to_string(path)?)?;
    let mut cases = Vec::new();
    add_flags("global", &[], &line.global_flags, &mut cases)?;
    for command in &line.commands {
        add_command(&command.name, &[], command, &mut cases)?;
    }
    Ok(cases)
}

fn add_command(topic: &str, before: &[&str], command: &Command, cases: &mut Vec<Case>) -> Result<()> {
    for name in command.aliases.iter().chain([&command.name]) {
        let words = [before, &[name]].concat();
        cases.push(case(topic, &words)?);
        if *name == command.name {
            add_flags(topic, &words, &command.flags, cases)?;
            for subcommand in &command.subcommands {
                add_command(topic, &words, subcommand, cases)?;
            }
        }
    }
    Ok(())
}

fn add_flags(topic: &str, before: &[&str], flags: &[Flag], cases: &mut Vec<Case>) -> Result<()> {
    for flag in flags {
        for name in flag.aliases.iter().chain([&flag.name]) {
            let name = match name.len() {
                1 => format!("-{name}"),
                _ => format!("--{name}"),
            };
            let mut words = [before, &[&name]].concat();
            words.extend(flag.value());
            cases.push(case(topic, &words)?);
        }
    }
    Ok(())
}

impl Flag {
    fn value(&self) -> Option<&str> {
        match (self.r#type.as_str(), self.choices.first()) {
            ("bool", _) => None,
            (_, Some(choice)) => Some(choice),
            ("duration", _) => Some("1s"),
            // A number serves where text is asked for: `--oom-score-adj` is text in the list but must be one.
            _ => Some("1"),
        }
    }
}

fn case(topic: &str, words: &[&str]) -> Result<Case> {
    let args = [words, &["--help"]].concat();
    Ok(serde_json::from_value(json!({
        "name": format!("{topic}/cli {}", words.join(" ")),
        "cmd": topic,
        "args": args,
        "compare": {"stdout": "ignore"},
        "expect": {},
    }))?)
}

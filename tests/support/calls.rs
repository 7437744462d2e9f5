//! Which command may call which method, as `crictl rpc list -o json` says.

use std::collections::BTreeMap;

use serde_json::Value;

/// The commands that call each method.
pub struct Declared(BTreeMap<String, Vec<String>>);

impl Declared {
    /// Reads the list.
    pub fn read(list: &str) -> serde_json::Result<Self> {
        let list: Value = serde_json::from_str(list)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let methods = list["methods"].as_array().into_iter().flatten();
        let commands = |method: &Value| method["commands"].as_array().into_iter().flatten().map(text).collect();
        Ok(Self(methods.map(|method| (text(&method["method"]), commands(method))).collect()))
    }

    /// The first of these calls that the command of these arguments does not declare, and the command.
    ///
    /// `rpc` and `doctor` are about every method there is. Any command may ask for the version, to say in an error
    /// which runtime it is that lacks a method.
    pub fn undeclared<'a>(
        &'a self,
        args: &'a [String],
        mut calls: impl Iterator<Item = &'a str>,
    ) -> Option<(&'a str, &'a str)> {
        let is_free = |word: &str| ["rpc", "doctor"].contains(&word);
        let tree = crictl::command_line();
        // One that declares nothing is a command too, and may call nothing.
        let is_command = |word: &&String| tree.get_subcommands().any(|command| command.get_name() == *word);
        let command = args.iter().find(is_command).filter(|word| !is_free(word))?;
        let declares = |method: &str| self.0.get(method).is_none_or(|commands| commands.contains(command));
        calls.find(|method| *method != "Version" && !declares(method)).map(|method| (command.as_str(), method))
    }
}

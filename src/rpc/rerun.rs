//! `--debug`: shows each call as a command line that repeats it, so that the high-level commands teach the API.

use std::rc::Rc;
use std::time::SystemTime;

use tonic::{Code, Status};

use crate::log::Logger;
use crate::method::Method;
use crate::rpc::{Client, metadata};
use crate::schema::{self, Form, Value};

/// A call in progress. Its line is written when this is dropped, so that an abandoned call has a line too.
pub(super) struct Rerun<'io>(Option<Open<'io>>);

struct Open<'io> {
    log: Rc<Logger<'io>>,
    line: String,
    started: SystemTime,
    /// How the call ended, if it did.
    code: Option<Code>,
}

impl<'io> Rerun<'io> {
    /// Nothing if debug lines are off.
    pub(super) fn new(client: &Client<'io>, method: &'static Method, request: &[u8]) -> Self {
        let log = &client.log;
        // No command makes a call that a server in between makes.
        Self((log.is_debug() && !method.command.is_empty()).then(|| Open {
            log: Rc::clone(log),
            line: line(client, method, request),
            started: log.now(),
            code: None,
        }))
    }

    /// The call ended with this status.
    pub(super) fn ended(&mut self, status: &Status) {
        if let Some(open) = &mut self.0 {
            open.code = Some(status.code());
        }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let time = self.log.now().duration_since(self.started).unwrap_or_default();
        let ended = match self.code {
            Some(Code::Ok) => String::new(),
            Some(code) => format!(", {code:?}"),
            None => ", given up".to_owned(),
        };
        // This is not a log line: its quotes would have to be undone before pasting.
        self.log.line(&format!("{} # {time:?}{ended}", self.line));
    }
}

/// `crictl rpc METHOD --data '{...}'`, with the endpoint if one was named. Secrets are left out: the request's table
/// says what they are.
fn line(client: &Client<'_>, method: &'static Method, request: &[u8]) -> String {
    let mut words = vec!["crictl".to_owned()];
    words.extend(client.named.iter().flat_map(|flag| [(*flag).to_owned(), client.endpoint.to_string()]));
    words.extend(client.stand_in.iter().flat_map(|stand_in| stand_in.words()));
    words.extend(["rpc".to_owned(), method.command.to_owned()]);
    let mut document = schema::decode_as(method.request, request, Form::SPARSE).unwrap_or_default();
    schema::redact(method.request, &mut document);
    // The command that runs in a container may have passwords among its arguments: only the program is shown.
    if let Some(Value::List(command)) = document.get("cmd") {
        let hidden = command.iter().skip(1).map(|_| Value::from("***"));
        let shown = command.iter().take(1).cloned().chain(hidden).collect();
        document.set("cmd", Value::List(shown));
    }
    if document != Value::object::<&str>([]) {
        words.extend(["--data".to_owned(), serde_json::to_string(&document).unwrap_or_default()]);
    }
    for (name, value) in metadata::redacted(&client.metadata) {
        words.extend(["--header".to_owned(), format!("{name}={value}")]);
    }
    command_line(&words)
}

/// Words quoted for a shell.
pub(crate) fn command_line(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/:@%+=,".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_words_back() {
        let words = ["crictl", "", "{\"a\": \"it's\"}", "unix:///run/a b.sock", "$HOME", "k=v"].map(str::to_owned);
        let line = command_line(&words);
        assert_eq!(line, r#"crictl '' '{"a": "it'\''s"}' 'unix:///run/a b.sock' '$HOME' k=v"#);
    }
}

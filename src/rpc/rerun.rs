//! `--debug`: shows each call as a command line that repeats it, so that the high-level commands teach the API.

use std::rc::Rc;
use std::time::SystemTime;

use bytes::Bytes;
use tonic::{Code, Status};

use crate::log::Logger;
use crate::method::Method;
use crate::namespace::HEADER;
use crate::rpc::{Client, metadata};
use crate::schema::{self, Form, Value};
use crate::shell;
use crate::tables;

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
    pub(super) fn new(client: &Client<'io>, method: &'static Method, requests: &[Bytes]) -> Self {
        let log = &client.log;
        Self(log.is_debug().then(|| Open {
            log: Rc::clone(log),
            line: line(client, tables::whole(method), requests),
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
fn line(client: &Client<'_>, method: &'static Method, requests: &[Bytes]) -> String {
    let mut words = vec!["crictl".to_owned()];
    words.extend(client.named.iter().flat_map(|flag| [(*flag).to_owned(), client.endpoint.to_string()]));
    words.extend(client.stand_in.iter().flat_map(|stand_in| stand_in.words()));
    let (namespace, headers): (Vec<_>, Vec<_>) =
        metadata::redacted(&client.metadata).into_iter().partition(|(name, _)| name == HEADER);
    words.extend(namespace.into_iter().flat_map(|(_, name)| ["--containerd-namespace".to_owned(), name]));
    words.push("rpc".to_owned());
    words.extend(method.command.split(' ').map(str::to_owned));
    let documents: Vec<_> = requests.iter().map(|request| document(method, request)).collect();
    if documents.iter().any(|document| *document != Value::object::<&str>([])) {
        let documents = documents.iter().map(|document| serde_json::to_string(document).unwrap_or_default());
        words.extend(["--data".to_owned(), documents.collect::<Vec<_>>().join("\n---\n")]);
    }
    for (name, value) in headers {
        words.extend(["--header".to_owned(), format!("{name}={value}")]);
    }
    shell::line(&words)
}

/// A request as it may be shown. The command that runs in a container may have passwords among its arguments and in its
/// environment: only the program is shown.
fn document(method: &'static Method, request: &[u8]) -> Value {
    let mut document = schema::decode_as(method.request, request, Form::SPARSE).unwrap_or_default();
    schema::redact(method.request, &mut document);
    hide(&mut document, "cmd", 1);
    // What containerd is given of a process is its specification.
    for part in ["spec", "container"] {
        if document.get(part).is_some() {
            document.change(part, hide_process);
        }
    }
    document
}

fn hide_process(document: &mut Value) {
    for part in ["value", "spec", "process"] {
        if document.get(part).is_some() {
            document.change(part, hide_process);
        }
    }
    hide(document, "args", 1);
    hide(document, "env", 0);
}

/// Puts three stars in the place of the texts of a list, but for the first of them.
fn hide(document: &mut Value, name: &str, shown: usize) {
    if let Some(Value::List(words)) = document.get(name) {
        let hidden = words.iter().skip(shown).map(|_| Value::from("***"));
        let words = words.iter().take(shown).cloned().chain(hidden).collect();
        document.set(name, Value::List(words));
    }
}

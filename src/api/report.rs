//! What is shown of a call beside its messages: `-v` while it happens, `--enrich` when it is over.

use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use crate::api::answer::Answer;
use crate::api::format::Format;
use crate::api::request::Request;
use crate::context::Context;
use crate::error::Error;
use crate::gotext::GoDuration;
use crate::rpc::{Client, details, metadata};
use crate::schema::Value;
use crate::view::{Encoding, View};

/// What has been seen of one call so far.
pub(crate) struct Report<'a> {
    answer: &'a Answer<'a>,
    /// Nanoseconds since the epoch.
    started: i64,
    headers: Value,
    messages: Vec<Value>,
    count: usize,
    trailers: Value,
    /// Null if we ended the call ourselves.
    status: Value,
}

impl<'a> Report<'a> {
    /// A call is about to be made.
    pub(crate) fn begin(ctx: &Context<'_>, answer: &'a Answer<'a>, client: &Client<'_>, requests: &[Request]) -> Self {
        let none = || Value::object::<&str>([]);
        let report = Self {
            answer,
            started: ctx.now(),
            headers: none(),
            messages: Vec::new(),
            count: 0,
            trailers: none(),
            status: Value::Null,
        };
        report.say(ctx, || format!("* endpoint: {}", client.endpoint()));
        report.say(ctx, || format!("> POST {}", answer.method.path));
        report.pairs(ctx, '>', client.metadata());
        let first = requests.first().map_or(&[][..], |request| &request.bytes);
        if let Some(deadline) = client.deadline(answer.method, first) {
            report.say(ctx, || format!("* deadline: {deadline:?}"));
        }
        for request in requests {
            report.say(ctx, || format!("* request: {} bytes", request.bytes.len()));
        }
        report
    }

    /// The headers came, and with them the first byte.
    pub(crate) fn headers(&mut self, ctx: &Context<'_>, headers: &MetadataMap) {
        self.say(ctx, || format!("* first byte after {}", self.elapsed(ctx)));
        self.pairs(ctx, '<', headers);
        self.headers = self.object(headers);
    }

    /// A message came.
    ///
    /// # Errors
    /// It is not the message it should be.
    pub(crate) fn message(&mut self, ctx: &Context<'_>, body: &[u8]) -> Result<(), Error> {
        self.count += 1;
        self.say(ctx, || format!("* message {}: {} bytes after {}", self.count, body.len(), self.elapsed(ctx)));
        if self.answer.args.enrich {
            let message = self.answer.method.response;
            self.messages.push(self.answer.document(message, body, self.answer.form())?);
        }
        Ok(())
    }

    /// The call ended well.
    pub(crate) fn trailers(&mut self, ctx: &Context<'_>, trailers: &MetadataMap) {
        self.pairs(ctx, '<', trailers);
        self.trailers = self.object(trailers);
        self.status = status(Code::Ok, "", Vec::new());
    }

    /// The call failed. The error has the code and the words that the user is told.
    pub(crate) fn failed(&mut self, ctx: &Context<'_>, ended: &Status, error: &Error) {
        let code = error.code().unwrap_or(ended.code());
        self.pairs(ctx, '<', ended.metadata());
        self.trailers = self.object(ended.metadata());
        self.status = status(code, error.cause(), details::of(ended));
    }

    /// The call is over.
    ///
    /// # Errors
    /// The document can't be written.
    pub(crate) fn end(self, ctx: &mut Context<'_>) -> Result<(), Error> {
        self.say(ctx, || match (&self.status, self.status.get("message")) {
            (Value::Null, _) => "* status: none, we ended the call".to_owned(),
            (status, Some(Value::String(message))) if !message.is_empty() => {
                format!("* status: {}: {message}", code(status))
            }
            (status, _) => format!("* status: {}", code(status)),
        });
        for detail in self.status.get("details").into_iter().flat_map(items) {
            self.say(ctx, || format!("* detail: {}", serde_json::to_string(detail).unwrap_or_default()));
        }
        self.say(ctx, || format!("* total: {}", self.elapsed(ctx)));
        if !self.answer.args.enrich {
            return Ok(());
        }
        let document = Value::object([
            ("status", self.status),
            ("headers", self.headers),
            ("messages", Value::List(self.messages)),
            ("trailers", self.trailers),
        ]);
        match &self.answer.format {
            Format::Document(encoding) => ctx.print(&View::List(document, encoding.clone())),
            _ => ctx.print(&View::Item(document, Encoding::Json)),
        }
    }

    fn elapsed(&self, ctx: &Context<'_>) -> GoDuration {
        GoDuration(ctx.now().saturating_sub(self.started))
    }

    /// Writes a line of `-v`.
    fn say(&self, ctx: &Context<'_>, line: impl FnOnce() -> String) {
        if self.answer.args.verbose {
            ctx.log.line(&line());
        }
    }

    fn pairs(&self, ctx: &Context<'_>, mark: char, map: &MetadataMap) {
        self.shown(map).into_iter().for_each(|(name, value)| self.say(ctx, || format!("{mark} {name}: {value}")));
    }

    fn shown(&self, map: &MetadataMap) -> Vec<(String, String)> {
        if self.answer.args.show_secrets { metadata::pairs(map) } else { metadata::redacted(map) }
    }

    /// A list of values for each name, because a name may occur more than once.
    fn object(&self, map: &MetadataMap) -> Value {
        let mut object = Value::object::<&str>([]);
        for (name, value) in self.shown(map) {
            object.change(&name, |values| match values {
                Value::List(items) => items.push(Value::from(value)),
                none => *none = Value::List(vec![Value::from(value)]),
            });
        }
        object
    }
}

fn status(code: Code, message: &str, details: Vec<Value>) -> Value {
    let name = if code == Code::Ok { "OK".to_owned() } else { format!("{code:?}") };
    let mut status = vec![
        ("code", Value::from(name)),
        ("number", Value::Int(i32::from(code).into())),
        ("message", Value::from(message)),
    ];
    if !details.is_empty() {
        status.push(("details", Value::List(details)));
    }
    Value::object(status)
}

fn code(status: &Value) -> &str {
    match status.get("code") {
        Some(Value::String(name)) => name,
        _ => "",
    }
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::List(items) => items,
        _ => &[],
    }
}

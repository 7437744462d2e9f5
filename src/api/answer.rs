//! What comes back: one message, or a stream of them.

use std::cell::Cell;
use std::time::Duration;

use tonic::Status;

use crate::api::call::CallArgs;
use crate::api::format::Format;
use crate::api::report::Report;
use crate::api::request::Request;
use crate::args::parse::GoDuration;
use crate::context::Context;
use crate::error::Error;
use crate::method::{Flow, Method};
use crate::rpc::Client;
use crate::schema::{self, Form, Message, Value};
use crate::signal;
use crate::view::{Encoding, View};

/// How messages are shown.
pub(crate) struct Answer<'a> {
    pub(crate) method: &'static Method,
    pub(crate) args: &'a CallArgs,
    pub(crate) format: Format,
    /// More than one message may come.
    many: bool,
    /// How many were shown.
    shown: Cell<usize>,
}

impl<'a> Answer<'a> {
    /// # Errors
    /// Bytes are asked for that may hold secrets, in which nothing can be replaced.
    pub(crate) fn new(
        method: &'static Method,
        args: &'a CallArgs,
        format: Format,
        documents: usize,
    ) -> Result<Self, Error> {
        if format == Format::Raw && !args.show_secrets && !args.dry_run && schema::has_secrets(method.response) {
            return Err(Error::usage(format!(
                "{} may hold secrets: -o raw needs --show-secrets",
                method.response.name
            )));
        }
        let many = method.flow == Flow::ServerStream || documents > 1;
        Ok(Self { method, args, format, many, shown: Cell::new(0) })
    }

    /// The form of an answer's document: with what a newer server says beyond our tables.
    pub(crate) fn form(&self) -> Form {
        let defaults = self.args.emit_defaults.unwrap_or(true) && self.format != Format::Text;
        Form { defaults, foreign: true, base64: false }
    }

    /// An answer as a document.
    ///
    /// # Errors
    /// The bytes are no such message.
    pub(crate) fn document(&self, message: &'static Message, bytes: &[u8], form: Form) -> Result<Value, Error> {
        let decoded = schema::decode_as(message, bytes, form);
        let mut value = decoded.map_err(|error| Error::answer(self.method.name, message.name, error))?;
        if !self.args.show_secrets {
            schema::redact(message, &mut value);
        }
        Ok(value)
    }

    /// Writes a message in its format.
    ///
    /// # Errors
    /// The bytes are no such message, the template does not suit it, or nobody reads any more.
    pub(crate) fn print(
        &self,
        ctx: &mut Context<'_>,
        message: &'static Message,
        bytes: &[u8],
        form: Form,
    ) -> Result<(), Error> {
        let first = self.shown.replace(self.shown.get() + 1) == 0;
        if self.format == Format::Raw {
            let mut out = Vec::new();
            if self.many {
                prost::encoding::encode_varint(bytes.len() as u64, &mut out);
            }
            out.extend_from_slice(bytes);
            return ctx.bytes(&out);
        }
        let value = self.document(message, bytes, form)?;
        let gap = |separator: &str| if first { String::new() } else { separator.to_owned() };
        match &self.format {
            Format::Text => ctx.print(&View::text(&(gap("\n") + &schema::text(message, &value)))),
            Format::Document(encoding) if *encoding == Encoding::Yaml => {
                ctx.print(&View::text(&gap("---\n")))?;
                ctx.print(&View::List(value, encoding.clone()))
            }
            Format::Document(encoding) if self.method.flow == Flow::Unary || self.args.dry_run => {
                ctx.print(&View::List(value, encoding.clone()))
            }
            Format::Document(encoding) => ctx.print(&View::Item(value, encoding.clone())),
            Format::Line | Format::Raw => ctx.print(&View::Item(value, Encoding::Json)),
        }
    }
}

/// Why an answer ended early.
enum Failed {
    /// The call failed.
    Call(Status),
    /// We did.
    Own(Error),
}

impl From<Status> for Failed {
    fn from(status: Status) -> Self {
        Self::Call(status)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Own(error)
    }
}

/// Makes a call, and shows what comes back as it comes.
///
/// # Errors
/// The call failed, or what came back can't be shown.
pub(crate) async fn show(
    ctx: &mut Context<'_>,
    answer: &Answer<'_>,
    client: &Client<'_>,
    request: Request,
) -> Result<(), Error> {
    let stream = answer.method.flow == Flow::ServerStream;
    let time = answer.args.duration.and_then(GoDuration::positive).unwrap_or(Duration::MAX);
    // A stream ends cleanly when it is interrupted; with a document to be written, after that is written.
    ctx.stops_cleanly = stream;
    let interrupted = signal::interrupted(ctx.signals && stream && answer.args.enrich);
    let mut report = Report::begin(ctx, answer, client, &request.bytes);
    let ended = {
        let received = tokio::time::timeout(time, receive(ctx, answer, client, request, &mut report));
        tokio::select! {
            biased;
            received = received => received.unwrap_or(Ok(())),
            () = interrupted => Ok(()),
        }
    };
    let error = match ended {
        Ok(()) => None,
        Err(Failed::Own(error)) => return Err(error),
        Err(Failed::Call(status)) => {
            let error = client.error(answer.method, &status).await;
            report.failed(ctx, &status, &error);
            Some(error)
        }
    };
    report.end(ctx)?;
    error.map_or(Ok(()), Err)
}

async fn receive(
    ctx: &mut Context<'_>,
    answer: &Answer<'_>,
    client: &Client<'_>,
    request: Request,
    report: &mut Report<'_>,
) -> Result<(), Failed> {
    let stream = answer.method.flow == Flow::ServerStream;
    let mut bodies = client.open(answer.method, request.bytes).await?;
    report.headers(ctx, bodies.headers());
    let mut count: i64 = 0;
    while let Some(body) = bodies.message().await? {
        count += 1;
        report.message(ctx, &body)?;
        if !answer.args.enrich {
            answer.print(ctx, answer.method.response, &body, answer.form())?;
        }
        if count == answer.args.max_messages {
            return Ok(());
        }
    }
    if !stream && count != 1 {
        return Err(Status::internal(format!("expected one message, got {count}")).into());
    }
    report.trailers(ctx, &bodies.trailers().await?);
    Ok(())
}

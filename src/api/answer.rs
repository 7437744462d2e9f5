//! How answers are shown, message by message.

use std::cell::Cell;

use crate::api::format::Format;
use crate::api::terms::CallArgs;
use crate::context::Context;
use crate::error::Error;
use crate::method::Method;
use crate::schema::{self, Form, Message, Value};
use crate::view::{Encoding, View};

/// How messages are shown.
pub(crate) struct Answer<'a> {
    pub(crate) method: &'static Method,
    pub(crate) args: &'a CallArgs,
    pub(crate) format: Format,
    /// More than one message may come.
    many: bool,
    /// How many messages have been shown.
    shown: Cell<usize>,
}

impl<'a> Answer<'a> {
    /// # Errors
    /// The raw bytes may hold secrets, which can't be replaced in them.
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
        let many = method.flow.answers_several() || documents > 1;
        Ok(Self { method, args, format, many, shown: Cell::new(0) })
    }

    /// How an answer's document looks: it includes what a newer server sends beyond our tables.
    pub(crate) fn form(&self) -> Form {
        let defaults = self.args.emit_defaults.unwrap_or(true) && self.format != Format::Text;
        Form { defaults, foreign: true, base64: false }
    }

    /// An answer as a document.
    ///
    /// # Errors
    /// The bytes are not such a message.
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
    /// The bytes are not such a message, the template fails on it, or the reader has gone.
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
            Format::Document(encoding) if !self.method.flow.answers_several() || self.args.dry_run => {
                ctx.print(&View::List(value, encoding.clone()))
            }
            Format::Document(encoding) => ctx.print(&View::Item(value, encoding.clone())),
            Format::Line | Format::Raw => ctx.print(&View::Item(value, Encoding::Json)),
        }
    }
}

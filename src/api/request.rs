//! Makes the requests: documents, and the flags merged into each.

use crate::api::flag;
use crate::api::set::set;
use crate::api::terms::CallArgs;
use crate::args::go::Parsed;
use crate::context::Context;
use crate::document;
use crate::error::Error;
use crate::method::{Given, Method, Source};
use crate::schema::{self, Form, Message, Value};

/// One request.
#[derive(Debug)]
pub(crate) struct Request {
    /// What is set in it, by JSON names, in the order of the proto.
    pub(crate) document: Value,
    pub(crate) bytes: Vec<u8>,
}

impl Request {
    /// The bytes of the request with its secrets hidden.
    ///
    /// # Errors
    /// A secret is not text, so three stars can't stand for it.
    pub(crate) fn shown(&self, method: &Method, secrets: bool) -> Result<Vec<u8>, Error> {
        let mut document = self.document.clone();
        if !secrets {
            schema::redact(method.request, &mut document);
        }
        encode(method.request, &document, "showing a request with these secrets needs --show-secrets: ")
    }
}

/// The requests: each document of `--data`, or an empty one. The flags are merged into each, as protobuf merges
/// messages; then paths are set. All are checked before the first is sent.
///
/// # Errors
/// What is wrong, after the name of the argument.
pub(crate) fn all(
    ctx: &mut Context<'_>,
    method: &'static Method,
    args: &CallArgs,
    parsed: &Parsed,
) -> Result<Vec<Request>, Error> {
    let mut documents = data(ctx, args)?;
    if documents.is_empty() {
        documents.push(Value::Null);
    }
    let file = |path: &str| ctx.read_file(path).map_err(|error| error.line());
    let source = Source { file: &file, document: &document::value };
    let given = flag::document(method, Given::new(&parsed.matches, &source)).map_err(Error::usage)?;
    let flags = encode(method.request, &given, "--")?;
    let count = documents.len();
    let requests = documents.into_iter().enumerate().map(|(index, document)| {
        let place = match count {
            1 => "--data: ".to_owned(),
            _ => format!("--data: document {} of {count}: ", index + 1),
        };
        let mut bytes = encode(method.request, &document, &place)?;
        bytes.extend(&flags);
        sets(method.request, &bytes, args, &source)
    });
    requests.collect()
}

/// The documents of `--data`.
fn data(ctx: &mut Context<'_>, args: &CallArgs) -> Result<Vec<Value>, Error> {
    let bytes = match args.data.as_deref() {
        None => return Ok(Vec::new()),
        Some("-") => ctx.read_input(),
        Some(text) => match text.strip_prefix('@') {
            Some(path) => ctx.read_file(path),
            None => Ok(text.as_bytes().to_vec()),
        },
    };
    let wrong = |reason: String| Error::failure(format!("--data: {reason}"));
    document::values(&bytes.map_err(|error| wrong(error.line()))?).map_err(wrong)
}

fn sets(message: &'static Message, bytes: &[u8], args: &CallArgs, source: &Source<'_>) -> Result<Request, Error> {
    let failed = |error| Error::failure(format!("the request is not a valid {}: {error}", message.name));
    let mut document = schema::decode_as(message, bytes, Form::SPARSE).map_err(failed)?;
    let words = args.set.iter().map(|word| (word, "--set", false));
    for (word, flag, from_file) in words.chain(args.set_file.iter().map(|word| (word, "--set-file", true))) {
        let wrong = |(path, reason)| Error::failure(format!("{flag} {path}: {reason}"));
        set(message, &mut document, word, from_file, source).map_err(wrong)?;
        // Each on its own, so that the error can name the one that is wrong.
        encode(message, &document, &format!("{flag} "))?;
    }
    let bytes = encode(message, &document, "")?;
    let document = schema::decode_as(message, &bytes, Form::SPARSE).map_err(failed)?;
    // Ordered as in the proto: however a request was written, it becomes the same bytes.
    let bytes = encode(message, &document, "")?;
    Ok(Request { document, bytes })
}

/// The bytes of a document. An error begins with `place`.
fn encode(message: &'static Message, document: &Value, place: &str) -> Result<Vec<u8>, Error> {
    let mut unknown = Vec::new();
    let bytes = schema::encode(message, document, &mut unknown);
    let bytes = bytes.map_err(|error| Error::failure(format!("{place}{error}")))?;
    match unknown.first() {
        Some(unknown) => Err(Error::failure(format!("{place}{unknown}"))),
        None => Ok(bytes),
    }
}

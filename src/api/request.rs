//! What is sent: documents, and the flags merged into them.

use crate::api::call::CallArgs;
use crate::args::field;
use crate::args::go::Parsed;
use crate::context::Context;
use crate::error::Error;
use crate::method::Method;
use crate::schema::{self, Value};

/// The request: the document, and the flags merged into it as protobuf merges messages.
pub(crate) fn bytes(
    ctx: &mut Context<'_>,
    method: &'static Method,
    args: &CallArgs,
    parsed: &Parsed,
) -> Result<Vec<u8>, Error> {
    let read = |path: &str| ctx.read_file(path);
    let flags = field::document(method.request, &parsed.matches, &read)?;
    let document = match args.data.as_deref() {
        None => Value::Null,
        Some(text) => {
            let text = match (text, text.strip_prefix('@')) {
                ("-", _) => ctx.read_input()?,
                (_, Some(path)) => ctx.read_file(path)?,
                (text, None) => text.to_owned(),
            };
            serde_yaml::from_str(&text).map_err(|error| Error::usage(format!("--data: {error}")))?
        }
    };
    let encode = |what: &str, value: &Value| {
        let mut unknown = Vec::new();
        let bytes = schema::encode(method.request, value, &mut unknown);
        let bytes = bytes.map_err(|error| Error::usage(format!("{what}{}: {}", error.path, error.reason)))?;
        match unknown.first() {
            Some(unknown) => Err(Error::usage(format!("{what}{unknown}"))),
            None => Ok(bytes),
        }
    };
    let mut bytes = encode("--data: ", &document)?;
    bytes.extend(encode("--", &flags)?);
    Ok(bytes)
}

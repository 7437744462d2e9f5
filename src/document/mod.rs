//! Documents that people write: YAML or JSON, from a file or from standard input, read as a message of the CRI.
//!
//! The caller decides which message it is and what it is for.

use std::io;

use crictl_codegen::file;

use crate::context::Context;
use crate::error::{Error, lower};
use crate::schema::{self, Described, Unknown, Value};
use crate::yaml;

/// The path that means standard input.
pub(crate) const STDIN: &str = "-";

/// Reads a message from a file, or from standard input if the path is `-`.
///
/// With `strict`, an unknown field is an error; otherwise it is a warning, shown only to people. Upstream ignores it in
/// silence, so people find out in production that their limits were never in force. A script that reads stdout and
/// stderr together gets no unexpected line.
///
/// # Errors
/// The file can't be read, is not a document, or has a value that does not fit its field.
pub(crate) fn read<M: Described>(ctx: &mut Context<'_>, path: &str, strict: bool) -> Result<M, Error> {
    let named = |reason: String| Error::failure(reason).context(format!("reading the config {path:?}"));
    let bytes = bytes(ctx, path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::failure(format!("config at {path:?} not found: {}", lower(&error))),
        _ => named(lower(&error)),
    })?;
    let (message, unknown) = parse(&bytes).map_err(named)?;
    let unknown: Vec<_> = unknown.iter().map(Unknown::to_string).collect();
    match unknown.join(", ") {
        none if none.is_empty() => {}
        unknown if strict => return Err(named(unknown)),
        unknown if ctx.log.is_watched() => ctx.warn(format!("{path}: {unknown}")),
        _ => {}
    }
    Ok(message)
}

fn bytes(ctx: &mut Context<'_>, path: &str) -> io::Result<Vec<u8>> {
    match path {
        STDIN => file::read_from(&mut *ctx.io.input),
        _ => file::read(path),
    }
}

/// Reads a message from the bytes of a document, and returns which of its members no table knows.
///
/// # Errors
/// What is wrong, with a line or with the path of a field.
pub(crate) fn parse<M: Described>(bytes: &[u8]) -> Result<(M, Vec<Unknown>), String> {
    let mut unknown = Vec::new();
    let encoded = schema::encode(M::SCHEMA, &value(bytes)?, &mut unknown).map_err(|error| error.to_string())?;
    let message = M::decode(encoded.as_slice()).map_err(|error| error.to_string())?;
    Ok((message, unknown))
}

/// All documents in a text: YAML documents, or JSON documents one after another. Empty ones are left out.
///
/// # Errors
/// What is wrong, with the line and the column.
pub(crate) fn values(bytes: &[u8]) -> Result<Vec<Value>, String> {
    let (text, _) = file::text(bytes)?;
    let json: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(&text).into_iter().collect();
    let mut values = match json {
        Ok(values) => values.into_iter().map(Value::sorted).collect(),
        Err(_) => yaml::parse_all(&text)?,
    };
    values.retain(|value| *value != Value::Null);
    Ok(values)
}

/// The document as a value. JSON is tried first: it has escapes, such as surrogate pairs, that YAML lacks.
///
/// Keys are sorted, so that if a field occurs in two spellings the same one wins as in Go.
///
/// # Errors
/// As [`values`].
pub(crate) fn value(bytes: &[u8]) -> Result<Value, String> {
    let (text, _) = file::text(bytes)?;
    match serde_json::from_str::<Value>(&text) {
        Ok(value) => Ok(value.sorted()),
        Err(_) => yaml::parse(&text),
    }
}

#[cfg(test)]
mod tests;

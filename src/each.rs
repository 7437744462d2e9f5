//! The same work for each of several ids: in turn up to the first failure, or at once with every failure kept.
//! It knows neither what the work is nor what is printed.

use std::pin::pin;

use futures_util::stream::{self, StreamExt as _};

use crate::context::Context;
use crate::error::Error;

/// How many pieces of work go on at once. A runtime that removes a thousand containers at once only gets slower.
const AT_ONCE: usize = 8;

/// Works on one id after the other, and prints the line that the work returns.
///
/// # Errors
/// The first failure, with `doing` and the id as its context; what follows is left alone.
pub(crate) async fn in_turn(
    ctx: &mut Context<'_>,
    ids: &[String],
    doing: &str,
    work: impl AsyncFn(&str) -> Result<String, Error>,
) -> Result<(), Error> {
    for id in ids {
        let done = match given(id) {
            Ok(()) => work(id).await,
            Err(error) => Err(error),
        };
        let line = done.map_err(|error| error.context(format!("{doing} {id:?}")))?;
        ctx.line(&line)?;
    }
    Ok(())
}

/// Works on all ids, eight at a time. What the work writes is printed in the order of the ids, also if it fails later.
///
/// # Errors
/// All failures in the order of the ids; a failure keeps nothing else from being done.
pub(crate) async fn at_once(
    ctx: &mut Context<'_>,
    ids: &[String],
    work: impl AsyncFn(&str, &mut String) -> Result<(), Error>,
) -> Result<(), Error> {
    let work = &work;
    let running = ids.iter().map(|id| async move {
        let mut text = String::new();
        let result = work(id, &mut text).await;
        (text, result)
    });
    let mut finished = pin!(stream::iter(running).buffered(AT_ONCE));
    let mut errors = Vec::new();
    while let Some((text, result)) = finished.next().await {
        ctx.bytes(text.as_bytes())?;
        errors.extend(result.err());
    }
    Error::join(errors)
}

/// Refuses an empty id: a runtime may take it for any.
///
/// # Errors
/// The id is empty.
pub(crate) fn given(id: &str) -> Result<(), Error> {
    match id {
        "" => Err(Error::failure("an id cannot be empty")),
        _ => Ok(()),
    }
}

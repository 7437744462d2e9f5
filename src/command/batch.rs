//! The same work for each of several ids: one after another up to the first failure, or at the same time, keeping every
//! failure. This module knows neither the work nor the output.

use std::pin::pin;

use futures_util::stream::{self, StreamExt as _};

use crate::context::Context;
use crate::error::Error;
use crate::rpc::AT_ONCE;

/// Works on the ids one after another, and prints the line that each piece of work returns.
///
/// # Errors
/// The first failure, with `doing` and the id as its context; the remaining ids are left alone.
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

/// Works on all ids, [`AT_ONCE`] at a time. Lines are printed in the order of the ids, even those of work that fails later.
///
/// # Errors
/// All failures in the order of the ids; no failure stops the other work.
pub(crate) async fn at_once(
    ctx: &mut Context<'_>,
    ids: &[String],
    work: impl AsyncFn(&str, &mut Vec<String>) -> Result<(), Error>,
) -> Result<(), Error> {
    let work = &work;
    let running = ids.iter().map(|id| async move {
        let mut lines = Vec::new();
        let result = work(id, &mut lines).await;
        (lines, result)
    });
    let mut finished = pin!(stream::iter(running).buffered(AT_ONCE));
    let mut errors = Vec::new();
    while let Some((lines, result)) = finished.next().await {
        lines.iter().try_for_each(|line| ctx.line(line))?;
        errors.extend(result.err());
    }
    Error::join(errors)
}

/// Refuses an empty id: a runtime may take it for any id.
///
/// # Errors
/// The id is empty.
pub(crate) fn given(id: &str) -> Result<(), Error> {
    match id {
        "" => Err(Error::failure("an id cannot be empty")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io;

    use jiff::tz::TimeZone;

    use super::*;
    use crate::config::{Env, Settings};
    use crate::io::Io;

    /// Runs with a context, and returns what was printed.
    fn printed(run: impl AsyncFnOnce(&mut Context<'_>)) -> String {
        let settings = Settings::default();
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let mut io = Io::buffers(io::empty(), writer, io::sink());
        let mut ctx = Context::new(&mut io, Env::new(), settings, TimeZone::UTC);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(run(&mut ctx));
        drop(ctx);
        drop(io);
        io::read_to_string(&mut reader).expect("it was written")
    }

    fn ids(count: usize) -> Vec<String> {
        (0..count).map(|id| id.to_string()).collect()
    }

    #[test]
    fn at_most_eight_go_on_at_once_and_output_keeps_the_order_of_the_ids() {
        let (running, most) = (Cell::new(0), Cell::new(0));
        let output = printed(async |ctx| {
            let ids = ids(20);
            let done = at_once(ctx, &ids, async |id, lines| {
                running.set(running.get() + 1);
                most.set(most.get().max(running.get()));
                // Earlier ids take longer.
                for _ in id.parse().unwrap_or(0)..20 {
                    tokio::task::yield_now().await;
                }
                running.set(running.get() - 1);
                lines.push(id.to_owned());
                Ok(())
            });
            assert!(done.await.is_ok());
        });
        assert_eq!(most.get(), AT_ONCE);
        assert_eq!(output, ids(20).iter().map(|id| format!("{id}\n")).collect::<String>());
    }

    #[test]
    fn a_failure_keeps_nothing_else_from_being_done_and_all_are_told() {
        let output = printed(async |ctx| {
            let ids = ids(5);
            let done = at_once(ctx, &ids, async |id, lines| {
                lines.push(format!("begun {id}"));
                match id {
                    "1" | "3" => Err(Error::failure(format!("no {id}"))),
                    _ => Ok(()),
                }
            });
            assert_eq!(done.await.map_err(|error| error.line()), Err("no 1; also: no 3".to_owned()));
        });
        assert_eq!(output.lines().count(), 5);
    }

    #[test]
    fn in_turn_ends_at_the_first_failure() {
        let output = printed(async |ctx| {
            let ids = ["a", "", "c"].map(str::to_owned);
            let done = in_turn(ctx, &ids, "starting container", async |id| Ok(id.to_owned())).await;
            let line = done.map_err(|error| error.line());
            assert_eq!(line, Err("an id cannot be empty, starting container \"\"".to_owned()));
        });
        assert_eq!(output, "a\n");
    }
}

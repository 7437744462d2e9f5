//! Reading logs to their end, and following them as they are written.

use std::path::Path;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::Instant;

use crate::error::Error;
use crate::logs::print::Printer;
use crate::logs::source::{Progress, Source};
use crate::logs::watch::Watch;

/// How often the runtime is asked, at most, whether a container still runs.
const ASK: Duration = Duration::from_secs(1);

/// How many lines are read between checks for signals.
const BATCH: usize = 1024;

/// Reads one log to its end.
pub(crate) async fn drain(origin: usize, source: &mut Source, printer: &mut Printer<'_>) -> Result<Progress, Error> {
    loop {
        for _ in 0..BATCH {
            match source.advance(origin, printer)? {
                Progress::More => {}
                ended => return Ok(ended),
            }
        }
        yield_now().await;
    }
}

/// Reads logs to their ends, in the order in which their lines were written.
pub(crate) async fn merge(sources: &mut [Source], printer: &mut Printer<'_>) -> Result<(), Error> {
    let mut heads = sources.iter_mut().map(Source::peek).collect::<Result<Vec<_>, _>>()?;
    loop {
        for _ in 0..BATCH {
            let waiting = heads.iter().enumerate().filter_map(|(origin, head)| Some((*head.as_ref()?, origin)));
            let Some((_, origin)) = waiting.min() else {
                return Ok(());
            };
            if sources[origin].advance(origin, printer)? == Progress::Full {
                return Ok(());
            }
            heads[origin] = sources[origin].peek()?;
        }
        yield_now().await;
    }
}

/// Reads logs as they are written, until each container has ended. `running` says whether the container at an index
/// still runs.
pub(crate) async fn follow(
    sources: &mut [Source],
    printer: &mut Printer<'_>,
    mut running: impl AsyncFnMut(usize) -> Result<bool, Error>,
) -> Result<(), Error> {
    // The folders are watched before the logs are read to their ends, so that no change is missed in between.
    let watch = Watch::new(sources.iter().filter_map(|source| source.path().parent()).collect::<Vec<&Path>>());
    let mut asked = Instant::now();
    let mut done = vec![false; sources.len()];
    loop {
        let mut more = false;
        for (origin, (source, done)) in sources.iter_mut().zip(&mut done).enumerate().filter(|(_, (_, done))| !**done) {
            // A file that was truncated and written again must be recognised before more of it is read.
            let turned = source.turn().await?;
            if drain(origin, source, printer).await? == Progress::Full {
                return Ok(());
            }
            source.mark()?;
            more |= turned;
            *done = !turned && !source.is_live();
        }
        if more {
            continue;
        }
        printer.flush()?;
        if done.iter().all(|done| *done) {
            return Ok(());
        }
        if asked.elapsed() < ASK {
            watch.changed(ASK - asked.elapsed()).await;
            continue;
        }
        asked = Instant::now();
        for (origin, source) in sources.iter_mut().enumerate().filter(|(origin, _)| !done[*origin]) {
            if !running(origin).await? {
                // What the container wrote last is read after we know that it has ended.
                source.end();
            }
        }
    }
}

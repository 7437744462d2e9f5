//! Showing something again and again, for `--watch`.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::context::Context;
use crate::error::Error;

/// Upstream's pace.
const TICK: Duration = Duration::from_millis(500);

/// Shows something once or, to watch it, at every tick until an error or an interrupt, which then is no error.
///
/// What takes longer than a tick is followed by the next tick at once, not by all that were missed.
pub(crate) async fn repeat<'io>(
    ctx: &mut Context<'io>,
    watch: bool,
    mut show: impl AsyncFnMut(&mut Context<'io>) -> Result<(), Error>,
) -> Result<(), Error> {
    if !watch {
        return show(ctx).await;
    }
    ctx.stops_cleanly = true;
    let mut ticks = interval_at(Instant::now() + TICK, TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        show(ctx).await?;
    }
}

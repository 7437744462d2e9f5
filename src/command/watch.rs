//! Showing something again and again, for `--watch`.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::context::Context;
use crate::error::Error;

/// The interval, the same as upstream's.
const TICK: Duration = Duration::from_millis(500);

/// Shows something once or, with `--watch`, at every tick until an error or an interrupt; the interrupt is not an
/// error.
///
/// If showing takes longer than a tick, the next one follows at once; missed ticks are skipped.
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

//! Further attempts to connect. Calls themselves are never repeated; if nobody listens, nothing was sent.

use std::iter;
use std::time::Duration;

use tonic::Status;

use crate::log::Level;
use crate::rpc::{Client, status};

impl Client<'_> {
    /// Makes a call until somebody listens or the attempts are used up.
    pub(super) async fn retried<T>(&self, call: impl AsyncFn() -> Result<T, Status>) -> Result<T, Status> {
        let mut pauses = pauses(self.retries);
        loop {
            let result = call().await;
            let pause = match &result {
                Err(status) if status::is_refused(status) => pauses.next(),
                _ => None,
            };
            let Some(pause) = pause else { return result };
            // A user who waits wants to know what for.
            self.log.write(Level::Warning, || {
                format!("nobody listens at {}: connection refused, trying again in {pause:?}", self.endpoint)
            });
            tokio::time::sleep(pause).await;
        }
    }
}

/// The pauses before further attempts; a negative number of attempts means no limit.
fn pauses(retries: i64) -> impl Iterator<Item = Duration> {
    let longest = Duration::from_secs(5);
    iter::successors(Some(Duration::from_millis(500)), move |pause| Some((*pause * 2).min(longest)))
        .take(usize::try_from(retries).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_seconds() {
        let millis = |retries| pauses(retries).map(|pause| pause.as_millis()).take(6).collect::<Vec<_>>();
        assert_eq!(millis(0), []);
        assert_eq!(millis(3), [500, 1000, 2000]);
        assert_eq!(millis(-1), [500, 1000, 2000, 4000, 5000, 5000]);
    }
}

//! What a server owes us: things that a live server sends without delay, however long the call itself may take. They
//! tell a stream that has nothing to say yet, for which nobody can set a deadline, from a server that is silent or
//! stuck.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// Everything that is owed on one channel. Clones share the same state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Owed(Arc<watch::Sender<Open>>);

#[derive(Debug, Default)]
struct Open {
    debts: BTreeSet<u64>,
    /// The number of the next debt.
    next: u64,
}

/// One thing that is owed, until it is dropped.
#[derive(Debug)]
pub(super) struct Debt {
    owed: Owed,
    number: u64,
}

impl Owed {
    pub(super) fn debt(&self) -> Debt {
        let mut number = 0;
        self.0.send_modify(|open| {
            number = open.next;
            open.next += 1;
            open.debts.insert(number);
        });
        Debt { owed: self.clone(), number }
    }

    /// Waits until everything that is owed now has come.
    pub(super) async fn settled(&self) {
        let next = self.0.borrow().next;
        self.until(|open| open.debts.first().is_none_or(|oldest| *oldest >= next)).await;
    }

    /// Waits until something is late: owed for longer than `limit`, counting only the time spent here.
    pub(super) async fn overdue(&self, limit: Duration) {
        loop {
            let mut oldest = None;
            self.until(|open| {
                oldest = open.debts.first().copied();
                oldest.is_some()
            })
            .await;
            let paid = self.until(|open| open.debts.first().copied() != oldest);
            if tokio::time::timeout(limit, paid).await.is_err() {
                return;
            }
        }
    }

    async fn until(&self, reached: impl FnMut(&Open) -> bool) {
        // We hold the sender, so the channel never closes.
        let _ = self.0.subscribe().wait_for(reached).await;
    }
}

impl Drop for Debt {
    fn drop(&mut self) {
        self.owed.0.send_modify(|open| {
            open.debts.remove(&self.number);
        });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn what_is_owed_now_is_settled_and_what_comes_later_is_not_waited_for() {
        let owed = Owed::default();
        assert!(owed.settled().now_or_never().is_some());
        let first = owed.debt();
        let settled = owed.settled();
        let mut settled = std::pin::pin!(settled);
        assert!(settled.as_mut().now_or_never().is_none());
        let _second = owed.debt();
        drop(first);
        assert!(settled.now_or_never().is_some());
        assert!(owed.settled().now_or_never().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn only_one_thing_that_is_owed_for_all_the_time_is_late() {
        let (owed, second) = (Owed::default(), Duration::from_secs(1));
        let busy = async {
            for _ in 0..10 {
                let _debt = owed.debt();
                tokio::time::sleep(second / 2).await;
            }
        };
        tokio::select! {
            biased;
            () = busy => {}
            () = owed.overdue(second) => panic!("nothing was owed for a second"),
        }
        let _debt = owed.debt();
        owed.overdue(second).await;
    }
}

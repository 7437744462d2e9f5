//! Waits for changes to the files of some folders.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use notify::{Config, Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

/// How often files are checked if the system reports no changes.
const POLL: Duration = Duration::from_millis(250);

/// Some folders.
pub(crate) struct Watch {
    changed: Arc<Notify>,
    /// Reports changes for as long as it is kept. None if the system has no events, or no more watches.
    watcher: Option<RecommendedWatcher>,
}

impl Watch {
    /// Watches folders.
    pub(crate) fn new<'p>(folders: impl IntoIterator<Item = &'p Path>) -> Self {
        let changed = Arc::new(Notify::new());
        let watcher = watcher(Arc::clone(&changed), folders).ok();
        Self { changed, watcher }
    }

    /// Waits for a change, but no longer than `limit`. A change since the last call counts too.
    pub(crate) async fn changed(&self, limit: Duration) {
        let limit = if self.watcher.is_some() { limit } else { limit.min(POLL) };
        // Whether a change came or not, the caller now looks at the files.
        let _ = tokio::time::timeout(limit, self.changed.notified()).await;
    }
}

fn watcher<'p>(
    changed: Arc<Notify>,
    folders: impl IntoIterator<Item = &'p Path>,
) -> notify::Result<RecommendedWatcher> {
    // Our own reading is not a change. An error counts as one: events may have been lost.
    let tell = move |event: notify::Result<Event>| match event {
        Ok(event) if event.kind.is_access() => {}
        _ => changed.notify_one(),
    };
    let mut watcher = RecommendedWatcher::new(tell, Config::default())?;
    for folder in folders {
        watcher.watch(folder, RecursiveMode::NonRecursive)?;
    }
    Ok(watcher)
}

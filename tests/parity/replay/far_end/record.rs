//! What the clients of a far end did.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

#[derive(Default)]
pub(crate) struct Records(Mutex<Vec<Map<String, Value>>>);

impl Records {
    /// Starts the record of a connection.
    pub(crate) fn open(self: &Arc<Self>, transport: &str, path: &str) -> Record {
        let mut records = self.lock();
        let record = [("transport", transport), ("path", path)];
        records.push(record.map(|(key, value)| (key.to_owned(), value.into())).into_iter().collect());
        Record { records: self.clone(), index: records.len() - 1 }
    }

    pub(crate) fn take(&self) -> Vec<Value> {
        self.lock().drain(..).map(Value::Object).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Map<String, Value>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The record of one connection.
pub(crate) struct Record {
    records: Arc<Records>,
    index: usize,
}

impl Record {
    /// Notes a fact; the first one of its name stays.
    pub(crate) fn set(&self, key: &str, value: Value) {
        if let Some(record) = self.records.lock().get_mut(self.index) {
            record.entry(key).or_insert(value);
        }
    }

    /// Adds to a list of facts.
    pub(crate) fn push(&self, key: &str, value: &str) {
        if let Some(record) = self.records.lock().get_mut(self.index)
            && let Value::Array(list) = record.entry(key).or_insert_with(|| json!([]))
        {
            list.push(value.into());
        }
    }
}

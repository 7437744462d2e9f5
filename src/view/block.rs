//! The lines of verbose and table output that several commands share.

use std::collections::BTreeMap;

/// A title and a line for each entry; nothing if there are no entries.
pub(crate) fn entries(title: &str, entries: &BTreeMap<String, String>) -> Vec<String> {
    let title = (!entries.is_empty()).then(|| format!("{title}:"));
    title.into_iter().chain(entries.iter().map(|(key, value)| format!("\t{key} -> {value}"))).collect()
}

/// `label: value` if there is a value.
pub(crate) fn line(label: &str, value: &str) -> Vec<String> {
    line_if(!value.is_empty(), || format!("{label}: {value}"))
}

/// A line if a condition holds.
pub(crate) fn line_if(shown: bool, line: impl FnOnce() -> String) -> Vec<String> {
    shown.then(line).into_iter().collect()
}

/// `label: value` for each value.
pub(crate) fn lines(label: &str, values: &[String]) -> Vec<String> {
    values.iter().map(|value| format!("{label}: {value}")).collect()
}

/// A verbose response's extra information in one line, as Go prints a map.
pub(crate) fn info(info: &BTreeMap<String, String>) -> String {
    let pairs: Vec<_> = info.iter().map(|(key, value)| format!("{key}:{value}")).collect();
    format!("Info: map[{}]", pairs.join(" "))
}

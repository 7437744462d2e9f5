//! The lines of verbose and table output that several commands share.

use std::collections::BTreeMap;

/// A title and a line for each entry; nothing where there is none.
pub(crate) fn entries(title: &str, entries: &BTreeMap<String, String>) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let lines: String = entries.iter().map(|(key, value)| format!("\t{key} -> {value}\n")).collect();
    format!("{title}:\n{lines}")
}

/// `label: value` where there is a value.
pub(crate) fn line(label: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!("{label}: {value}\n") }
}

/// A verbose response's extra information in one line, as Go prints a map.
pub(crate) fn info(info: &BTreeMap<String, String>) -> String {
    let pairs: Vec<_> = info.iter().map(|(key, value)| format!("{key}:{value}")).collect();
    format!("Info: map[{}]\n", pairs.join(" "))
}

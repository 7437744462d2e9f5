//! YAML with comments, one line at a time.

use crate::print::yaml;
use crate::view::Line;

/// The lines, each followed by its note.
pub(super) fn lines(lines: &[Line]) -> String {
    lines.iter().map(|it| format!("{}\n", line(it))).collect()
}

fn line(line: &Line) -> String {
    let key = line.key.as_deref().map(|key| format!("{}:", yaml::key(key)));
    let value = line.value.as_ref().map(yaml::inline);
    let dash = line.dash.then(|| "-".to_owned());
    let parts: Vec<String> = dash.into_iter().chain(key).chain(value).collect();
    let text = match parts.as_slice() {
        [] => String::new(),
        parts => format!("{}{}{}", "#".repeat(line.comments), " ".repeat(line.indent), parts.join(" ")),
    };
    match (text.is_empty(), line.note.is_empty()) {
        (_, true) => text,
        (true, false) => format!("# {}", line.note),
        (false, false) => format!("{text}  # {}", line.note),
    }
}

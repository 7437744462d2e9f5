//! The log messages on standard error, without their clothes.

use std::sync::LazyLock;

use regex::Regex;

/// Lines as `time="..." level=error msg="..."` give their text; other lines are as they are.
pub(crate) struct Message {
    /// Empty for a line that is no log message.
    pub(crate) level: String,
    pub(crate) text: String,
}

static KEYED: LazyLock<Regex> = LazyLock::new(|| pattern(r#"^time="[^"]*" level=(\w+) msg=(".*"|\S+)(?: .*)?$"#));
/// What libraries of the reference log.
static LIBRARY: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ \S+:\d+\] "));
static DATED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (.*)$"));
/// Said by nearly every run of the reference.
const NO_CONFIG: &str = r#"" does not exist, trying next: "#;

/// The messages above debug level.
pub(crate) fn messages(stderr: &str) -> Vec<Message> {
    let lines =
        stderr.split('\n').filter(|line| !line.is_empty() && !LIBRARY.is_match(line) && !line.contains(NO_CONFIG));
    let messages = lines.map(|line| match KEYED.captures(line) {
        Some(found) => Message { level: found[1].to_owned(), text: unquoted(&found[2]) },
        None => Message { level: String::new(), text: DATED.replace(line, "$1").into_owned() },
    });
    messages.filter(|message| message.level != "debug").collect()
}

/// Undoes Go's quoting.
fn unquoted(text: &str) -> String {
    let Some(body) = text.strip_prefix('"') else {
        return text.to_owned();
    };
    let body = body.strip_suffix('"').unwrap_or(body);
    let mut out = String::new();
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let escape = chars.next();
        let digits = match escape {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            _ => 0,
        };
        if digits > 0 {
            let code: String = chars.by_ref().take(digits).collect();
            let code = u32::from_str_radix(&code, 16).ok();
            out.extend(code.and_then(char::from_u32));
            continue;
        }
        out.extend(escape.map(|escape| match escape {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0c',
            'v' => '\x0b',
            other => other,
        }));
    }
    out
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant")
}

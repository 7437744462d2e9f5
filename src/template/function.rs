//! The template functions that the engine lacks: crictl's own, and Go's printing functions.

use std::sync::Arc;

use gotmpl::{FuncMap, Result, TemplateError, Value};

use crate::template::data::{Numbers, json_float};
use crate::template::format::Printer;

/// Takes a member of a value. Templates can't name this function, because its name contains a space.
pub(super) const MEMBER: &str = "member of";

/// What an action shows of its value.
pub(super) const SHOW: &str = "as shown";

/// Nil, which alone is not a valid pipeline.
pub(super) const NOTHING: &str = "no value";

/// The functions that a template may name and that the engine has.
const ENGINE: &[&str] = &["and", "or", "not", "len", "index", "slice", "call", "eq", "ne", "lt", "le", "gt", "ge"];

type Function = fn(&Numbers, &[Value]) -> Result<Value>;

const FUNCTIONS: &[(&str, Function)] = &[
    ("json", |numbers, args| Ok(string(json(numbers, one("json", args)?)? + "\n"))),
    ("lower", |numbers, args| Ok(string(text(numbers, "lower", args)?.to_lowercase()))),
    ("upper", |numbers, args| Ok(string(text(numbers, "upper", args)?.to_uppercase()))),
    ("title", |numbers, args| Ok(string(title(&text(numbers, "title", args)?)))),
    ("print", |numbers, args| Ok(string(Printer::new(numbers).print(args)))),
    ("println", |numbers, args| Ok(string(Printer::new(numbers).println(args)))),
    ("printf", |numbers, args| {
        let format = text(numbers, "printf", args.get(..1).unwrap_or_default())?;
        Ok(string(Printer::new(numbers).printf(&format, &args[1..])))
    }),
    ("html", |numbers, args| Ok(string(gotmpl::html_escape(&joined(numbers, args))))),
    ("js", |numbers, args| Ok(string(gotmpl::js_escape(&joined(numbers, args))))),
    ("urlquery", |numbers, args| Ok(string(gotmpl::url_encode(&joined(numbers, args))))),
    (NOTHING, |_, _| Ok(Value::Nil)),
    (SHOW, |numbers, args| Ok(string(shown(numbers, one("print", args)?)))),
    (MEMBER, |numbers, args| {
        let (value, names) = args.split_first().ok_or_else(|| error("no value to take a member of"))?;
        names.iter().try_fold(value.clone(), |value, name| member(numbers, &value, name.as_str().unwrap_or_default()))
    }),
];

/// Whether a template may use this function.
pub(super) fn exists(name: &str) -> bool {
    ENGINE.contains(&name) || !name.contains(' ') && FUNCTIONS.iter().any(|(known, _)| *known == name)
}

/// The functions for a document with these numbers.
pub(super) fn table(numbers: &Arc<Numbers>) -> FuncMap {
    let mut table = FuncMap::new();
    for (name, function) in FUNCTIONS {
        let numbers = Arc::clone(numbers);
        table.insert((*name).to_owned(), Arc::new(move |args: &[Value]| function(&numbers, args)));
    }
    table
}

fn error(words: impl Into<String>) -> TemplateError {
    TemplateError::Exec(words.into())
}

fn string(text: String) -> Value {
    Value::String(text.into())
}

fn one<'a>(name: &str, args: &'a [Value]) -> Result<&'a Value> {
    match args {
        [value] => Ok(value),
        _ => Err(error(format!("{name} takes one argument, not {}", args.len()))),
    }
}

/// The only argument, if it is text; a number does not count.
fn text(numbers: &Numbers, name: &str, args: &[Value]) -> Result<Arc<str>> {
    match one(name, args)? {
        Value::String(text) if !numbers.has(text) => Ok(Arc::clone(text)),
        other => Err(error(format!("{name} takes a string, not {}", numbers.type_name(other)))),
    }
}

/// A member of an object, or one of the three that Go's `json.Number` has.
fn member(numbers: &Numbers, value: &Value, name: &str) -> Result<Value> {
    let out_of_range = |text: &str| error(format!("{text} has no {name}"));
    match value {
        Value::Map(members) => {
            members.get(name).cloned().ok_or_else(|| error(format!("map has no entry for key {name:?}")))
        }
        Value::Nil => Err(error(format!("nil data; no entry for key {name:?}"))),
        Value::String(text) if numbers.has(text) => match name {
            "String" => Ok(string(text.to_string())),
            "Int64" => text.parse().map(Value::Int).map_err(|_| out_of_range(text)),
            "Float64" => text.parse().map(Value::Float).map_err(|_| out_of_range(text)),
            _ => Err(error(format!("can't evaluate field {name} in type json.Number"))),
        },
        other => Err(error(format!("can't evaluate field {name} in type {}", numbers.type_name(other)))),
    }
}

/// What an action prints; null is printed as `<no value>`.
fn shown(numbers: &Numbers, value: &Value) -> String {
    match value {
        Value::Nil => "<no value>".to_owned(),
        value => Printer::new(numbers).print(std::slice::from_ref(value)),
    }
}

/// What the escaping functions escape.
fn joined(numbers: &Numbers, args: &[Value]) -> String {
    let args: Vec<_> = args
        .iter()
        .map(|arg| match arg {
            Value::Nil => string(shown(numbers, arg)),
            arg => arg.clone(),
        })
        .collect();
    Printer::new(numbers).print(&args)
}

/// Compact JSON with Go's escapes.
fn json(numbers: &Numbers, value: &Value) -> Result<String> {
    Ok(match value {
        Value::Nil => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => number.to_string(),
        Value::Float(number) => json_float(*number),
        Value::String(text) if numbers.has(text) => text.to_string(),
        Value::String(text) => quoted(text),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(|item| json(numbers, item)).collect::<Result<_>>()?;
            format!("[{}]", items.join(","))
        }
        Value::Map(members) => {
            let member = |(key, value): (&Arc<str>, &Value)| Ok(format!("{}:{}", quoted(key), json(numbers, value)?));
            let members: Vec<_> = members.iter().map(member).collect::<Result<_>>()?;
            format!("{{{}}}", members.join(","))
        }
        Value::Function(_) => return Err(error("a function has no JSON")),
    })
}

/// JSON's own escapes, and those that Go adds for HTML.
fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for c in serde_json::Value::from(text).to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted
}

/// The first letter of each word in upper case, the others unchanged.
///
/// Words are Unicode's: `o'neil`, `x_y` and `1ab` are one word each, `a-b` is two.
fn title(text: &str) -> String {
    let mut title = String::new();
    let mut begun = false;
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        let joins = "'’.:·".contains(c) && before.is_alphabetic() && after.is_alphabetic()
            || "'’.,;".contains(c) && before.is_numeric() && after.is_numeric();
        match c {
            c if !begun && c.is_alphabetic() => {
                title.extend(title_case(c));
                begun = true;
            }
            c => {
                begun &= c.is_alphanumeric() || c == '_' || joins;
                title.push(c);
            }
        }
        before = c;
    }
    title
}

/// A letter at the start of a word: if its upper case is two letters, only the first is large.
fn title_case(c: char) -> impl Iterator<Item = char> {
    let digraph = match c {
        'Ǆ' | 'ǅ' | 'ǆ' => Some('ǅ'),
        'Ǉ' | 'ǈ' | 'ǉ' => Some('ǈ'),
        'Ǌ' | 'ǋ' | 'ǌ' => Some('ǋ'),
        'Ǳ' | 'ǲ' | 'ǳ' => Some('ǲ'),
        _ => None,
    };
    let mut upper = c.to_uppercase();
    let first = digraph.or_else(|| upper.next());
    let rest = upper.filter(move |_| digraph.is_none()).flat_map(char::to_lowercase);
    first.into_iter().chain(rest)
}

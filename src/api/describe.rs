//! `crictl rpc describe`: shows what a method, a message, an enum or a field is.

use clap::builder::PossibleValuesParser;
use clap::{Args, Command};

use crate::api::list::{self, Users};
use crate::api::{Api, load, parse};
use crate::command::{args, document_formats};
use crate::context::Context;
use crate::error::Error;
use crate::gotext::go_int;
use crate::method::Method;
use crate::schema::{Enum, Field, Kind, Label, Message, Value, nearest, relative};
use crate::view::{Encoding, View, unsupported};

/// The formats of a description.
const FORMATS: &[&str] = &["text", "json", "yaml"];

#[derive(Args, Debug)]
struct DescribeArgs {
    /// A method, a message or an enum, or the path of a field: list-containers.filter.state
    name: Vec<String>,
    /// How many levels of nested messages and enums to show
    #[arg(long, value_name = "N", default_value = "0", value_parser = go_int)]
    depth: i64,
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "text")]
    output: String,
}

/// The command `describe`.
pub(crate) fn command() -> Command {
    let command = Command::new("describe").override_usage("crictl rpc describe NAME [flags]");
    // This comes last, because clap takes a doc comment on a struct of flags for the description of the command.
    let command = load::flags(document_formats(DescribeArgs::augment_args(command), FORMATS));
    command.about("Show what a method, a message, an enum or a field is")
}

/// As [`command`], but with the names that can be described; not for parsing.
pub(crate) fn tree(api: &Api) -> Command {
    command().mut_arg("name", |arg| arg.value_parser(PossibleValuesParser::new(names(api))))
}

/// Describes what the arguments name.
///
/// # Errors
/// The arguments are wrong, or name nothing.
pub(crate) fn describe(ctx: &mut Context<'_>, api: &Api, words: &[String], users: Users) -> Result<(), Error> {
    let parsed = parse(command(), words)?;
    let args: DescribeArgs = args(&parsed)?;
    // The names of some methods have several words.
    let name = parsed.positionals.join(" ");
    if name.is_empty() || parsed.positionals.len() > 1 && api.method(&name).is_none() {
        return Err(Error::help());
    }
    let subject = find(api, &name)?;
    let depth = usize::try_from(args.depth).unwrap_or_default();
    let encoding = Encoding::named(&args.output);
    if encoding.is_none() && args.output != "text" {
        return Err(unsupported(&args.output, FORMATS));
    }
    ctx.print(&match encoding {
        None => View::text(&text(&subject, depth, users)),
        Some(encoding) => View::List(document(&subject, depth, users), encoding),
    })
}

/// What a name refers to.
enum Subject {
    Method(&'static Method),
    Message(&'static Message),
    Enum(&'static Enum),
    Field(&'static Message, &'static Field),
}

fn find(api: &Api, name: &str) -> Result<Subject, Error> {
    if let Some(subject) = whole(api, name) {
        return Ok(subject);
    }
    let parts = name.rmatch_indices('.').map(|(at, _)| (&name[..at], &name[at + 1..]));
    for (owner, path) in parts {
        match whole(api, owner) {
            Some(Subject::Message(message)) => return field(message, path),
            Some(Subject::Method(method)) => {
                // For a method, people mostly want to see the request.
                let answers = method.response.field(path.split('.').next().unwrap_or(path)).is_some();
                return field(method.request, path).or_else(|error| match answers {
                    true => field(method.response, path),
                    false => Err(error),
                });
            }
            _ => {}
        }
    }
    let names = names(api);
    let near = [name, name.split('.').next().unwrap_or(name)];
    let near = near.into_iter().find_map(|name| nearest(name, names.iter().copied()));
    Err(unknown(format!("no method, message, enum or field is called {name:?}"), near))
}

/// What a name without a field path refers to; case is ignored unless that makes it ambiguous.
fn whole(api: &Api, name: &str) -> Option<Subject> {
    let exact = |full: &'static str| full == name || relative(full) == name;
    let alike = |full: &'static str| full.eq_ignore_ascii_case(name) || relative(full).eq_ignore_ascii_case(name);
    let (messages, enums) = (api.messages(), api.enums());
    let message = |is: &dyn Fn(&'static str) -> bool| messages.iter().find(|message| is(message.name)).copied();
    let enumeration = |is: &dyn Fn(&'static str) -> bool| enums.iter().find(|it| is(it.name)).copied();
    let method = api.method(name).map(Subject::Method);
    method
        .or_else(|| message(&exact).map(Subject::Message))
        .or_else(|| enumeration(&exact).map(Subject::Enum))
        .or_else(|| message(&alike).map(Subject::Message))
        .or_else(|| enumeration(&alike).map(Subject::Enum))
}

/// The field at a dotted path; the path of a list or map continues with the fields of its items.
fn field(mut message: &'static Message, path: &str) -> Result<Subject, Error> {
    let mut names = path.split('.').peekable();
    while let Some(name) = names.next() {
        let found = message.field(name).ok_or_else(|| {
            unknown(format!("{} has no field {name:?}", relative(message.name)), message.nearest(name))
        })?;
        match (found.value_kind(), names.peek()) {
            (_, None) => return Ok(Subject::Field(message, found)),
            (Kind::Message(inner), Some(_)) => message = inner,
            (kind, Some(next)) => {
                let owner = format!("{}.{}", relative(message.name), found.name);
                return Err(Error::failure(format!("{owner} is {}, which has no field {next:?}", kind.name())));
            }
        }
    }
    Err(Error::failure("the path names no field"))
}

fn unknown(what: String, near: Option<&str>) -> Error {
    Error::failure(match near {
        Some(near) => format!("{what}, did you mean {near}?"),
        None => what,
    })
}

/// What can be described without a path.
fn names(api: &Api) -> Vec<&'static str> {
    let methods = api.methods.iter().flat_map(|method| [method.command, method.name]);
    let messages = api.messages().into_iter().map(|message| relative(message.name));
    methods.chain(messages).chain(api.enums().into_iter().map(|it| relative(it.name))).collect()
}

fn text(subject: &Subject, depth: usize, users: Users) -> String {
    match subject {
        Subject::Method(method) => {
            let about = [
                ("call", format!("crictl rpc {}", method.command)),
                ("path", method.path.to_owned()),
                ("shape", list::shape(method).to_owned()),
                ("commands", users(method).join(", ")),
            ];
            let about = about.iter().filter(|(_, value)| !value.is_empty());
            let about: String = about.map(|(name, value)| format!("  {name:<8}  {value}\n")).collect();
            let sent = message(method.request, depth);
            format!("{}\n{about}\n{sent}\n{}", heading(method.name, method.doc), message(method.response, depth))
        }
        Subject::Message(it) => message(it, depth),
        Subject::Enum(it) => format!("{}\n{}", relative(it.name), table(&values(it, 0))),
        Subject::Field(owner, field) => {
            let name = format!("{}.{}", relative(owner.name), field.name);
            format!("{name}\n{}", table(&rows(field, depth + 1, 0, &mut vec![owner.name])))
        }
    }
}

fn message(message: &'static Message, depth: usize) -> String {
    let rows: Vec<Row> =
        message.fields.iter().flat_map(|field| rows(field, depth, 0, &mut vec![message.name])).collect();
    format!("{}\n{}", heading(relative(message.name), message.doc), table(&rows))
}

fn heading(name: &str, doc: &str) -> String {
    if doc.is_empty() { name.to_owned() } else { format!("{name}: {doc}") }
}

/// Number, name, type, and what else there is to say.
type Row = [String; 4];

/// The rows of a field and of its nested fields; a message nested in itself is not shown again.
fn rows(field: &'static Field, depth: usize, indent: usize, within: &mut Vec<&'static str>) -> Vec<Row> {
    let blanks = " ".repeat(indent);
    let oneof = field.oneof.map(|oneof| format!("[oneof {oneof}]"));
    let secret = field.redact.then(|| "[secret]".to_owned());
    let doc = Some(field.doc.to_owned()).filter(|doc| !doc.is_empty());
    let notes: Vec<_> = oneof.into_iter().chain(secret).chain(doc).collect();
    let mut rows =
        vec![[format!("{blanks}{}", field.number), format!("{blanks}{}", field.name), kind(field), notes.join(" ")]];
    match field.value_kind() {
        _ if depth == 0 => {}
        Kind::Enum(it) => rows.extend(values(it, indent + 2)),
        Kind::Message(inner) if !within.contains(&inner.name) && !inner.has_own_form() => {
            within.push(inner.name);
            rows.extend(inner.fields.iter().flat_map(|field| self::rows(field, depth - 1, indent + 2, within)));
            within.pop();
        }
        _ => {}
    }
    rows
}

fn values(it: &Enum, indent: usize) -> Vec<Row> {
    let blanks = " ".repeat(indent);
    let row = |(name, number): &(&str, i32)| {
        [format!("{blanks}{number}"), format!("{blanks}{name}"), String::new(), String::new()]
    };
    it.values.iter().map(row).collect()
}

fn table(rows: &[Row]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (number, name, kind) = (width(0), width(1), width(2));
    let line = |row: &Row| format!("  {:<number$}  {:<name$}  {:<kind$}  {}", row[0], row[1], row[2], row[3]);
    rows.iter().map(|row| format!("{}\n", line(row).trim_end())).collect()
}

/// The type in proto notation: `repeated Mount`, `map<string, string>`.
pub(crate) fn kind(field: &Field) -> String {
    let value = field.value_kind().name();
    match (field.label, field.kind) {
        (Label::Map, Kind::Message(entry)) => {
            let key = entry.field("key").map_or("string", |key| key.kind.name());
            format!("map<{key}, {value}>")
        }
        (Label::Repeated, _) => format!("repeated {value}"),
        (Label::Optional, _) if field.oneof.is_none() => format!("optional {value}"),
        _ => value.to_owned(),
    }
}

fn document(subject: &Subject, depth: usize, users: Users) -> Value {
    match subject {
        Subject::Method(method) => {
            let mut document = list::method(method, users);
            document.set("request", message_document(method.request, depth));
            document.set("response", message_document(method.response, depth));
            document
        }
        Subject::Message(message) => message_document(message, depth),
        Subject::Enum(it) => Value::object([("enum", Value::from(relative(it.name))), ("values", value_documents(it))]),
        Subject::Field(owner, field) => {
            let mut document = Value::object([("of", Value::from(relative(owner.name)))]);
            if let Value::Object(members) = field_document(field, depth + 1, &mut vec![owner.name]) {
                members.into_iter().for_each(|(name, value)| document.set(&name, value));
            }
            document
        }
    }
}

fn message_document(message: &'static Message, depth: usize) -> Value {
    Value::object([
        ("message", Value::from(relative(message.name))),
        ("doc", Value::from(message.doc)),
        ("fields", field_documents(message, depth, &mut vec![message.name])),
    ])
}

fn field_documents(message: &'static Message, depth: usize, within: &mut Vec<&'static str>) -> Value {
    Value::List(message.fields.iter().map(|field| field_document(field, depth, within)).collect())
}

fn field_document(field: &'static Field, depth: usize, within: &mut Vec<&'static str>) -> Value {
    let mut document = Value::object([
        ("name", Value::from(field.name)),
        ("json", Value::from(field.json)),
        ("number", Value::Int(field.number.into())),
        ("type", Value::from(kind(field))),
        ("label", Value::from(format!("{:?}", field.label).to_lowercase())),
        ("oneof", field.oneof.map_or(Value::Null, Value::from)),
        ("secret", Value::Bool(field.redact)),
        ("doc", Value::from(field.doc)),
    ]);
    match field.value_kind() {
        _ if depth == 0 => {}
        Kind::Enum(it) => document.set("values", value_documents(it)),
        Kind::Message(inner) if !within.contains(&inner.name) && !inner.has_own_form() => {
            within.push(inner.name);
            document.set("fields", field_documents(inner, depth - 1, within));
            within.pop();
        }
        _ => {}
    }
    document
}

fn value_documents(it: &Enum) -> Value {
    let value = |(name, number): &(&str, i32)| {
        Value::object([("name", Value::from(*name)), ("number", Value::Int((*number).into()))])
    };
    Value::List(it.values.iter().map(value).collect())
}

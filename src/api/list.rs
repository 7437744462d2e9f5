//! `crictl rpc list`: the methods.

use clap::{Args, Command};

use crate::api::{Api, load, parse};
use crate::command::{args, document_formats};
use crate::context::Context;
use crate::error::Error;
use crate::method::{Flow, Method};
use crate::schema::{Value, relative};
use crate::view::{Encoding, LIST, View};

/// The commands that call a method.
pub(crate) type Users = fn(&Method) -> Vec<&'static str>;

#[derive(Args, Debug)]
struct ListArgs {
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    output: String,
}

/// The command `list`.
pub(crate) fn command() -> Command {
    let command = Command::new("list").override_usage("crictl rpc list [flags]");
    // This comes last, because clap takes a doc comment on a struct of flags for the description of the command.
    load::flags(document_formats(ListArgs::augment_args(command), LIST))
        .about("List the methods, and the commands of crictl that call each")
}

/// Lists the methods, as the arguments say.
///
/// # Errors
/// The arguments are wrong.
pub(crate) fn list(ctx: &mut Context<'_>, api: &Api, words: &[String], users: Users) -> Result<(), Error> {
    let parsed = parse(command(), words)?;
    let args: ListArgs = args(&parsed)?;
    if !parsed.positionals.is_empty() {
        return Err(Error::help());
    }
    ctx.print(&match Encoding::of_list(&args.output)? {
        None => View::text(&text(api, users)),
        Some(encoding) => View::List(document(api, users), encoding),
    })
}

/// The methods by service. Scripts count the lines that start with two spaces and a method's name.
fn text(api: &Api, users: Users) -> String {
    let messages = |method: &Method| format!("{} -> {}", relative(method.request.name), relative(method.response.name));
    let width = |text: &dyn Fn(&Method) -> usize| api.methods.iter().map(|method| text(method)).max().unwrap_or(0);
    let (first, last) = (width(&|method| method.command.len()), width(&|method| messages(method).len()));
    let mut text = String::new();
    let mut service = "";
    for method in api.methods {
        if method.service != service {
            service = method.service;
            let gap = if text.is_empty() { "" } else { "\n" };
            text += &format!("{gap}{service}\n");
        }
        let users = match users(method).join(", ") {
            users if users.is_empty() => users,
            users => format!("  [{users}]"),
        };
        let (shape, messages) = (shape(method), messages(method));
        let line = format!("  {:<first$}  {shape:<6}  {messages:<last$}  {}{users}", method.command, method.doc);
        text += &format!("{}\n", line.trim_end());
    }
    text
}

fn document(api: &Api, users: Users) -> Value {
    let methods = api.methods.iter().map(|method| self::method(method, users));
    Value::object([("methods", Value::List(methods.collect()))])
}

/// What is shown for one method.
pub(crate) fn method(method: &Method, users: Users) -> Value {
    Value::object([
        ("method", Value::from(method.name)),
        ("command", Value::from(method.command)),
        ("service", Value::from(method.service)),
        ("path", Value::from(method.path)),
        ("shape", Value::from(shape(method))),
        ("request", Value::from(relative(method.request.name))),
        ("response", Value::from(relative(method.response.name))),
        ("doc", Value::from(method.doc)),
        ("commands", Value::List(users(method).into_iter().map(Value::from).collect())),
    ])
}

/// Who sends how many messages, in one word.
pub(crate) fn shape(method: &Method) -> &'static str {
    match method.flow {
        Flow::Unary => "unary",
        Flow::ServerStream => "stream",
        Flow::ClientStream => "feed",
        Flow::Duplex => "duplex",
    }
}

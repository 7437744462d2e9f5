//! `crictl rpc`: any method of the CRI, called as it is. For debugging a runtime, or a command of ours.
//!
//! Nothing here knows a method by name: commands, flags and output come from the tables.

use std::time::Duration;

use clap::{Args, Command};

use crate::args::field;
use crate::args::go::{self, Outcome, Parsed, Rules};
use crate::args::parse::{GoDuration, go_int};
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::methods::METHODS;
use crate::method::{Flow, Method};
use crate::rpc::{Client, deadline};
use crate::schema::{self, Value};
use crate::view::{Encoding, View};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "rpc",
    about: "Call a method of the CRI as it is",
    usage: "[METHOD [flags]]",
    example: "crictl rpc list-containers --filter.state.state container_running",
    grouping: false,
    // What follows the method is the method's.
    interspersed: false,
    made: || METHODS.iter().map(|method| command(method)).collect(),
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug)]
struct CallArgs {
    /// The request as JSON or YAML, as @FILE, or as - for standard input; flags are merged into it
    #[arg(long, value_name = "DOCUMENT|@FILE|-")]
    data: Option<String>,
    /// Output format: json or yaml
    #[arg(long, short, value_name = "FORMAT", default_value = "json")]
    output: String,
    /// Of a stream: end after N messages; 0 for no limit
    #[arg(long, value_name = "N", default_value = "0", value_parser = go_int)]
    max_messages: i64,
    /// Of a stream: end after this time
    #[arg(long = "for", value_name = "DURATION")]
    duration: Option<GoDuration>,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let Some((name, words)) = parsed.positionals.split_first() else {
        return ctx.print(&View::Text(list()));
    };
    let method = METHODS.iter().find(|method| method.command == name || method.name == name);
    let method = method.ok_or_else(|| Error::topic(name))?;
    let command = command(method);
    let help = command.clone().render_help().to_string();
    call(ctx, method, command, words).await.map_err(|error| error.with_help(help))
}

async fn call(ctx: &mut Context<'_>, method: &'static Method, command: Command, words: &[String]) -> Result<(), Error> {
    let rules = Rules { grouping: false, interspersed: true, whole_lists: true, variables: &[] };
    let outcome = go::parse(command, words, &rules, &|_| None).map_err(|error| Error::usage(error.0))?;
    let Outcome::Run(parsed) = outcome else { return Err(Error::help()) };
    if let Some(word) = parsed.positionals.first() {
        return Err(Error::usage(format!("{} takes no argument, but got {word:?}", method.command)));
    }
    let args: CallArgs = args(&parsed)?;
    let encoding = Encoding::of_list(&args.output)?;
    let encoding = encoding.ok_or_else(|| Error::failure("unsupported output format \"table\": json and yaml are"))?;
    let request = request(ctx, method, &args, &parsed)?;
    let client = client(ctx, method, &request).await?;
    let sent = match method.flow {
        Flow::Unary => unary(ctx, method, &client, request, encoding).await,
        Flow::ServerStream => stream(ctx, method, &client, request, encoding, &args).await,
    };
    // The status tells scripts which code it was.
    sent.map_err(|error| match error.code() {
        Some(code) => error.with_status(64 + u8::try_from(i32::from(code)).unwrap_or_default()),
        None => error,
    })
}

/// The methods by service.
fn list() -> String {
    let mut text = String::new();
    let mut service = "";
    for method in METHODS {
        if method.service != service {
            service = method.service;
            let gap = if text.is_empty() { "" } else { "\n" };
            text += &format!("{gap}{service}\n");
        }
        text += &format!("  {:<28} {}\n", method.command, method.doc);
    }
    text
}

/// The command of one method: its request's fields, and how the call is made.
fn command(method: &'static Method) -> Command {
    let streams = match method.flow {
        Flow::Unary => "",
        Flow::ServerStream => "\n\nAnswers with a stream: one line of JSON a message, until it ends or is interrupted.",
    };
    let command = Command::new(method.command)
        .about(format!("{}{streams}", method.doc))
        .override_usage(format!("crictl rpc {} [flags]", method.command))
        .next_help_heading("Call");
    let command = CallArgs::augment_args(command);
    let fields = format!("Fields of {}", method.request.name);
    field::flags(command.next_help_heading(fields), method.request)
}

/// The request: the document, and the flags merged into it as protobuf merges messages.
fn request(ctx: &mut Context<'_>, method: &'static Method, args: &CallArgs, parsed: &Parsed) -> Result<Vec<u8>, Error> {
    let read = |path: &str| ctx.read_file(path);
    let flags = field::document(method.request, &parsed.matches, &read)?;
    let document = match args.data.as_deref() {
        None => Value::Null,
        Some(text) => {
            let text = match (text, text.strip_prefix('@')) {
                ("-", _) => ctx.read_input()?,
                (_, Some(path)) => ctx.read_file(path)?,
                (text, None) => text.to_owned(),
            };
            serde_yaml::from_str(&text).map_err(|error| Error::usage(format!("--data: {error}")))?
        }
    };
    let encode = |what: &str, value: &Value| {
        let mut unknown = Vec::new();
        let bytes = schema::encode(method.request, value, &mut unknown);
        let bytes = bytes.map_err(|error| Error::usage(format!("{what}{}: {}", error.path, error.reason)))?;
        match unknown.first() {
            Some(unknown) => Err(Error::usage(format!("{what}{unknown}"))),
            None => Ok(bytes),
        }
    };
    let mut bytes = encode("--data: ", &document)?;
    bytes.extend(encode("--", &flags)?);
    Ok(bytes)
}

async fn client<'io>(ctx: &mut Context<'io>, method: &'static Method, request: &[u8]) -> Result<Client<'io>, Error> {
    let client = match method.service {
        "ImageService" => ctx.image().await?.0,
        _ => ctx.runtime().await?.0,
    };
    Ok(client.with_deadline(deadline::of(method, request, ctx.settings.timeout)))
}

async fn unary(
    ctx: &mut Context<'_>,
    method: &'static Method,
    client: &Client<'_>,
    request: Vec<u8>,
    encoding: Encoding,
) -> Result<(), Error> {
    let response = client.unary_bytes(method, request).await?;
    ctx.print(&View::List(answer(method, &response)?, encoding))
}

async fn stream(
    ctx: &mut Context<'_>,
    method: &'static Method,
    client: &Client<'_>,
    request: Vec<u8>,
    encoding: Encoding,
    args: &CallArgs,
) -> Result<(), Error> {
    ctx.stops_cleanly = true;
    let time = args.duration.and_then(GoDuration::positive).unwrap_or(Duration::MAX);
    let messages = async {
        let mut bodies = client.stream_bytes(method, request).await?;
        let mut count = 0;
        while let Some(body) = bodies.next().await? {
            ctx.print(&View::Item(answer(method, &body)?, encoding.clone()))?;
            count += 1;
            if count == args.max_messages {
                break;
            }
        }
        Ok(())
    };
    // Running out of time is how such a stream is meant to end.
    tokio::time::timeout(time, messages).await.unwrap_or(Ok(()))
}

fn answer(method: &'static Method, bytes: &[u8]) -> Result<Value, Error> {
    schema::decode(method.response, bytes).map_err(|error| Error::answer(method.name, method.response.name, error))
}

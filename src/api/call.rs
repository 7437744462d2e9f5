//! One call of one method: its flags, and the way from the words to the answer.

use clap::{Args, Command};

use crate::api::{answer, load, parse, request, skeleton};
use crate::args::field;
use crate::args::parse::{GoDuration, go_int};
use crate::command::args;
use crate::context::Context;
use crate::error::Error;
use crate::method::{Flow, Method};
use crate::rpc::{Client, deadline};
use crate::view::Encoding;

/// How a call is made; the fields of its request have flags of their own.
#[derive(Args, Debug)]
pub(crate) struct CallArgs {
    /// The request as JSON or YAML, as @FILE, or as - for standard input; flags are merged into it
    #[arg(long, value_name = "DOCUMENT|@FILE|-")]
    pub(crate) data: Option<String>,
    /// Output format: json or yaml
    #[arg(long, short, value_name = "FORMAT", default_value = "json")]
    pub(crate) output: String,
    /// Of a stream: end after N messages; 0 for no limit
    #[arg(long, value_name = "N", default_value = "0", value_parser = go_int)]
    pub(crate) max_messages: i64,
    /// Of a stream: end after this time
    #[arg(long = "for", value_name = "DURATION")]
    pub(crate) duration: Option<GoDuration>,
    /// Print the request to fill in, as yaml with comments or as json, instead of sending it
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "yaml")]
    pub(crate) skeleton: Option<String>,
}

/// Calls a method as the words after it say.
///
/// # Errors
/// The words are wrong, which is said before anything is sent, or the call failed.
pub(crate) async fn call(ctx: &mut Context<'_>, method: &'static Method, words: &[String]) -> Result<(), Error> {
    let parsed = parse(command(method), words)?;
    if let Some(word) = parsed.positionals.first() {
        return Err(Error::usage(format!("{} takes no argument, but got {word:?}", method.command)));
    }
    let args: CallArgs = args(&parsed)?;
    let encoding = Encoding::of_list(&args.output)?;
    let encoding = encoding.ok_or_else(|| Error::failure("unsupported output format \"table\": json and yaml are"))?;
    let request = request::bytes(ctx, method, &args, &parsed)?;
    if let Some(form) = &args.skeleton {
        return ctx.print(&skeleton::skeleton(method, &request, form)?);
    }
    let client = client(ctx, method, &request).await?;
    let sent = match method.flow {
        Flow::Unary => answer::unary(ctx, method, &client, request, encoding).await,
        Flow::ServerStream => answer::stream(ctx, method, &client, request, encoding, &args).await,
    };
    // The status tells scripts which code it was.
    sent.map_err(|error| match error.code() {
        Some(code) => error.with_status(64 + u8::try_from(i32::from(code)).unwrap_or_default()),
        None => error,
    })
}

/// The command of one method: its request's fields, and how the call is made.
pub(crate) fn command(method: &'static Method) -> Command {
    let streams = match method.flow {
        Flow::Unary => "",
        Flow::ServerStream => "\n\nAnswers with a stream: one line of JSON a message, until it ends or is interrupted.",
    };
    let command = Command::new(method.command)
        .override_usage(format!("crictl rpc {} [flags]", method.command))
        .next_help_heading("Call");
    let command = CallArgs::augment_args(command).arg(load::flag());
    let fields = format!("Fields of {}", method.request.name);
    let command = field::flags(command.next_help_heading(fields), method.request);
    // Last, because a doc comment on a struct of flags is taken for what the command is about.
    command.about(format!("{}{streams}", method.doc))
}

async fn client<'io>(ctx: &mut Context<'io>, method: &'static Method, request: &[u8]) -> Result<Client<'io>, Error> {
    let client = match method.service {
        "ImageService" => ctx.image().await?.0,
        _ => ctx.runtime().await?.0,
    };
    Ok(client.with_deadline(deadline::of(method, request, ctx.settings.timeout)))
}

//! One call of one method: its flags, and the way from the words to the answer.

use std::time::Duration;

use clap::{Args, Command};
use http::uri::Authority;

use crate::api::answer::{self, Answer};
use crate::api::format::Format;
use crate::api::request;
use crate::api::{dry_run, flag, load, parse, skeleton};
use crate::args::field;
use crate::args::parse::{GoDuration, go_int, size};
use crate::command::args;
use crate::context::Context;
use crate::error::Error;
use crate::method::{Flow, Method};
use crate::rpc::connect::Connection;
use crate::rpc::{Client, MAX_MESSAGE, metadata};

/// How a call is made; the fields of its request have flags of their own.
#[derive(Args, Debug)]
pub(crate) struct CallArgs {
    /// The request as JSON or YAML, as @FILE, or as - for standard input; flags are merged into it. Several documents
    /// are sent one after another, until one fails
    #[arg(long, value_name = "DOCUMENT|@FILE|-")]
    pub(crate) data: Option<String>,
    /// Set what is at a path, after --data and the flags: a.b=x, list.0.b=x or list[0].b=x (the next index appends),
    /// map.key=x, map[a.b]=x or map.a\.b=x; lists, maps and messages take JSON (may be repeated)
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// Set text or bytes at a path to what is in a file, as it is (may be repeated)
    #[arg(long, value_name = "PATH=FILE")]
    pub(crate) set_file: Vec<String>,
    /// Of several documents: go on after one whose call failed; the status is the first failure's
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Send nothing: print the request in the form of -o, and on stderr what grpcurl would be told
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Show secrets, which are three stars otherwise
    #[arg(long)]
    pub(crate) show_secrets: bool,
    /// Output format: json, yaml, jsonl (one line a message), text (protobuf's text format: what is set), raw (the
    /// bytes; each message after its length as a varint where there may be several) or go-template
    #[arg(long, short, value_name = "FORMAT", default_value = "json")]
    pub(crate) output: String,
    /// Go template for each message
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) template: Option<String>,
    /// Show scalars, lists and maps that are at their defaults
    #[arg(long, value_name = "BOOL", default_value = "true", hide_default_value = true)]
    pub(crate) emit_defaults: Option<bool>,
    /// Show status, headers, messages and trailers as one document, also when the call fails
    #[arg(long)]
    pub(crate) enrich: bool,
    /// Say on stderr what is sent, what comes back, and when
    #[arg(long, short)]
    pub(crate) verbose: bool,
    /// Of a stream: end after N messages; 0 for no limit
    #[arg(long, value_name = "N", default_value = "0", value_parser = go_int)]
    pub(crate) max_messages: i64,
    /// Of a stream: end after this time
    #[arg(long = "for", value_name = "DURATION")]
    pub(crate) duration: Option<GoDuration>,
    /// Metadata of the call; the value of a name that ends in -bin is base64 (may be repeated)
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) header: Vec<String>,
    /// How long the whole call may take, instead of what the global --timeout makes of it for this method
    #[arg(long, value_name = "DURATION")]
    pub(crate) timeout: Option<GoDuration>,
    /// How long the connection may take, of the time that the call has
    #[arg(long, value_name = "DURATION")]
    pub(crate) connect_timeout: Option<GoDuration>,
    /// The largest message that is taken, as 1048576, 512KiB or 64MiB [default: 16MiB]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) max_msg_size: Option<u64>,
    /// The :authority of the call, instead of localhost
    #[arg(long, value_name = "HOST")]
    pub(crate) authority: Option<String>,
    /// Print the request to fill in, as yaml with comments or as json, instead of sending it
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "yaml")]
    pub(crate) skeleton: Option<String>,
}

/// Calls a method as the words after it say.
///
/// `proto` is the file that the method is from, where it is not built in.
///
/// # Errors
/// The words are wrong, which is said before anything is sent, or a call failed.
pub(crate) async fn call(
    ctx: &mut Context<'_>,
    method: &'static Method,
    proto: Option<&str>,
    words: &[String],
) -> Result<(), Error> {
    let parsed = parse(command(method), words)?;
    if let Some(word) = parsed.positionals.first() {
        return Err(Error::usage(format!("{} takes no argument, but got {word:?}", method.command)));
    }
    let args: CallArgs = args(&parsed)?;
    let format = Format::of(&args)?;
    if format == Format::Raw && ctx.out_is_terminal {
        return Err(Error::failure("-o raw writes bytes, which a terminal can't show: send them to a file or a pipe"));
    }
    check_stream(method, &args)?;
    let terms = Terms::of(&args)?;
    let requests = request::all(ctx, method, &args, &parsed)?;
    if let Some(form) = &args.skeleton {
        return match requests.as_slice() {
            [request] => ctx.print(&skeleton::skeleton(method, &request.shown(method, args.show_secrets)?, form)?),
            several => Err(Error::usage(format!("--skeleton is of one request, and --data has {}", several.len()))),
        };
    }
    let answer = Answer::new(method, &args, format, requests.len())?;
    if args.dry_run {
        return dry_run::show(ctx, proto, &args, &answer, &requests);
    }
    let client = terms.client(ctx, method).await?;
    let count = requests.len();
    let mut failed = Vec::new();
    for (index, request) in requests.into_iter().enumerate() {
        let Err(error) = answer::show(ctx, &answer, &client, request).await else { continue };
        let error = match count {
            1 => with_code(error),
            _ => with_code(error).context(format!("document {} of {count}", index + 1)),
        };
        if !args.keep_going || count == 1 || error.code().is_none() {
            return Err(error);
        }
        ctx.failed(&error);
        failed.push(error.exit());
    }
    match failed.first() {
        Some(status) => Err(Error::status(*status, format!("{} of {count} documents failed", failed.len()))),
        None => Ok(()),
    }
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
    // clap takes the words of the arguments' type for what the command is about.
    let command = CallArgs::augment_args(command).about(format!("{}{streams}", method.doc)).arg(load::flag());
    let command = flag::distinct(command, method.request);
    let fields = format!("Fields of {}", method.request.name);
    field::flags(command.next_help_heading(fields), method.request)
}

/// Refuses limits that a stream can't have, and a stream's limits for what is none.
fn check_stream(method: &Method, args: &CallArgs) -> Result<(), Error> {
    let one = method.flow == Flow::Unary;
    match (args.max_messages, args.duration) {
        (..=-1, _) => Err(Error::usage(format!("--max-messages: no number of messages: {}", args.max_messages))),
        (_, Some(time)) if time.positive().is_none() => Err(Error::usage("--for: has to be longer than nothing")),
        (1.., _) if one => Err(Error::usage(format!("--max-messages: {} answers with one message", method.name))),
        (_, Some(_)) if one => Err(Error::usage(format!("--for: {} answers with one message", method.name))),
        _ => Ok(()),
    }
}

/// The status tells scripts which code it was.
fn with_code(error: Error) -> Error {
    match error.code() {
        Some(code) => error.with_status(64 + u8::try_from(i32::from(code)).unwrap_or_default()),
        None => error,
    }
}

/// Under which terms the calls are made.
struct Terms {
    metadata: tonic::metadata::MetadataMap,
    connection: Connection,
    max_message: usize,
    timeout: Option<Duration>,
}

impl Terms {
    fn of(args: &CallArgs) -> Result<Self, Error> {
        let wrong = |flag: &str, reason: String| Error::usage(format!("--{flag}: {reason}"));
        let limit = |flag, time: Option<GoDuration>| {
            let positive = |time: GoDuration| {
                time.positive().ok_or_else(|| wrong(flag, "has to be longer than nothing".to_owned()))
            };
            time.map(positive).transpose()
        };
        let authority = args.authority.as_deref().map(|text| {
            let parts = http::Uri::builder().scheme("http").path_and_query("/");
            let parsed = text.parse::<Authority>().map(|authority| parts.authority(authority));
            parsed
                .ok()
                .and_then(|parts| parts.build().ok())
                .ok_or_else(|| wrong("authority", format!("no authority: {text:?}")))
        });
        Ok(Self {
            metadata: metadata::parse(&args.header).map_err(|reason| wrong("header", reason))?,
            connection: Connection {
                origin: authority.transpose()?,
                limit: limit("connect-timeout", args.connect_timeout)?,
            },
            max_message: args.max_msg_size.map_or(MAX_MESSAGE, |size| usize::try_from(size).unwrap_or(usize::MAX)),
            timeout: limit("timeout", args.timeout)?,
        })
    }

    async fn client<'io>(&self, ctx: &mut Context<'io>, method: &Method) -> Result<Client<'io>, Error> {
        let client = ctx.service(method.service).await?;
        let client = client.with_metadata(self.metadata.clone(), self.max_message);
        let client = match self.timeout {
            Some(timeout) => client.with_deadline(timeout),
            None => client,
        };
        Ok(match self.connection {
            Connection { origin: None, limit: None } => client,
            _ => client.with_connection(&self.connection),
        })
    }
}

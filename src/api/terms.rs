//! The terms of a call: its flags, and what they mean for the connection and its limits.

use std::time::Duration;

use clap::Args;
use http::uri::Authority;
use tonic::metadata::MetadataMap;

use crate::context::Context;
use crate::error::Error;
use crate::gotext::{GoDuration, go_int, size};
use crate::method::Method;
use crate::rpc::connect::Connection;
use crate::rpc::{Client, metadata};

/// The flags of a call; the fields of its request have flags of their own.
#[derive(Args, Debug)]
pub(crate) struct CallArgs {
    /// The request as JSON or YAML, as @FILE, or as - for standard input; flags are merged into it. Several documents
    /// are sent one after another until one fails
    #[arg(long, value_name = "DOCUMENT|@FILE|-")]
    pub(crate) data: Option<String>,
    /// Set the value at a path, after --data and the flags: a.b=x, list.0.b=x or list[0].b=x (the next index appends),
    /// map.key=x, map[a.b]=x or map.a\.b=x; lists, maps and messages take JSON (may be repeated)
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// Set the text or bytes at a path to the content of a file (may be repeated)
    #[arg(long, value_name = "PATH=FILE")]
    pub(crate) set_file: Vec<String>,
    /// With several documents: go on after a failed call; the exit status is that of the first failure
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Send nothing: print the request in the format of -o, and the equivalent grpcurl command on stderr
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Show secrets, which are otherwise replaced by three stars
    #[arg(long)]
    pub(crate) show_secrets: bool,
    /// Output format: json, yaml, jsonl (one line per message), text (protobuf's text format: what is set), raw (the
    /// bytes; if there may be several messages, each follows its length as a varint) or go-template
    #[arg(long, short, value_name = "FORMAT", default_value = "json")]
    pub(crate) output: String,
    /// Go template for each message
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) template: Option<String>,
    /// Show scalars, lists and maps that have their default values
    #[arg(long, value_name = "BOOL", default_value = "true", hide_default_value = true)]
    pub(crate) emit_defaults: Option<bool>,
    /// Show status, headers, messages and trailers as one document, even if the call fails
    #[arg(long)]
    pub(crate) enrich: bool,
    /// Report on stderr what is sent and received, and when
    #[arg(long, short)]
    pub(crate) verbose: bool,
    /// For a stream: end after N messages; 0 for no limit
    #[arg(long, value_name = "N", default_value = "0", value_parser = go_int)]
    pub(crate) max_messages: i64,
    /// For a stream: end after this time
    #[arg(long = "for", value_name = "DURATION")]
    pub(crate) duration: Option<GoDuration>,
    /// Metadata of the call; values of names that end in -bin are base64 (may be repeated)
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) header: Vec<String>,
    /// How long the whole call may take, in place of what the global --timeout means for this method
    #[arg(long, value_name = "DURATION")]
    pub(crate) timeout: Option<GoDuration>,
    /// How much of the call's time may be spent on connecting
    #[arg(long, value_name = "DURATION")]
    pub(crate) connect_timeout: Option<GoDuration>,
    /// The largest message to accept, in place of the global --max-msg-size
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) max_msg_size: Option<u64>,
    /// The :authority of the call, in place of localhost
    #[arg(long, value_name = "HOST")]
    pub(crate) authority: Option<String>,
    /// Print a request to fill in instead of sending it, as yaml with comments or as json
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "yaml")]
    pub(crate) skeleton: Option<String>,
}

/// Refuses impossible limits of a stream, and a stream's limits for a method without a stream.
pub(crate) fn check_stream(method: &Method, args: &CallArgs) -> Result<(), Error> {
    let one = !method.flow.answers_several();
    match (args.max_messages, args.duration) {
        (..=-1, _) => Err(Error::usage(format!("--max-messages: must not be negative: {}", args.max_messages))),
        (_, Some(time)) if time.positive().is_none() => Err(Error::usage("--for: must be longer than zero")),
        (1.., _) if one => Err(Error::usage(format!("--max-messages: {} answers with one message", method.name))),
        (_, Some(_)) if one => Err(Error::usage(format!("--for: {} answers with one message", method.name))),
        _ => Ok(()),
    }
}

/// The terms under which calls are made.
pub(crate) struct Terms {
    metadata: MetadataMap,
    connection: Connection,
    max_message: Option<u64>,
    timeout: Option<Duration>,
}

impl Terms {
    /// The terms that the flags give.
    ///
    /// # Errors
    /// A flag has an impossible value.
    pub(crate) fn of(args: &CallArgs) -> Result<Self, Error> {
        let wrong = |flag: &str, reason: String| Error::usage(format!("--{flag}: {reason}"));
        let limit = |flag, time: Option<GoDuration>| {
            let positive =
                |time: GoDuration| time.positive().ok_or_else(|| wrong(flag, "must be longer than zero".to_owned()));
            time.map(positive).transpose()
        };
        let authority = args.authority.as_deref().map(|text| {
            let parts = http::Uri::builder().scheme("http").path_and_query("/");
            let parsed = text.parse::<Authority>().map(|authority| parts.authority(authority));
            parsed
                .ok()
                .and_then(|parts| parts.build().ok())
                .ok_or_else(|| wrong("authority", format!("not a valid authority: {text:?}")))
        });
        Ok(Self {
            metadata: metadata::parse(&args.header).map_err(|reason| wrong("header", reason))?,
            connection: Connection {
                origin: authority.transpose()?,
                limit: limit("connect-timeout", args.connect_timeout)?,
            },
            max_message: args.max_msg_size,
            timeout: limit("timeout", args.timeout)?,
        })
    }

    /// A client with these terms.
    ///
    /// # Errors
    /// No endpoint serves the method.
    pub(crate) async fn client<'io>(&self, ctx: &mut Context<'io>, method: &Method) -> Result<Client<'io>, Error> {
        let client = ctx.service(method).await?;
        let all = metadata::with(client.metadata().clone(), self.metadata.clone());
        let client = client.with_metadata(all).with_max_message(self.max_message);
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

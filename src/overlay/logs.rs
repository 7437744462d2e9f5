//! `crictl logs`: what containers wrote.

use clap::Args;
use jiff::tz::TimeZone;
use tonic::Code;

use crate::args::go::Parsed;
use crate::command::{ANY, Overlay, args};
use crate::config::Service;
use crate::context::Context;
use crate::error::Error;
use crate::generated::client::RuntimeService;
use crate::generated::cri::{ContainerState, ContainerStatusRequest, ReopenContainerLogRequest};
use crate::gotext::{go_int, quote};
use crate::logs::follow::{drain, follow, merge};
use crate::logs::print::{Layout, Names, Printer};
use crate::logs::record::Stream;
use crate::logs::source::Source;
use crate::logs::{Part, Sink, since};
use crate::rpc::Client;
use crate::select::log::Log;
use crate::select::{self, Containers, required};
use crate::visible::visible;

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "logs",
    about: "Show what containers wrote to their outputs",
    usage: "[flags] CONTAINER-ID...",
    words: ANY,
    example: "crictl logs -f --tail 100 0f3a1c  # the last lines, and all that come\n  \
              crictl logs --pod 9b2e --since 10m  # all containers of a pod, by time",
    arguments: LogsArgs::augment_args,
    calls: &["ContainerStatus", "ListContainers", "ReopenContainerLog"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug, Default)]
struct LogsArgs {
    /// Follow the log: print what is written from now on, until the container ends
    #[arg(long, short)]
    follow: bool,
    /// Containers with this label; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    label: Vec<String>,
    /// Stop after N bytes; negative for no limit
    #[arg(long, value_name = "N", default_value = "-1", value_parser = go_int)]
    limit_bytes: i64,
    /// Containers whose name matches this regular expression
    #[arg(long, value_name = "REGEX", default_value = "", hide_default_value = true)]
    name: String,
    /// Output format: text, or json for an object a line
    #[arg(long, short, value_name = "FORMAT", default_value = "text")]
    output: String,
    /// The containers of this pod
    #[arg(long, value_name = "POD-ID", default_value = "", hide_default_value = true)]
    pod: String,
    /// Start each line with the pod and the container; the default for several containers
    #[arg(long)]
    prefix: Option<bool>,
    /// Show the log of the previous instance of the container
    #[arg(long, short)]
    previous: bool,
    /// Let the runtime reopen the log file first
    #[arg(long, short)]
    reopen: bool,
    /// Include rotated log files, compressed ones too
    #[arg(long)]
    rotated: bool,
    /// Show nothing older than this: 10m, 2024-03-01, 2024-03-01T10:00:00Z or seconds since 1970
    #[arg(long, value_name = "TIME", default_value = "", hide_default_value = true)]
    since: String,
    /// Show only one stream: stdout or stderr
    #[arg(long, short, value_name = "STREAM", default_value = "", hide_default_value = true)]
    stream: String,
    /// Show the last N lines of each container; negative for all
    #[arg(long, value_name = "N", default_value = "-1", value_parser = go_int)]
    tail: i64,
    /// Start each line with the time it was written
    #[arg(long, short)]
    timestamps: bool,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: LogsArgs = args(parsed)?;
    let tail_is_given = parsed.given.iter().any(|flag| flag == "tail");
    let part = part(&args, tail_is_given, ctx.now(), ctx.zone())?;
    let layout = layout(&args, &part, ctx.io.streams_are_one)?;
    let ids = ids(ctx, &args, &parsed.positionals).await?;
    let runtime = ctx.runtime().await?;
    let (mut sources, mut errors) = (Vec::new(), Vec::new());
    for id in &ids {
        match open(ctx, &runtime, id, &args, &part).await {
            Ok(opened) => sources.push(opened),
            Err(error) => errors.push(error),
        }
    }
    if sources.is_empty() {
        return Error::join(errors);
    }
    // The logs that could be read are shown; the status counts those that could not.
    errors.iter().for_each(|error| ctx.failed(error));
    let (logs, mut sources): (Vec<_>, Vec<_>) = sources.into_iter().unzip();
    let names = names(&args, &logs, ctx.io.out_is_terminal);
    ctx.stops_cleanly = true;
    print(ctx, &runtime, &logs, &mut sources, Layout { names, ..layout }).await?;
    match errors.len() {
        0 => Ok(()),
        failed => Err(Error::failure(format!("{failed} of {} logs could not be read", ids.len()))),
    }
}

/// Prints logs to their ends, or until the containers have ended.
async fn print(
    ctx: &mut Context<'_>,
    runtime: &RuntimeService<Client<'_>>,
    logs: &[Log],
    sources: &mut [Source],
    layout: Layout,
) -> Result<(), Error> {
    let mut printer = Printer::new(ctx, layout);
    let followed = sources.iter().any(Source::is_live);
    let result = match sources {
        _ if followed => {
            let running = async |origin: usize| match logs.get(origin) {
                // The other logs go on if one is gone. A job, whose log is plain, is often removed by whoever runs it as soon
                // as it has ended.
                Some(log) => match is_running(runtime, &log.id).await {
                    Err(error) if error.code() == Some(Code::NotFound) && (logs.len() > 1 || log.plain) => Ok(false),
                    // Its id is the beginning of several others now.
                    Err(error) if error.code() == Some(Code::InvalidArgument) && log.plain => Ok(false),
                    running => running,
                },
                None => Ok(false),
            };
            follow(sources, &mut printer, running).await
        }
        [source] => drain(0, source, &mut printer).await.map(drop),
        sources => merge(sources, &mut printer).await,
    };
    // What came before an error is shown before the error.
    let finished = printer.finish();
    result.and(finished)
}

/// Which part of each log is wanted.
fn part(args: &LogsArgs, tail_is_given: bool, now: i64, zone: &TimeZone) -> Result<Part, Error> {
    if tail_is_given && !args.stream.is_empty() {
        return Err(Error::failure("--tail and --stream are mutually exclusive")
            .hint("--tail counts the lines of both streams"));
    }
    let since = match args.since.as_str() {
        "" => None,
        text => Some(since::parse(text, now, zone).map_err(|error| Error::failure(format!("--since {error}")))?),
    };
    Ok(Part { tail: u64::try_from(args.tail).ok(), since, rotated: args.rotated, follow: args.follow, plain: false })
}

fn layout(args: &LogsArgs, part: &Part, together: bool) -> Result<Layout, Error> {
    let only = match args.stream.as_str() {
        "" => None,
        name => Some(
            Stream::named(name.as_bytes())
                .ok_or_else(|| Error::failure(format!("invalid stream {}: use stdout or stderr", quote(name))))?,
        ),
    };
    if !matches!(args.output.as_str(), "text" | "json") {
        return Err(Error::failure(format!("unsupported output format {}: use text or json", quote(&args.output))));
    }
    let limit = u64::try_from(args.limit_bytes).ok();
    Ok(Layout { timestamps: args.timestamps, since: part.since, only, limit, together, names: Names::None })
}

/// The containers that are meant.
async fn ids(ctx: &mut Context<'_>, args: &LogsArgs, positionals: &[String]) -> Result<Vec<String>, Error> {
    let filtered = !(args.pod.is_empty() && args.name.is_empty() && args.label.is_empty());
    match positionals {
        [] if filtered => {}
        ids if filtered => {
            let first = ids.first().map_or("", String::as_str);
            return Err(Error::failure(format!(
                "containers are named by id ({first}) or by --pod, --label and --name, not both"
            )));
        }
        [] => return Err(Error::failure("ID cannot be empty").hint(listed(ctx))),
        ids if ids.iter().any(String::is_empty) => return Err(Error::failure("ID cannot be empty")),
        ids => return Ok(ids.to_vec()),
    }
    let wanted = Containers {
        pod: args.pod.clone(),
        label: args.label.clone(),
        name: args.name.clone(),
        all: true,
        ..Containers::default()
    };
    let ids = select::newest(&select::containers(ctx, &wanted).await?);
    match ids.is_empty() {
        true => Err(Error::failure("no container matches").hint(listed(ctx))),
        false => Ok(ids),
    }
}

/// What helps whoever knows no id.
fn listed(ctx: &Context<'_>) -> String {
    format!("{} lists the containers", ctx.called(&[], "ps -a"))
}

fn request(id: &str) -> ContainerStatusRequest {
    ContainerStatusRequest { container_id: id.to_owned(), verbose: false }
}

/// Finds a container's log and opens it.
async fn open(
    ctx: &mut Context<'_>,
    runtime: &RuntimeService<Client<'_>>,
    id: &str,
    args: &LogsArgs,
    part: &Part,
) -> Result<(Log, Source), Error> {
    if args.reopen {
        let request = ReopenContainerLogRequest { container_id: id.to_owned() };
        runtime.reopen_container_log(request).await.map_err(|error| error.context("reopening the container's log"))?;
        ctx.info("Container logs reopened");
    }
    let response = runtime.container_status(request(id)).await?;
    let log = Log::of(required::container(&response)?, args.previous)?;
    let part = &Part { plain: log.plain, ..*part };
    // A tail may have to be searched far back in the file; signals end the search just as they end reading.
    ctx.stops_cleanly = true;
    let opened = Source::open(&log.path, part).await;
    ctx.stops_cleanly = false;
    let endpoint = ctx.settings.endpoints.of(Service::Runtime).map(|named| named.text.as_str());
    let mut source = opened.map_err(|error| log.unreadable(&error, endpoint))?;
    if !log.running {
        source.end();
    }
    let useless = useless(args);
    if log.plain && !useless.is_empty() {
        let path = log.path.display();
        ctx.warn(format!("the log {path} has neither times nor names of streams: {useless} can't be heeded"));
    }
    Ok((log, source))
}

/// The given flags that ask for what a plain log has not.
fn useless(args: &LogsArgs) -> String {
    let given =
        [(!args.since.is_empty(), "--since"), (args.timestamps, "--timestamps"), (!args.stream.is_empty(), "--stream")];
    given.into_iter().filter_map(|(given, flag)| given.then_some(flag)).collect::<Vec<_>>().join(" and ")
}

/// Whether a container is still running. If the runtime does not answer, the container is taken to be running.
async fn is_running(runtime: &RuntimeService<Client<'_>>, id: &str) -> Result<bool, Error> {
    match runtime.container_status(request(id)).await {
        // Where it is gone, its id may be the beginning of another one.
        Ok(response) => {
            let status = required::container(&response)?;
            Ok(status.id == id && status.state() == ContainerState::ContainerRunning)
        }
        Err(error) if error.code() == Some(Code::Unavailable) => Ok(true),
        Err(error) => Err(error),
    }
}

/// How the lines of several containers are told apart: with colours only on a terminal.
fn names(args: &LogsArgs, logs: &[Log], colour: bool) -> Names {
    const COLOURS: [u8; 6] = [36, 33, 32, 35, 34, 31];
    let json = |text: &str| serde_json::to_string(text).unwrap_or_default();
    if args.output == "json" {
        let members = |log: &Log| format!("\"container\":{},\"pod\":{},", json(&log.container), json(&log.pod));
        return Names::Json(logs.iter().map(|log| members(log).into_bytes()).collect());
    }
    if !args.prefix.unwrap_or(logs.len() > 1) {
        return Names::None;
    }
    let prefix = |(log, number): (&Log, &u8)| {
        let name = [log.pod.as_str(), &log.container].into_iter().filter(|name| !name.is_empty());
        let name = name.collect::<Vec<_>>().join("/");
        let name = if colour { visible(&name).into_owned() } else { name };
        let prefix = if colour { format!("\x1b[{number}m[{name}]\x1b[0m ") } else { format!("[{name}] ") };
        prefix.into_bytes()
    };
    Names::Prefix(logs.iter().zip(COLOURS.iter().cycle()).map(prefix).collect())
}

impl Sink for Context<'_> {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Error> {
        match stream {
            Stream::Stdout => self.bytes(bytes),
            Stream::Stderr => Ok(self.log.bytes(bytes)?),
        }
    }

    fn remark(&mut self, remark: String) {
        self.info(remark);
    }
}

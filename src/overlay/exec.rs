//! `crictl exec`: runs a command in one or several containers.

use std::rc::Rc;
use std::sync::Arc;

use clap::Args;
use futures_util::StreamExt;
use tonic::Code;

use crate::args::go::Parsed;
use crate::args::stream::StreamArgs;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::generated::client::RuntimeService;
use crate::generated::cri::{ExecRequest, ExecSyncRequest};
use crate::gotext::{go_int, quote};
use crate::io::Terminal;
use crate::log::{Level, Logger};
use crate::rpc::{AT_ONCE, Client, deadline};
use crate::select::{self, Containers};
use crate::stream::console::{self, Console};
use crate::stream::status::Failed;
use crate::stream::stdio::{Input, Output};
use crate::stream::{Dialer, TRANSPORTS, Wanted};
use crate::visible::visible;

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "exec",
    about: "Run a command in a running container, or in all that filters select",
    usage: "[flags] CONTAINER-ID COMMAND [ARG...]\n       crictl exec [flags] FILTER... COMMAND [ARG...]",
    words: 1..=usize::MAX,
    example: "crictl exec -it 1f73f2d81bf98 sh    # Ctrl-P Ctrl-Q detaches",
    interspersed: false,
    // Here -s is short for --sync.
    arguments: |command| ExecArgs::augment_args(command).mut_arg("state", |state| state.short(None)),
    values: &[("transport", TRANSPORTS)],
    calls: &["Exec", "ExecSync", "ImageStatus", "ListContainers"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

/// The flags that select containers in place of an id, even if their value is the default.
const FILTERS: [&str; 7] = ["name", "pod", "image", "state", "label", "latest", "last"];

#[derive(Args, Debug, Default)]
struct ExecArgs {
    /// Wait for the command, then print its output, without streaming
    #[arg(long, short)]
    sync: bool,
    /// With --sync: how many seconds the command may take; 0 for no limit
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = go_int)]
    timeout: i64,
    /// Run the command in a terminal, and connect this terminal to it
    #[arg(long, short)]
    tty: bool,
    /// Send the standard input
    #[arg(long, short)]
    interactive: bool,
    /// Run in several containers at once, at most 8; prints no headers
    #[arg(long, short = 'x')]
    parallel: bool,
    /// Print no headers and no warnings
    #[arg(long, short)]
    quiet: bool,
    /// Exit with 0 even if commands fail
    #[arg(long, short = 'e')]
    ignore_errors: bool,
    /// Exit with the command's own status, or with 125, 126 or 127 if it could not be run
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    stream: StreamArgs,
    #[command(flatten, next_help_heading = "Instead of an id")]
    wanted: Containers,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: ExecArgs = args(parsed)?;
    let result = match start(ctx, parsed, &args).await {
        Ok(errors) => join(errors),
        Err(error) => Err(error),
    };
    match result {
        Err(error) if args.exit_code && error.kind() == Kind::Failure => Err(error.with_status(125)),
        result => result,
    }
}

/// Runs the command in every selected container, and returns what went wrong in them.
async fn start(ctx: &mut Context<'_>, parsed: &Parsed, args: &ExecArgs) -> Result<Vec<Error>, Error> {
    deadline::check(ctx.settings.timeout, args.timeout)?;
    let filtered = parsed.given.iter().any(|flag| FILTERS.contains(&flag.as_str()));
    let (ids, command) = match parsed.positionals.as_slice() {
        [_, ..] if filtered => (None, parsed.positionals.as_slice()),
        [id, command @ ..] if !command.is_empty() => (Some(id.clone()), command),
        _ => return Err(Error::help()),
    };
    if args.ignore_errors && !args.quiet {
        ctx.warn("--ignore-errors: failures in containers do not change the exit status");
    }
    let runtime = RuntimeService(ctx.runtime().await?.0.hiding(hidden(command)));
    let dialer = args.stream.dialer(&ctx.env, runtime.0.endpoint().host())?;
    let ids = match ids {
        Some(id) => vec![id],
        None => select::containers(ctx, &args.wanted).await?.into_iter().map(|container| container.id).collect(),
    };
    if ids.is_empty() {
        ctx.error("No containers found per filter flags");
        return Ok(Vec::new());
    }
    let (out, err) = (Output::share(ctx.io.out), Output::share(&mut ctx.log.stream()));
    let exec = Exec {
        runtime,
        dialer,
        args,
        command,
        hidden: hidden(command),
        headers: filtered && !args.parallel && !args.quiet,
        screen: ctx.io.out_is_terminal,
        terminal: ctx.io.input_is_terminal,
        shown_on: ctx.io.terminal.clone(),
        log: Rc::clone(&ctx.log),
        out: out.clone(),
        err: err.clone(),
    };
    let errors = match args.parallel && ids.len() > 1 {
        true => exec.at_once(&ids).await,
        false => exec.in_turn(&ids, ctx).await,
    };
    out.give_back(ctx.io.out);
    err.give_back(&mut ctx.log.stream());
    errors.map(|errors| if args.ignore_errors { Vec::new() } else { errors })
}

/// Several errors as one, with the status of the first.
fn join(errors: Vec<Error>) -> Result<(), Error> {
    let first = errors.first().map(Error::kind);
    Error::join(errors).map_err(|error| match first {
        Some(Kind::Status(status)) => error.with_status(status),
        _ => error,
    })
}

/// One command, to be run in any container.
struct Exec<'a, 'io> {
    runtime: RuntimeService<Client<'io>>,
    dialer: Dialer,
    args: &'a ExecArgs,
    command: &'a [String],
    /// Words that no error may repeat: any argument after the program's name may be a password.
    hidden: Vec<String>,
    /// A line with the id stands before each container's output.
    headers: bool,
    /// The output is a terminal.
    screen: bool,
    /// The input is a terminal.
    terminal: bool,
    /// The terminal that stands for a remote one.
    shown_on: Option<Arc<dyn Terminal>>,
    log: Rc<Logger<'io>>,
    out: Output,
    err: Output,
}

impl Exec<'_, '_> {
    /// Runs the command in one container after another.
    async fn in_turn(&self, ids: &[String], ctx: &mut Context<'_>) -> Result<Vec<Error>, Error> {
        let mut input = if self.args.interactive && !self.args.sync { Some(Input::take(ctx.io.input)?) } else { None };
        let mut errors = Vec::new();
        for id in ids {
            errors.extend(gathered(self.one(id, input.as_mut()).await)?);
        }
        Ok(errors)
    }

    /// Runs the command in several containers at once; errors are still in the order of the ids.
    async fn at_once(&self, ids: &[String]) -> Result<Vec<Error>, Error> {
        if self.args.interactive && !self.args.sync {
            return Err(Error::failure(
                "--interactive and --parallel exclude each other: one input can't go to several containers",
            ));
        }
        let mut results = futures_util::stream::iter(ids).map(|id| self.one(id, None)).buffered(AT_ONCE);
        let mut errors = Vec::new();
        while let Some(result) = results.next().await {
            errors.extend(gathered(result)?);
        }
        Ok(errors)
    }

    async fn one(&self, id: &str, input: Option<&mut Input>) -> Result<(), Error> {
        if self.headers {
            let shown = if self.screen { visible(id) } else { id.into() };
            self.out.show(format!("{shown}:\n").as_bytes())?;
        }
        match self.args.sync {
            true => self.sync(id).await,
            false => self.streamed(id, input).await.map_err(|error| self.executing(error, id)),
        }
    }

    /// The program's name, without its arguments.
    fn program(&self) -> &str {
        self.command.first().map_or("", String::as_str)
    }

    fn executing(&self, error: Error, id: &str) -> Error {
        error.context(format!("executing {:?} in container {id}", self.program()))
    }

    async fn sync(&self, id: &str) -> Result<(), Error> {
        let request =
            ExecSyncRequest { container_id: id.to_owned(), cmd: self.command.to_vec(), timeout: self.args.timeout };
        let response = self.runtime.exec_sync(request).await.map_err(|error| match error.code() {
            Some(Code::DeadlineExceeded) => self.timed_out(error).context(format!("in container {id}")),
            _ => self.executing(self.refused(error), id),
        })?;
        if response.exit_code != 0 {
            let stderr = String::from_utf8_lossy(&response.stderr);
            let said = Some(stderr.trim_end()).filter(|said| !said.is_empty());
            let said = said.map(|said| format!(": {said}")).unwrap_or_default();
            let cause = format!("command {:?} exited with {}{said}", self.program(), response.exit_code);
            let status = u8::try_from(response.exit_code).unwrap_or(u8::MAX);
            return Err(self.failed(status, cause).context(format!("in container {id}")));
        }
        self.out.show(&[&response.stdout, b"\n".as_slice(), &response.stderr, b"\n"].concat())?;
        Ok(())
    }

    /// Old tests look for `command timed out`, newer ones for the command between `command` and `timed out`.
    fn timed_out(&self, error: Error) -> Error {
        let after = match self.args.timeout {
            ..=0 => String::new(),
            seconds => format!(" after {seconds}s"),
        };
        error.reworded(format!("command timed out: {:?} timed out{after}", self.program()))
    }

    async fn streamed(&self, id: &str, input: Option<&mut Input>) -> Result<(), Error> {
        let args = self.args;
        let place = async || {
            let url = self.runtime.exec(self.request(id)).await.map_err(|error| self.refused(error))?.url;
            console::check(args.interactive, args.tty, self.terminal)?;
            Ok(self.runtime.0.place(url))
        };
        let session = self.dialer.session(place, Wanted { stdin: args.interactive, tty: args.tty }).await;
        let session = session.map_err(|error| error.hiding(&self.hidden))?;
        if let Some(warning) = session.deaf_to_end(self.terminal) {
            self.log.write(Level::Warning, || warning.to_owned());
        }
        let terminal = self.shown_on.clone();
        let console = Console { input, out: self.out.clone(), err: self.err.clone(), tty: args.tty, terminal };
        console.run(session).await?.map_err(|failed| match failed {
            Failed::Exit(status) => self.failed(status, failed.to_string()),
            Failed::Remote(cause) => self.refused(Error::failure(cause)).hiding(&self.hidden),
            Failed::Lost(cause) | Failed::Protocol(cause) => Error::failure(cause).hiding(&self.hidden),
        })
    }

    fn request(&self, id: &str) -> ExecRequest {
        ExecRequest {
            container_id: id.to_owned(),
            cmd: self.command.to_vec(),
            tty: self.args.tty,
            stdin: self.args.interactive,
            stdout: true,
            // A terminal carries both outputs in one stream.
            stderr: !self.args.tty,
        }
    }

    /// The error of a command that ran and failed.
    fn failed(&self, status: u8, cause: String) -> Error {
        if self.args.exit_code { Error::status(status, cause) } else { Error::failure(cause) }
    }

    /// The error of a command that the runtime could not run.
    fn refused(&self, error: Error) -> Error {
        let status = own_status(error.cause());
        if self.args.exit_code { error.with_status(status) } else { error }
    }
}

/// The arguments after the program's name, in every spelling in which others may repeat them, the longest first.
/// Arguments of three letters or fewer are left out: they occur in too much ordinary text.
fn hidden(command: &[String]) -> Vec<String> {
    let [_, args @ ..] = command else { return Vec::new() };
    let quoted: Vec<_> = args.iter().map(|word| quote(word).trim_matches('"').to_owned()).collect();
    let mut hidden = [vec![args.join(" "), quoted.join(" ")], args.to_vec(), quoted].concat();
    hidden.retain(|word| word.len() > 3);
    hidden.sort_by_key(|word| std::cmp::Reverse(word.len()));
    hidden
}

/// The status that a shell would give. Runtimes pass on the words of the kernel or of Go's os/exec, not a code.
fn own_status(cause: &str) -> u8 {
    let says = |words: &str| cause.contains(words);
    if says("executable file not found") || says("no such file or directory") {
        127
    } else if says("permission denied") || says("is a directory") || says("exec format error") {
        126
    } else {
        125
    }
}

/// The error of one container among several; an error on our own side ends the whole run.
fn gathered(result: Result<(), Error>) -> Result<Option<Error>, Error> {
    match result {
        Err(error) if matches!(error.kind(), Kind::BrokenPipe | Kind::Interrupted) => Err(error),
        result => Ok(result.err()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_command_could_not_run_makes_the_status() {
        assert_eq!(own_status("exec: \"nope\": executable file not found in $PATH: unknown"), 127);
        assert_eq!(own_status("exec: \"/etc/passwd\": permission denied: unknown"), 126);
        assert_eq!(own_status("container is not running"), 125);
    }

    #[test]
    fn arguments_are_hidden_in_every_spelling_and_short_words_are_not() {
        let command = ["sh", "-c", "echo \"S3cret\"\n"].map(str::to_owned);
        let hidden = hidden(&command);
        for said in ["sh -c echo \"S3cret\"\n", "[\"sh\" \"-c\" \"echo \\\"S3cret\\\"\\n\"]"] {
            assert!(!crate::error::hide(said, &hidden).contains("S3cret"), "{said}");
        }
        assert_eq!(super::hidden(&["exit", "7"].map(str::to_owned)), [""; 0]);
    }

    #[test]
    fn several_failures_have_the_status_of_the_first() {
        let error = join(vec![Error::status(3, "three"), Error::status(4, "four")]).expect_err("error");
        assert_eq!((error.exit(), error.line().as_str()), (3, "three; also: four"));
        assert!(join(Vec::new()).is_ok());
    }

    #[test]
    fn a_reader_that_left_ends_all_commands() {
        let gone = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert!(gathered(Err(gone.into())).is_err());
        assert!(gathered(Err(Error::status(3, "three"))).is_ok_and(|error| error.is_some()));
    }
}

//! `crictl attach`: the streams of a container's own process.

use clap::Args;

use crate::args::go::Parsed;
use crate::args::stream::StreamArgs;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::AttachRequest;
use crate::stream::console::{self, Console};
use crate::stream::stdio::{Input, Output};
use crate::stream::{TRANSPORTS, Wanted};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "attach",
    about: "Attach to a running container",
    usage: "[flags] CONTAINER-ID",
    words: 0..=1,
    example: "crictl attach -it 1f73f2d81bf98    # Ctrl-P Ctrl-Q detaches",
    arguments: AttachArgs::augment_args,
    values: &[("transport", TRANSPORTS)],
    calls: &["Attach"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug, Default)]
struct AttachArgs {
    /// Send the standard input
    #[arg(long, short = 'i')]
    stdin: bool,
    /// The container has a terminal; connect this terminal to it
    #[arg(long, short)]
    tty: bool,
    #[command(flatten)]
    stream: StreamArgs,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let id = parsed.word(0);
    if id.is_empty() {
        return Err(Error::failure("ID cannot be empty: attach needs the id of a container"));
    }
    let args: AttachArgs = args(parsed)?;
    let runtime = ctx.runtime().await?;
    let dialer = args.stream.dialer(&ctx.env, runtime.0.endpoint().host())?;
    let terminal = ctx.io.input_is_terminal;
    let place = async || {
        let url = runtime.attach(request(&args, id)).await?.url;
        console::check(args.stdin, args.tty, terminal)?;
        Ok(runtime.0.place(url))
    };
    let attaching = |error: Error| error.context(format!("attaching to container {id}"));
    let session = dialer.session(place, Wanted { stdin: args.stdin, tty: args.tty }).await.map_err(attaching)?;
    let mut input = if args.stdin { Some(Input::take(ctx.io.input)?) } else { None };
    if let Some(warning) = session.deaf_to_end(ctx.io.input_is_terminal) {
        ctx.warn(warning);
    }
    let (out, err) = (Output::share(ctx.io.out), Output::share(&mut ctx.log.stream()));
    let terminal = ctx.io.terminal.clone();
    let console = Console { input: input.as_mut(), out: out.clone(), err: err.clone(), tty: args.tty, terminal };
    let ended = console.run(session).await;
    out.give_back(ctx.io.out);
    err.give_back(&mut ctx.log.stream());
    ended?.map_err(|failed| attaching(Error::failure(failed.to_string())))
}

fn request(args: &AttachArgs, id: &str) -> AttachRequest {
    AttachRequest {
        container_id: id.to_owned(),
        stdin: args.stdin,
        tty: args.tty,
        stdout: true,
        // A terminal carries both outputs in one stream.
        stderr: !args.tty,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_has_no_stderr_of_its_own() {
        let plain = request(&AttachArgs::default(), "c");
        assert!(plain.stdout && plain.stderr && !plain.stdin);
        let tty = request(&AttachArgs { stdin: true, tty: true, ..Default::default() }, "c");
        assert!(tty.stdout && !tty.stderr && tty.stdin && tty.tty);
    }
}

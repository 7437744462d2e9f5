//! One call of one method, from the command line to the answer. No other file here uses this one.

use clap::{Args, Command};

use crate::api::answer::Answer;
use crate::api::format::Format;
use crate::api::terms::{CallArgs, Terms, check_stream};
use crate::api::{Origin, dry_run, exchange, flag, load, parse, request, skeleton};
use crate::command::args;
use crate::context::Context;
use crate::error::Error;
use crate::method::Method;

/// Calls a method as the arguments after it say.
///
/// `origin` is where the method is from.
///
/// # Errors
/// The arguments are wrong, which is reported before anything is sent, or a call failed.
pub(crate) async fn call(
    ctx: &mut Context<'_>,
    method: &'static Method,
    origin: &Origin,
    words: &[String],
) -> Result<(), Error> {
    let parsed = parse(command(method), words)?;
    if let Some(word) = parsed.positionals.first() {
        return Err(Error::usage(format!("{} takes no positional arguments, got {word:?}", method.command)));
    }
    let args: CallArgs = args(&parsed)?;
    let format = Format::of(&args)?;
    if format == Format::Raw && ctx.io.out_is_terminal {
        return Err(Error::failure("-o raw writes binary data: send it to a file or a pipe, not to a terminal"));
    }
    check_stream(method, &args)?;
    let terms = Terms::of(&args)?;
    let requests = request::all(ctx, method, &args, &parsed)?;
    if let Some(form) = &args.skeleton {
        return match requests.as_slice() {
            [request] => ctx.print(&skeleton::skeleton(method, &request.shown(method, args.show_secrets)?, form)?),
            several => Err(Error::usage(format!("--skeleton takes one request, but --data has {}", several.len()))),
        };
    }
    let answer = Answer::new(method, &args, format, requests.len())?;
    if args.dry_run {
        return dry_run::show(ctx, origin, &args, &answer, &requests);
    }
    let client = terms.client(ctx, method).await?;
    // What the requests of each call are.
    let calls: Vec<Vec<_>> = match method.flow.takes_several() {
        true => vec![requests],
        false => requests.into_iter().map(|request| vec![request]).collect(),
    };
    let count = calls.len();
    let mut failed = Vec::new();
    for (index, requests) in calls.into_iter().enumerate() {
        let Err(error) = exchange::exchange(ctx, &answer, &client, requests).await else { continue };
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

/// The command of one method: the flags of the call, and those of the request's fields.
pub(crate) fn command(method: &'static Method) -> Command {
    let call = own();
    let ids: Vec<_> = call.get_arguments().map(|arg| arg.get_id().to_string()).collect();
    let command = flag::command(method, call).override_usage(format!("crictl rpc {} [flags]", method.command));
    flag::distinct(command, &ids)
}

/// The flags that every call has.
fn own() -> Command {
    load::flags(CallArgs::augment_args(Command::new("").next_help_heading("Call")))
}

/// The exit status tells scripts the gRPC code.
fn with_code(error: Error) -> Error {
    match error.code() {
        Some(code) => error.with_status(64 + u8::try_from(i32::from(code)).unwrap_or_default()),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_knows_all_flags_of_a_call() {
        let mut names = Vec::new();
        for arg in own().get_arguments() {
            names.extend(arg.get_long().map(str::to_owned));
            names.extend(arg.get_short().map(String::from));
        }
        assert_eq!(names, crictl_codegen::model::CALL);
    }

    #[test]
    fn what_the_generator_wrote_is_a_command() {
        for method in crate::generated::methods::METHODS {
            let command = command(method);
            assert_eq!(command.get_name(), method.command);
            command.debug_assert();
        }
    }
}

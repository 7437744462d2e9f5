//! `crictl rpc`: calls any method of the CRI as it is, to debug a runtime or one of our commands.

use crate::api::{Api, call, describe, list, load};
use crate::args::go::Parsed;
use crate::command::{ANY, Overlay};
use crate::context::Context;
use crate::error::Error;
use crate::method::Method;
use crate::overlay::OVERLAYS;

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "rpc",
    about: "Call any method of the CRI directly, or show what it takes",
    usage: "[flags] [list [flags] | describe NAME [flags] | METHOD [flags]]",
    words: ANY,
    example: "crictl rpc list-containers --filter.state.state container_running",
    grouping: false,
    // Everything after the method's name belongs to the method.
    interspersed: false,
    arguments: |command| command.arg(load::flag()),
    made: || {
        let methods = Api::BUILT_IN.methods.iter().map(|method| call::command(method));
        [list::command(), describe::tree(Api::BUILT_IN)].into_iter().chain(methods).collect()
    },
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let (word, words) = match parsed.positionals.split_first() {
        Some((word, words)) => (word.as_str(), words),
        None => ("list", &[][..]),
    };
    let proto = parsed.matches.get_one::<String>("proto").map(String::as_str).or_else(|| load::named(words));
    let api = proto.map_or(Ok(Api::BUILT_IN), load::load)?;
    let (command, done) = match (word, api.method(word)) {
        (_, Some(method)) => (call::command(method), call::call(ctx, method, proto, words).await),
        ("list", None) => (list::command(), list::list(ctx, api, words, users)),
        ("describe", None) => (describe::command(), describe::describe(ctx, api, words, users)),
        _ => return Err(Error::topic(word)),
    };
    done.map_err(|error| error.with_help(command.clone().render_help().to_string()))
}

/// The commands that call this method of the CRI.
fn users(method: &Method) -> Vec<&'static str> {
    let own = method.path.starts_with("/runtime.v1.");
    let calling = OVERLAYS.iter().filter(|overlay| own && overlay.calls.contains(&method.name));
    calling.map(|overlay| overlay.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_of_a_command_is_a_method() {
        for overlay in OVERLAYS {
            for name in overlay.calls {
                assert!(Api::BUILT_IN.methods.iter().any(|method| method.name == *name), "{}: {name}", overlay.name);
            }
            assert!(overlay.calls.is_sorted(), "{}: {:?}", overlay.name, overlay.calls);
        }
    }
}

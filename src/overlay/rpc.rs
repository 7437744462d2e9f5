//! `crictl rpc`: calls any method of the CRI, of containerd or of a proto as it is, to debug a runtime or one of our
//! commands.

use clap::Command;

use crate::api::{Api, call, describe, list, load};
use crate::args::go::Parsed;
use crate::command::{ANY, Overlay};
use crate::context::Context;
use crate::error::Error;
use crate::method::Method;
use crate::overlay::OVERLAYS;

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "rpc",
    about: "Call any method of the CRI or of containerd directly, or show what it takes",
    usage: "[flags] [containerd] [list [flags] | describe NAME [flags] | METHOD [flags]]",
    words: ANY,
    example: "crictl rpc list-containers --filter.state.state container_running",
    grouping: false,
    // Everything after the method's name belongs to the method.
    interspersed: false,
    arguments: load::flags,
    made: || {
        let methods = Api::BUILT_IN.methods.iter().map(|method| call::command(method));
        let own = [list::command(), describe::tree(&Api::BUILT_IN), containerd()];
        own.into_iter().chain(methods).collect()
    },
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let mut words = parsed.positionals.as_slice();
    let api = match load::given(&parsed.matches, words)? {
        Some((file, folders)) => load::load(file, folders)?,
        None if words.first().is_some_and(|word| word == CONTAINERD) => {
            words = &words[1..];
            Api::containerd()?
        }
        None => Api::BUILT_IN,
    };
    let word = words.first().map_or("list", String::as_str);
    let rest = words.get(1..).unwrap_or_default();
    let service = api.service(word);
    let (command, done) = match (word, api.find(words)) {
        (_, Some((method, rest))) => (call::command(method), call::call(ctx, method, &api.origin, rest).await),
        ("list", None) => (list::command(), list::list(ctx, &api, rest, users)),
        ("describe", None) => (describe::command(), describe::describe(ctx, &api, rest, users)),
        (_, None) => match service {
            Some(service) => (list::command(), list::list(ctx, &service, rest, users)),
            None => return Err(Error::topic(word)),
        },
    };
    done.map_err(|error| error.with_help(command.clone().render_help().to_string()))
}

/// The word before the methods of containerd's own API.
const CONTAINERD: &str = "containerd";

/// What the list of commands says of it; not for parsing.
fn containerd() -> Command {
    Command::new(CONTAINERD)
        .override_usage("crictl rpc containerd [list [flags] | describe NAME [flags] | SERVICE [METHOD] [flags]]")
        .about("Call a method of containerd's own API in the namespace of --containerd-namespace: rpc containerd list")
}

/// The commands that call this method of the CRI.
fn users(method: &Method) -> Vec<&'static str> {
    let own = method.is_of_the_cri();
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

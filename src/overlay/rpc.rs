//! `crictl rpc`: any method of the CRI, called as it is. For debugging a runtime, or a command of ours.

use crate::api::{Api, call, list};
use crate::args::go::Parsed;
use crate::command::Overlay;
use crate::context::Context;
use crate::error::Error;
use crate::overlay::OVERLAYS;
use crate::view::View;

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "rpc",
    about: "Call a method of the CRI as it is",
    usage: "[METHOD [flags]]",
    example: "crictl rpc list-containers --filter.state.state container_running",
    grouping: false,
    // What follows the method is the method's.
    interspersed: false,
    made: || Api::BUILT_IN.methods.iter().map(|method| call::command(method)).collect(),
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let Some((name, words)) = parsed.positionals.split_first() else {
        return ctx.print(&View::Text(list::list(Api::BUILT_IN, users)));
    };
    let method = Api::BUILT_IN.method(name).ok_or_else(|| Error::topic(name))?;
    let called = call::call(ctx, method, words).await;
    called.map_err(|error| error.with_help(call::command(method).render_help().to_string()))
}

/// The commands that call a method.
fn users(method: &str) -> Vec<&'static str> {
    OVERLAYS.iter().filter(|overlay| overlay.calls.contains(&method)).map(|overlay| overlay.name).collect()
}

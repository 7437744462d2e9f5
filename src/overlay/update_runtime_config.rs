//! `crictl update-runtime-config`: tells the runtime what a kubelet would tell it about the node's network.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{NetworkConfig, RuntimeConfig, UpdateRuntimeConfigRequest};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "update-runtime-config",
    about: "Tell the runtime which addresses to give to pods",
    usage: "--pod-cidr CIDR",
    example: "crictl update-runtime-config --pod-cidr 10.88.0.0/16",
    arguments: UpdateRuntimeConfigArgs::augment_args,
    calls: &["UpdateRuntimeConfig"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug, Default)]
struct UpdateRuntimeConfigArgs {
    /// The pods' network; for both IPv4 and IPv6, two networks separated by a comma
    #[arg(long, short, value_name = "CIDR", default_value = "", hide_default_value = true)]
    pod_cidr: String,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    if parsed.given.is_empty() {
        return Err(Error::help());
    }
    let args: UpdateRuntimeConfigArgs = args(parsed)?;
    ctx.runtime().await?.update_runtime_config(request(args.pod_cidr)).await?;
    ctx.info("the runtime has taken the configuration");
    Ok(())
}

/// An empty network is sent too: that is how it is unset.
fn request(pod_cidr: String) -> UpdateRuntimeConfigRequest {
    let network_config = Some(NetworkConfig { pod_cidr });
    UpdateRuntimeConfigRequest { runtime_config: Some(RuntimeConfig { network_config }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_network_is_sent_too() {
        let network = request(String::new()).runtime_config.and_then(|config| config.network_config);
        assert_eq!(network, Some(NetworkConfig { pod_cidr: String::new() }));
    }
}

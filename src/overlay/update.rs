//! `crictl update`: changes the resources that running containers may use.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::batch;
use crate::command::{ANY, Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{LinuxContainerResources, UpdateContainerResourcesRequest, WindowsContainerResources};
use crate::gotext::go_int;

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "update",
    about: "Change the resources that containers may use",
    usage: "[flags] CONTAINER-ID...",
    words: ANY,
    example: "crictl update --memory 268435456 --cpu-share 512 2b6ac5d2f5ef4",
    grouping: false,
    arguments: UpdateArgs::augment_args,
    calls: &["UpdateContainerResources"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug, Default)]
struct UpdateArgs {
    /// Number of processors that the container may use (Windows)
    #[arg(long, value_name = "N", default_value = "0", value_parser = go_int)]
    cpu_count: i64,
    /// Share of the processors' time, in hundredths of a percent (Windows)
    #[arg(long, value_name = "N", default_value = "0", value_parser = go_int)]
    cpu_maximum: i64,
    /// Length of a CFS period, in microseconds (Linux)
    #[arg(long, value_name = "MICROSECONDS", default_value = "0", value_parser = go_int)]
    cpu_period: i64,
    /// Processor time in a CFS period, in microseconds (Linux)
    #[arg(long, value_name = "MICROSECONDS", default_value = "0", value_parser = go_int)]
    cpu_quota: i64,
    /// CPU weight relative to other containers
    #[arg(long, value_name = "N", default_value = "0", value_parser = go_int)]
    cpu_share: i64,
    /// Processors that the container may use, as in 0-3,7 (Linux)
    #[arg(long, value_name = "LIST", default_value = "", hide_default_value = true)]
    cpuset_cpus: String,
    /// Memory nodes that the container may use, as in 0-3,7 (Linux)
    #[arg(long, value_name = "LIST", default_value = "", hide_default_value = true)]
    cpuset_mems: String,
    /// Memory limit
    #[arg(long, value_name = "BYTES", default_value = "0", value_parser = go_int)]
    memory: i64,
    /// OOM score adjustment: processes with higher values are killed first when memory runs out (Linux)
    #[arg(long, value_name = "N", default_value = "0", value_parser = go_int)]
    oom_score_adj: i64,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: UpdateArgs = args(parsed)?;
    if parsed.positionals.is_empty() {
        return Err(Error::failure("update needs the id of a container"));
    }
    let runtime = ctx.runtime().await?;
    batch::in_turn(ctx, &parsed.positionals, "updating container", async |id| {
        runtime.update_container_resources(request(id, &args, cfg!(windows))).await?;
        Ok(id.to_owned())
    })
    .await
}

/// The message for one system. What is not given is zero, which the runtime leaves as it is.
fn request(id: &str, args: &UpdateArgs, windows: bool) -> UpdateContainerResourcesRequest {
    let linux = LinuxContainerResources {
        cpu_period: args.cpu_period,
        cpu_quota: args.cpu_quota,
        cpu_shares: args.cpu_share,
        cpuset_cpus: args.cpuset_cpus.clone(),
        cpuset_mems: args.cpuset_mems.clone(),
        memory_limit_in_bytes: args.memory,
        oom_score_adj: args.oom_score_adj,
        ..Default::default()
    };
    let other = WindowsContainerResources {
        cpu_count: args.cpu_count,
        cpu_maximum: args.cpu_maximum,
        cpu_shares: args.cpu_share,
        memory_limit_in_bytes: args.memory,
        ..Default::default()
    };
    UpdateContainerResourcesRequest {
        container_id: id.to_owned(),
        linux: (!windows).then_some(linux),
        windows: windows.then_some(other),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linux_client_sends_what_linux_knows_and_zero_for_the_rest() {
        let args = UpdateArgs { cpu_count: 1, cpu_share: 2, memory: 3, oom_score_adj: -4, ..Default::default() };
        let request = request("c", &args, false);
        let linux = request.linux.expect("linux is sent");
        assert_eq!((linux.cpu_shares, linux.memory_limit_in_bytes, linux.oom_score_adj), (2, 3, -4));
        assert_eq!((linux.cpu_period, request.windows), (0, None));
    }

    #[test]
    fn a_windows_client_sends_what_windows_knows() {
        let args = UpdateArgs { cpu_count: 1, cpu_maximum: 2, cpu_period: 3, ..Default::default() };
        let request = request("c", &args, true);
        let windows = request.windows.expect("windows is sent");
        assert_eq!((windows.cpu_count, windows.cpu_maximum, request.linux), (1, 2, None));
    }
}

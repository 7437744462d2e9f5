//! `crictl runtime-config`: shows the part of the runtime's configuration that kubelets ask for.

use crate::args::go::Parsed;
use crate::command::{ANY, Overlay};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{CgroupDriver, RuntimeConfigRequest, RuntimeConfigResponse};
use crate::view::View;

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "runtime-config",
    about: "Show which cgroup driver the runtime uses",
    usage: "",
    words: ANY,
    example: "crictl runtime-config",
    calls: &["RuntimeConfig"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

async fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<(), Error> {
    let response = ctx.runtime().await?.runtime_config(RuntimeConfigRequest {}).await?;
    ctx.print(&view(&response))
}

/// Shows nothing if the runtime reports nothing, as on Windows.
fn view(response: &RuntimeConfigResponse) -> View {
    let driver = response.linux.as_ref().map(|linux| match CgroupDriver::try_from(linux.cgroup_driver) {
        Ok(driver) => driver.as_str_name().to_owned(),
        Err(_) => linux.cgroup_driver.to_string(),
    });
    View::Text(driver.map(|driver| format!("cgroup driver:   {driver}")).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::cri::LinuxRuntimeConfiguration;

    fn shown(driver: i32) -> View {
        let linux = Some(LinuxRuntimeConfiguration { cgroup_driver: driver });
        view(&RuntimeConfigResponse { linux })
    }

    #[test]
    fn the_driver_is_named_and_one_that_no_cri_knows_is_a_number() {
        assert_eq!(shown(1), View::text("cgroup driver:   CGROUPFS\n"));
        assert_eq!(shown(7), View::text("cgroup driver:   7\n"));
    }

    #[test]
    fn a_runtime_that_says_nothing_shows_as_nothing() {
        assert_eq!(view(&RuntimeConfigResponse::default()), View::Text(Vec::new()));
    }
}

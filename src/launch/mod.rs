//! What `create`, `run`, `runp` and `pull` share: config files, credentials, pulls, and the calls that make pods
//! and containers.

pub(crate) mod credentials;
pub(crate) mod image;
pub(crate) mod jsonschema;
pub(crate) mod manifest;

use std::time::Duration;

use clap::Args;

use crate::context::Context;
use crate::document::STDIN;
use crate::error::Error;
use crate::generated::client::RuntimeService;
use crate::generated::cri::{CreateContainerRequest, RunPodSandboxRequest};
use crate::gotext::GoDuration;
use crate::launch::credentials::CredentialArgs;
use crate::rpc::Client;

/// The environment variables of commands that pull.
pub(crate) const PULL_ENV: &[(&str, &str)] =
    &[("auth", "CRICTL_AUTH"), ("creds", "CRICTL_CREDS"), ("pull-timeout", "CRICTL_PULL_TIMEOUT")];

/// The flags of commands that make a container.
#[derive(Args, Debug)]
pub(crate) struct ContainerArgs {
    #[command(flatten)]
    credentials: CredentialArgs,
    /// How long each call to the runtime may take, in place of the global --timeout; twice as long for the pod
    #[arg(long, short = 'T', value_name = "DURATION", default_value = "0s", hide_default_value = true)]
    pub(crate) cancel_timeout: GoDuration,
    /// Don't pull the image first
    #[arg(long)]
    no_pull: bool,
    /// How long a pull may take; 0 for no limit [also: -pt]
    #[arg(long, alias = "pt", value_name = "DURATION", default_value = "0s", hide_default_value = true)]
    pull_timeout: GoDuration,
    /// Refuse config files with unknown fields, instead of warning
    #[arg(long)]
    pub(crate) strict: bool,
    /// Pull the image first
    #[arg(long)]
    with_pull: bool,
}

impl ContainerArgs {
    /// Whether the image is pulled first.
    ///
    /// # Errors
    /// The flags contradict each other.
    pub(crate) fn pulls(&self, by_default: bool) -> Result<bool, Error> {
        match (self.no_pull, self.with_pull) {
            (true, true) => Err(Error::failure("conflict: no-pull and with-pull are both set")),
            (no_pull, with_pull) => Ok((by_default && !no_pull) || with_pull),
        }
    }
}

/// Refuses to read both documents from standard input.
///
/// # Errors
/// Both paths are `-`.
pub(crate) fn one_stdin(container: &str, pod: &str) -> Result<(), Error> {
    match (container, pod) {
        (STDIN, STDIN) => Err(Error::failure("only one of the two configs can come from standard input")),
        _ => Ok(()),
    }
}

/// The runtime service, with another timeout unless `cancel_timeout` is zero.
///
/// # Errors
/// As [`Context::runtime`].
pub(crate) async fn runtime<'io>(
    ctx: &mut Context<'io>,
    cancel_timeout: GoDuration,
) -> Result<RuntimeService<Client<'io>>, Error> {
    let runtime = ctx.runtime().await?;
    if cancel_timeout.0 == 0 {
        return Ok(runtime);
    }
    // A negative timeout has expired before the first call.
    Ok(RuntimeService(runtime.0.with_timeout(cancel_timeout.positive().unwrap_or(Duration::ZERO))))
}

/// Makes a pod and returns its id.
///
/// # Errors
/// The call fails, or its answer has no id.
pub(crate) async fn run_pod(
    runtime: &RuntimeService<Client<'_>>,
    request: RunPodSandboxRequest,
) -> Result<String, Error> {
    let ran = runtime.run_pod_sandbox(request).await;
    let id = ran.map_err(|error| error.step("run pod sandbox"))?.pod_sandbox_id;
    if id.is_empty() {
        return Err(Error::failure("the runtime gave no id for the pod sandbox it ran"));
    }
    Ok(id)
}

/// Makes a container, pulling its images first if `pulls`, and returns its id.
///
/// # Errors
/// A pull or the call fails, or the answer has no id.
pub(crate) async fn create(
    ctx: &mut Context<'_>,
    runtime: &RuntimeService<Client<'_>>,
    request: CreateContainerRequest,
    args: &ContainerArgs,
    pulls: bool,
) -> Result<String, Error> {
    if pulls {
        let auth = credentials::auth(ctx, &args.credentials).await?;
        for (said, spec) in image::needed(&request.config.clone().unwrap_or_default()) {
            ctx.info(said);
            let request = image::request(spec, auth.clone(), request.sandbox_config.clone());
            image::pull(ctx, request, args.pull_timeout).await?;
        }
    }
    let created = runtime.create_container(request).await;
    let id = created.map_err(|error| error.step("creating container"))?.container_id;
    if id.is_empty() {
        return Err(Error::failure("the runtime gave no id for the container it created"));
    }
    Ok(id)
}

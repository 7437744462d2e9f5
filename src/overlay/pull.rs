//! `crictl pull`: pulls an image from its registry.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{AuthConfig, ImageSpec, PodSandboxConfig, PullImageRequest};
use crate::gotext::GoDuration;
use crate::launch::credentials::{self, CredentialArgs};
use crate::launch::{self, image, manifest};
use crate::select::labels;

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "pull",
    about: "Pull an image from a registry",
    usage: "[flags] IMAGE[:TAG|@DIGEST]",
    words: 0..=1,
    example: "crictl pull --creds robot:secret registry.example.com/web:1.2",
    arguments: PullArgs::augment_args,
    env: launch::PULL_ENV,
    subcommands: &[launch::jsonschema::POD],
    calls: &["PullImage"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug, Default)]
struct PullArgs {
    /// Annotation of the image; may be repeated
    #[arg(long, short, value_name = "KEY=VALUE")]
    annotation: Vec<String>,
    #[command(flatten)]
    credentials: CredentialArgs,
    /// Config file of the pod that the image is for, YAML or JSON; - for standard input
    #[arg(long, value_name = "FILE")]
    pod_config: Option<String>,
    /// How long the pull may take; 0 for no limit [also: -pt]
    #[arg(long, alias = "pt", value_name = "DURATION", default_value = "0s", hide_default_value = true)]
    pull_timeout: GoDuration,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let name = parsed.word(0);
    if name.is_empty() {
        return Err(Error::failure("image name cannot be empty"));
    }
    let args: PullArgs = args(parsed)?;
    ctx.image().await?;
    let auth = credentials::auth(ctx, &args.credentials).await?;
    let pod = args.pod_config.as_ref().map(|path| manifest::pod(ctx, path, false)).transpose()?;
    let pulled = image::pull(ctx, request(name, &args, auth, pod)?, args.pull_timeout).await?;
    ctx.line(&format!("Image is up to date for {pulled}"))
}

fn request(
    name: &str,
    args: &PullArgs,
    auth: Option<AuthConfig>,
    pod: Option<PodSandboxConfig>,
) -> Result<PullImageRequest, Error> {
    let annotations = labels("annotation", &args.annotation)?;
    let image = ImageSpec { image: name.to_owned(), annotations, ..Default::default() };
    Ok(PullImageRequest { image: Some(image), auth, sandbox_config: pod })
}

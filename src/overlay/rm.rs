//! `crictl rm`: removes containers and their logs.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::args::go::Parsed;
use crate::command::batch;
use crate::command::{ANY, Overlay, args};
use crate::context::Context;
use crate::error::{Error, lower};
use crate::generated::cri;
use crate::log::{Level, Logger};
use crate::rpc::Client;
use crate::select::required;

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "rm",
    about: "Remove containers",
    usage: "[flags] (CONTAINER-ID... | --all)",
    words: ANY,
    example: "crictl rm --force 2b6ac5d2f5ef4",
    arguments: RmArgs::augment_args,
    calls: &["ContainerStatus", "ListContainers", "RemoveContainer", "StopContainer"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug, Default)]
struct RmArgs {
    /// Remove all containers, in every state
    #[arg(long, short)]
    all: bool,
    /// Kill the container if it is running
    #[arg(long, short)]
    force: bool,
    /// Keep the log files
    #[arg(long, short)]
    keep_logs: bool,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: RmArgs = args(parsed)?;
    let runtime = ctx.runtime().await?;
    let ids = match args.all {
        true => {
            let containers = runtime.list_containers(cri::ListContainersRequest::default()).await?.containers;
            containers.into_iter().map(|container| container.id).collect()
        }
        false => parsed.positionals.clone(),
    };
    match ids.as_slice() {
        [] if args.all => ctx.info("No containers to remove"),
        [] => return Err(Error::help()),
        _ => {}
    }
    let log = ctx.log.clone();
    batch::at_once(ctx, &ids, async |id, lines| {
        let path = remove(&runtime, id, args.force, lines).await?;
        if !args.keep_logs && !path.is_empty() {
            remove_logs(&path, id, &log);
        }
        Ok(())
    })
    .await
}

type RuntimeService<'io> = crate::generated::client::RuntimeService<Client<'io>>;

/// Removes one container, and returns the path of its log. A container that is stopped first is printed twice, as in
/// upstream.
async fn remove(runtime: &RuntimeService<'_>, id: &str, force: bool, lines: &mut Vec<String>) -> Result<String, Error> {
    let container_id = id.to_owned();
    let request = cri::ContainerStatusRequest { container_id: container_id.clone(), verbose: false };
    let status = status(runtime.container_status(request).await)
        .map_err(|error| error.context(format!("getting the status of container {id:?}")))?;
    if status.state == i32::from(cri::ContainerState::ContainerRunning) {
        if !force {
            return Err(Error::failure(format!("container {id:?} is running")).hint("stop it first, or use --force"));
        }
        let request = cri::StopContainerRequest { container_id: container_id.clone(), timeout: 0 };
        let stopped = runtime.stop_container(request).await;
        stopped.map_err(|error| error.context(format!("stopping container {id:?}")))?;
        lines.push(id.to_owned());
    }
    let removing = |error: Error| error.context(format!("removing container {id:?}"));
    batch::given(id).map_err(removing)?;
    runtime.remove_container(cri::RemoveContainerRequest { container_id }).await.map_err(removing)?;
    lines.push(id.to_owned());
    Ok(status.log_path)
}

/// The status of a container; if it is missing, the container counts as not running.
fn status(response: Result<cri::ContainerStatusResponse, Error>) -> Result<cri::ContainerStatus, Error> {
    let response = response?;
    match response.status {
        Some(_) => required::container(&response).cloned(),
        None => Ok(cri::ContainerStatus::default()),
    }
}

/// Removes a log and its rotated files. The container is gone by then, so failures are only logged.
fn remove_logs(path: &str, id: &str, log: &Logger<'_>) {
    for file in rotations(Path::new(path)).into_iter().chain([path.into()]) {
        if let Err(error) = fs::remove_file(&file) {
            let file = file.display();
            log.write(Level::Error, || format!("{file}: {}, removing a log of container {id:?}", lower(&error)));
        }
    }
}

/// The files beside a log whose names are its own, a dot and something more. The path is no pattern: a pod may have
/// brackets and stars in its name.
fn rotations(path: &Path) -> Vec<PathBuf> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Vec::new() };
    let begin = [name.as_encoded_bytes(), b"."].concat();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .filter(|entry| entry.file_name().as_encoded_bytes().starts_with(&begin))
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files
}

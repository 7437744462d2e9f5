//! `ephemerd serve`: runs containerd as a supervised child process that serves the data directory's socket.

use std::ffi::OsString;
use std::fs;
use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, Command};

use crate::error::Error;
use crate::host::config::{self, Host};
use crate::host::lock::Lock;
use crate::host::paths::Paths;
use crate::host::state::State;
use crate::host::system::{self, Stops};
use crate::host::{Env, at, containerd, variable};
use crate::{Io, run};

/// How long containerd may take until CRI answers. It first recovers its containers, which takes seconds with hundreds.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often CRI is called until then.
const INTERVAL: Duration = Duration::from_millis(50);

/// Where a host keeps the network configuration of its pods.
const NETWORKS: &str = "/etc/cni/net.d";

#[derive(clap::Args, Debug)]
pub(super) struct ServeArgs {
    /// The containerd to run, 2.0 or newer [default: the one in PATH]
    #[arg(long, value_name = "PATH")]
    containerd: Option<PathBuf>,
    /// The runc that starts containers [default: the one in PATH]
    #[arg(long, value_name = "PATH")]
    runc: Option<PathBuf>,
    /// The image of the pods' sandbox containers [default: containerd's own choice]
    #[arg(long, value_name = "REF")]
    sandbox_image: Option<String>,
}

/// Runs containerd until it ends, and returns its exit status.
///
/// # Errors
/// The socket is in use, there is no containerd that is new enough, or it never answers.
pub(super) fn serve(paths: &Paths, args: &ServeArgs, env: &Env, io: &mut Io) -> Result<u8, Error> {
    // Before anything is looked at: what two see at once, both would act on.
    let _lock = Lock::take(paths)?;
    let state = State { pid: std::process::id() };
    state.write(paths).map_err(|error| at(error, "writing", &paths.state()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let stops = Stops::new(io.signals)?;
        let program = containerd::find(args.containerd.as_deref(), env).await?;
        clear(paths)?;
        write_files(paths, args)?;
        let child = start(&program, paths, env)?;
        let ended = supervise(child, stops, paths, io).await;
        // Containerd leaves its sockets behind, however it ends.
        remove_sockets(paths)?;
        ended
    })
}

/// Makes sure that nobody serves the socket.
fn clear(paths: &Paths) -> Result<(), Error> {
    let address = paths.address();
    if !system::can_listen(&paths.shim_address()) {
        let error = Error::failure(format!("the name of the socket {} is too long", address.display()));
        return Err(error.hint("choose a shorter --data-dir"));
    }
    if system::answers(&address) {
        let error = Error::failure(format!("something already answers at {}", paths.endpoint()));
        return Err(error.hint(
            "stop the other `ephemerd serve`, or the containerd that a killed one left, or choose another --data-dir",
        ));
    }
    remove_sockets(paths)
}

fn remove_sockets(paths: &Paths) -> Result<(), Error> {
    [paths.address(), paths.shim_address()].iter().try_for_each(|address| {
        system::remove_socket(address).map_err(|error| at(error, "removing the stale socket", address))
    })
}

/// Writes the files that containerd reads when it starts.
fn write_files(paths: &Paths, args: &ServeArgs) -> Result<(), Error> {
    let network = paths.network();
    let own = network.parent().unwrap_or(paths.containerd());
    for dir in [paths.containerd(), own, &paths.registries()] {
        fs::create_dir_all(dir).map_err(|error| at(error, "making the directory", dir))?;
    }
    let networks = match has_network(Path::new(NETWORKS)) {
        true => PathBuf::from(NETWORKS),
        false => own.to_owned(),
    };
    let host = Host {
        networks,
        restricts_oom_score: system::restricts_oom_score(),
        runc: args.runc.as_deref().map(std::path::absolute).transpose()?,
        sandbox_image: args.sandbox_image.clone(),
    };
    let config = paths.config();
    let text = config::containerd(paths, &host)?;
    fs::write(&config, text).map_err(|error| at(error, "writing", &config))?;
    fs::write(&network, config::network()).map_err(|error| at(error, "writing", &network))
}

/// Whether a directory has a network configuration, judged by the extensions that CNI looks for.
fn has_network(dir: &Path) -> bool {
    let Ok(entries) = fs::read_dir(dir) else { return false };
    let known =
        |path: PathBuf| path.extension().is_some_and(|end| ["conf", "conflist", "json"].iter().any(|x| end == *x));
    entries.flatten().any(|entry| known(entry.path()))
}

fn start(program: &Path, paths: &Paths, env: &Env) -> Result<Child, Error> {
    let mut command = Command::new(program);
    command.arg("--config").arg(paths.config()).env_clear().envs(env.iter().cloned()).env("PATH", path(program, env)?);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    system::shield(&mut command);
    command.spawn().map_err(|error| at(error, "starting", program))
}

/// `PATH` with containerd's own directory in front: the shim that belongs to it is there.
fn path(program: &Path, env: &Env) -> Result<OsString, Error> {
    let program = std::path::absolute(program)?;
    let own = program.parent().map(Path::to_owned);
    let rest = variable(env, "PATH").unwrap_or_default();
    std::env::join_paths(own.into_iter().chain(std::env::split_paths(rest)))
        .map_err(|error| Error::failure(error.to_string()).context("adding containerd's directory to PATH"))
}

/// Passes on containerd's log and our signals until containerd ends. Its endpoint is printed once CRI answers.
async fn supervise(mut child: Child, mut stops: Stops, paths: &Paths, io: &mut Io) -> Result<u8, Error> {
    let mut log = child.stderr.take();
    let mut ready = pin!(ready(paths));
    let mut starting = true;
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = child.wait() => {
                pass_on_rest(&mut log, io.err.as_mut()).await;
                let status = system::status(ended?);
                return match starting && !stopping {
                    true => Err(Error::status(status.max(1), "containerd ended before it answered")),
                    false => Ok(status),
                };
            }
            stop = stops.next() => {
                // A user who asks twice does not want to wait.
                if stopping { child.start_kill()? } else { system::forward(stop, &mut child)? }
                stopping = true;
            }
            more = pass_on(&mut log, io.err.as_mut()), if log.is_some() => if !more { log = None },
            answered = &mut ready, if starting => {
                starting = false;
                answered?;
                writeln!(io.out, "{}", paths.endpoint()).and_then(|()| io.out.flush())?;
            }
        }
    }
}

/// Returns once CRI answers.
async fn ready(paths: &Paths) -> Result<(), Error> {
    let asked = async {
        // This call needs the runtime's state: `Version` is answered before containerd has recovered it.
        while !answers(paths.endpoint(), ["pods", "--quiet"]).await {
            tokio::time::sleep(INTERVAL).await;
        }
    };
    let silent = |_| Error::failure(format!("containerd does not answer at {} within {PATIENCE:?}", paths.endpoint()));
    tokio::time::timeout(PATIENCE, asked).await.map_err(silent)
}

/// Whether crictl succeeds at an endpoint.
fn answers(endpoint: String, command: [&'static str; 2]) -> impl Future<Output = bool> {
    // A run has its own async runtime, which can't be started on a thread of another one.
    let run = tokio::task::spawn_blocking(move || {
        let mut io = Io::buffers(std::io::empty(), std::io::sink(), std::io::sink());
        let args = ["crictl", "--runtime-endpoint", &endpoint].into_iter().chain(command);
        run(args, std::iter::empty::<(OsString, OsString)>(), &mut io) == 0
    });
    async { run.await.unwrap_or(false) }
}

/// Passes on a piece of the child's log; returns false at its end.
async fn pass_on(log: &mut Option<ChildStderr>, err: &mut (dyn Write + Send)) -> bool {
    let mut piece = [0; 8192];
    let Some(log) = log else { return false };
    let length = log.read(&mut piece).await.unwrap_or(0);
    // A log that can't be written is no reason to stop containerd.
    let _ = err.write_all(&piece[..length]).and_then(|()| err.flush());
    length > 0
}

/// Passes on the rest of the log once the child has ended, without waiting for others that hold the pipe open.
async fn pass_on_rest(log: &mut Option<ChildStderr>, err: &mut (dyn Write + Send)) {
    let rest = async { while pass_on(log, err).await {} };
    let _ = tokio::time::timeout(Duration::from_millis(500), rest).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_a_network_once_a_file_with_an_ending_of_cni_is_there() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!has_network(&dir.path().join("missing")));
        fs::write(dir.path().join("README"), "").unwrap();
        assert!(!has_network(dir.path()));
        fs::write(dir.path().join("10-x.conflist"), "{}").unwrap();
        assert!(has_network(dir.path()));
    }
}

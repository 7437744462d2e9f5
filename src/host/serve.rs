//! `ephemerd serve`: makes a data directory ready for a containerd, and supervises one in it.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use crate::Io;
use crate::error::Error;
use crate::host::config::{self, Host};
use crate::host::lock::Lock;
use crate::host::log::Log;
use crate::host::needs::{Need, Programs, needs, networks};
use crate::host::notify::Notify;
use crate::host::paths::Paths;
use crate::host::process;
use crate::host::state::State;
use crate::host::supervise::{self, Supervisor};
use crate::host::system::{self, Signal, Stops};
use crate::host::{Env, at, containerd, now, say};

#[derive(clap::Args, Debug)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    programs: Programs,
    /// The image of the pods' sandbox containers [default: containerd's own choice]
    #[arg(long, value_name = "REF")]
    sandbox_image: Option<String>,
    /// A TCP port at which containerd answers too, for a client outside of this machine
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    containerd_tcp_port: Option<u16>,
    /// The address of that port; whoever reaches it is as good as root here
    #[arg(long, value_name = "IP", default_value = "127.0.0.1", requires = "containerd_tcp_port")]
    containerd_tcp_addr: IpAddr,
    /// How long containerd may take until it answers; it recovers its containers first
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    wait: Duration,
}

impl ServeArgs {
    fn tcp(&self) -> Option<SocketAddr> {
        self.containerd_tcp_port.map(|port| SocketAddr::new(self.containerd_tcp_addr, port))
    }
}

/// A duration as `90s` or `1m30s`.
fn duration(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    match Duration::try_from(duration) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("it has to be longer than nothing".to_owned()),
    }
}

/// Runs a containerd until it is told to end, and returns containerd's exit status.
///
/// # Errors
/// Another `serve` has the data directory, the machine lacks something, the socket is in use, or containerd is too old or
/// does not answer.
pub(super) fn serve(paths: &Paths, args: &ServeArgs, env: &Env, io: &mut Io) -> Result<u8, Error> {
    // Before anything is looked at: what two see at once, both would act on.
    let _lock = Lock::take(paths)?;
    let state = State { pid: std::process::id(), since: now(io), ..State::default() };
    state.write(paths).map_err(|error| at(error, "writing", &paths.state()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let notify = Notify::new(env);
    let ended = runtime.block_on(async {
        tokio::select! {
            ended = supervised(paths, args, env, &notify, state, io) => ended,
            () = notify.stay_alive() => Ok(0),
        }
    });
    // A call that containerd does not answer holds its thread for a while.
    runtime.shutdown_background();
    let removed = fs::remove_file(paths.state()).map_err(|error| at(error, "removing", &paths.state()));
    ended.and_then(|status| removed.map(|()| status))
}

async fn supervised(
    paths: &Paths,
    args: &ServeArgs,
    env: &Env,
    notify: &Notify,
    state: State,
    io: &mut Io,
) -> Result<u8, Error> {
    let mut stops = Stops::new(io.signals)?;
    let mut log = Log::new(paths.log());
    check(needs(paths, &args.programs, env), io)?;
    let program = containerd::find(args.programs.containerd.as_deref(), paths, env)?;
    if let Some(address) = args.tcp().filter(|address| !address.ip().is_loopback()) {
        say(
            io,
            &format!(
                "warning: whoever reaches {address} is as good as root on this machine: nothing is asked for there"
            ),
        );
    }
    make_directories(paths)?;
    let errors = log.open().map_err(|error| at(error, "opening", log.path()))?;
    let late = |line: &str| say(io, line);
    tokio::select! {
        version = containerd::version(&program, args.wait, errors, env, late) => version.map_err(|error| log.hint(error))?,
        _ = stops.next() => return Ok(0),
    };
    let config = config(paths, args)?;
    let is_new = fs::read_to_string(paths.config()).is_ok_and(|old| old != config);
    let mut left = process::left(&paths.config())?;
    let mut supervisor =
        Supervisor { paths, program, env, wait: args.wait, stops, log, notify, state, has_answered: false, io };
    if let Some(old) = left.take_if(|_| is_new) {
        supervisor.say("a killed serve has left a containerd with other settings, which is ended");
        supervisor.end(old, Signal::Terminate).await?;
    }
    write(&paths.config(), &config)?;
    write(&paths.network(), &config::network())?;
    if left.is_none() {
        refuse_stranger(paths)?;
        supervise::remove_sockets(paths)?;
    }
    supervisor.run(left).await
}

/// Refuses to start without what every container needs, and warns of what some lack.
fn check(needs: Vec<Need>, io: &mut Io) -> Result<(), Error> {
    let mut missing = Vec::new();
    for need in needs {
        match need.found {
            Err(error) if need.is_required => missing.push(error),
            Err(error) => say(io, &format!("warning: {}", error.line())),
            Ok(_) => {}
        }
    }
    Error::join(missing)
}

/// Who answers and is not a containerd of this data directory's config is not ours to end.
fn refuse_stranger(paths: &Paths) -> Result<(), Error> {
    match system::answers(&paths.address()) {
        false => Ok(()),
        true => Err(Error::failure(format!("something already answers at {}", paths.endpoint()))
            .hint("end it, or choose another --data-dir")),
    }
}

fn make_directories(paths: &Paths) -> Result<(), Error> {
    [paths.containerd(), &paths.networks(), &paths.registries()]
        .into_iter()
        .try_for_each(|dir| fs::create_dir_all(dir).map_err(|error| at(error, "making the directory", dir)))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|error| at(error, "writing", path))
}

/// The config file for the containerd to start.
fn config(paths: &Paths, args: &ServeArgs) -> Result<String, Error> {
    let host = Host {
        networks: networks(paths),
        restricts_oom_score: system::restricts_oom_score(),
        runc: args.programs.runc.as_deref().map(std::path::absolute).transpose()?,
        sandbox_image: args.sandbox_image.clone(),
        tcp: args.tcp(),
    };
    config::containerd(paths, &host)
}

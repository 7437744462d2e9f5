//! Keeps a containerd running: starts it, waits until it answers, sees that it goes on to, starts it again when it has
//! ended, and ends it when it is told to. Containers are not containerd's children, and outlive it.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::sleep;

use crate::error::Error;
use crate::host::containerd::{LATE, patiently};
use crate::host::log::Log;
use crate::host::notify::{self, Notify};
use crate::host::paths::Paths;
use crate::host::process::{End, Process};
use crate::host::state::{LastEnd, Phase, Running, State};
use crate::host::system::{self, Signal, Stops};
use crate::host::{Env, at, crictl, now, say, variable};
use crate::{Crictl, Io};

/// How often a starting containerd is asked whether it answers.
const INTERVAL: Duration = Duration::from_millis(50);

/// How often containerd's health and its log are looked at, and how many times in a row it may not be in health.
const CHECKS: Duration = Duration::from_secs(10);
const FAILURES: u32 = 3;

/// How long containerd may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// How long a stop waits for the number of containers.
const COUNTING: Duration = Duration::from_secs(2);

/// The time before the first restart. It doubles with each, up to one limit for a containerd that answered and another
/// for one that never did, and begins anew after one that has run for a while.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE_UNANSWERED: Duration = Duration::from_secs(30);
const A_WHILE: Duration = Duration::from_secs(60);

/// One data directory's containerd, and whoever asks for its end.
pub(super) struct Supervisor<'a> {
    pub(super) paths: &'a Paths,
    /// The containerd to start.
    pub(super) program: PathBuf,
    pub(super) env: &'a Env,
    /// How long containerd may take until it answers.
    pub(super) wait: Duration,
    pub(super) stops: Stops,
    pub(super) log: Log,
    pub(super) notify: &'a Notify,
    pub(super) state: State,
    /// Whether any containerd has answered yet.
    pub(super) has_answered: bool,
    pub(super) io: &'a mut Io,
}

/// What has happened to a containerd.
enum Event {
    Answered,
    Ended(End),
    /// It has not answered in time.
    Silent,
    /// We are to end.
    Stop(Signal),
}

impl Supervisor<'_> {
    /// Supervises until it is told to end, and returns the status of the containerd that it ended then.
    ///
    /// # Errors
    /// The first containerd that is started here ends or is silent before it has answered, or a file can't be written.
    pub(super) async fn run(&mut self, left: Option<Process>) -> Result<u8, Error> {
        let mut process = match left {
            Some(process) => process,
            None => self.start()?,
        };
        let mut pause = FIRST_PAUSE;
        loop {
            let started = std::time::Instant::now();
            let (event, answered) = match self.watch(&mut process).await {
                Ok(seen) => seen,
                Err(error) => return self.end(process, Signal::Terminate).await.and(Err(error)),
            };
            let first = process.is_child() && !self.has_answered;
            let (how, status) = match event {
                Event::Stop(signal) => return self.end(process, signal).await,
                Event::Ended(end) => (end.to_string(), end.status()),
                _ if first => {
                    let error = Error::failure(format!("containerd has not answered within {:?}", self.wait));
                    return self.end(process, Signal::Terminate).await.and(Err(self.log.hint(error)));
                }
                _ => {
                    self.kill(&mut process).await?;
                    ("was killed, since it did not answer".to_owned(), 0)
                }
            };
            self.ended(&how)?;
            if first {
                let error = Error::status(status.max(1), format!("containerd {how} before it answered"));
                return Err(self.log.hint(error));
            }
            if started.elapsed() > A_WHILE {
                pause = FIRST_PAUSE;
            }
            match self.again(&how, &mut pause, answered).await? {
                Some(next) => process = next,
                None => return Ok(0),
            }
        }
    }

    /// Ends a containerd, however long that takes, and returns its status.
    ///
    /// # Errors
    /// It can't be sent a signal.
    pub(super) async fn end(&mut self, mut process: Process, signal: Signal) -> Result<u8, Error> {
        let running = self.running().await;
        self.phase(Phase::Stopping);
        let id = process.id();
        self.say(&format!("ending containerd (process {id}), which is killed after {GRACE:?} or a second signal"));
        process.signal(signal)?;
        let mut limit = pin!(sleep(GRACE));
        let mut killed = false;
        let end = loop {
            tokio::select! {
                end = process.ended() => break end?,
                _ = self.stops.next() => process.signal(Signal::Kill)?,
                () = &mut limit, if !killed => {
                    killed = true;
                    self.say(&format!("containerd (process {id}) does not end by itself and is killed"));
                    process.signal(Signal::Kill)?;
                }
            }
        };
        remove_sockets(self.paths)?;
        let left = match running {
            Some(0) => "no container was running".to_owned(),
            Some(1) => "1 container goes on running, for the next serve to find".to_owned(),
            Some(count) => format!("{count} containers go on running, for the next serve to find"),
            None => "its containers go on running, for the next serve to find".to_owned(),
        };
        self.say(&format!("containerd {end}; {left}"));
        Ok(end.status())
    }

    /// Sees a containerd through its life; also tells whether it has answered in it.
    async fn watch(&mut self, process: &mut Process) -> Result<(Event, bool), Error> {
        self.state.containerd = Some(Running { pid: process.id(), since: self.now(), adopted: !process.is_child() });
        self.phase(Phase::Starting);
        match self.come_up(process).await? {
            Event::Answered => {}
            other => return Ok((other, false)),
        }
        let id = process.id();
        let first = !std::mem::replace(&mut self.has_answered, true);
        match (process.is_child(), first) {
            (false, _) => self.say(&format!("took over the containerd (process {id}) that a killed serve had left")),
            (true, true) => {}
            (true, false) => self.say(&format!("containerd answers again (process {id})")),
        }
        self.phase(Phase::Up);
        if first {
            writeln!(self.io.out, "{}", self.paths.endpoint()).and_then(|()| self.io.out.flush())?;
            self.notify.send("READY=1");
        }
        Ok((self.stay_up(process).await?, true))
    }

    async fn come_up(&mut self, process: &mut Process) -> Result<Event, Error> {
        let crictl = self.crictl();
        let answered = async {
            while ask(crictl.clone(), crictl::has_recovered).await != Some(true) {
                sleep(INTERVAL).await;
            }
        };
        let (id, wait, io) = (process.id(), self.wait, &mut *self.io);
        let late =
            || say(io, &format!("containerd (process {id}) has not answered for {LATE:?}; it has {wait:?} in all"));
        tokio::select! {
            end = process.ended() => Ok(Event::Ended(end?)),
            signal = self.stops.next() => Ok(Event::Stop(signal)),
            answered = patiently(wait, answered, late) => Ok(answered.map_or(Event::Silent, |()| Event::Answered)),
        }
    }

    async fn stay_up(&mut self, process: &mut Process) -> Result<Event, Error> {
        let mut failures = 0;
        loop {
            let crictl = self.crictl();
            let check = async {
                sleep(CHECKS).await;
                ask(crictl, crictl::health).await.unwrap_or(Ok(()))
            };
            let health = tokio::select! {
                end = process.ended() => return Ok(Event::Ended(end?)),
                signal = self.stops.next() => return Ok(Event::Stop(signal)),
                health = check => health,
            };
            self.rotate();
            match health {
                Ok(()) if failures > 0 => {
                    failures = 0;
                    self.say("containerd is in health again");
                }
                Ok(()) => {}
                Err(why) => {
                    failures += 1;
                    self.say(&format!("containerd is not in health ({failures} of {FAILURES}): {why}"));
                }
            }
            if failures == FAILURES {
                return Ok(Event::Silent);
            }
        }
    }

    async fn kill(&mut self, process: &mut Process) -> Result<(), Error> {
        self.say(&format!("killing containerd (process {}), which does not answer", process.id()));
        process.signal(Signal::Kill)?;
        process.ended().await?;
        Ok(())
    }

    /// Records an end, so that `crictl` can tell of it from now on.
    fn ended(&mut self, how: &str) -> Result<(), Error> {
        // Containerd leaves its sockets behind, however it ends.
        remove_sockets(self.paths)?;
        self.state.last_end = Some(LastEnd { how: how.to_owned(), at: self.now() });
        self.phase(Phase::Starting);
        Ok(())
    }

    /// The next containerd after one that has ended, or none if we are to end before there is one.
    async fn again(&mut self, how: &str, pause: &mut Duration, answered: bool) -> Result<Option<Process>, Error> {
        self.say(&format!("containerd {how}; its containers go on running, and it is started again in {pause:?}"));
        loop {
            tokio::select! {
                _ = self.stops.next() => {
                    self.say("no containerd was running; its containers go on running, for the next serve to find");
                    return Ok(None);
                }
                () = sleep(*pause) => {}
            }
            *pause = (*pause * 2).min(if answered { LONGEST_PAUSE } else { LONGEST_PAUSE_UNANSWERED });
            self.state.restarts += 1;
            match self.start() {
                Ok(process) => return Ok(Some(process)),
                Err(error) => self.say(&format!("{}; the next attempt is in {pause:?}", error.line())),
            }
        }
    }

    fn start(&mut self) -> Result<Process, Error> {
        self.rotate();
        let log = self.log.open().map_err(|error| at(error, "opening", self.log.path()))?;
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(self.paths.config());
        command.env_clear().envs(self.env.iter().cloned()).env("PATH", path(&self.program, self.env)?);
        notify::VARIABLES.iter().for_each(|name| _ = command.env_remove(name));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        system::shield(&mut command);
        Process::start(&mut command).map_err(|error| at(error, "starting", &self.program))
    }

    /// What is asked of containerd, and what to say if nobody answers.
    fn crictl(&self) -> Crictl {
        Crictl::new().endpoint(self.paths.endpoint()).hint(format!("its log is {}", self.log.path().display()))
    }

    /// How many containers run, if containerd says so soon.
    async fn running(&self) -> Option<u64> {
        if self.state.phase != Phase::Up {
            return None;
        }
        let counted = ask(self.crictl(), |crictl| crictl::namespaces(crictl).ok());
        let namespaces = tokio::time::timeout(COUNTING, counted).await.ok().flatten().flatten()?;
        Some(namespaces.iter().map(|namespace| namespace.running).sum())
    }

    /// Records how it goes, for whoever asks. A full disk is no reason to end containerd.
    fn phase(&mut self, phase: Phase) {
        self.state.phase = phase;
        let stopping = if phase == Phase::Stopping { "\nSTOPPING=1" } else { "" };
        self.notify.send(&format!("STATUS={}{stopping}", self.state.words()));
        if let Err(error) = self.state.write(self.paths) {
            self.say(&at(error, "writing", &self.paths.state()).line());
        }
    }

    /// Neither is a log that can't be rotated.
    fn rotate(&mut self) {
        if let Err(error) = self.log.rotate() {
            self.say(&at(error, "rotating", self.log.path()).line());
        }
    }

    /// Tells a person, or a system's log, how it goes.
    pub(super) fn say(&mut self, line: &str) {
        say(self.io, line);
    }

    fn now(&self) -> String {
        now(self.io)
    }
}

pub(super) fn remove_sockets(paths: &Paths) -> Result<(), Error> {
    [paths.address(), paths.shim_address()].iter().try_for_each(|address| {
        system::remove_socket(address).map_err(|error| at(error, "removing the stale socket", address))
    })
}

/// Asks containerd something on a thread of its own, since a run of crictl blocks; none if it panics.
async fn ask<T: Send + 'static>(crictl: Crictl, what: impl FnOnce(&Crictl) -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(move || what(&crictl)).await.ok()
}

/// `PATH` with containerd's own directory in front: the shim that belongs to it is there.
fn path(program: &Path, env: &Env) -> Result<OsString, Error> {
    let program = std::path::absolute(program)?;
    let own = program.parent().map(Path::to_owned);
    let rest = variable(env, "PATH").unwrap_or_default();
    std::env::join_paths(own.into_iter().chain(std::env::split_paths(rest)))
        .map_err(|error| Error::failure(error.to_string()).context("adding containerd's directory to PATH"))
}

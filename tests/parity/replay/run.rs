//! One run of the program: the place, the servers, the process, and what came of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use prost_reflect::DescriptorPool;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::replay::Result;
use crate::replay::act::{self, Scene};
use crate::replay::case::{Case, Terminal};
use crate::replay::fake::{Calls, Fake};
use crate::replay::far_end::FarEnd;
use crate::replay::normalise::{Normaliser, number_uuids};
use crate::replay::place::Place;
use crate::replay::port::free_port;
use crate::replay::process::{End, Input, Process, Start};
use crate::replay::rule;
use crate::replay::subst::Subst;
use crate::replay::text;

/// What all runs have in common.
pub(crate) struct Setup {
    pub(crate) program: PathBuf,
    /// What runs the program, if it is not started by itself.
    pub(crate) runner: Option<PathBuf>,
    pub(crate) schema: DescriptorPool,
    pub(crate) fixtures: PathBuf,
}

impl Setup {
    /// What to start, and its arguments, so that the program runs with these.
    pub(crate) fn command_line<'a>(&'a self, program: &'a Path, args: Vec<String>) -> (&'a Path, Vec<String>) {
        match &self.runner {
            Some(runner) => (runner, [vec![program.to_string_lossy().into_owned()], args].concat()),
            None => (program, args),
        }
    }
}

/// What a run did, as far as it can be compared with a recording.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) calls: Vec<Value>,
    pub(crate) files: BTreeMap<String, Option<String>>,
    /// Why nothing of this can be trusted.
    pub(crate) trouble: Option<String>,
}

/// Runs one case.
pub(crate) async fn run(case: &Case, setup: &Setup) -> Outcome {
    attempt(case, setup)
        .await
        .unwrap_or_else(|error| Outcome { trouble: Some(format!("could not run: {error}")), ..Outcome::default() })
}

async fn attempt(case: &Case, setup: &Setup) -> Result<Outcome> {
    let mut place = Place::new()?;
    let mut subst = Subst::default();
    place.name_paths(&mut subst);
    for number in 1..=case.ports {
        subst.set(&format!("port{number}"), free_port()?.to_string());
    }
    let far_end = match &case.streaming {
        Some(script) => Some(FarEnd::start(script.clone(), &setup.fixtures.join("tls")).await?),
        None => None,
    };
    if let Some(far_end) = &far_end {
        subst.set("stream", far_end.address());
    }
    let subst = Arc::new(subst);
    let calls = Arc::new(Calls::default());
    let servers = start_servers(case, setup, &place, &subst, &calls)?;
    place.write(case, &subst, &setup.fixtures)?;
    let program = place.program(case, &subst, &setup.program)?;

    let (end, talks) = play(case, setup, &place, &program, &subst, &calls).await?;
    drop(servers);
    let mut received = calls.received();
    if let Some(far_end) = far_end {
        let records = far_end.stop().await.into_iter();
        received.extend(records.map(|record| json!({"method": "@stream", "request": record})));
    }
    received.extend(talks);
    let normal = Normaliser::new(place.root(), &program, &subst);
    Ok(outcome(case, &place, &end, &received, &normal)?)
}

fn start_servers(
    case: &Case,
    setup: &Setup,
    place: &Place,
    subst: &Arc<Subst>,
    calls: &Arc<Calls>,
) -> Result<Vec<Fake>> {
    let servers = [(&case.fixture, "s", None), (&case.image_fixture, "i", Some("image"))];
    let mut started = Vec::new();
    for (fixture, socket, tag) in servers {
        if let Some(fixture) = fixture {
            let rules = rule::load(fixture, &setup.fixtures)?;
            let socket = place.path(socket);
            started.push(Fake::start(&setup.schema, rules, &socket, tag, subst, calls)?);
        }
    }
    Ok(started)
}

/// Runs the program and what happens around it; the second result is what was said at forwarded ports.
async fn play(
    case: &Case,
    setup: &Setup,
    place: &Place,
    program: &Path,
    subst: &Arc<Subst>,
    calls: &Arc<Calls>,
) -> Result<(End, Vec<Value>)> {
    let args = case.args.iter().map(|arg| subst.text(arg)).collect();
    let (program, args) = setup.command_line(program, args);
    let process = Process::start(Start {
        program,
        args,
        dir: &place.path("w"),
        env: environment(case, place, subst),
        input: input(case, subst),
    })
    .await?;
    let (ended, is_ended) = watch::channel(false);
    let scene =
        Scene { pid: process.pid(), ended: is_ended, dir: place.path("w"), subst: subst.clone(), calls: calls.clone() };
    let actions: Vec<_> = case.signal.iter().chain(&case.actions).collect();
    let whole = async {
        let end = process.wait().await;
        ended.send_replace(true);
        end
    };
    let (end, talks) = tokio::join!(whole, act::perform(&actions, scene));
    Ok((end?, talks))
}

fn environment(case: &Case, place: &Place, subst: &Subst) -> Vec<(String, String)> {
    let home = place.path("h").to_string_lossy().into_owned();
    let endpoint = format!("unix://{}", place.path("s").display());
    let mut env = BTreeMap::from([
        ("HOME", home),
        ("TZ", "UTC".to_owned()),
        ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
        ("LANG", "C.UTF-8".to_owned()),
        ("CONTAINER_RUNTIME_ENDPOINT", endpoint),
    ]);
    for (name, value) in &case.env {
        match value {
            Some(value) => env.insert(name, subst.text(value)),
            None => env.remove(name.as_str()),
        };
    }
    env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn input(case: &Case, subst: &Subst) -> Input {
    let typed = case.stdin.as_ref().map(|text| text::to_bytes(&subst.text(text)));
    match &case.stdin_tty {
        None | Some(Terminal::Input(false)) => typed.map_or(Input::Nothing, Input::Pipe),
        Some(terminal) => Input::Terminal {
            typed: typed.unwrap_or_default(),
            screen: matches!(terminal, Terminal::Both(name) if name == "stdio"),
        },
    }
}

fn outcome(case: &Case, place: &Place, end: &End, calls: &[Value], normal: &Normaliser) -> std::io::Result<Outcome> {
    let text = |bytes: &[u8]| normal.text(&text::from_bytes(bytes));
    let mut calls: Vec<_> = calls.iter().map(|call| normal.tree(call)).collect();
    if case.uuids {
        calls = number_uuids(&calls);
    }
    let files = place.changes()?.into_iter();
    Ok(Outcome {
        exit: end.exit,
        stdout: text(&end.stdout),
        stderr: text(&end.stderr),
        calls,
        files: files.map(|(name, content)| (name, content.as_deref().map(text))).collect(),
        trouble: end.timed_out.then(|| "timed out".to_owned()),
    })
}

//! `crictl doctor`: reports what the runtime is, which methods it has, and whether its streams can be reached.

use std::time::Duration;

use clap::Args;
use futures_util::stream::{self, StreamExt as _};
use tokio::time::{Instant, timeout};

use crate::api::{Api, probe};
use crate::args::go::Parsed;
use crate::args::stream::TlsArgs;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::client::RuntimeService;
use crate::generated::cri::{
    AttachRequest, ContainerFilter, ContainerState, ContainerStateValue, ListContainersRequest, VersionRequest,
};
use crate::rpc::{AT_ONCE, Client};
use crate::schema::Value;
use crate::stream::tls::Tls;
use crate::stream::{Dialer, Transport, Wanted};
use crate::view::{Encoding, LIST, Table, View};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "doctor",
    about: "Report what the runtime is and which parts of the CRI it serves, without changing anything",
    example: "crictl doctor",
    arguments: DoctorArgs::augment_args,
    values: &[("output", LIST)],
    calls: &["Attach", "ListContainers", "Version"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

/// The time limit for all probes together, as a multiple of the timeout. A runtime that answers takes less than one.
const TIMEOUTS: u32 = 4;

#[derive(Args, Debug)]
struct DoctorArgs {
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    output: String,
    #[command(flatten)]
    tls: TlsArgs,
}

/// One thing that was checked.
#[derive(Debug, PartialEq)]
struct Check {
    /// `runtime`, `api`, `method`, or `streams`.
    kind: &'static str,
    name: String,
    result: String,
    detail: String,
}

impl Check {
    fn new(kind: &'static str, name: &str, result: &str, detail: impl Into<String>) -> Self {
        Self { kind, name: name.to_owned(), result: result.to_owned(), detail: detail.into() }
    }
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: DoctorArgs = args(parsed)?;
    let encoding = Encoding::of_list(&args.output)?;
    let tls = args.tls.tls()?;
    let whole = Whole { limit: ctx.settings.timeout.saturating_mul(TIMEOUTS), begun: Instant::now() };
    let mut checks = runtime(ctx).await?;
    checks.extend(methods(ctx, whole).await?);
    checks.extend(streams(ctx, &tls, whole).await?);
    ctx.print(&match encoding {
        Some(encoding) => View::List(document(&checks), encoding),
        None => View::Table(table(checks)),
    })
}

/// How long all probes may take together.
#[derive(Clone, Copy)]
struct Whole {
    limit: Duration,
    begun: Instant,
}

impl Whole {
    /// What a probe found out, unless the time ran out.
    async fn within(self, probe: impl Future<Output = Found>) -> Found {
        let Self { limit, begun } = self;
        let found = timeout(limit.saturating_sub(begun.elapsed()), probe).await;
        found.unwrap_or_else(|_| ("unknown", format!("not probed within the {limit:?} for all probes")))
    }
}

/// The result of a check, and its detail.
type Found = (&'static str, String);

/// Who answers. This command fails only if nobody does.
async fn runtime(ctx: &mut Context<'_>) -> Result<Vec<Check>, Error> {
    let runtime = ctx.runtime().await?;
    let version = runtime.version(VersionRequest::default()).await?;
    let methods = format!("{} methods", Api::BUILT_IN.methods.len());
    Ok(vec![
        Check::new("runtime", &version.runtime_name, &version.runtime_version, runtime.0.endpoint().to_string()),
        Check::new("api", &version.runtime_name, &version.runtime_api_version, ""),
        Check::new("api", "crictl", env!("CRI_RELEASE"), methods),
    ])
}

/// Which methods the runtime has, in the order of the proto.
async fn methods(ctx: &mut Context<'_>, whole: Whole) -> Result<Vec<Check>, Error> {
    let mut probes = Vec::new();
    for method in Api::BUILT_IN.methods {
        // A probe does nothing, so the normal timeout is enough even for a pull, which otherwise has no limit.
        let client = ctx.service(method).await?.with_deadline(ctx.settings.timeout);
        probes.push(async move {
            let (result, detail) = whole.within(probe::probe(&client, method)).await;
            Check::new("method", method.name, result, detail)
        });
    }
    Ok(stream::iter(probes).buffered(AT_ONCE).collect().await)
}

/// Whether streams can be opened with each transport, tried on the first running container.
async fn streams(ctx: &mut Context<'_>, tls: &Tls, whole: Whole) -> Result<Vec<Check>, Error> {
    let runtime = ctx.runtime().await?;
    let running = ContainerStateValue { state: ContainerState::ContainerRunning.into() };
    let filter = ContainerFilter { state: Some(running), ..Default::default() };
    let list = runtime.list_containers(ListContainersRequest { filter: Some(filter) }).await;
    let container = list.map(|list| list.containers.into_iter().next());
    let mut checks = Vec::new();
    for (name, transport) in [("spdy", Transport::Spdy), ("websocket", Transport::WebSocket)] {
        let (result, detail) = match &container {
            Ok(Some(container)) => whole.within(attach(ctx, &runtime, &container.id, transport, tls)).await,
            Ok(None) => ("unprobed", "no container is running".to_owned()),
            Err(error) => ("unknown", error.cause().to_owned()),
        };
        checks.push(Check::new("streams", name, result, detail));
    }
    Ok(checks)
}

/// Attaches to a container without sending input, and detaches at once.
async fn attach(
    ctx: &Context<'_>,
    runtime: &RuntimeService<Client<'_>>,
    id: &str,
    transport: Transport,
    tls: &Tls,
) -> Found {
    let dialer = Dialer {
        transport,
        tls: tls.clone(),
        env: ctx.env.clone(),
        runtime: runtime.0.endpoint().host().map(str::to_owned),
    };
    let place = async || {
        let request = AttachRequest { container_id: id.to_owned(), stdout: true, stderr: true, ..Default::default() };
        Ok(runtime.0.place(runtime.attach(request).await?.url))
    };
    let session = dialer.session(place, Wanted::default());
    match timeout(ctx.settings.timeout, session).await {
        Ok(Ok(_)) => ("yes", String::new()),
        Ok(Err(error)) => ("no", error.cause().to_owned()),
        Err(_) => ("no", format!("no answer within {:?}", ctx.settings.timeout)),
    }
}

fn document(checks: &[Check]) -> Value {
    let checks = checks.iter().map(|Check { kind, name, result, detail }| {
        let members = [("kind", *kind), ("name", name), ("result", result), ("detail", detail)];
        Value::object(members.map(|(name, value)| (name, Value::from(value))))
    });
    Value::object([("checks", Value::List(checks.collect()))])
}

fn table(checks: Vec<Check>) -> Table {
    let rows =
        checks.into_iter().map(|check| vec![check.kind.to_owned(), check.name.to_owned(), check.result, check.detail]);
    Table { columns: vec!["CHECK", "NAME", "RESULT", "DETAIL"], rows: rows.collect() }
}

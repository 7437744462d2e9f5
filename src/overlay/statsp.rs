//! `crictl statsp`: shows the resources that pods use.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;

use crate::args::go::Parsed;
use crate::command::watch;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{
    ListPodSandboxStatsRequest, ListPodSandboxStatsResponse, PodSandboxStats, PodSandboxStatsFilter,
};
use crate::gotext::go_int;
use crate::schema;
use crate::select;
use crate::view::usage::{Usage, number};
use crate::view::{Encoding, LIST, Table, View, human};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "statsp",
    about: "List the CPU and memory usage of pods",
    usage: "[flags] [POD-ID]",
    words: 0..=1,
    example: "crictl statsp --watch",
    arguments: StatspArgs::augment_args,
    values: &[("output", LIST)],
    calls: &["ListPodSandboxStats"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug, Default)]
struct StatspArgs {
    /// Only the pod with this id, or with an id that starts like this
    #[arg(long, value_name = "POD-ID", default_value = "", hide_default_value = true)]
    id: String,
    /// Only pods with this label; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    label: Vec<String>,
    /// Output format; json and yaml show a single sample
    #[arg(long, short, value_name = "FORMAT", default_value = "", hide_default_value = true)]
    output: String,
    /// Time between the two samples that the CPU column compares
    #[arg(long, short, value_name = "SECONDS", default_value = "1", value_parser = go_int)]
    seconds: i64,
    /// Repeat until interrupted
    #[arg(long, short)]
    watch: bool,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: StatspArgs = args(parsed)?;
    let request = request(&args, parsed.word(0))?;
    watch::repeat(ctx, args.watch, async |ctx| show(ctx, &args, &request).await).await
}

/// One document, or one table of two samples.
async fn show(ctx: &mut Context<'_>, args: &StatspArgs, request: &ListPodSandboxStatsRequest) -> Result<(), Error> {
    let first = sample(ctx, request).await?;
    // Any other word means a table. Upstream never refused one, so scripts may rely on it.
    if let Some(encoding) = Encoding::named(&args.output) {
        return ctx.print(&View::List(schema::view(&ListPodSandboxStatsResponse { stats: first }), encoding));
    }
    tokio::time::sleep(Duration::from_secs(u64::try_from(args.seconds).unwrap_or_default())).await;
    let second = sample(ctx, request).await?;
    let table = table(&first, &second)?;
    ctx.clear_screen()?;
    ctx.print(&table)
}

fn request(args: &StatspArgs, positional: &str) -> Result<ListPodSandboxStatsRequest, Error> {
    let id = if args.id.is_empty() { positional } else { &args.id };
    let label_selector = select::labels("label", &args.label)?;
    Ok(ListPodSandboxStatsRequest { filter: Some(PodSandboxStatsFilter { id: id.to_owned(), label_selector }) })
}

async fn sample(ctx: &mut Context<'_>, request: &ListPodSandboxStatsRequest) -> Result<Vec<PodSandboxStats>, Error> {
    let mut stats = ctx.runtime().await?.list_pod_sandbox_stats(request.clone()).await?.stats;
    stats.sort_by(|a, b| id(a).cmp(id(b)));
    Ok(stats)
}

fn id(stats: &PodSandboxStats) -> &str {
    stats.attributes.as_ref().map_or("", |attributes| &attributes.id)
}

fn linux(stats: &PodSandboxStats) -> Option<Usage> {
    let stats = stats.linux.as_ref()?;
    let cpu = stats.cpu.as_ref();
    Some(Usage {
        cpu: number(cpu.and_then(|cpu| cpu.usage_core_nano_seconds.as_ref())),
        at: cpu.map_or(0, |cpu| cpu.timestamp),
        memory: number(stats.memory.as_ref().and_then(|memory| memory.working_set_bytes.as_ref())),
    })
}

fn windows(stats: &PodSandboxStats) -> Option<Usage> {
    let stats = stats.windows.as_ref()?;
    let cpu = stats.cpu.as_ref();
    Some(Usage {
        cpu: number(cpu.and_then(|cpu| cpu.usage_core_nano_seconds.as_ref())),
        at: cpu.map_or(0, |cpu| cpu.timestamp),
        memory: number(stats.memory.as_ref().and_then(|memory| memory.working_set_bytes.as_ref())),
    })
}

/// The second sample. A pod that the first sample lacks has no CPU usage yet and is left out.
fn table(first: &[PodSandboxStats], second: &[PodSandboxStats]) -> Result<View, Error> {
    let earlier: BTreeMap<_, _> = first.iter().map(|stats| (id(stats), stats)).collect();
    let mut rows = Vec::new();
    for stats in second {
        // The earlier sample must be of the same system; if there is none, the counters started at zero.
        let (now, of_system): (_, fn(&_) -> _) = match (linux(stats), windows(stats)) {
            (Some(_), Some(_)) => {
                return Err(Error::failure(format!("pod {:?} has statistics of both Linux and Windows", id(stats))));
            }
            (Some(now), None) => (now, linux),
            (None, Some(now)) => (now, windows),
            (None, None) => continue,
        };
        let Some(earlier) = earlier.get(id(stats)).filter(|_| !now.is_nothing()) else { continue };
        let metadata = stats.attributes.as_ref().and_then(|attributes| attributes.metadata.as_ref());
        rows.push(vec![
            metadata.map(|metadata| metadata.name.clone()).unwrap_or_default(),
            human::short_id(id(stats), "").to_owned(),
            now.cpu_since(&of_system(earlier).unwrap_or_default())?,
            human::size(now.memory, 4),
        ]);
    }
    Ok(View::Table(Table { columns: vec!["POD", "POD ID", "CPU %", "MEM"], rows }))
}

#[cfg(test)]
mod tests {
    use crate::generated::cri::{
        LinuxPodSandboxStats, PodSandboxAttributes, UInt64Value, WindowsCpuUsage, WindowsPodSandboxStats,
    };

    use super::*;

    fn sample_of_windows(cpu: u64, at: i64) -> PodSandboxStats {
        let value = Some(UInt64Value { value: cpu });
        let cpu = WindowsCpuUsage { timestamp: at, usage_core_nano_seconds: value, ..Default::default() };
        PodSandboxStats {
            attributes: Some(PodSandboxAttributes { id: "p".to_owned(), ..Default::default() }),
            windows: Some(WindowsPodSandboxStats { cpu: Some(cpu), ..Default::default() }),
            ..Default::default()
        }
    }

    #[test]
    fn a_pod_of_windows_counts_as_one_of_linux_does() {
        match table(&[sample_of_windows(1, 1)], &[sample_of_windows(2, 2)]) {
            Ok(View::Table(table)) => assert_eq!(table.rows, [["", "p", "100.00", "0B"]]),
            other => panic!("no table: {other:?}"),
        }
    }

    #[test]
    fn a_pod_of_both_systems_is_an_error() {
        let both = PodSandboxStats { linux: Some(LinuxPodSandboxStats::default()), ..sample_of_windows(1, 1) };
        assert!(table(&[], &[both]).is_err());
    }

    #[test]
    fn the_filter_is_there_even_if_nothing_is_filtered() {
        let request = request(&StatspArgs::default(), "").expect("no labels to be wrong");
        assert_eq!(request.filter, Some(PodSandboxStatsFilter::default()));
    }
}

//! `crictl stats`: shows the resources that containers use.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;

use crate::args::go::Parsed;
use crate::command::watch;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{
    ContainerStats, ContainerStatsFilter, ListContainerStatsRequest, ListContainerStatsResponse,
};
use crate::gotext::go_int;
use crate::namespace;
use crate::select;
use crate::view::usage::{Usage, number};
use crate::view::{Encoding, LIST, Table, View, human};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "stats",
    about: "List the CPU, memory and disk usage of containers",
    usage: "[flags] [CONTAINER-ID]",
    words: 0..=1,
    example: "crictl stats --watch --pod 1f73f2d81bf98",
    arguments: StatsArgs::augment_args,
    values: &[("output", LIST)],
    calls: &["ListContainerStats"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug, Default)]
struct StatsArgs {
    /// Show also containers that use nothing, such as those that are not running
    #[arg(long, short)]
    all: bool,
    /// Only the container with this id, or with an id that starts like this
    #[arg(long, value_name = "CONTAINER-ID", default_value = "", hide_default_value = true)]
    id: String,
    /// Only containers with this label; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    label: Vec<String>,
    /// Output format; json and yaml show a single sample
    #[arg(long, short, value_name = "FORMAT", default_value = "", hide_default_value = true)]
    output: String,
    /// Only containers of this pod
    #[arg(long, short, value_name = "POD-ID", default_value = "", hide_default_value = true)]
    pod: String,
    /// Time between the two samples that the CPU column compares
    #[arg(long, short, value_name = "SECONDS", default_value = "1", value_parser = go_int)]
    seconds: i64,
    /// Repeat until interrupted
    #[arg(long, short)]
    watch: bool,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: StatsArgs = args(parsed)?;
    let request = request(&args, parsed.word(0))?;
    watch::repeat(ctx, args.watch, async |ctx| show(ctx, &args, &request).await).await
}

/// One document, or one table of two samples.
async fn show(ctx: &mut Context<'_>, args: &StatsArgs, request: &ListContainerStatsRequest) -> Result<(), Error> {
    let first = sample(ctx, request).await?;
    // Any other word means a table. Upstream never refused one, so scripts may rely on it.
    if let Some(encoding) = Encoding::named(&args.output) {
        return ctx.print(&View::list(&ListContainerStatsResponse { stats: first }, encoding));
    }
    tokio::time::sleep(Duration::from_secs(u64::try_from(args.seconds).unwrap_or_default())).await;
    let second = sample(ctx, request).await?;
    let table = table(&first, &second, args.all)?;
    ctx.clear_screen()?;
    ctx.print(&table)
}

fn request(args: &StatsArgs, positional: &str) -> Result<ListContainerStatsRequest, Error> {
    let id = if args.id.is_empty() { positional } else { &args.id };
    let label_selector = select::labels("label", &args.label)?;
    let filter = ContainerStatsFilter { id: id.to_owned(), pod_sandbox_id: args.pod.clone(), label_selector };
    Ok(ListContainerStatsRequest { filter: Some(filter) })
}

async fn sample(ctx: &mut Context<'_>, request: &ListContainerStatsRequest) -> Result<Vec<ContainerStats>, Error> {
    let mut stats = ctx.runtime().await?.list_container_stats(request.clone()).await?.stats;
    stats.sort_by(|a, b| id(a).cmp(id(b)));
    Ok(stats)
}

fn id(stats: &ContainerStats) -> &str {
    stats.attributes.as_ref().map_or("", |attributes| &attributes.id)
}

fn usage(stats: &ContainerStats) -> Usage {
    let cpu = stats.cpu.as_ref();
    Usage {
        cpu: number(cpu.and_then(|cpu| cpu.usage_core_nano_seconds.as_ref())),
        at: cpu.map_or(0, |cpu| cpu.timestamp),
        memory: number(stats.memory.as_ref().and_then(|memory| memory.working_set_bytes.as_ref())),
    }
}

/// The second sample. A container that the first sample lacks has no CPU usage yet and is left out.
fn table(first: &[ContainerStats], second: &[ContainerStats], all: bool) -> Result<View, Error> {
    let earlier: BTreeMap<_, _> = first.iter().map(|stats| (id(stats), usage(stats))).collect();
    let mut rows = Vec::new();
    let mut marks = Vec::new();
    for stats in second {
        let now = usage(stats);
        let Some(earlier) = earlier.get(id(stats)).filter(|_| all || !now.is_nothing()) else { continue };
        let name = stats.attributes.as_ref().and_then(|attributes| attributes.metadata.as_ref());
        marks.push(stats.attributes.as_ref().and_then(|attributes| namespace::mark(&attributes.annotations)));
        let layer = stats.writable_layer.as_ref();
        let swap = stats.swap.as_ref().and_then(|swap| swap.swap_usage_bytes.as_ref());
        rows.push(vec![
            human::short_id(id(stats), "").to_owned(),
            name.map(|metadata| metadata.name.clone()).unwrap_or_default(),
            now.cpu_since(earlier)?,
            human::size(now.memory, 4),
            human::size(number(layer.and_then(|layer| layer.used_bytes.as_ref())), 4),
            number(layer.and_then(|layer| layer.inodes_used.as_ref())).to_string(),
            human::size(number(swap), 4),
        ]);
    }
    let columns = vec!["CONTAINER", "NAME", "CPU %", "MEM", "DISK", "INODES", "SWAP"];
    Ok(View::Table(Table { columns, rows }.with_namespaces(marks.into_iter())))
}

#[cfg(test)]
mod tests {
    use crate::generated::cri::{ContainerAttributes, CpuUsage, MemoryUsage, UInt64Value};

    use super::*;

    fn stats(id: &str, cpu: u64, at: i64, memory: u64) -> ContainerStats {
        let value = |value| Some(UInt64Value { value });
        ContainerStats {
            attributes: Some(ContainerAttributes { id: id.to_owned(), ..Default::default() }),
            cpu: Some(CpuUsage { timestamp: at, usage_core_nano_seconds: value(cpu), ..Default::default() }),
            memory: Some(MemoryUsage { working_set_bytes: value(memory), ..Default::default() }),
            ..Default::default()
        }
    }

    fn rows(first: &[ContainerStats], second: &[ContainerStats], all: bool) -> Vec<Vec<String>> {
        match table(first, second, all) {
            Ok(View::Table(table)) => table.rows,
            other => panic!("no table: {other:?}"),
        }
    }

    #[test]
    fn the_flag_wins_over_the_positional_id() {
        let args = StatsArgs { id: "flag".to_owned(), ..Default::default() };
        let filter = request(&args, "word").expect("no labels to be wrong").filter.expect("always there");
        assert_eq!(filter.id, "flag");
    }

    #[test]
    fn containers_that_use_nothing_are_shown_to_who_asks_for_all() {
        let idle = [stats("a", 0, 1, 0)];
        assert!(rows(&idle, &idle, false).is_empty());
        assert_eq!(rows(&idle, &idle, true)[0], ["a", "", "0.00", "0B", "0B", "0", "0B"]);
    }

    #[test]
    fn a_container_without_a_first_sample_is_left_out() {
        assert!(rows(&[], &[stats("new", 5, 2, 1)], true).is_empty());
    }

    #[test]
    fn a_container_that_was_restarted_in_between_has_used_nothing() {
        let rows = rows(&[stats("a", 900, 1, 1)], &[stats("a", 5, 2, 1)], false);
        assert_eq!(rows[0][2], "0.00");
    }
}

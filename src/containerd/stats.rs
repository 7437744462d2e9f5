//! What containers use: `tasks.Metrics`, in the words of the CRI as containerd's own CRI finds them
//! (`internal/cri/server/container_stats_list.go`), and the writable layer from the snapshotter.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use prost::Message as _;
use prost_types::Any;
use tonic::{Code, Status};

use crate::containerd::call::{self, Space};
use crate::containerd::container::metadata;
use crate::containerd::{has_labels, nanos, number};
use crate::generated::containerd::runhcs::stats::v1::{Statistics, statistics};
use crate::generated::containerd::services::containers::v1::Container;
use crate::generated::containerd::services::snapshots::v1::{UsageRequest, UsageResponse};
use crate::generated::containerd::services::tasks::v1::{MetricsRequest, MetricsResponse};
use crate::generated::containerd::types::Metric;
use crate::generated::cri;
use crate::generated::io::containerd::cgroups::{v1, v2};
use crate::rpc::AT_ONCE;

/// The kernel's limit where there is none is about 2^63, rounded to pages.
const UNLIMITED: u64 = 1 << 62;

impl Space<'_> {
    pub(super) async fn list_stats(
        &self,
        request: &cri::ListContainerStatsRequest,
    ) -> Result<cri::ListContainerStatsResponse, Status> {
        let filter = request.filter.clone().unwrap_or_default();
        let mut containers = match filter.id.as_str() {
            "" => self.containers(Vec::new()).await?,
            id => self.starting_with(id).await?,
        };
        containers.retain(|container| {
            let pod = filter.pod_sandbox_id.is_empty() || filter.pod_sandbox_id == container.sandbox;
            pod && has_labels(filter.label_selector.iter(), &container.labels)
        });
        Ok(cri::ListContainerStatsResponse { stats: self.stats(&containers).await? })
    }

    pub(super) async fn container_stats(
        &self,
        request: &cri::ContainerStatsRequest,
    ) -> Result<cri::ContainerStatsResponse, Status> {
        let container = self.container(&request.container_id).await?;
        Ok(cri::ContainerStatsResponse { stats: self.stats(&[container]).await?.pop() })
    }

    async fn stats(&self, containers: &[Container]) -> Result<Vec<cri::ContainerStats>, Status> {
        // A filter for each container would be longer than what it leaves out.
        let filters = match containers {
            [] => return Ok(Vec::new()),
            [one] => vec![format!("id==\"{}\"", one.id)],
            _ => Vec::new(),
        };
        let metrics = self.call::<MetricsResponse>(&call::TASKS_METRICS, &MetricsRequest { filters }).await?.metrics;
        let metrics: BTreeMap<_, _> = metrics.into_iter().map(|metric| (metric.id.clone(), metric)).collect();
        let roots = self.snapshotters().await?;
        let metrics = &metrics;
        let roots = &roots;
        let stats = containers.iter().map(|container| async move {
            let usage = self.layer(container, roots).await?;
            Ok(stats(container, metrics.get(&container.id), usage))
        });
        stream::iter(stats).buffered(AT_ONCE).try_collect().await
    }

    /// What a container has written. A snapshotter that can't tell has written nothing that we know of.
    async fn layer(
        &self,
        container: &Container,
        roots: &BTreeMap<String, String>,
    ) -> Result<Option<cri::FilesystemUsage>, Status> {
        let (snapshotter, key) = (container.snapshotter.clone(), container.snapshot_key.clone());
        if key.is_empty() {
            return Ok(None);
        }
        let mountpoint = roots.get(&snapshotter).cloned().unwrap_or_default();
        match self.find::<UsageResponse>(&call::SNAPSHOTS_USAGE, &UsageRequest { snapshotter, key }).await {
            Ok(None) => Ok(None),
            Ok(Some(usage)) => Ok(Some(cri::FilesystemUsage {
                timestamp: self.now(),
                fs_id: Some(cri::FilesystemIdentifier { mountpoint }),
                used_bytes: number(u64::try_from(usage.size).unwrap_or_default()),
                inodes_used: number(u64::try_from(usage.inodes).unwrap_or_default()),
            })),
            Err(status) if status.code() == Code::InvalidArgument => Ok(None),
            Err(status) => Err(status),
        }
    }
}

fn stats(
    container: &Container,
    metric: Option<&Metric>,
    writable_layer: Option<cri::FilesystemUsage>,
) -> cri::ContainerStats {
    let used = metric.and_then(|metric| Some((used(metric.data.as_ref()?)?, nanos(metric.timestamp.as_ref()))));
    let (cpu, memory, swap) = used.map_or((None, None, None), |(used, at)| used.at(at));
    cri::ContainerStats {
        attributes: Some(cri::ContainerAttributes {
            id: container.id.clone(),
            metadata: Some(metadata(container)),
            labels: container.labels.clone(),
            ..Default::default()
        }),
        cpu,
        memory,
        writable_layer,
        swap,
        ..Default::default()
    }
}

/// What a task uses. What is nothing is not counted there.
#[derive(Debug, Default, PartialEq)]
struct Used {
    /// In nanoseconds.
    cpu: Option<u64>,
    memory: Option<Memory>,
    swap: Option<(u64, u64)>,
}

#[derive(Debug, Default, PartialEq)]
struct Memory {
    usage: u64,
    limit: Option<u64>,
    /// Cache that nobody has used for long: the kernel takes it when it needs it.
    inactive: u64,
    rss: Option<u64>,
    faults: Option<(u64, u64)>,
}

/// The metrics, whose form is that of the system: cgroups of version 2 or 1, or Windows.
fn used(data: &Any) -> Option<Used> {
    let bytes = data.value.as_slice();
    match data.type_url.rsplit('/').next()? {
        "io.containerd.cgroups.v2.Metrics" => v2::Metrics::decode(bytes).ok().map(|it| second(&it)),
        "io.containerd.cgroups.v1.Metrics" => v1::Metrics::decode(bytes).ok().map(|it| first(&it)),
        "containerd.runhcs.stats.v1.Statistics" => match Statistics::decode(bytes).ok()?.container? {
            statistics::Container::Linux(metrics) => Some(first(&metrics)),
            statistics::Container::Windows(windows) => Some(Used {
                cpu: windows.processor.map(|processor| processor.total_runtime_ns),
                memory: windows.memory.map(|memory| Memory {
                    usage: memory.memory_usage_private_working_set_bytes,
                    ..Default::default()
                }),
                swap: None,
            }),
        },
        _ => None,
    }
}

fn second(metrics: &v2::Metrics) -> Used {
    let memory = metrics.memory.as_ref();
    Used {
        cpu: metrics.cpu.as_ref().map(|cpu| cpu.usage_usec.saturating_mul(1000)),
        memory: memory.map(|memory| Memory {
            usage: memory.usage,
            limit: Some(memory.usage_limit),
            inactive: memory.inactive_file,
            rss: Some(memory.anon),
            faults: Some((memory.pgfault, memory.pgmajfault)),
        }),
        swap: memory.map(|memory| (memory.swap_usage, memory.swap_limit)),
    }
}

fn first(metrics: &v1::Metrics) -> Used {
    let memory = metrics.memory.as_ref();
    let usage = memory.and_then(|memory| Some((memory, memory.usage.as_ref()?)));
    let swap = memory.and_then(|memory| Some((memory.swap.as_ref()?, memory.usage.as_ref()?)));
    Used {
        cpu: metrics.cpu.as_ref().and_then(|cpu| cpu.usage.as_ref()).map(|usage| usage.total),
        memory: usage.map(|(memory, usage)| Memory {
            usage: usage.usage,
            limit: Some(usage.limit),
            inactive: memory.total_inactive_file,
            rss: Some(memory.total_rss),
            faults: Some((memory.total_pg_fault, memory.total_pg_maj_fault)),
        }),
        // Version 1 counts memory and swap together.
        swap: swap
            .map(|(swap, memory)| (swap.usage.saturating_sub(memory.usage), swap.limit.saturating_sub(memory.limit))),
    }
}

impl Used {
    /// In the CRI's words, with the time at which it was so.
    fn at(self, timestamp: i64) -> (Option<cri::CpuUsage>, Option<cri::MemoryUsage>, Option<cri::SwapUsage>) {
        let cpu = self.cpu.map(|nanos| cri::CpuUsage {
            timestamp,
            usage_core_nano_seconds: number(nanos),
            ..Default::default()
        });
        let memory = self.memory.map(|memory| {
            let working = memory.usage.saturating_sub(memory.inactive);
            let limit = memory.limit.map(|limit| if limit > UNLIMITED { 0 } else { limit.saturating_sub(working) });
            cri::MemoryUsage {
                timestamp,
                working_set_bytes: number(working),
                available_bytes: limit.and_then(number),
                usage_bytes: number(memory.usage),
                rss_bytes: memory.rss.and_then(number),
                page_faults: memory.faults.and_then(|faults| number(faults.0)),
                major_page_faults: memory.faults.and_then(|faults| number(faults.1)),
                ..Default::default()
            }
        });
        let swap = self.swap.map(|(usage, limit)| cri::SwapUsage {
            timestamp,
            swap_usage_bytes: number(usage),
            swap_available_bytes: number(if limit > UNLIMITED { 0 } else { limit.saturating_sub(usage) }),
        });
        (cpu, memory, swap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any(name: &str, message: &impl prost::Message) -> Any {
        Any { type_url: name.to_owned(), value: message.encode_to_vec() }
    }

    #[test]
    fn cgroups_of_both_versions_and_windows_say_the_same_in_their_own_words() {
        let memory = v2::MemoryStat { usage: 100, usage_limit: 400, inactive_file: 30, anon: 5, ..Default::default() };
        let cpu = v2::CpuStat { usage_usec: 7, ..Default::default() };
        let second = v2::Metrics { cpu: Some(cpu), memory: Some(memory), ..Default::default() };
        let (cpu, memory, swap) = used(&any("io.containerd.cgroups.v2.Metrics", &second)).expect("it is known").at(9);
        let value = |value: Option<cri::UInt64Value>| value.map(|value| value.value);
        assert_eq!(cpu.and_then(|cpu| value(cpu.usage_core_nano_seconds)), Some(7000));
        let memory = memory.expect("it has memory");
        assert_eq!((value(memory.working_set_bytes), value(memory.available_bytes)), (Some(70), Some(330)));
        assert_eq!(swap.map(|swap| swap.timestamp), Some(9));

        let usage = v1::MemoryEntry { usage: 100, limit: u64::MAX, ..Default::default() };
        let memory = v1::MemoryStat { usage: Some(usage), total_inactive_file: 200, ..Default::default() };
        let first = v1::Metrics { memory: Some(memory), ..Default::default() };
        let (cpu, memory, _) = used(&any("x/io.containerd.cgroups.v1.Metrics", &first)).expect("it is known").at(9);
        let memory = memory.expect("it has memory");
        assert_eq!((cpu, value(memory.working_set_bytes), value(memory.available_bytes)), (None, Some(0), Some(0)));

        assert_eq!(used(&any("somebody.elses.Metrics", &first)), None);
        assert_eq!(used(&Any { type_url: "io.containerd.cgroups.v2.Metrics".to_owned(), value: vec![0xff] }), None);
    }
}

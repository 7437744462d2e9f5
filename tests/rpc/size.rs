//! Answers that are small on the wire and would be large in memory.

use crictl::cri::*;
use crictl::schema::{Described, Message, has_more_values};
use prost::Message as _;

use crate::support::raw::answering;

const LIMIT: usize = (16 << 20) / 6;

#[test]
fn an_answer_of_millions_of_empty_items_is_refused() {
    // Lists of messages; as the third, one that no table knows.
    for (tag, method, commands) in [
        (0x0a, "list-images", &["images"][..]),
        (0x0a, "list-containers", &["ps"]),
        (0x2a, "get-container-events", &["events"]),
        (0x7a, "list-images", &[]),
    ] {
        let server = answering([tag, 0].repeat(4 << 20));
        for args in [&["rpc", method][..], commands].iter().filter(|args| !args.is_empty()) {
            let output = server.run(args.iter().copied());
            let message = "the answer has more than 2796202 values (";
            assert!(output.message().starts_with(message), "{tag} {args:?}: {output:?}");
            assert!(
                output.message().ends_with(" with an id or a label, or raise the limit with --max-msg-size"),
                "{args:?}"
            );
            assert_eq!((output.stdout.as_str(), output.status), ("", if args[0] == "rpc" { 72 } else { 1 }));
        }
    }
}

#[test]
fn the_limit_is_raised_with_that_of_the_size() {
    let server = answering([0x0a, 0].repeat(300_000));
    let refused = server.run(["rpc", "list-images", "-o", "text"]);
    assert!(refused.message().starts_with("the answer has more than 2796202 values ("), "{refused:?}");
    let output = server.run(["rpc", "list-images", "-o", "text", "--max-msg-size", "64MiB"]);
    assert_eq!((output.status, output.stdout.lines().count()), (0, 600_000));
}

#[test]
fn groups_within_groups_end() {
    let server = answering([0x0b].repeat(1 << 20));
    for (args, status) in [(&["rpc", "version"][..], 77), (&["version"], 1), (&["ps"], 1)] {
        let output = server.run(args.iter().copied());
        assert!(output.message().starts_with("the answer is not a runtime.v1."), "{output:?}");
        assert_eq!(output.status, status, "{args:?}");
    }
}

/// Encodes messages of a kind until there are 15 MiB of them.
fn most<M: Described + Clone>(one: &M, list: impl Fn(Vec<M>) -> Vec<u8>) -> Vec<u8> {
    list(vec![one.clone(); (15 << 20) / (one.encoded_len() + 4)])
}

#[test]
fn what_runtimes_send_is_within_the_limit_of_the_size() {
    let id = "0123456789abcdef".repeat(4);
    let labels = crate::map([
        ("io.kubernetes.container.name", "coredns"),
        ("io.kubernetes.pod.name", "coredns-5d78c9869d-abcde"),
        ("io.kubernetes.pod.namespace", "kube-system"),
        ("io.kubernetes.pod.uid", "01234567-89ab-cdef-0123-456789abcdef"),
    ]);
    let container = Container {
        pod_sandbox_id: id.clone(),
        image_ref: format!("sha256:{id}"),
        labels: labels.clone(),
        annotations: crate::map([
            ("io.kubernetes.container.hash", "30544dd1"),
            ("io.kubernetes.container.ports", "[{\"name\":\"dns\",\"containerPort\":53,\"protocol\":\"UDP\"}]"),
            ("io.kubernetes.container.restartCount", "0"),
            ("io.kubernetes.container.terminationMessagePath", "/dev/termination-log"),
            ("io.kubernetes.pod.terminationGracePeriod", "30"),
        ]),
        ..crate::container(&id)
    };
    let value = |value| Some(UInt64Value { value });
    let stats = ContainerStats {
        attributes: Some(ContainerAttributes {
            id: id.clone(),
            metadata: container.metadata.clone(),
            labels,
            ..Default::default()
        }),
        cpu: Some(CpuUsage { timestamp: crate::NOW, usage_core_nano_seconds: value(1 << 40), ..Default::default() }),
        memory: Some(MemoryUsage {
            timestamp: crate::NOW,
            working_set_bytes: value(1 << 30),
            usage_bytes: value(1 << 30),
            rss_bytes: value(1 << 30),
            page_faults: value(1 << 20),
            ..Default::default()
        }),
        ..Default::default()
    };
    let metric = Metric {
        name: "container_network_receive_packets_dropped_total".to_owned(),
        timestamp: crate::NOW,
        label_values: ["eth0", "01234567-89ab-cdef-0123-456789abcdef", "coredns", "kube-system"]
            .map(str::to_owned)
            .to_vec(),
        value: value(1 << 30),
        ..Default::default()
    };
    let containers = most(&container, |containers| ListContainersResponse { containers }.encode_to_vec());
    let stats = most(&stats, |stats| ListContainerStatsResponse { stats }.encode_to_vec());
    let metrics = most(&metric, |metrics| {
        let pod = PodSandboxMetrics { pod_sandbox_id: id.clone(), metrics, ..Default::default() };
        ListPodSandboxMetricsResponse { pod_metrics: vec![pod] }.encode_to_vec()
    });
    let tables: [(&'static Message, Vec<u8>); 3] = [
        (ListContainersResponse::SCHEMA, containers),
        (ListContainerStatsResponse::SCHEMA, stats),
        (ListPodSandboxMetricsResponse::SCHEMA, metrics),
    ];
    for (message, bytes) in tables {
        assert!(bytes.len() > 14 << 20);
        assert!(!has_more_values(message, &bytes, LIMIT), "{}", message.name);
        assert!(has_more_values(message, &bytes, LIMIT / 8), "{}", message.name);
    }
}

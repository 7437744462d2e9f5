use crictl::cri::*;

use crate::support::fake::{Fake, Served};

fn usage(id: &str, memory: u64) -> ContainerStats {
    let value = |value| Some(UInt64Value { value });
    ContainerStats {
        attributes: Some(ContainerAttributes {
            id: id.to_owned(),
            metadata: Some(ContainerMetadata { name: format!("name-of-{id}"), attempt: 0 }),
            ..Default::default()
        }),
        cpu: Some(CpuUsage { timestamp: 1, usage_core_nano_seconds: value(0), ..Default::default() }),
        memory: Some(MemoryUsage { working_set_bytes: value(memory), ..Default::default() }),
        ..Default::default()
    }
}

fn serve() -> Served {
    let stats = vec![usage("b", 2_000_000), usage("a", 0)];
    Fake::new().answering("ListContainerStats", &ListContainerStatsResponse { stats }).serve()
}

#[test]
fn stats_compares_two_samples_and_leaves_out_what_is_idle() {
    let fake = serve();
    let expected = "\
CONTAINER           NAME                CPU %               MEM                 DISK                INODES              SWAP
b                   name-of-b           0.00                2MB                 0B                  0                   0B
";
    assert_eq!(fake.run(["stats", "--seconds", "0"]).all(), (expected, String::new(), 0));
    assert_eq!(fake.fake.state().calls, ["ListContainerStats", "ListContainerStats"]);
    let rows = fake.run(["stats", "--all", "--seconds", "0"]).stdout.lines().count();
    assert_eq!(rows, 3);
}

#[test]
fn stats_as_a_document_is_one_sample_in_the_order_of_the_ids() {
    let fake = serve();
    let output = fake.run(["stats", "-o", "json"]);
    let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let ids: Vec<_> = document["stats"].as_array().unwrap().iter().map(|it| it["attributes"]["id"].clone()).collect();
    assert_eq!((ids, output.status), (vec!["a".into(), "b".into()], 0));
    assert_eq!(fake.fake.state().calls.len(), 1);
}

#[test]
fn stats_refuses_a_label_without_a_value_and_shows_its_help_for_two_ids() {
    let fake = serve();
    assert!(fake.run(["stats", "--label", "app"]).message().starts_with("--label: "));
    let output = fake.run(["stats", "a", "b"]);
    assert!(output.stdout.contains("Usage: crictl stats [flags] [CONTAINER-ID]"), "{output:?}");
    assert_eq!((output.status, fake.fake.state().calls.len()), (0, 0));
}

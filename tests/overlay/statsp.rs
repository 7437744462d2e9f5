use crictl::cri::*;

use crate::support::fake::Fake;

#[test]
fn statsp_asks_for_one_pod_and_shows_what_it_uses() {
    let pod = PodSandboxStats {
        attributes: Some(PodSandboxAttributes {
            id: "p".to_owned(),
            metadata: Some(PodSandboxMetadata { name: "web".to_owned(), ..Default::default() }),
            ..Default::default()
        }),
        linux: Some(LinuxPodSandboxStats {
            cpu: Some(CpuUsage { timestamp: 1, ..Default::default() }),
            memory: Some(MemoryUsage {
                working_set_bytes: Some(UInt64Value { value: 3_000_000 }),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let answer = ListPodSandboxStatsResponse { stats: vec![pod] };
    let fake = Fake::new().answering("ListPodSandboxStats", &answer).serve();
    let expected = "\
POD                 POD ID              CPU %               MEM
web                 p                   0.00                3MB
";
    assert_eq!(fake.run(["statsp", "--seconds", "0", "p"]).all(), (expected, String::new(), 0));
    let request: ListPodSandboxStatsRequest = fake.last_request();
    assert_eq!(request.filter.unwrap().id, "p");
}

#[test]
fn statsp_shows_its_help_for_two_ids() {
    let output = Fake::new().serve().run(["statsp", "p", "q"]);
    assert!(output.stdout.contains("Usage: crictl statsp [flags] [POD-ID]"), "{output:?}");
}

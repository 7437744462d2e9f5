use crictl::cri::*;

use crate::support::fake::Fake;

fn answer() -> ListPodSandboxMetricsResponse {
    let metric = Metric {
        name: "container_cpu_usage_seconds_total".to_owned(),
        label_values: vec!["total".to_owned()],
        value: Some(UInt64Value { value: 7 }),
        ..Default::default()
    };
    let pod = PodSandboxMetrics { pod_sandbox_id: "p".to_owned(), metrics: vec![metric], ..Default::default() };
    ListPodSandboxMetricsResponse { pod_metrics: vec![pod] }
}

#[test]
fn metricsp_prints_the_answer() {
    let fake = Fake::new().answering("ListPodSandboxMetrics", &answer()).serve();
    let output = fake.run(["metricsp"]);
    let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["podMetrics"][0]["metrics"][0]["value"]["value"], "7");
    assert_eq!((output.errors(), output.status), (String::new(), 0));
    let output = fake.run(["metricsp", "-o", "yaml"]);
    assert!(output.stdout.starts_with("podMetrics:\n"), "{output:?}");
}

#[test]
fn metricsp_shows_its_help_for_a_format_that_it_has_not_and_for_words() {
    let fake = Fake::new().serve();
    for args in [&["metricsp", "-o", "table"][..], &["metricsp", "p"]] {
        let output = fake.run(args.iter().copied());
        assert!(output.stdout.contains("Usage: crictl metricsp [flags]"), "{output:?}");
        assert_eq!((output.status, fake.fake.state().calls.len()), (0, 0));
    }
}

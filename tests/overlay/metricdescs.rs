use crictl::cri::*;

use crate::support::fake::Fake;

#[test]
fn metricdescs_prints_the_answer() {
    let descriptor = MetricDescriptor { name: "m".to_owned(), label_keys: vec!["id".to_owned()], ..Default::default() };
    let answer = ListMetricDescriptorsResponse { descriptors: vec![descriptor] };
    let fake = Fake::new().answering("ListMetricDescriptors", &answer).serve();
    let expected = "descriptors:\n- help: \"\"\n  labelKeys:\n  - id\n  name: m\n\n";
    assert_eq!(fake.run(["metricdescs", "-o", "yaml"]).all(), (expected, String::new(), 0));
}

#[test]
fn metricdescs_names_the_method_that_the_runtime_lacks() {
    let output = Fake::new().serve().run(["metricdescs"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(output.message().ends_with("fake v1.2.3 does not implement ListMetricDescriptors"), "{output:?}");
}

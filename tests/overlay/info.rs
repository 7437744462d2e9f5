use crictl::cri::{RuntimeFeatures, RuntimeHandler, RuntimeHandlerFeatures, RuntimeStatus, StatusResponse};

use crate::support::fake::Fake;

#[test]
fn info_prints_the_conditions_as_json() {
    let expected = r#"{
  "status": {
    "conditions": [
      {
        "message": "",
        "reason": "",
        "status": true,
        "type": "RuntimeReady"
      },
      {
        "message": "",
        "reason": "",
        "status": true,
        "type": "NetworkReady"
      }
    ]
  }
}
"#;
    assert_eq!(Fake::new().serve().run(["info"]).all(), (expected, String::new(), 0));
}

#[test]
fn info_shows_what_the_runtime_adds_unless_it_is_to_be_quiet() {
    let fake = Fake::new().info("config", r#"{"b":1,"a":"<&>"}"#).info("golang", "\"go1.24\"").serve();
    let output = fake.run(["info"]);
    let head =
        "{\n  \"config\": {\n    \"a\": \"\\u003c\\u0026\\u003e\",\n    \"b\": 1\n  },\n  \"golang\": \"go1.24\",\n";
    assert!(output.stdout.starts_with(head), "{output:?}");
    let output = fake.run(["info", "-q"]);
    assert!(output.stdout.starts_with("{\n  \"status\": {\n"), "{output:?}");
}

#[test]
fn info_shows_handlers_and_features_in_the_protos_words() {
    let features = RuntimeHandlerFeatures { recursive_read_only_mounts: true, ..Default::default() };
    let fake = Fake::new().with(|state| {
        let conditions = vec![Default::default(), Default::default()];
        state.status = Some(StatusResponse {
            status: Some(RuntimeStatus { conditions }),
            runtime_handlers: vec![RuntimeHandler { name: "runc".to_owned(), features: Some(features) }],
            features: Some(RuntimeFeatures::default()),
            ..Default::default()
        });
    });
    let expected = "\
features: {}
runtimeHandlers:
- features:
    recursive_read_only_mounts: true
  name: runc
status:
  conditions:
  - message: \"\"
    reason: \"\"
    status: false
    type: \"\"
  - message: \"\"
    reason: \"\"
    status: false
    type: \"\"

";
    assert_eq!(fake.serve().run(["info", "--output", "yaml"]).all(), (expected, String::new(), 0));
}

#[test]
fn info_refuses_a_format_that_it_has_not() {
    let output = Fake::new().serve().run(["info", "-o", "table"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(output.message().starts_with("unsupported output format \"table\""), "{output:?}");
}

#[test]
fn info_refuses_a_status_without_its_conditions() {
    let lame = StatusResponse { status: Some(RuntimeStatus::default()), ..Default::default() };
    for answer in [lame, StatusResponse::default()] {
        let output = Fake::new().with(|state| state.status = Some(answer)).serve().run(["info"]);
        assert_eq!((output.stdout.as_str(), output.status), ("", 1));
        assert_eq!(output.message(), "the runtime's status lacks its two conditions");
    }
}

#[test]
fn info_with_an_argument_is_a_call_for_help() {
    let output = Fake::new().serve().run(["info", "all"]);
    assert!(output.stdout.contains("Usage: crictl info"), "{output:?}");
    assert_eq!((output.errors(), output.status), (String::new(), 0));
}

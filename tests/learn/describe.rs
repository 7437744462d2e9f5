use serde_json::{Value, json};

use crate::golden::golden;
use crate::learn::{SHAPES, output, transcript};
use crate::support::run::crictl;

#[test]
fn what_there_is_to_describe_is_described_as_in_the_golden() {
    let text = transcript(&[
        &["rpc", "describe", "list-containers"],
        &["rpc", "describe", "StreamContainers", "--depth", "2"],
        &["rpc", "describe", "Mount"],
        &["rpc", "describe", "runtime.v1.Mount", "--depth", "1"],
        &["rpc", "describe", "ContainerState"],
        &["rpc", "describe", "list-containers.filter.state"],
        &["rpc", "describe", "ContainerConfig.mounts"],
        &["rpc", "describe", "ContainerConfig.linux.resources.cpuQuota"],
        &["rpc", "describe", "PullImage.auth.password"],
        &["rpc", "describe", "Mount", "-o", "yaml"],
        &["rpc", "describe", "list-images", "-o", "json"],
        &["rpc", "describe", "list-containers.filter.state.state", "-o", "json"],
        &["rpc", "describe", "--proto", SHAPES, "Choice", "--depth", "9"],
        &["rpc", "describe", "--proto", SHAPES, "Maps", "--depth", "9"],
        &["rpc", "describe", "--proto", SHAPES, "Tree", "--depth", "9"],
        &["rpc", "describe", "--proto", SHAPES, "Secret.Level"],
        &["rpc", "describe", "--proto", SHAPES, "Maps.by_fixed32.by_sint32.a_bool"],
    ]);
    golden("rpc-describe.txt", &text);
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest() {
    for (name, message) in [
        (
            "list-container",
            "no method, message, enum or field is called \"list-container\", did you mean list-containers?",
        ),
        ("Mounts", "no method, message, enum or field is called \"Mounts\", did you mean Mount?"),
        (
            "ContainerSate",
            "no method, message, enum or field is called \"ContainerSate\", did you mean ContainerState?",
        ),
        ("Mount.host_pth", "Mount has no field \"host_pth\", did you mean host_path?"),
        ("list-containers.filtr.id", "ListContainersRequest has no field \"filtr\", did you mean filter?"),
        ("list-containers.filter.id.x", "ContainerFilter.id is string, which has no field \"x\""),
        ("list-containers.containers.idd", "Container has no field \"idd\", did you mean id?"),
        ("Mountt.host_path", "no method, message, enum or field is called \"Mountt.host_path\", did you mean Mount?"),
        (
            "ContainerState.x",
            "no method, message, enum or field is called \"ContainerState.x\", did you mean ContainerState?",
        ),
        ("Mount.", "Mount has no field \"\""),
        ("zzzzzzzz", "no method, message, enum or field is called \"zzzzzzzz\""),
    ] {
        let output = crictl(["rpc", "describe", name], &[], "");
        assert_eq!((output.stdout.as_str(), output.message().as_str(), output.status), ("", message, 1), "{name}");
    }
}

#[test]
fn describe_takes_one_name_and_a_depth_that_is_a_number() {
    for args in [vec!["rpc", "describe"], vec!["rpc", "describe", "Mount", "Image"]] {
        let output = crictl(args, &[], "");
        assert!(output.stdout.contains("Usage: crictl rpc describe NAME [flags]"), "{output:?}");
        assert_eq!(output.status, 0);
    }
    for (flag, value) in [("--depth", "deep"), ("-o", "table")] {
        let output = crictl(["rpc", "describe", "Mount", flag, value], &[], "");
        assert!(output.status == 1 && output.message().contains(value), "{output:?}");
    }
}

#[test]
fn a_description_has_the_same_in_json_and_in_yaml() {
    for name in ["create-container", "ContainerConfig", "ContainerState", "create-container.config.mounts"] {
        let show = |form| output(&["rpc", "describe", name, "--depth", "3", "-o", form]);
        let json: Value = serde_json::from_str(&show("json")).unwrap();
        let yaml: Value = serde_yaml::from_str(&show("yaml")).unwrap();
        assert_eq!(json, yaml, "{name}");
    }
}

#[test]
fn every_method_message_and_enum_can_be_described_by_what_the_list_and_the_fields_call_it() {
    let list: Value = serde_json::from_str(&output(&["rpc", "list", "-o", "json"])).unwrap();
    for method in list["methods"].as_array().unwrap() {
        for (member, kind) in
            [("method", "method"), ("command", "method"), ("request", "message"), ("response", "message")]
        {
            let name = method[member].as_str().unwrap();
            let described: Value = serde_json::from_str(&output(&["rpc", "describe", name, "-o", "json"])).unwrap();
            let found = if kind == "method" { &described["method"] } else { &described["message"] };
            assert_eq!(*found, method[if kind == "method" { "method" } else { member }], "{name}");
        }
    }
    let described = output(&["rpc", "describe", "Secret.Inner", "--proto", SHAPES, "-o", "json"]);
    let expected = json!({"message": "Secret.Inner", "doc": "", "fields": [{
        "name": "note", "json": "note", "number": 1, "type": "string", "label": "single", "oneof": null,
        "secret": false, "doc": "",
    }]});
    assert_eq!(serde_json::from_str::<Value>(&described).unwrap(), expected);
}

#[test]
fn shells_offer_the_names_that_can_be_described() {
    // What clap_complete writes for the other two knows flags and commands alone.
    for shell in ["bash", "zsh"] {
        let script = output(&["completion", shell]);
        for word in ["describe", "PullImageRequest", "ContainerState", "skeleton"] {
            assert!(script.contains(word), "{word} in {shell}");
        }
    }
}

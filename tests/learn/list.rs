use serde_json::Value;

use crate::golden::golden;
use crate::learn::{output, transcript};

#[test]
fn the_list_is_the_golden_one() {
    golden("rpc-list.txt", &transcript(&[&["rpc", "list"], &["rpc", "list", "-o", "xml"], &["rpc", "list", "more"]]));
}

#[test]
fn the_list_has_the_same_in_json_and_in_yaml() {
    let json: Value = serde_json::from_str(&output(&["rpc", "list", "-o", "json"])).unwrap();
    let yaml: Value = serde_yaml::from_str(&output(&["rpc", "list", "-o", "yaml"])).unwrap();
    assert_eq!(json, yaml);
    let methods = json["methods"].as_array().unwrap();
    assert_eq!(methods.len(), crictl::generated::methods::METHODS.len());
    let expected = serde_json::json!({
        "method": "PullImage",
        "command": "pull-image",
        "service": "ImageService",
        "path": "/runtime.v1.ImageService/PullImage",
        "shape": "unary",
        "request": "PullImageRequest",
        "response": "PullImageResponse",
        "doc": "Pull an image from its registry",
        "commands": ["create", "pull", "run"],
    });
    let pull = methods.iter().find(|method| method["method"] == "PullImage").unwrap();
    assert_eq!(*pull, expected);
}

#[test]
fn the_list_is_what_rpc_shows_that_is_given_nothing() {
    assert_eq!(output(&["rpc"]), output(&["rpc", "list"]));
    assert_eq!(output(&["rpc", "list", "-o", "table"]), output(&["rpc", "list"]));
}

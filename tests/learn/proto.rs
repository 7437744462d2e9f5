//! `--proto`: APIs that the program was not built from, and a server of 1.37.

use prost_reflect::DynamicMessage;
use prost_reflect::prost::Message as _;
use serde_json::{Value, json};

use crate::learn::{Folder, NEXT, OLD, SHAPES, output, pool};
use crate::support::raw::mirror::Mirror;
use crate::support::run::crictl;

/// A message as the release says it is.
fn json(name: &str, bytes: &[u8]) -> Value {
    let message = pool(NEXT).get_message_by_name(&format!("runtime.v1.{name}")).unwrap();
    serde_json::to_value(DynamicMessage::decode(message, bytes).unwrap()).unwrap()
}

/// The release as other tools hand it around.
fn descriptor_set(folder: &Folder) -> String {
    folder.file("api.binpb", protox::compile([NEXT], ["codegen/tests/proto/1.37"]).unwrap().encode_to_vec())
}

#[test]
fn the_flag_stands_before_or_after_the_command_and_takes_a_descriptor_set_too() {
    let folder = Folder::new();
    let set = descriptor_set(&folder);
    let expected = output(&["rpc", "list", "-o", "json", "--proto", NEXT]);
    let list: Value = serde_json::from_str(&expected).unwrap();
    let methods = list["methods"].as_array().unwrap();
    assert_eq!(methods.len(), 43);
    let added: Vec<_> = methods.iter().filter(|method| method["method"].as_str().unwrap().ends_with("Pod")).collect();
    assert_eq!(added.len(), 2, "{added:?}");
    assert_eq!((&added[0]["command"], &added[0]["commands"]), (&json!("checkpoint-pod"), &json!([])));
    let exec = methods.iter().find(|method| method["method"] == "ExecSync").unwrap();
    assert_eq!(exec["commands"], json!(["exec"]));
    for args in [
        ["rpc", "--proto", NEXT, "list", "-o", "json"].as_slice(),
        &["rpc", &format!("--proto={NEXT}"), "list", "-o", "json"],
        &["rpc", "list", &format!("-proto={NEXT}"), "-o", "json"],
        &["rpc", "--proto", &set, "list", "-o", "json"],
        &["rpc", "list", "-o", "json", "--proto", &set],
    ] {
        assert!(output(args) == expected, "{args:?}");
    }
}

#[test]
fn a_method_that_the_program_was_not_built_with_is_called() {
    let server = Mirror::serve();
    let folder = Folder::new();
    let set = descriptor_set(&folder);
    let flags = ["--pod-sandbox-id", "p1", "--container-ids=a", "--container-ids=b", "--options", "k=v"];
    for (before, after) in [
        (vec!["--proto", NEXT, "checkpoint-pod"], vec![]),
        (vec!["CheckpointPod"], vec!["--proto", NEXT]),
        (vec!["--proto", &set, "checkpoint-pod"], vec![]),
    ] {
        let args = [&["rpc"], before.as_slice(), &flags, &after].concat();
        let (path, bytes) = server.call(args.iter().copied());
        assert_eq!(path, "/runtime.v1.RuntimeService/CheckpointPod");
        let expected = json!({"podSandboxId": "p1", "containerIds": ["a", "b"], "options": {"k": "v"}});
        assert_eq!(json("CheckpointPodRequest", &bytes), expected);
    }
    // No release of the CRI will ever have this one.
    let (path, _) = server.call(["rpc", "--proto", SHAPES, "move"]);
    assert_eq!(path, "/shapes.v1.ShapeService/Move");
    let output = server.run(["rpc", "move"]);
    assert_eq!((output.status, output.errors()), (3, "No help topic for 'move'\n".to_owned()));
    assert_eq!(server.take(), []);
}

#[test]
fn a_server_that_lacks_the_method_has_the_word() {
    let server = Mirror::answering(|_, _| None);
    let output = server.run(["rpc", "--proto", NEXT, "restore-pod"]);
    assert_eq!(output.status, 64 + 12);
    assert!(output.message().contains("(RestorePod: rpc error: code = Unimplemented desc = "), "{output:?}");
}

#[test]
fn describe_and_skeleton_are_of_the_file() {
    let method = output(&["rpc", "describe", "--proto", NEXT, "checkpoint-pod"]);
    // What stands behind the types is our prose, once the release is the one that is built in.
    assert!(method.contains("\n  3  container_ids   repeated string"), "{method}");
    assert!(method.contains("\n  4  options         map<string, string>"), "{method}");
    let value = |proto: &[&str]| output(&[&["rpc", "describe", "KeyValue.value", "-o", "json"], proto].concat());
    let kind = |text: String| serde_json::from_str::<Value>(&text).unwrap()["type"].clone();
    let kinds = [OLD, NEXT].map(|proto| kind(value(&["--proto", proto])));
    assert_eq!(kinds, [json!("string"), json!("bytes")]);
    let skeleton = output(&["rpc", "checkpoint-pod", "--proto", NEXT, "--skeleton", "--output-path", "/x"]);
    for line in ["\noutputPath: /x  # string", "\ncontainerIds: []  # repeated string"] {
        assert!(skeleton.contains(line), "{skeleton}");
    }

    let folder = Folder::new();
    let server = Mirror::serve();
    let data = folder.data(&skeleton);
    let (_, bytes) = server.call(["rpc", "checkpoint-pod", "--proto", NEXT, "--data", &data]);
    assert_eq!(json("CheckpointPodRequest", &bytes), json!({"outputPath": "/x"}));
}

#[test]
fn what_a_file_without_comments_says_nothing_of_has_our_prose() {
    for name in ["stop-container", "ContainerFilter", "Mount.image", "PullImage"] {
        assert_eq!(output(&["rpc", "describe", name, "--proto", NEXT]), output(&["rpc", "describe", name]));
    }
    let folder = Folder::new();
    let text = "syntax = \"proto3\"; package runtime.v1;
        service S { rpc Send(Mount) returns (Mount); }
        // A word of its own.
        message Mount { string host_path = 2; string other = 3; }";
    let described = output(&["rpc", "describe", "Mount", "--proto", &folder.file("api.proto", text)]);
    let ours = "what to mount from the host, symbolic links followed; empty with an image";
    assert_eq!(
        described,
        format!("Mount: A word of its own\n  2  host_path  string  {ours}\n  3  other      string\n")
    );
}

#[test]
fn the_value_of_an_environment_variable_is_text_on_both_sides_of_the_retype() {
    let server = Mirror::answering(|_, _| Some(Vec::new()));
    let folder = Folder::new();
    let document = "{config: {envs: [{key: K, value: 'aGk= ünï'}]}}";
    let old = server.call(["rpc", "--proto", OLD, "create-container", "--data", document]);
    assert_eq!(server.call(["rpc", "create-container", "--data", document, "--proto", NEXT]), old);
    let flag = ["--config.envs", "{key: K, value: 'aGk= ünï'}"];
    assert_eq!(server.call(["rpc", "--proto", NEXT, "create-container"].into_iter().chain(flag)), old);
    let sent = json("CreateContainerRequest", &old.1);
    assert_eq!(sent["config"]["envs"][0], json!({"key": "K", "value": "YUdrPSDDvG7Drw=="}));
    for proto in [&[][..], &["--proto", OLD], &["--proto", NEXT]] {
        for form in ["--skeleton=json", "--skeleton=yaml"] {
            let args = [&["rpc", "create-container", "--data", document, form], proto].concat();
            let skeleton = output(&args);
            assert!(skeleton.contains("aGk= ünï"), "{skeleton}");
            let data = folder.data(&skeleton);
            let args = [&["rpc", "create-container", "--data", data.as_str()], proto].concat();
            assert_eq!(server.call(args), old);
        }
    }
}

#[test]
fn an_answer_is_shown_as_the_file_has_it() {
    let server = Mirror::serve();
    let choice = ["--choice.raw", "text:hi", "--number", "max", "--maps.by-bool", "true=green"];
    let output = server.run(["rpc", "--proto", SHAPES, "echo", "--emit-defaults=false"].into_iter().chain(choice));
    let expected = json!({"maps": {"byBool": {"true": "GREEN"}}, "choice": {"raw": "aGk="}, "number": "MAX"});
    assert_eq!((output.status, output.errors()), (0, String::new()));
    assert_eq!(serde_json::from_str::<Value>(&output.stdout).unwrap(), expected);
    let output = server.run(["rpc", "--proto", SHAPES, "watch"]);
    assert_eq!((output.status, output.stdout.lines().count()), (0, 1), "{output:?}");
}

#[test]
fn imports_that_are_for_the_options_of_other_generators_need_not_be_there() {
    let folder = Folder::new();
    let text = "syntax = \"proto3\"; package a.v1; import \"github.com/gogo/gogo.proto\";
        option (gogoproto.goproto_stringer_all) = false;
        // What is sent.
        message M { string id = 1 [(gogoproto.nullable) = false]; }
        service S { rpc Get(M) returns (M); }";
    let described = output(&["rpc", "describe", "M", "--proto", &folder.file("api.proto", text)]);
    assert_eq!(described, "M: What is sent\n  1  id  string\n");
}

#[test]
fn a_file_that_is_no_api_is_refused_by_its_name_and_by_the_element() {
    let folder = Folder::new();
    let head = "syntax = \"proto3\"; package a.v1;";
    let file = |name: &str, text: String| folder.file(name, text);
    for (path, parts) in [
        (folder.path("none.proto").to_str().unwrap().to_owned(), vec!["none.proto: No such file"]),
        (folder.path("none.binpb").to_str().unwrap().to_owned(), vec!["none.binpb: No such file"]),
        (folder.path("").to_str().unwrap().to_owned(), vec!["directory"]),
        (file("words.proto", "hello".to_owned()), vec!["words.proto", "1:1", "found 'hello'"]),
        (file("words.txt", "hello".to_owned()), vec!["words.txt is not a descriptor set", ".proto"]),
        (
            file("lost.proto", format!("{head} import \"lost/it.proto\"; message M {{ It it = 1; }}")),
            vec!["lost.proto", "lost/it.proto"],
        ),
        (file("old.proto", "syntax = \"proto2\"; package a.v1;".to_owned()), vec!["old.proto is not proto3"]),
        (file("bare.proto", "syntax = \"proto3\";".to_owned()), vec!["bare.proto has no package"]),
    ] {
        for args in [["rpc", "--proto", path.as_str(), "list"], ["rpc", "version", "--proto", &path]] {
            let output = crictl(args, &[], "");
            assert_eq!((output.stdout.as_str(), output.status), ("", 1), "{output:?}");
            assert!(output.message().starts_with("--proto: "), "{output:?}");
            for part in &parts {
                assert!(output.message().contains(part), "{part}: {output:?}");
            }
        }
    }
}

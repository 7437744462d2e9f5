//! `--proto` with what real APIs have: imports of other packages, protobuf's own types, streams of requests, and methods of
//! one name.

use proptest::prelude::*;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::{Value, json};

use crate::learn::Folder;
use crate::support::raw::mirror::Mirror;
use crate::support::run::crictl;

const API: &str = "syntax = \"proto3\"; package a.v1;
    import \"google/protobuf/any.proto\"; import \"google/protobuf/duration.proto\";
    import \"google/protobuf/empty.proto\"; import \"google/protobuf/field_mask.proto\";
    import \"google/protobuf/struct.proto\"; import \"google/protobuf/timestamp.proto\";
    import \"google/protobuf/wrappers.proto\"; import \"google/api/annotations.proto\"; import \"b/more.proto\"; import \"b/kind.proto\";
    service Things {
        rpc Get(Thing) returns (Thing) { option (google.api.http) = { get: \"/x\" }; }
        rpc Feed(stream Thing) returns (stream Thing);
        rpc Sum(stream Thing) returns (Thing);
        rpc Drop(google.protobuf.Empty) returns (google.protobuf.Empty);
    }
    message Thing {
        google.protobuf.Timestamp at = 1; repeated google.protobuf.Timestamp times = 2;
        google.protobuf.Duration took = 3; google.protobuf.FieldMask mask = 4; google.protobuf.Empty empty = 5;
        google.protobuf.Any any = 6; map<string, google.protobuf.Any> more = 7; google.protobuf.Struct struct = 8;
        google.protobuf.Value value = 9; google.protobuf.ListValue list = 10; google.protobuf.Int64Value wide = 11;
        google.protobuf.BytesValue raw = 12; google.protobuf.BoolValue flag = 13; b.v2.More part = 14; b.v2.Kind kind = 15;
    }";
const MORE: &str = "syntax = \"proto3\"; package b.v2; import \"b/kind.proto\";
    message More { string user_name = 1; Kind kind = 2; string password = 3 [debug_redact = true]; }";
const KIND: &str = "syntax = \"proto3\"; package b.v2; enum Kind { NONE = 0; SOME = 1; }";

/// The files: the API in one folder, and what it imports in another one.
fn files() -> (Folder, String, String) {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path("lib/b")).unwrap();
    folder.file("lib/b/more.proto", MORE);
    folder.file("lib/b/kind.proto", KIND);
    let proto = folder.file("api.proto", API);
    let lib = folder.path("lib").to_str().unwrap().to_owned();
    (folder, proto, lib)
}

/// What protobuf's own implementation says of a message.
fn pool() -> DescriptorPool {
    let (folder, ..) = files();
    // It knows no options that are defined nowhere.
    let api = API.replace("import \"google/api/annotations.proto\";", "");
    let api = api.replace("{ option (google.api.http) = { get: \"/x\" }; }", ";");
    folder.file("lib/api.proto", api);
    let files = protox::compile(["api.proto"], [folder.path("lib")]).unwrap();
    DescriptorPool::from_file_descriptor_set(files).unwrap()
}

#[test]
fn imports_of_other_packages_are_found_in_folders_and_what_is_for_options_need_not_be_there() {
    let (_folder, proto, lib) = files();
    let server = Mirror::serve();
    let flags = ["--part.user-name", "u", "--part.kind", "some", "--kind=1", "--at", "2026-01-31T12:00:00+01:00"];
    for (before, after) in [
        (vec!["--proto", &proto, "-I", &lib, "get"], vec![]),
        (vec!["get"], vec!["-I", &lib, "--proto", &proto]),
        (vec!["--proto", &proto, "get"], vec![&*format!("--proto-path={lib}")]),
    ] {
        let args = [&["rpc"], before.as_slice(), &flags, &after].concat();
        let output = server.run([args.as_slice(), &["--emit-defaults=false", "-o", "jsonl"]].concat());
        let expected =
            "{\"at\":\"2026-01-31T11:00:00Z\",\"part\":{\"userName\":\"u\",\"kind\":\"SOME\"},\"kind\":\"SOME\"}\n";
        assert_eq!((output.status, output.stdout.as_str(), output.errors()), (0, expected, String::new()), "{args:?}");
        assert_eq!(server.take()[0].0, "/a.v1.Things/Get");
    }
    let output = crictl(["rpc", "--proto", &proto, "list"], &[], "");
    assert_eq!(output.status, 1);
    assert!(output.message().contains("b/more.proto") || output.message().contains("b.v2.More"), "{output:?}");
    let output = crictl(["rpc", "list", "-I", &lib], &[], "");
    assert_eq!((output.status, output.message().as_str()), (1, "--proto-path: needs --proto"));
}

#[test]
fn a_file_is_named_from_the_folder_that_it_is_in_and_grpcurl_is_told_the_same() {
    let (folder, _, lib) = files();
    let text = "syntax = \"proto3\"; package c.v1; import \"b/more.proto\"; message M { b.v2.More it = 1; }
        service S { rpc Get(M) returns (M); }";
    let proto = folder.file("lib/b/c.proto", text);
    let output = crictl(["rpc", "--proto", &proto, "-I", &lib, "get", "--dry-run", "--it.user-name=x"], &[], "");
    let expected = format!("-import-path {lib} -proto b/c.proto");
    assert!(output.status == 0 && output.stderr.contains(&expected), "{output:?}");
}

#[test]
fn protobufs_own_types_are_written_and_shown_in_their_own_forms() {
    let (_folder, proto, lib) = files();
    let server = Mirror::serve();
    let any = json!({"@type": "type.googleapis.com/b.v2.More", "userName": "u", "kind": "SOME"});
    let time = json!({"@type": "x/google.protobuf.Timestamp", "value": "2026-01-01T00:00:00Z"});
    let spec = json!({"@type": "types.containerd.io/opencontainers/runtime-spec/1/Spec", "value": {"process": {"args": ["sh"]}}});
    let bytes = json!({"@type": "types/unknown", "value": "AAE="});
    let document = json!({
        "at": "2026-01-31T12:00:00.500Z", "times": ["1970-01-01T00:00:00Z"], "took": "-1.500s", "mask": "userName,kind",
        "empty": {}, "any": any, "more": {"bytes": bytes, "spec": spec, "time": time},
        "struct": {"a": [1, "x", null, {"b": true}]}, "value": [1.5], "list": ["x", null], "wide": "5", "raw": "AAE=",
        "flag": false,
    });
    let call = ["rpc", "--proto", &proto, "-I", &lib, "get", "--emit-defaults=false"];
    let shown = |args: &[&str]| {
        let output = server.run([&call, args].concat());
        assert_eq!((output.status, output.errors()), (0, String::new()), "{args:?}");
        output.stdout
    };
    let answer = shown(&["--data", &document.to_string()]);
    assert_eq!(serde_json::from_str::<Value>(&answer).unwrap(), document);
    let from_flags = shown(&[
        "--took",
        "-1.500s",
        "--mask",
        "userName,kind",
        "--any",
        &any.to_string(),
        "--at",
        "2026-01-31T12:00:00.5Z",
        "--more",
        &format!("spec={spec}"),
        "--wide",
        "5",
        "--set",
        "times[0]=1970-01-01T00:00:00Z",
    ]);
    let expected = json!({
        "at": "2026-01-31T12:00:00.500Z", "times": ["1970-01-01T00:00:00Z"], "took": "-1.500s", "mask": "userName,kind",
        "any": any, "more": {"spec": spec}, "wide": "5",
    });
    assert_eq!(serde_json::from_str::<Value>(&from_flags).unwrap(), expected);
    let text = shown(&["--any", &any.to_string(), "--took", "1.5s", "-o", "text"]);
    let any = "any {\n  [type.googleapis.com/b.v2.More] {\n    user_name: \"u\"\n    kind: SOME\n  }\n}\n";
    assert_eq!(text, format!("took {{\n  seconds: 1\n  nanos: 500000000\n}}\n{any}"));
    // What is no more than a skeleton is a request in which nothing is set.
    let skeleton = crictl(["rpc", "--proto", &proto, "-I", &lib, "get", "--skeleton"], &[], "").stdout;
    assert!(skeleton.contains("\nat:  # Timestamp\n") && skeleton.contains("\nany:  # Any\n"), "{skeleton}");
    assert_eq!(shown(&["--data", &skeleton]).trim(), "{}");
}

#[test]
fn what_is_wrong_in_such_a_form_is_refused_by_its_path_before_anything_is_sent() {
    let (_folder, proto, lib) = files();
    let server = Mirror::serve();
    for (document, reason) in [
        (r#"{"at": "noon"}"#, "at: expected a time such as 2026-01-31T12:00:00.5Z, got \"noon\""),
        (r#"{"took": "1m"}"#, "took: expected seconds such as 1.5s, got \"1m\""),
        (r#"{"any": {"@type": "b.v2.More", "user_nam": 1}}"#, "unknown field any.user_nam, did you mean user_name?"),
        (r#"{"any": {"@type": "b.v2.More", "kind": "ALL"}}"#, "any.kind: expected one of NONE, SOME, got \"ALL\""),
        (r#"{"any": {"@type": "x", "value": "*"}}"#, "any: not base64"),
        (r#"{"any": {"@type": "x", "more": 1}}"#, "unknown field any.more"),
        (r#"{"struct": []}"#, "struct: expected an object, got a list"),
        (r#"{"wide": "x"}"#, "wide.value: expected an integer, got \"x\""),
    ] {
        let output = server.run(["rpc", "--proto", &proto, "-I", &lib, "get", "--data", document]);
        assert_eq!((output.status, output.message()), (1, format!("--data: {reason}")));
    }
    assert_eq!(server.take(), []);
}

#[test]
fn secrets_in_an_any_are_hidden_as_any_other() {
    let (_folder, proto, lib) = files();
    let server = Mirror::serve();
    let any = json!({"@type": "b.v2.More", "password": "hidden"}).to_string();
    let call = ["rpc", "--proto", &proto, "-I", &lib, "get", "--any", &any];
    let output = server.run(call);
    assert!(output.status == 0 && output.stdout.contains("\"password\": \"***\""), "{output:?}");
    let output = server.run([&call[..], &["-o", "raw"]].concat());
    assert_eq!(output.message(), "a.v1.Thing may hold secrets: -o raw needs --show-secrets");
    let output = server.run([&call[..], &["--show-secrets"]].concat());
    assert!(output.stdout.contains("\"password\": \"hidden\""), "{output:?}");
}

#[test]
fn the_documents_of_data_are_the_messages_of_a_stream() {
    let (_folder, proto, lib) = files();
    let server = Mirror::serve();
    let call = |method| {
        ["rpc", "--proto", &proto, "-I", &lib, method, "--emit-defaults=false", "--data", "wide: 1\n---\nwide: 2"]
    };
    let output = server.run(call("feed"));
    assert_eq!((output.status, output.stdout.as_str()), (0, "{\"wide\":\"1\"}\n{\"wide\":\"2\"}\n"), "{output:?}");
    assert_eq!(server.take().len(), 2);
    let output = server.run(call("sum"));
    assert_eq!(
        output.message(),
        "expected one message, got 2 (Sum: rpc error: code = Internal desc = expected one message, got 2)"
    );
    assert_eq!(server.take().len(), 2);
}

#[test]
fn methods_of_one_name_are_called_after_their_services() {
    let folder = Folder::new();
    let text = "syntax = \"proto3\"; package a.v1; message M { string id = 1; }
        service BigThings { rpc Get(M) returns (M); rpc List(M) returns (M); }
        service Small { rpc Get(M) returns (M); }";
    let proto = folder.file("api.proto", text);
    let server = Mirror::serve();
    for (words, path) in [
        (&["big-things", "get"][..], "/a.v1.BigThings/Get"),
        (&["small", "get"], "/a.v1.Small/Get"),
        (&["BigThings.List"], "/a.v1.BigThings/List"),
    ] {
        let args = [&["rpc", "--proto", &proto], words, &["--id", "x"]].concat();
        assert_eq!(server.call(args).0, path);
    }
    let list = crictl(["rpc", "--proto", &proto, "list"], &[], "").stdout;
    assert_eq!(
        list,
        "BigThings\n  big-things get   unary   M -> M\n  big-things list  unary   M -> M\n\nSmall\n  small get        unary   M -> M\n"
    );
    let described = crictl(["rpc", "--proto", &proto, "describe", "small", "get"], &[], "").stdout;
    assert!(described.contains("\n  call      crictl rpc small get\n"), "{described}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_forms_are_those_of_prost_reflect(
        time in (-62_135_596_800_i64..253_402_207_200, 0..1_000_000_000_i32),
        took in (0..315_576_000_000_i64, 0..1_000_000_000_i32, any::<bool>()),
        mask in prop::collection::vec("[a-z]{1,4}(_[a-z]{1,4}){0,2}(\\.[a-z]{1,3})?", 0..3),
        wide in any::<i64>(), raw in prop::collection::vec(any::<u8>(), 0..5),
        number in any::<i32>(), text in "\\PC{0,6}",
    ) {
        let sign = if took.2 { -1 } else { 1 };
        let fields = json!({
            "at": {"seconds": time.0, "nanos": time.1}, "times": [{"nanos": time.1}],
            "took": {"seconds": took.0 * sign, "nanos": took.1 * i32::try_from(sign).unwrap()}, "mask": {"paths": mask},
            "struct": {"n": number, "t": text, "l": [number, null, text]}, "value": text, "list": [text],
            "wide": wide.to_string(), "raw": base64(&raw), "flag": true,
            "any": {"@type": "type.googleapis.com/b.v2.More", "userName": text},
        });
        let (_folder, proto, lib) = files();
        let server = Mirror::serve();
        let data = fields.to_string();
        let output = server.run(["rpc", "--proto", &proto, "-I", &lib, "get", "--data", &data, "--emit-defaults=false"]);
        prop_assert_eq!(output.errors(), "");
        let bytes = server.take().remove(0).1;
        // What it makes of the bytes is what it reads from our document.
        let descriptor = pool().get_message_by_name("a.v1.Thing").unwrap();
        let sent = DynamicMessage::decode(descriptor.clone(), bytes.as_slice()).unwrap();
        let mut reader = serde_json::Deserializer::from_str(&output.stdout);
        let shown = DynamicMessage::deserialize(descriptor, &mut reader).unwrap();
        prop_assert_eq!(serde_json::to_string(&shown).unwrap(), serde_json::to_string(&sent).unwrap());
        // And we read what it writes.
        let written = serde_json::to_string(&sent).unwrap();
        let call = ["rpc", "--proto", &proto, "-I", &lib, "get", "--data", &written];
        prop_assert_eq!(&server.call(call).1, &bytes);
    }
}

fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine as _;
    ::base64::engine::general_purpose::STANDARD.encode(bytes)
}

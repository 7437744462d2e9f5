//! What cannot be expressed stops the build, by the name of the proto's element.

use std::{fs, path::Path};

use crictl_codegen::{Error, Input, generate};

#[test]
fn a_stream_of_requests_is_refused() {
    let error = refusal("service S { rpc Feed(stream M) returns (M); } message M {}");
    assert!(matches!(error, Error::ClientStreaming { .. }));
    assert!(error.to_string().starts_with("test.v1.S.Feed takes a stream"));
}

#[test]
fn a_method_of_two_services_is_refused() {
    let error = refusal(
        "service A { rpc Status(M) returns (M); }
         service B { rpc Status(M) returns (M); }
         message M {}",
    );
    assert_clash(&error, "test.v1.A.Status", "test.v1.B.Status", "status");
}

#[test]
fn methods_that_differ_in_case_only_are_refused() {
    let error = refusal("service A { rpc GetX(M) returns (M); rpc get_x(M) returns (M); } message M {}");
    assert_clash(&error, "test.v1.A.GetX", "test.v1.A.get_x", "get-x");
}

#[test]
fn a_method_with_the_name_of_the_table_is_refused() {
    let error = refusal("service A { rpc Methods(M) returns (M); } message M {}");
    let table = "the table of all methods";
    assert_clash(&error, table, "test.v1.A.Methods", "METHODS");
}

#[test]
fn messages_with_the_same_table_are_refused() {
    let error = refusal("message FooBar {} message Foo { enum Bar { ZERO = 0; } }");
    assert_clash(&error, "test.v1.FooBar", "test.v1.Foo.Bar", "FOO_BAR");
}

#[test]
fn a_oneof_with_the_name_of_a_field_in_rust_is_refused() {
    let error = refusal("message M { string an_id = 1; oneof anId { string b = 2; } }");
    assert_clash(&error, "test.v1.M.an_id", "test.v1.M.anId", "an_id");
}

#[test]
fn values_with_the_same_variant_are_refused() {
    let error = refusal("enum Shade { DARK = 0; SHADE_DARK = 1; }");
    let first = "test.v1.Shade.DARK";
    assert_clash(&error, first, "test.v1.Shade.SHADE_DARK", "Dark");
}

#[test]
fn a_field_that_leaves_a_flag_of_the_call_no_name_is_refused() {
    let error = refusal("service S { rpc Get(M) returns (M); } message M { string data = 1; string call_data = 2; }");
    assert_clash(&error, "test.v1.M.call_data", "crictl's own --data beside test.v1.M.data", "--call-data");
}

#[test]
fn proto2_is_refused() {
    let text = "syntax = \"proto2\"; package test.v1; message M { required string id = 1; }";
    let error = refusal_of_files(&[("api.proto", text)]);
    assert!(matches!(error, Error::Syntax { .. }));
    assert!(error.to_string().starts_with("api.proto is not proto3"));
}

#[test]
fn a_file_without_a_package_is_refused() {
    let error = refusal_of_files(&[("api.proto", "syntax = \"proto3\"; message M {}")]);
    assert!(matches!(error, Error::NoPackage { .. }));
    assert!(error.to_string().starts_with("api.proto has no package"));
}

#[test]
fn another_package_is_refused_for_structs_and_clients() {
    let head = "syntax = \"proto3\"; package";
    let api = format!("{head} test.v1; import \"more.proto\"; message M {{ more.v1.More more = 1; }}");
    let more = format!("{head} more.v1; message More {{}}");
    let error = refusal_of_files(&[("api.proto", &api), ("more.proto", &more)]);
    assert!(matches!(error, Error::ForeignPackage { .. }));
    let expected = "more.proto is of package \"more.v1\"";
    assert!(error.to_string().starts_with(expected), "{error}");
}

#[test]
fn protobufs_own_types_are_taken_and_what_is_imported_for_options_may_be_anything() {
    let head = "syntax = \"proto3\"; package test.v1; import \"google/protobuf/timestamp.proto\";";
    let api = format!(
        "{head} import \"opt.proto\"; import \"lost.proto\"; import \"google/protobuf/any.proto\";
         message M {{ google.protobuf.Timestamp at = 1 [(lost.x) = 1]; google.protobuf.Any it = 2; }}
         service S {{ rpc Get(M) returns (M) {{ option (opt.path) = \"/x\"; }} }}"
    );
    let options = "syntax = \"proto2\"; package opt; import \"google/protobuf/descriptor.proto\";
        extend google.protobuf.MethodOptions { optional string path = 50000; }";
    generate_files(&[("api.proto", &api), ("opt.proto", options)]).expect("it can be expressed");
}

#[test]
fn a_second_file_of_the_same_package_is_taken() {
    let head = "syntax = \"proto3\"; package test.v1;";
    let api = format!("{head} import \"more.proto\"; message M {{ More more = 1; }}");
    let more = format!("{head} message More {{}}");
    generate_files(&[("api.proto", &api), ("more.proto", &more)]).expect("one package");
}

#[test]
fn a_proto_that_does_not_compile_is_refused_with_the_place() {
    let error = refusal("message M { Missing it = 1; }");
    assert!(matches!(error, Error::Proto { .. }));
    let text = error.to_string();
    assert!(text.contains("Missing") && text.contains("api.proto:"), "{text}");
}

fn assert_clash(error: &Error, first: &str, second: &str, name: &str) {
    let expected = format!("{first} and {second} would both be named {name}: leave one out or rename it");
    assert!(matches!(error, Error::NameClash { .. }), "{error}");
    assert_eq!(error.to_string(), expected);
}

fn refusal(body: &str) -> Error {
    let text = format!("syntax = \"proto3\"; package test.v1; {body}");
    refusal_of_files(&[("api.proto", &text)])
}

fn refusal_of_files(files: &[(&str, &str)]) -> Error {
    generate_files(files).expect_err("it cannot be expressed")
}

fn generate_files(files: &[(&str, &str)]) -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("the file can be written");
    }
    let input = Input { proto: &folder.path().join("api.proto"), docs: None };
    let out_dir = folder.path().join("out");
    fs::create_dir(&out_dir).expect("the folder can be made");
    generate(input, Path::new(&out_dir))
}

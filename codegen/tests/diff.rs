//! What is said of each change that a proto can go through.

use std::{fs, path::Path};

use crictl_codegen::{
    Input,
    bump::{Report, uses::Uses},
    model,
    model::Model,
};

/// The report on two protos, without the lists of what is new and of who calls what.
fn changes(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (parsed(old), parsed(new));
    let report = Report::new(Some(("1.1", &old)), ("1.2", &new), &Uses::new());
    let text = report.render();
    let sections = text.split("\n\n").filter(|section| section.starts_with("Breaks") || section.starts_with("Changed"));
    sections.flat_map(str::lines).map(|line| line.trim_start().to_owned()).collect()
}

fn parsed(body: &str) -> Model {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let proto = folder.path().join("api.proto");
    fs::write(&proto, format!("syntax = \"proto3\"; package test.v1; {body}")).expect("it can be written");
    model(Input { proto: Path::new(&proto), docs: None }).expect("it can be expressed")
}

fn assert_breaks(old: &str, new: &str, expected: &[&str]) {
    assert_eq!(changes(old, new), [&["Breaks the wire"], expected].concat(), "{old} -> {new}");
}

fn assert_reads(old: &str, new: &str, expected: &[&str]) {
    assert_eq!(changes(old, new), [&["Changed, and understood by both releases"], expected].concat(), "{old} -> {new}");
}

#[test]
fn what_is_new_breaks_nothing() {
    let old = "message M { string a = 1; } enum E { Z = 0; } service S { rpc Get(M) returns (M); }";
    let new = "message M { string a = 1; N n = 2; } message N {} enum E { Z = 0; A = 1; }
        service S { rpc Get(M) returns (M); rpc Put(M) returns (stream M); }";
    assert_eq!(changes(old, new), [""; 0]);
    assert_eq!(changes(old, old), [""; 0]);
}

#[test]
fn a_field_is_renamed_retyped_both_or_gone() {
    let old = "message M { string a = 1; }";
    let renamed = "M.a: now b; documents must use the new names";
    assert_reads(old, "message M { string b = 1; }", &[renamed]);
    let retyped = "M.a: string -> bytes; answers may not be UTF-8";
    assert_reads(old, "message M { bytes b = 1; }", &[renamed, retyped]);
    assert_reads(old, "message M { optional string a = 1; }", &["M.a: string -> optional string"]);
    let misread = "M.a: string -> int32; neither release reads the other's values";
    assert_breaks(old, "message M { int32 a = 1; }", &[misread]);
    assert_breaks(old, "message M {}", &["M.a: gone; a peer may still send it, and is not understood"]);
    let renumbered = "M.a: number 1 -> 2; each release takes the other's number for something else";
    assert_breaks(old, "message M { string a = 2; string b = 1; }", &[renumbered]);
}

#[test]
fn numbers_of_other_widths_are_read_with_a_warning() {
    let expected = "M.a: int64 -> int32; a number out of range is read as another number";
    assert_reads("message M { int64 a = 1; }", "message M { int32 a = 1; }", &[expected]);
    let expected = "M.a: int32 -> sint32; neither release reads the other's values";
    assert_breaks("message M { int32 a = 1; }", "message M { sint32 a = 1; }", &[expected]);
}

#[test]
fn lists_of_numbers_are_packed_and_others_are_not() {
    let expected = "M.a: repeated string -> string; if there are several values, the last one is read";
    assert_reads("message M { repeated string a = 1; }", "message M { string a = 1; }", &[expected]);
    let expected = "M.a: int32 -> repeated int32; a packed list and a single number don't read as each other";
    assert_breaks("message M { int32 a = 1; }", "message M { repeated int32 a = 1; }", &[expected]);
}

#[test]
fn maps_are_compared_by_their_keys_and_values() {
    let expected = "M.a: map<string, string> -> map<string, bytes>; answers may not be UTF-8";
    let old = "message M { map<string, string> a = 1; }";
    assert_reads(old, "message M { map<string, bytes> a = 1; }", &[expected]);
    let expected = "M.a: map<string, string> -> map<string, N>; neither release reads the other's values";
    assert_breaks(old, "message M { map<string, N> a = 1; } message N {}", &[expected]);
}

#[test]
fn a_oneof_may_take_one_field_but_not_two() {
    let old = "message M { string a = 1; string b = 2; }";
    let new = "message M { oneof of { string a = 1; string c = 3; } string b = 2; }";
    assert_reads(old, new, &["M.a: string -> string of oneof of"]);
    let why = "these fields could be set together, but a oneof keeps only the last";
    let lines = ["a", "b"].map(|name| format!("M.{name}: string -> string of oneof of; {why}"));
    assert_breaks(old, "message M { oneof of { string a = 1; string b = 2; } }", &lines.each_ref().map(String::as_str));
    let old = "message M { oneof of { string a = 1; string b = 2; } }";
    let new = "message M { oneof other { string a = 1; string b = 2; } }";
    let lines = ["a", "b"].map(|name| format!("M.{name}: string of oneof of -> string of oneof other"));
    assert_reads(old, new, &lines.each_ref().map(String::as_str));
}

#[test]
fn a_type_with_another_name_is_the_same_type() {
    let old = "message M { A a = 1; E e = 2; } message A { string a = 1; A deeper = 2; } enum E { Z = 0; }";
    let new = "message M { B a = 1; F e = 2; } message B { bytes a = 1; B deeper = 2; } enum F { Z = 0; }";
    let expected = ["A: now B", "E: now F", "B.a: string -> bytes; answers may not be UTF-8"];
    assert_reads(old, new, &expected);
    let new =
        "message M { B a = 1; E e = 2; } message A { string a = 1; A deeper = 2; } message B {} enum E { Z = 0; }";
    assert_breaks(old, new, &["M.a: A -> B; another message under the same number"]);
}

#[test]
fn a_message_that_nobody_uses_may_go() {
    assert_reads("message M {} message N {} enum E { Z = 0; }", "message M {}", &["N: gone", "E: gone"]);
}

#[test]
fn values_are_renamed_renumbered_or_gone() {
    let old = "enum E { A = 0; B = 1; }";
    let renamed = "E.B: now C; documents must use the new names";
    assert_reads(old, "enum E { A = 0; C = 1; }", &[renamed]);
    assert_breaks(old, "enum E { A = 0; }", &["E.B: gone; a peer may still send it, and is not understood"]);
    let renumbered = "E.B: number 1 -> 2; each release takes the other's number for something else";
    assert_breaks(old, "enum E { A = 0; B = 2; }", &[renumbered]);
    let aliased = "enum E { option allow_alias = true; A = 0; AA = 0; B = 1; }";
    assert_reads(aliased, old, &["E.AA: gone; another name of its number is left"]);
}

#[test]
fn many_renamed_values_are_one_line() {
    let values = |prefix: &str| (0..5).map(|at| format!("{prefix}{at} = {at};")).collect::<String>();
    let text = |prefix| format!("enum E {{ {} }}", values(prefix));
    let expected = "E.A0 and 4 more like it: now B0; documents must use the new names";
    assert_reads(&text("A"), &text("B"), &[expected]);
}

#[test]
fn a_method_that_is_gone_or_has_other_messages_breaks_the_wire() {
    let old = "message M {} message N {} service S { rpc Get(M) returns (M); }";
    let gone = "Get: gone; a server without it answers Unimplemented";
    assert_breaks(old, "message M {} message N {} service S {}", &[gone]);
    for (method, signature) in [
        ("rpc Get(N) returns (M)", "(N) returns (M)"),
        ("rpc Get(M) returns (N)", "(M) returns (N)"),
        ("rpc Get(M) returns (stream M)", "(M) returns (stream M)"),
    ] {
        let new = format!("message M {{}} message N {{}} service S {{ {method}; }}");
        let why = "caller and server expect different messages";
        assert_breaks(old, &new, &[&format!("Get: (M) returns (M) -> {signature}; {why}")]);
    }
}

#[test]
fn flags_of_methods_that_both_have_are_new_gone_or_take_something_else() {
    let old = "message M { string a = 1; int32 b = 2; N n = 3; } message N { string c = 1; }
        service S { rpc Get(M) returns (N); }";
    let new = "message M { string a = 1; int64 b = 2; N n = 3; } message N { repeated string d = 2; }
        service S { rpc Get(M) returns (N); rpc Put(M) returns (N); }";
    let text = Report::new(Some(("1.1", &parsed(old))), ("1.2", &parsed(new)), &Uses::new()).render();
    let section = text.split("\n\n").find(|section| section.starts_with("Flags of")).expect("it is there");
    let lines: Vec<_> = section.lines().skip(1).collect();
    assert_eq!(lines, ["  get: --b (int32 -> int64), --n.d (new: repeated string), --n.c (gone)"]);
}

#[test]
fn what_becomes_a_secret_is_said() {
    let (open, secret) = ("message M { string a = 1; }", "message M { string a = 1 [debug_redact = true]; }");
    assert_reads(open, secret, &["M.a: now a secret"]);
    assert_reads(secret, open, &["M.a: no longer a secret"]);
}

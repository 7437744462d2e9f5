//! The templates that were run through Go, and cases that its answers do not cover.

use serde::Deserialize;

use super::*;

/// What Go's template engine answered.
#[derive(Deserialize)]
struct Recorded {
    document: Value,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    template: String,
    stdout: Option<String>,
}

fn recorded() -> Recorded {
    serde_json::from_str(include_str!("../../tests/parity/go-template.json")).expect("a list of cases")
}

fn render(template: &str, document: &str) -> Result<String, String> {
    Template::parse(template)?.render(&serde_json::from_str(document).expect("a document"))
}

#[test]
fn every_recorded_template_gives_what_go_gave() {
    let Recorded { document, cases } = recorded();
    assert_eq!(cases.len(), 113);
    for Case { template, stdout } in cases {
        let ours = Template::parse(&template).and_then(|template| template.render(&document));
        assert_eq!(ours.as_ref().map(|text| format!("{text}\n")).ok(), stdout, "{template}: {ours:?}");
    }
}

#[test]
fn what_go_does_not_read_is_an_error_before_there_is_a_document() {
    let wrong = [
        "{{if .x}}",
        "{{end}}",
        "{{else}}",
        "{{if .x}}{{end}}{{end}}",
        "{{define \"x\"}}",
        "{{if false}}{{nofunc}}{{end}}",
        "{{if false}}{{$x}}{{end}}",
        "{{$x = 1}}",
        "{{if true}}{{$x := 1}}{{end}}{{$x}}",
        "{{break}}",
        "{{range .x}}{{else}}{{continue}}{{end}}",
        "{{.x | 2}}",
        "{{as shown .}}",
        "{{.x",
        "{{.x}}\u{0}",
    ];
    for template in wrong {
        assert!(Template::parse(template).is_err(), "{template}");
    }
}

#[test]
fn text_that_looks_like_a_template_is_text() {
    for text in ["", "{", "}}", "a }} b", "\u{2028}", " \n"] {
        assert_eq!(render(text, "{}").as_deref(), Ok(text));
    }
}

#[test]
fn a_null_has_no_members_and_no_value() {
    assert_eq!(render("{{.a}}", r#"{"a":null}"#).as_deref(), Ok("<no value>"));
    assert!(render("{{.a.b}}", r#"{"a":null}"#).is_err());
    assert!(render("{{with $x := .a}}{{else}}{{$x.b}}{{end}}", r#"{"a":null}"#).is_err());
    assert!(render("{{(index .a 0).b}}", r#"{"a":[null]}"#).is_err());
}

#[test]
fn a_template_that_is_called_with_nothing_has_nothing() {
    let template = r#"{{define "t"}}[{{.}}]{{end}}{{template "t"}}{{template "t" .a}}"#;
    assert_eq!(render(template, r#"{"a":"x"}"#).as_deref(), Ok("[<no value>][x]"));
}

#[test]
fn numbers_are_text_with_the_members_of_gos_type() {
    let document = r#"{"n":42,"f":2.5}"#;
    assert_eq!(render("{{.n}} {{.f}}", document).as_deref(), Ok("42 2.5"));
    assert_eq!(render("{{if gt .n.Int64 41}}more{{end}}", document).as_deref(), Ok("more"));
    assert_eq!(render("{{.f.Float64}} {{.n.String | len}}", document).as_deref(), Ok("2.5 2"));
    assert!(render("{{.f.Int64}}", document).is_err());
    assert!(render("{{upper .n}}", document).is_err());
    assert_eq!(render(r#"{{json .n}}{{json "42"}}"#, document).as_deref(), Ok("42\n\"42\"\n"));
}

#[test]
fn the_verbs_of_fmt_are_gos() {
    let cases = [
        (r#"{{printf "%[2]d %[1]d" 1 2}}"#, "2 1"),
        (r#"{{printf "%[3]d" 1}}"#, "%!d(BADINDEX)"),
        (r#"{{printf "%-*d|%.*f" 5 3 2 3.14159}}"#, "3    |3.14"),
        (r#"{{printf "%*d" "x" 3}}"#, "%!(BADWIDTH)3"),
        (r#"{{printf "a%"}}"#, "a%!(NOVERB)"),
        (r#"{{printf "%+d|% d|%#x|%#o|%+05d" 5 5 255 8 7}}"#, "+5| 5|0xff|010|+0007"),
        (r#"{{printf "%05s|%-5s|%.2s" "a" "b" "cde"}}"#, "0000a|b    |cd"),
        (r#"{{printf "%#v" .l}}"#, r#"[]interface {}{"1", interface {}(nil)}"#),
        (r#"{{printf "%#v" .m}}"#, r#"map[string]interface {}{"k":true}"#),
        (r#"{{printf "%d" .l}}"#, "[%!d(json.Number=1) <nil>]"),
        (r#"{{printf "%g %g %.3g %v" 100000.0 1e6 1234.5 0.00001}}"#, "100000 1e+06 1.23e+03 1e-05"),
        (r#"{{printf "%08.3f|%+.1e" -3.14159 12345.0}}"#, "-003.142|+1.2e+04"),
        (r#"{{printf "%q %+q %#q % x" 'x' "é" "a" "ab"}}"#, r#"'x' "\u00e9" `a` 61 62"#),
        (r#"{{printf "%.2T|%5t|%03c" "x" true 'a'}}"#, "st| true|00a"),
    ];
    for (template, text) in cases {
        assert_eq!(render(template, r#"{"l":[1,null],"m":{"k":true}}"#).as_deref(), Ok(text), "{template}");
    }
}

#[test]
fn words_begin_with_a_large_letter() {
    let cases =
        [("o'neil x_y 1ab a-b", "O'neil X_y 1Ab A-B"), ("ǆa ßa éa", "ǅa Ssa Éa"), ("hello wORLD", "Hello WORLD")];
    for (text, expected) in cases {
        assert_eq!(render(&format!("{{{{title {text:?}}}}}"), "{}").as_deref(), Ok(expected));
    }
}

#[test]
fn nesting_beyond_reason_is_an_error_and_not_a_crash() {
    let blocks = format!("{}{}", "{{if .x}}".repeat(5000), "{{end}}".repeat(5000));
    let branches = format!("{{{{if .x}}}}{}{{{{end}}}}", "{{else if .x}}".repeat(5000));
    let brackets = format!("{{{{{}1{}}}}}", "(".repeat(5000), ")".repeat(5000));
    for template in [blocks, branches, brackets] {
        assert!(Template::parse(&template).is_err());
    }
    assert!(render(r#"{{define "t"}}{{template "t"}}{{end}}{{template "t"}}"#, "{}").is_err());
}

#[test]
fn the_mark_of_the_end_never_shows() {
    for template in ["{{.a}}", "{{.a -}}", "{{.a -}} \n", "x{{/* c */ -}}  "] {
        assert!(!render(template, r#"{"a":"x"}"#).is_ok_and(|text| text.contains(END)), "{template}");
    }
}

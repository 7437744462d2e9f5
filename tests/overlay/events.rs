use crate::support::fake::Fake;

#[test]
fn events_reads_the_template_before_it_calls() {
    let fake = Fake::new().serve();
    for template in ["{{.x", "{{if .x}}", "{{end}}", "{{nofunc .}}"] {
        let output = fake.run(["events", "-o", "go-template", "--template", template]);
        assert_eq!((output.stdout.as_str(), output.status), ("", 1), "{template}");
        assert!(output.message().starts_with("failed to parse go-template: "), "{output:?}");
    }
    assert!(fake.fake.state().calls.is_empty());
}

#[test]
fn events_refuses_a_template_for_another_format() {
    let output = Fake::new().serve().run(["events", "-o", "yaml", "--template", "{{.x}}"]);
    assert_eq!(output.message(), "template can't be used with \"yaml\" format; use it with -o go-template");
}

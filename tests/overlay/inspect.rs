use crate::container;
use crate::support::fake::Fake;

#[test]
fn inspect_fills_in_a_template() {
    let fake = Fake::new().containers([container("a"), container("b")]).serve();
    let one = fake.run(["inspect", "-o", "go-template", "--template", "{{.status.metadata.name}}", "a"]);
    assert_eq!((one.stdout.as_str(), one.status), ("name-of-a\n", 0));
    let template = "{{range .}}{{.status.id}} {{end}}";
    let several = fake.run(["inspect", "-o", "go-template", "--template", template, "a", "b"]);
    assert_eq!((several.stdout.as_str(), several.status), ("a b \n", 0));
}

#[test]
fn inspect_shows_nothing_of_a_template_that_asks_for_what_is_not_there() {
    let fake = Fake::new().containers([container("a")]).serve();
    let output = fake.run(["inspect", "-o", "go-template", "--template", "id {{.status.ip}}", "a"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert_eq!(output.message(), "map has no entry for key \"ip\", filling in the template");
}

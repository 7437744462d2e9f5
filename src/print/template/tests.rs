//! The templates that were run through Go, and what its answers do not cover.

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
    serde_json::from_str(include_str!("../../../tests/parity/go-template.json")).expect("a list of cases")
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

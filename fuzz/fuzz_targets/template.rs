//! Any template, filled in from any document: an error or a text, never a crash.

#![no_main]

use crictl::Template;
use crictl::schema::Value;
use libfuzzer_sys::fuzz_target;

/// Something of every kind, so that a template which is found by chance has something to show.
const DOCUMENT: &str = r#"{"s":"héllo <b>","n":42,"f":2.5,"t":true,"nul":null,"l":[3,"x",null,{"k":[]}],"m":{"a":"b"}}"#;

fuzz_target!(|input: (&str, &str)| {
    let (source, json) = input;
    let Ok(template) = Template::parse(source) else { return };
    for document in [json, DOCUMENT] {
        if let Ok(document) = serde_json::from_str::<Value>(document) {
            let _ = template.render(&document);
        }
    }
});

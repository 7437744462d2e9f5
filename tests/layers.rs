//! Who may use whom: the table of ARCHITECTURE.md, read against the `use crate::` lines.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A module, and the modules that it may use.
const LAYERS: &[(&str, &[&str])] = &[
    ("schema", &[]),
    ("method", &["schema"]),
    ("generated", &["method", "schema"]),
    ("namespace", &[]),
    ("io", &[]),
    ("visible", &[]),
    ("error", &[]),
    ("log", &["args", "error", "view", "visible"]),
    ("signal", &[]),
    ("profile", &["error", "log"]),
    ("trace", &["error", "method"]),
    ("config", &["args", "error", "namespace", "trace"]),
    ("stream", &["error"]),
    ("args", &["error", "namespace", "schema", "stream"]),
    ("template", &["args", "schema"]),
    // A view holds its template, read already: what is wrong with it is said before the runtime is asked for anything.
    ("view", &["error", "generated", "namespace", "schema", "template"]),
    ("print", &["error", "schema", "template", "view", "visible"]),
    ("rpc", &["error", "generated", "log", "method", "schema", "trace"]),
    // One more server behind the same commands: it makes calls, and knows none of those who speak the CRI to it.
    ("containerd", &["error", "generated", "method", "namespace", "rpc", "schema"]),
    ("check", &["error", "generated"]),
    ("logs", &["args", "error"]),
    (
        "context",
        &["config", "containerd", "error", "generated", "io", "log", "namespace", "print", "rpc", "trace", "view"],
    ),
    ("command", &["args", "context", "error"]),
    ("select", &["args", "check", "context", "error", "generated"]),
    ("each", &["context", "error"]),
    ("watch", &["context", "error"]),
    ("show", &["context", "error", "schema", "view"]),
    ("document", &["args", "context", "error", "generated", "schema"]),
    ("fuzzing", &["document", "generated", "logs", "schema", "stream"]),
    ("launch", &["args", "command", "context", "document", "error", "generated", "rpc", "schema", "view"]),
    (
        "api",
        &["args", "command", "context", "document", "error", "generated", "method", "rpc", "schema", "signal", "view"],
    ),
    (
        "overlay",
        &[
            "api",
            "app",
            "args",
            "check",
            "command",
            "config",
            "context",
            "each",
            "error",
            "generated",
            "log",
            "logs",
            "launch",
            "method",
            "namespace",
            "print",
            "rpc",
            "schema",
            "select",
            "show",
            "stream",
            "view",
            "visible",
            "watch",
        ],
    ),
    ("host", &["error", "visible"]),
    ("app", &["args", "command", "config", "context", "error", "io", "log", "overlay", "profile", "signal", "visible"]),
];

/// Modules that not everyone who may use their neighbours may use.
const PRIVATE: &[(&str, &str)] = &[
    // Only `rpc` works on methods that it does not know.
    ("generated::methods", "src/api"),
    // Only one command works on methods that it does not know, and tells which commands there are for them.
    ("method::", "src/overlay/rpc"),
    ("overlay::OVERLAYS", "src/overlay/rpc"),
    // Only one command shows the tree of all commands.
    ("app::", "src/overlay/completion"),
    // Only one command goes on after what can't be written.
    ("print", "src/overlay/events"),
];

#[test]
fn modules_use_only_what_is_below_them() {
    let mut wrong = BTreeSet::new();
    for file in files(Path::new("src")) {
        let text = fs::read_to_string(&file).unwrap();
        let module = module(&file);
        // Tests look at what comes out in the end.
        if ["lib", "main", "bin"].contains(&module.as_str()) || file.ends_with("/tests.rs") {
            continue;
        }
        let allowed = LAYERS.iter().find(|(name, _)| *name == module).map(|(_, uses)| *uses);
        let allowed = allowed.unwrap_or_else(|| panic!("{file}: no line for {module} in the table of layers"));
        for path in uses(&text) {
            let used = path.split("::").next().unwrap_or_default();
            // What stands at the root of the library is public.
            let public = used.starts_with(char::is_uppercase) || used.starts_with("run") || used.starts_with('{');
            if !(public || used == module || allowed.contains(&used)) {
                wrong.insert(format!("{file}: {module} may not use {path}"));
            }
            let overlay = module == "overlay";
            for (private, owner) in PRIVATE.iter().filter(|(private, _)| overlay && path.starts_with(private)) {
                if !file.starts_with(owner) {
                    wrong.insert(format!("{file}: only {owner} may use {private}"));
                }
            }
            let table = path == "overlay::OVERLAYS";
            if overlay && used == "overlay" && !table && !file.contains(path.split("::").nth(1).unwrap_or_default()) {
                wrong.insert(format!("{file}: a command may not use another, {path}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The module of the first level that a file is in.
fn module(file: &str) -> String {
    let first = file.trim_start_matches("src/").split('/').next().unwrap_or_default();
    first.trim_end_matches(".rs").to_owned()
}

/// What follows `crate::` in the lines outside of tests.
fn uses(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| {
        let mut rest = line.split("crate::");
        rest.next();
        rest.map(|path| path.split([';', ' ', '(', ')', '>', '<', ',']).next().unwrap_or_default())
    })
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.extend(path.to_str().map(str::to_owned).filter(|name| name.ends_with(".rs"))),
        }
    }
    found
}

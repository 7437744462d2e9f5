//! Which command makes which calls, read from the sources.
//!
//! The rule: a command calls a method if a file of it calls the client's function with a request, as in
//! `.list_containers(request)`, or calls `module::function(` of which the same is true. It is text that is read, so
//! a function that is passed along without its parentheses, or imported by its bare name, would be missed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
};

use crate::Error;

/// The clients' functions that each command calls, `list_containers` of `ps`.
pub type Uses = BTreeMap<String, BTreeSet<String>>;

/// Reads the sources under `src`, whose commands are in `src/overlay`.
///
/// # Errors
///
/// When a source can't be read.
pub fn read(src: &Path, functions: &HashSet<&str>) -> Result<Uses, Error> {
    let mut sources = Vec::new();
    for path in files(src)? {
        let text = fs::read_to_string(&path).map_err(|source| Error::Io { path: path.clone(), source })?;
        sources.push((path.strip_prefix(src).unwrap_or(&path).to_owned(), text));
    }
    Ok(uses(&sources, functions))
}

/// The uses of the clients' functions in sources, given with their paths below `src`.
#[must_use]
pub fn uses(sources: &[(PathBuf, String)], functions: &HashSet<&str>) -> Uses {
    let (overlays, modules): (Vec<_>, Vec<_>) = sources.iter().partition(|(path, _)| path.starts_with("overlay"));
    let bodies: Vec<_> = modules.iter().flat_map(|(path, text)| bodies(&module(path), code(text))).collect();
    let mut reached: HashMap<Function, BTreeSet<String>> = HashMap::new();
    // Each round follows the calls by one step more, until nothing is found that was not known.
    loop {
        let before: usize = reached.values().map(BTreeSet::len).sum();
        for (function, body) in &bodies {
            let found = called(&function.module, body, functions, &reached);
            reached.entry(function.clone()).or_default().extend(found);
        }
        if reached.values().map(BTreeSet::len).sum::<usize>() == before {
            break;
        }
    }
    let mut uses = Uses::new();
    for (path, text) in overlays.into_iter().filter(|(path, _)| path.as_path() != Path::new("overlay/mod.rs")) {
        let found = called("", code(text), functions, &reached);
        uses.entry(command(path)).or_default().extend(found);
    }
    uses
}

/// A function by the last part of its module's path.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Function {
    module: String,
    name: String,
}

/// What a text calls, itself or through a function of which that is known.
fn called(
    module: &str,
    text: &str,
    functions: &HashSet<&str>,
    known: &HashMap<Function, BTreeSet<String>>,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices('(') {
        let (before, name) = last_word(&text[..at]);
        let has_argument = !text[at + 1..].trim_start().starts_with(')');
        if before.trim_end_matches("r#").ends_with('.') {
            if has_argument && functions.contains(name) {
                found.insert(name.to_owned());
            }
            continue;
        }
        let module = before.strip_suffix("::").map_or(module, |path| last_word(path).1);
        let function = Function { module: module.to_owned(), name: name.to_owned() };
        found.extend(known.get(&function).into_iter().flatten().cloned());
    }
    found
}

/// The word at the end of a text, and what stands before it.
fn last_word(text: &str) -> (&str, &str) {
    let start = text.rfind(|letter: char| !letter.is_alphanumeric() && letter != '_');
    text.split_at(start.map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8)))
}

/// The functions of a file, each with its text, which ends where a brace stands as far left as it began.
fn bodies<'a>(module: &str, text: &'a str) -> Vec<(Function, &'a str)> {
    let mut bodies = Vec::new();
    for (at, _) in text.match_indices("fn ") {
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let indent: String = text[line..].chars().take_while(|letter| *letter == ' ').collect();
        let name: String = text[at + 3..].chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
        let rest = &text[at + 3 + name.len()..];
        let end = rest.find(&format!("\n{indent}}}")).unwrap_or(rest.len());
        bodies.push((Function { module: module.to_owned(), name }, &rest[..end]));
    }
    bodies
}

/// A source without its tests, which stand last.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

/// `select` of `select/mod.rs`, `image` of `launch/image.rs`.
fn module(path: &Path) -> String {
    let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    match stem(path).as_str() {
        "mod" => path.parent().map(stem).unwrap_or_default(),
        name => name.to_owned(),
    }
}

/// `port-forward` of `overlay/port_forward.rs`, and of what is in `overlay/port_forward`.
fn command(path: &Path) -> String {
    let first = path.components().nth(1).map(|part| Path::new(part.as_os_str()));
    let name = first.and_then(Path::file_stem).unwrap_or_default();
    name.to_string_lossy().replace('_', "-")
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source: io::Error| Error::Io { path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        match path.extension() {
            _ if path.is_dir() => found.extend(files(&path)?),
            Some(extension) if extension == "rs" => found.push(path),
            _ => {}
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sources: &[(&str, &str)]) -> Vec<(String, Vec<String>)> {
        let sources: Vec<_> = sources.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect();
        let functions = HashSet::from(["list_containers", "image_status", "status", "move"]);
        let uses = uses(&sources, &functions).into_iter();
        uses.map(|(command, calls)| (command, calls.into_iter().collect())).collect()
    }

    #[test]
    fn a_command_uses_what_it_calls_with_a_request() {
        let text =
            "fn run() { ctx.runtime().await?.list_containers(request).await; response.status(); c.r#move(\n x); }
            #[cfg(test)] mod tests { fn t() { fake.image_status(x); } }";
        let expected = [("port-forward".to_owned(), vec!["list_containers".to_owned(), "move".to_owned()])];
        assert_eq!(found(&[("overlay/port_forward.rs", text), ("overlay/mod.rs", "a.status(x)")]), expected);
    }

    #[test]
    fn a_command_uses_what_is_called_for_it_in_modules() {
        let select = "pub fn containers() {\n    each(|it| it.list_containers(x));\n}\npub fn other() {\n}\n";
        let launch = "fn create() {\n    pull(x);\n}\nfn pull() {\n    image::pull(x);\n}\n";
        let image = "fn pull() {\n    x.image_status(y);\n}\n";
        let sources = [
            ("select/mod.rs", select),
            ("launch/mod.rs", launch),
            ("launch/image.rs", image),
            ("overlay/ps.rs", "select::containers(ctx)"),
            ("overlay/rm.rs", "select::other(ctx); containers(x)"),
            ("overlay/run/mod.rs", "launch::create(ctx)"),
            ("overlay/run/pod.rs", "select::containers(ctx)"),
        ];
        let expected =
            [("ps", vec!["list_containers"]), ("rm", vec![]), ("run", vec!["image_status", "list_containers"])];
        let expected =
            expected.map(|(command, calls)| (command.to_owned(), calls.into_iter().map(str::to_owned).collect()));
        assert_eq!(found(&sources), expected);
    }
}

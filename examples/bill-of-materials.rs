//! What the programs are made of, from what cargo knows: `bill-of-materials sbom TARGET [NAME=VERSION=LICENSE...]` writes
//! a CycloneDX document of one platform's programs, with what is linked into them and no crate; `bill-of-materials
//! notices TARGET...` writes THIRD-PARTY.md, the licences of all that.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, fs};

use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Name and version of a crate.
type Id = (String, String);

#[expect(clippy::disallowed_methods, reason = "a program reads its own arguments")]
fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let time = env::var("SOURCE_DATE_EPOCH").ok();
    let text = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["sbom", target, libraries @ ..] => sbom(target, libraries, time.as_deref()),
        ["notices", targets @ ..] if !targets.is_empty() => notices(targets),
        _ => Err("usage: bill-of-materials sbom TARGET [NAME=VERSION=LICENSE...] | notices TARGET...".into()),
    };
    match text.and_then(|text| Ok(io::stdout().write_all(text.as_bytes())?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "bill-of-materials: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What a cargo command prints.
fn cargo(args: &[&str]) -> Result<String> {
    let output = Command::new("cargo").args(args).output()?;
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout)?),
        false => Err(format!("cargo {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim()).into()),
    }
}

/// The crates whose code is in the programs for these targets. `cargo metadata` would name those of the tests too.
fn linked(targets: &[&str]) -> Result<BTreeSet<Id>> {
    let mut args = vec!["tree", "--locked", "--package", "crictl", "--edges", "normal,no-proc-macro"];
    args.extend(["--prefix", "none", "--no-dedupe", "--format", "{p}"]);
    args.extend(targets.iter().flat_map(|target| ["--target", target]));
    let id = |line: &str| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.trim_start_matches('v').to_owned()))
    };
    Ok(cargo(&args)?.lines().filter_map(id).collect())
}

/// All packages of the lock file, as `cargo metadata` has them.
fn packages() -> Result<(BTreeMap<Id, Value>, Value)> {
    let metadata: Value = serde_json::from_str(&cargo(&["metadata", "--locked", "--format-version", "1"])?)?;
    let all = metadata["packages"].as_array().into_iter().flatten();
    let packages = all.map(|package| ((text(package, "name"), text(package, "version")), package.clone())).collect();
    Ok((packages, metadata["resolve"].clone()))
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// The licence of a package as SPDX writes it; older crates have a slash for `OR`.
fn license(package: &Value) -> String {
    text(package, "license").replace(" / ", " OR ").replace('/', " OR ")
}

fn reference(id: &Id) -> String {
    format!("pkg:cargo/{}@{}", id.0, id.1)
}

/// A CycloneDX 1.5 document.
fn sbom(target: &str, libraries: &[&str], time: Option<&str>) -> Result<String> {
    let linked = linked(&[target])?;
    let (packages, resolve) = packages()?;
    let lock: toml::Table = toml::from_str(&fs::read_to_string("Cargo.lock")?)?;
    let locked = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let field =
        |package: &toml::Value, key| package.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let checksums: BTreeMap<Id, String> = locked
        .map(|package| ((field(package, "name"), field(package, "version")), field(package, "checksum")))
        .collect();

    let (own, crates): (Vec<&Id>, Vec<&Id>) = linked.iter().partition(|id| id.0 == "crictl");
    let own = own.first().ok_or("cargo tree does not name crictl")?;
    let component = |kind: &str, id: &Id| -> Result<Value> {
        let package = packages.get(id).ok_or_else(|| format!("cargo metadata does not name {} {}", id.0, id.1))?;
        let mut component = json!({
            "type": kind, "bom-ref": reference(id), "name": id.0, "version": id.1, "purl": reference(id),
            "licenses": [{"expression": license(package)}],
        });
        if let Some(checksum) = checksums.get(id).filter(|checksum| !checksum.is_empty()) {
            component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
        }
        if let Some(url) = package["repository"].as_str() {
            component["externalReferences"] = json!([{"type": "vcs", "url": url}]);
        }
        Ok(component)
    };
    let mut components = crates.iter().map(|id| component("library", id)).collect::<Result<Vec<_>>>()?;
    let mut needs = needs(&resolve, &packages, &linked);
    for library in libraries {
        let [name, version, license] = library.split('=').collect::<Vec<_>>()[..] else {
            return Err(format!("a library is NAME=VERSION=LICENSE, not {library:?}").into());
        };
        let reference = format!("pkg:generic/{name}@{version}");
        components.push(json!({
            "type": "library", "bom-ref": reference, "name": name, "version": version, "purl": reference,
            "licenses": [{"expression": license}],
        }));
        needs.entry((*own).clone()).or_default().insert(reference);
    }
    let needs: Vec<_> = needs.iter().map(|(id, needs)| json!({"ref": reference(id), "dependsOn": needs})).collect();
    let mut document = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {
            "component": component("application", own)?,
            "properties": [{"name": "cargo:target", "value": target}],
        },
        "components": components, "dependencies": needs,
    });
    if let Some(time) = time {
        document["metadata"]["timestamp"] = json!(jiff::Timestamp::from_second(time.parse()?)?.to_string());
    }
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// Which of the linked crates each of them uses.
fn needs(resolve: &Value, packages: &BTreeMap<Id, Value>, linked: &BTreeSet<Id>) -> BTreeMap<Id, BTreeSet<String>> {
    let by_id: BTreeMap<String, &Id> = packages.iter().map(|(id, package)| (text(package, "id"), id)).collect();
    let known = |value: &Value| by_id.get(value.as_str()?).copied().filter(|id| linked.contains(*id));
    let is_linked =
        |need: &&Value| need["dep_kinds"].as_array().into_iter().flatten().any(|kind| kind["kind"].is_null());
    let nodes = resolve["nodes"].as_array().into_iter().flatten();
    let of = |node: &Value| {
        let needs = node["deps"].as_array().into_iter().flatten().filter(is_linked);
        Some((known(&node["id"])?.clone(), needs.filter_map(|need| known(&need["pkg"])).map(reference).collect()))
    };
    nodes.filter_map(of).collect()
}

/// The notices: a list of what is in the programs, then the texts, each once with those that it is for.
fn notices(targets: &[&str]) -> Result<String> {
    let (packages, _) = packages()?;
    let mut list = String::new();
    let mut texts: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new();
    for id in linked(targets)?.iter().filter(|id| !id.0.starts_with("crictl")) {
        let package = packages.get(id).ok_or_else(|| format!("cargo metadata does not name {} {}", id.0, id.1))?;
        let (name, license) = (format!("{} {}", id.0, id.1), license(package));
        list += &format!("| {} | {} | {license} |\n", id.0, id.1);
        for text in license_texts(package, &license)? {
            // Some are indented or wrapped in another way; the words are what counts.
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            texts.entry(words).or_insert_with(|| (text, BTreeSet::new())).1.insert(name.clone());
        }
    }
    let mut texts: Vec<_> = texts.into_values().collect();
    texts.sort_by(|(_, left), (_, right)| left.cmp(right));
    let mut notices = format!("{INTRODUCTION}\n| crate | version | licence |\n|---|---|---|\n{list}\n## Texts\n");
    for (text, crates) in texts {
        let crates: Vec<_> = crates.into_iter().collect();
        notices += &format!("\n### {}\n\n```\n{}\n```\n", crates.join(", "), text.trim_end());
    }
    // Texts of others, but a file of ours: no white space at the ends of lines.
    Ok(notices.lines().map(|line| format!("{}\n", line.trim_end())).collect())
}

const INTRODUCTION: &str = "\
# What of others is in crictl and ephemerd

`scripts/notices` writes this file. The programs themselves are under the Apache License 2.0, see LICENSE; where a crate
offers that licence among others, it is the one that is taken.

- The Container Runtime Interface, `proto/`: Kubernetes' authors, Apache License 2.0.
- Rust's standard library: the Rust project's developers, Apache License 2.0 or MIT.
- In the programs for Linux, the GNU C library: the Free Software Foundation and others, GNU Lesser General Public
  License 2.1 or later. Its source is Debian's package `glibc`; the source of the rest, with `scripts/release`, which
  links it, is what that licence asks for to link the programs anew with another one.
- GCC's runtime library: GNU General Public License 3 or later, with the GCC Runtime Library Exception 3.1.
- In the programs for Windows, the runtime of mingw-w64: its authors, the Zope Public License 2.1 and the public domain.
";

/// The texts that go with a crate: of the Apache License where that may be chosen, which LICENSE has, only the notices.
fn license_texts(package: &Value, license: &str) -> Result<Vec<String>> {
    let manifest = text(package, "manifest_path");
    let folder = Path::new(&manifest).parent().unwrap_or(Path::new("."));
    let apache = !license.contains(" AND ") && license.split(" OR ").any(|one| one == "Apache-2.0");
    let mut found = Vec::new();
    let mut names: Vec<_> =
        fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?.iter().map(|one| one.path()).collect();
    names.sort();
    for path in names.iter().filter(|path| path.is_file()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        let is_notice = name.starts_with("NOTICE");
        let is_text =
            ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "UNLICENSE"].iter().any(|word| name.starts_with(word));
        if is_notice || is_text && !apache {
            found.push(fs::read_to_string(path)?);
        }
    }
    if found.is_empty() && !apache {
        let name = text(package, "name");
        if !license.split(" OR ").any(|one| one == "MIT") {
            return Err(format!("{name} has no text of its licence, {license}").into());
        }
        let authors: Vec<_> = package["authors"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let authors = if authors.is_empty() { format!("The authors of {name}") } else { authors.join(", ") };
        found.push(format!("MIT License\n\nCopyright (c) {authors}\n\n{MIT}"));
    }
    Ok(found)
}

/// The MIT licence, for the crates that name it and leave its text out.
const MIT: &str = "\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the \"Software\"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
";

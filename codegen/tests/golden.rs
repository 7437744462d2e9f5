//! The generated code itself, for every release and for every field shape.

use std::{fs, path::PathBuf, process::Command};

use crictl_codegen::{Input, generate};

use crate::support::{path, refresh, releases};

/// The files we write. What prost and tonic write changes with their versions.
const OURS: [&str; 3] = ["client.rs", "methods.rs", "schema.rs"];
const ALL: [&str; 5] = ["client.rs", "cri.rs", "methods.rs", "schema.rs", "server.rs"];

#[test]
fn the_code_of_each_release_is_the_golden_one() {
    // Without our prose: it changes often, and has no part in the shape of the code.
    refresh(releases().iter().flat_map(|release| {
        let proto = &release.proto;
        goldens(&release.name, Input { proto, docs: None })
    }));
}

#[test]
fn the_code_of_every_shape_is_the_golden_one() {
    let proto = path("tests/shapes/shapes.proto");
    let docs = path("tests/shapes/docs.yaml");
    let docs = Some(docs.as_path());
    let proto = &proto;
    refresh(goldens("shapes", Input { proto, docs }));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let proto = path("tests/shapes/shapes.proto");
    let input = Input { proto: &proto, docs: None };
    assert_eq!(generated(input, &ALL), generated(input, &ALL));
}

#[test]
fn our_code_is_laid_out_as_rustfmt_would() {
    let mut protos: Vec<_> = releases().into_iter().map(|it| it.proto).collect();
    protos.push(path("tests/shapes/shapes.proto"));
    let docs = path("docs.yaml");
    for proto in &protos {
        for docs in [None, Some(docs.as_path())] {
            let out_dir = tempfile::tempdir().expect("a scratch folder");
            generate(Input { proto, docs }, out_dir.path()).expect("it can be expressed");
            let mut rustfmt = Command::new("rustfmt");
            rustfmt.arg("--check").arg("--config-path").arg(path("../rustfmt.toml"));
            rustfmt.args(OURS.map(|file| out_dir.path().join(file)));
            let output = rustfmt.output().expect("rustfmt is of the toolchain");
            let diff = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{diff}");
        }
    }
}

/// What the files we write must be, and where they are kept.
fn goldens(name: &str, input: Input<'_>) -> impl Iterator<Item = (PathBuf, String)> {
    let folder = path("tests/golden").join(name);
    let files = OURS.map(|file| folder.join(file));
    files.into_iter().zip(generated(input, &OURS))
}

fn generated(input: Input<'_>, files: &[&str]) -> Vec<String> {
    let out_dir = tempfile::tempdir().expect("a scratch folder");
    generate(input, out_dir.path()).expect("the proto can be expressed");
    let files = files.iter().map(|file| out_dir.path().join(file));
    files.map(|file| fs::read_to_string(file).expect("the file was written")).collect()
}

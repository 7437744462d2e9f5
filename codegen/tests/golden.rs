//! The generated code itself, of the newest release and for every field shape; of the others what their command line
//! has. What differs from one to the next is in the reports, see `bump`.

use std::{fs, path::PathBuf};

use crictl_codegen::{
    Input, generate, model,
    model::{Label, Model},
    model_of_tree, release,
};

use crate::support::{path, refresh, releases};

/// The files we write. What prost and tonic write changes with their versions.
const OURS: [&str; 4] = ["client.rs", "commands.rs", "methods.rs", "schema.rs"];
const ALL: [&str; 6] = ["client.rs", "commands.rs", "cri.rs", "methods.rs", "schema.rs", "server.rs"];

#[test]
fn the_code_and_the_commands_of_the_releases_are_the_golden_ones() {
    let releases = releases();
    let newest = releases.last().expect("there are some");
    let built = release::pick(&path("../proto"), None).expect("there is one");
    let mut expected = Vec::new();
    for it in &releases {
        let folder = path("tests/golden").join(&it.name);
        // Without our prose: it changes often, and has no part in the shape of the code.
        let input = Input { proto: &it.proto, docs: None };
        let model = model(input).expect("the release can be expressed");
        expected.push((folder.join("methods.txt"), methods(&model)));
        expected.push((folder.join("flags.txt"), flags(&model)));
        if it.name == newest.name {
            expected.extend(goldens(&it.name, input, &OURS));
        } else if it.name == built.name {
            expected.extend(goldens(&it.name, input, &["commands.rs"]));
        }
    }
    // The same two of containerd's own API.
    for it in release::trees(&path("../proto/containerd")).expect("the folder is there") {
        let folder = path("tests/golden/containerd").join(&it.name);
        let model = model_of_tree(&it.proto).expect("the release can be expressed");
        expected.push((folder.join("methods.txt"), methods(&model)));
        expected.push((folder.join("flags.txt"), flags(&model)));
    }
    let strays = strays(&releases, &expected);
    refresh(expected);
    assert!(strays.is_empty(), "removed, since a newer release has them: {strays:#?}");
}

/// Removes the files that these releases have no more.
fn strays(releases: &[release::Release], expected: &[(PathBuf, String)]) -> Vec<PathBuf> {
    let folders = releases.iter().filter_map(|it| fs::read_dir(path("tests/golden").join(&it.name)).ok());
    let files = folders.flatten().map(|entry| entry.expect("the folder can be read").path());
    let strays: Vec<_> = files.filter(|file| !expected.iter().any(|(path, _)| path == file)).collect();
    strays.iter().for_each(|stray| fs::remove_file(stray).expect("it can be removed"));
    strays
}

/// One line for each method, in the order of the proto.
fn methods(model: &Model) -> String {
    let methods = model.services.iter().flat_map(|service| &service.methods);
    methods.map(|it| format!("{} {} {:?}\n", it.path, it.command, it.flow)).collect()
}

/// One line for each flag, in the order of the help.
fn flags(model: &Model) -> String {
    let mut text = String::new();
    for method in model.services.iter().flat_map(|service| &service.methods) {
        for flag in &method.flags {
            let many = if matches!(flag.label, Label::Repeated | Label::Map) { " ..." } else { "" };
            let secret = if flag.secret { ", a secret" } else { "" };
            text += &format!("{} --{} {}{many}{secret}\n", method.command, flag.long, flag.value_name);
        }
    }
    text
}

#[test]
fn the_code_of_every_shape_is_the_golden_one() {
    let proto = path("tests/shapes/shapes.proto");
    let docs = path("tests/shapes/docs.yaml");
    let docs = Some(docs.as_path());
    let proto = &proto;
    refresh(goldens("shapes", Input { proto, docs }, &OURS));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let proto = path("tests/shapes/shapes.proto");
    let input = Input { proto: &proto, docs: None };
    assert_eq!(generated(input, &ALL), generated(input, &ALL));
}

/// What files we write must be, and where they are kept.
fn goldens(name: &str, input: Input<'_>, files: &[&str]) -> Vec<(PathBuf, String)> {
    let folder = path("tests/golden").join(name);
    let paths = files.iter().map(|file| folder.join(file));
    paths.zip(generated(input, files)).collect()
}

fn generated(input: Input<'_>, files: &[&str]) -> Vec<String> {
    let out_dir = tempfile::tempdir().expect("a scratch folder");
    generate(input, out_dir.path()).expect("the proto can be expressed");
    let files = files.iter().map(|file| out_dir.path().join(file));
    files.map(|file| fs::read_to_string(file).expect("the file was written")).collect()
}

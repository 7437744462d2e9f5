//! Every release of the CRI goes through the generator.

use std::fs;

use crictl_codegen::{Input, generate, model, release::Release};

use crate::support::releases;

#[test]
fn every_release_has_its_methods() {
    let releases = releases();
    for (name, expected) in [("1.30", 34), ("1.32", 34), ("1.34", 35), ("1.35", 35), ("1.36", 41), ("1.37", 43)] {
        let release = releases.iter().find(|release| release.name == name).expect("it is kept");
        let model = model(input(release)).expect("the release can be expressed");
        assert_eq!(model.services.iter().map(|service| service.methods.len()).sum::<usize>(), expected, "{name}");
    }
}

#[test]
fn the_code_of_each_release_parses() {
    for release in releases() {
        let out_dir = tempfile::tempdir().expect("a scratch folder");
        generate(input(&release), out_dir.path()).expect("the release can be expressed");
        for entry in fs::read_dir(out_dir.path()).expect("the folder is there") {
            let path = entry.expect("the folder can be read").path();
            let text = fs::read_to_string(&path).expect("the file was written");
            if let Err(error) = syn::parse_file(&text) {
                panic!("{} of {}: {error}", path.display(), release.name);
            }
        }
    }
}

fn input(release: &Release) -> Input<'_> {
    Input { proto: &release.proto, docs: None }
}

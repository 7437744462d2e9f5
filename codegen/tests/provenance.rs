//! The protos that are kept are those whose origin is written down.

use std::{collections::BTreeMap, fs};

use crictl_codegen::{bump::of_tree, release};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::support::{path, releases, tree};

#[derive(Deserialize)]
struct Provenance {
    releases: BTreeMap<String, String>,
    containerd: Containerd,
}

#[derive(Deserialize)]
struct Containerd {
    releases: BTreeMap<String, String>,
}

#[test]
fn every_tree_has_the_hash_of_its_provenance() {
    let text = fs::read_to_string(path("../proto/PROVENANCE.toml")).expect("it is there");
    let provenance: Provenance = toml::from_str(&text).expect("it is of this form");
    let kept = release::trees(&path("../proto/containerd")).expect("the folder is there");
    assert!(!kept.is_empty());
    for release in kept {
        let hash = of_tree(&tree(&release.proto));
        assert_eq!(Some(&hash), provenance.containerd.releases.get(&release.name), "{}", release.proto.display());
    }
}

#[test]
fn every_proto_has_the_hash_of_its_provenance() {
    let text = fs::read_to_string(path("../proto/PROVENANCE.toml")).expect("it is there");
    let provenance: Provenance = toml::from_str(&text).expect("it is of this form");
    let built = release::all(&path("../proto")).expect("the folder is there");
    for release in built.into_iter().chain(releases()) {
        let bytes = fs::read(&release.proto).expect("it can be read");
        let hash = format!("{:x}", Sha256::digest(bytes));
        let written = provenance.releases.get(&release.name);
        assert_eq!(Some(&hash), written, "{}", release.proto.display());
    }
}

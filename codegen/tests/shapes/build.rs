//! Generates code from a proto that no release of the CRI has.

#![allow(clippy::print_stdout)] // It is how a build script talks to cargo.

use std::{env, error::Error, path::Path};

use crictl_codegen::{Input, generate};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=shapes.proto");
    println!("cargo::rerun-if-changed=docs.yaml");
    let input = Input { proto: Path::new("shapes.proto"), docs: Some(Path::new("docs.yaml")) };
    generate(input, Path::new(&env::var("OUT_DIR")?))?;
    Ok(())
}

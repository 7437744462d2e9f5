//! Generates code from a proto that no release of the CRI has.

// This is how cargo and a build script talk.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use std::{env, error::Error, path::Path};

use crictl_codegen::{Input, generate};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=shapes.proto");
    println!("cargo::rerun-if-changed=docs.yaml");
    let input = Input { proto: Path::new("shapes.proto"), docs: Some(Path::new("docs.yaml")) };
    generate(input, Path::new(&env::var("OUT_DIR")?))?;
    Ok(())
}

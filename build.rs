//! Generates the messages, tables and clients of the CRI release that is built.

// This is how cargo and a build script talk.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use std::{env, error::Error, path::Path};

use crictl_codegen::{Input, generate, overlay_index, release};

const PROTOS: &str = "proto";
const DOCS: &str = "codegen/docs.yaml";
const OVERLAYS: &str = "src/overlay";

fn main() {
    if let Err(error) = build() {
        for line in error.to_string().lines() {
            println!("cargo::error={line}");
        }
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    for path in [PROTOS, DOCS, OVERLAYS] {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rerun-if-env-changed=CRI_VERSION");
    overlay_index::check(Path::new(OVERLAYS))?;

    let wanted = env::var("CRI_VERSION").ok();
    let release = release::pick(Path::new(PROTOS), wanted.as_deref())?;
    println!("cargo::rustc-env=CRI_RELEASE={}", release.name);

    let input = Input { proto: &release.proto, docs: Path::new(DOCS).exists().then_some(Path::new(DOCS)) };
    let out_dir = env::var("OUT_DIR")?;
    generate(input, Path::new(&out_dir))?;
    Ok(())
}

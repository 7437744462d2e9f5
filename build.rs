//! Generates the messages, tables and clients of the CRI release that is built, and the messages of containerd's own API.

// This is how cargo and a build script talk.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use std::{env, error::Error, fs, path::Path, process::Command};

use crictl_codegen::{Input, containerd, generate, overlay_index, release};

const PROTOS: &str = "proto";
const CONTAINERD: &str = "proto/containerd";
const DOCS: &str = "codegen/docs.yaml";
const CONTAINERD_DOCS: &str = "codegen/containerd.yaml";
const OVERLAYS: &str = "src/overlay";

fn main() {
    if let Err(error) = build() {
        for line in error.to_string().lines() {
            println!("cargo::error={line}");
        }
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    for path in [PROTOS, DOCS, CONTAINERD_DOCS, OVERLAYS] {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rerun-if-env-changed=CRI_VERSION");
    overlay_index::check(Path::new(OVERLAYS))?;

    let wanted = env::var("CRI_VERSION").ok();
    let release = release::pick(Path::new(PROTOS), wanted.as_deref())?;
    println!("cargo::rustc-env=CRI_RELEASE={}", release.name);

    if let Some(commit) = commit() {
        println!("cargo::rustc-env=CRICTL_COMMIT={commit}");
    }

    let input = Input { proto: &release.proto, docs: Path::new(DOCS).exists().then_some(Path::new(DOCS)) };
    let out_dir = env::var("OUT_DIR")?;
    generate(input, Path::new(&out_dir))?;
    let release = containerd(Path::new(CONTAINERD), Path::new(CONTAINERD_DOCS), Path::new(&out_dir))?;
    println!("cargo::rustc-env=CONTAINERD_RELEASE={release}");
    Ok(())
}

/// The commit that is built: what the environment says or, in a checkout of its own, what git does. A copy without
/// git has none.
fn commit() -> Option<String> {
    println!("cargo::rerun-if-env-changed=SOURCE_COMMIT");
    let commit = env::var("SOURCE_COMMIT").ok().filter(|commit| !commit.is_empty()).or_else(head)?;
    let short: String = commit.chars().take(12).collect();
    short.chars().all(|c| c.is_ascii_alphanumeric()).then_some(short)
}

/// The commit of this folder's own repository; one around it knows nothing of us.
fn head() -> Option<String> {
    let git = |words: &[&str]| {
        let output = Command::new("git").args(words).output().ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
    };
    let top = fs::canonicalize(git(&["rev-parse", "--show-toplevel"])?).ok()?;
    if top != fs::canonicalize(env::var_os("CARGO_MANIFEST_DIR")?).ok()? {
        return None;
    }
    // Written by each commit and checkout. What is not there would have cargo run this every time.
    for name in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", name])?;
        if Path::new(&path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    git(&["rev-parse", "HEAD"])
}

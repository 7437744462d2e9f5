//! `cargo bump`: adopts a release of the CRI, or of containerd's own API, see CONTRIBUTING.md.

// A program, not the library.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods)]

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use crictl_codegen::bump::Bump;

/// Takes upstream's api.proto at PATH, writes it to proto/RELEASE/api.proto in this project's form, records it in
/// proto/PROVENANCE.toml, and reports what has changed since the previous release. If PATH is a folder, it has containerd's
/// protos, which go to proto/containerd/RELEASE.
#[derive(Parser)]
#[command(name = "cargo bump", bin_name = "cargo bump")]
struct Args {
    /// Upstream's api.proto, or the folder of containerd's protos
    path: PathBuf,
    /// The release, as in 1.37; not needed if PATH contains it
    #[arg(long)]
    release: Option<String>,
    /// Adopt the release even if it breaks the wire
    #[arg(long)]
    accept: bool,
}

fn main() -> ExitCode {
    let Args { path, release, accept } = Args::parse();
    // Cargo runs the program in the caller's folder and names the package in a variable. The variable is read at run
    // time, because copies of the repository may share a target folder.
    let root = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| ".".into(), |package| Path::new(&package).join(".."));
    run(&Bump { root, proto: path, release, accept })
}

fn run(bump: &Bump) -> ExitCode {
    let (report, written) = match bump.run() {
        Ok(done) => done,
        Err(error) => {
            eprintln!("error: {error}\nnothing was written");
            return ExitCode::FAILURE;
        }
    };
    print!("{}", report.render());
    if written.is_empty() {
        eprintln!("\nnothing was written: read what breaks the wire, then run it again with --accept");
        return ExitCode::FAILURE;
    }
    let written: Vec<_> = written.iter().filter_map(|path| path.strip_prefix(&bump.root).ok()).collect();
    let written: Vec<_> = written.iter().map(|path| path.display().to_string()).collect();
    println!("\nWrote {}. Next: cargo check, then cargo regen.", written.join(" and "));
    ExitCode::SUCCESS
}

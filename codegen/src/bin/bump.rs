//! `cargo bump`: adopts a release of the CRI, see CONTRIBUTING.md.

// A program, not the library.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods)]

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};

use crictl_codegen::bump::Bump;

const USAGE: &str = "\
usage: cargo bump PATH [--release RELEASE] [--accept]

Takes upstream's api.proto at PATH, writes it to proto/RELEASE/api.proto in the form that is kept here, notes it in
proto/PROVENANCE.toml, and reports what has changed since the release before it.

  --release RELEASE  as in 1.37; not needed if PATH says it
  --accept           adopt the release even if it breaks the wire";

fn main() -> ExitCode {
    match parse(env::args().skip(1)) {
        Ok(Some(bump)) => run(&bump),
        Ok(None) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("error: {reason}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

/// What the arguments ask for, nothing if that is help.
fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Bump>, String> {
    // Cargo runs the program where the caller is, and says where the package is. Not asked when this is compiled:
    // copies of the repository may share a target folder.
    let root = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| ".".into(), |package| Path::new(&package).join(".."));
    let (mut proto, mut release, mut accept) = (None, None, false);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-h" | "--help" => return Ok(None),
            "--accept" => accept = true,
            "--release" => release = Some(arguments.next().ok_or("--release needs a release, as in 1.37")?),
            flag if flag.starts_with('-') => return Err(format!("no flag is called {flag}")),
            path if proto.is_none() => proto = Some(PathBuf::from(path)),
            more => return Err(format!("one path is enough, and {more:?} is one more")),
        }
    }
    let proto = proto.ok_or("which api.proto?")?;
    Ok(Some(Bump { root, proto, release, accept }))
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

//! The `ephemerd` process: real streams in, status out.

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut io = crictl::Io::std();
    ExitCode::from(crictl::host::run(env::args_os(), env::vars_os(), &mut io))
}

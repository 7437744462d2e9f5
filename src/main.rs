//! The `crictl` process: real streams in, status out.

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut io = crictl::Io::std();
    ExitCode::from(crictl::run(env::args_os(), env::vars_os(), &mut io))
}

//! The `ephemerd` process: real streams in, status out.

use std::env;
use std::process::ExitCode;

#[expect(clippy::disallowed_methods, reason = "a program hands what is the process's to the library")]
fn main() -> ExitCode {
    let mut io = crictl::Io::std();
    ExitCode::from(crictl::host::run(env::args_os(), env::vars_os(), &mut io))
}

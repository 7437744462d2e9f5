//! A host of crictl: `embed ENDPOINT... [-- COMMAND ARG...]` runs a crictl command at every endpoint at once, with one
//! command of the host's own, `count`, and then counts the containers by itself.

use std::io;
use std::process::ExitCode;

use crictl::client::Client;
use crictl::cri::ListContainersRequest;
use crictl::{Buffer, Crictl, Io};
use futures_util::future::join_all;

#[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a program has arguments and output of its own")]
#[tokio::main]
async fn main() -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let command = words.iter().position(|word| word == "--").map(|at| words.split_off(at).split_off(1));
    let command = command.unwrap_or_else(|| vec!["ps".to_owned(), "-a".to_owned()]);
    let runs = join_all(words.iter().map(|endpoint| run(endpoint, &command))).await;
    for (endpoint, (status, text)) in words.iter().zip(&runs) {
        print!("{endpoint}: exit status {status}\n{text}");
    }
    for endpoint in &words {
        match count(endpoint).await {
            Ok(count) => println!("{endpoint} has {count} containers"),
            Err(error) => println!("{endpoint}: {error}"),
        }
    }
    ExitCode::from(runs.iter().map(|(status, _)| *status).max().unwrap_or_default())
}

/// Runs a command of crictl, or the host's own, and returns its status and all that it wrote.
async fn run(endpoint: &str, command: &[String]) -> (u8, String) {
    let greeting = clap::Command::new("greet").about("Greet the host's user");
    let crictl = Crictl::new()
        .endpoint(endpoint)
        .hint("is that endpoint right?")
        .program_name("embed")
        .command(greeting, |_, io| u8::from(writeln!(io.out, "hello").is_err()));
    let text = Buffer::default();
    let io = Io::buffers(io::empty(), text.clone(), text.clone());
    let args = ["embed".to_owned()].into_iter().chain(command.iter().cloned());
    let status = crictl.run_async(args, std::iter::empty::<(&str, &str)>(), io).await;
    (status, text.text())
}

/// Counts containers, by a call instead of a command.
async fn count(endpoint: &str) -> Result<usize, crictl::client::CallError> {
    let client = Client::connect(endpoint).await?;
    Ok(client.runtime().list_containers(ListContainersRequest::default()).await?.containers.len())
}

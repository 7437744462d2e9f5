use tonic::Status;

use crate::support::fake::Fake;
use crate::support::run::crictl;

#[test]
fn pull_says_what_the_runtime_has() {
    let fake = Fake::new().serve();
    let output = fake.run(["pull", "-a", "k=v", "nginx"]);
    let id = fake.fake.state().images[0].id.clone();
    let expected = format!("Image is up to date for {id}\n");
    assert_eq!((output.stdout.as_str(), output.errors().as_str(), output.status), (expected.as_str(), "", 0));
}

#[test]
fn pull_takes_credentials_from_the_environment_and_the_flag_wins() {
    let fake = Fake::new().serve();
    let endpoint = format!("unix://{}", fake.socket.display());
    let env = [("CONTAINER_RUNTIME_ENDPOINT", endpoint.as_str()), ("CRICTL_CREDS", "env:s3cr3t")];
    let output = crictl(["--debug", "pull", "nginx"], &env, "");
    assert!(output.stderr.contains(r#""username":"env","password":"***""#), "{}", output.stderr);
    let output = crictl(["--debug", "pull", "--creds", "flag:s3cr3t", "nginx"], &env, "");
    assert!(output.stderr.contains(r#""username":"flag""#), "{}", output.stderr);
    assert!(!output.stderr.contains("s3cr3t"), "{}", output.stderr);
}

#[test]
fn pull_refuses_contradicting_credentials_before_it_calls() {
    let fake = Fake::new().serve();
    let output = fake.run(["pull", "--creds", "a:b", "--auth", "c", "nginx"]);
    assert_eq!(output.message(), "both `--creds` and `--auth` are specified");
    assert!(fake.fake.state().calls.is_empty());
}

#[test]
fn pull_asks_for_a_password_only_on_a_terminal() {
    let output = Fake::new().serve().run_with(["pull", "-u", "me", "nginx"], "secret\n");
    assert_eq!((output.stdout.as_str(), output.status), ("Enter Password:\n", 1));
    let expected = "standard input is not a terminal, reading the password; --creds USER:PASSWORD needs no terminal";
    assert_eq!(output.message(), expected);
}

#[test]
fn pull_shows_the_server_s_words_first() {
    let fake = Fake::new().failing("PullImage", Status::not_found("no such manifest")).serve();
    let output = fake.run(["pull", "nginx"]);
    let expected = "pulling image: no such manifest, image \"nginx\" \
                    (PullImage: rpc error: code = NotFound desc = no such manifest)";
    assert_eq!((output.message().as_str(), output.status), (expected, 1));
}

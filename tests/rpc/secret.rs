//! What proves who somebody is: never shown unless it is asked for.

use crictl::cri::*;

use super::sent;
use crate::support::fake::Fake;

const AUTH: [&str; 8] = [
    "rpc",
    "pull-image",
    "--image.image=busybox",
    "--data",
    r#"{"auth": {"username": "robot", "password": "s3cret", "identityToken": "s3cret-too"}}"#,
    "--auth.auth=s3cret",
    "--set",
    "auth.registry_token=s3cret",
];

#[test]
fn secrets_are_sent_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = folder.path().join("cri.sock");
    let fake = Fake::new();
    fake.serve_at(&endpoint);
    let endpoint = format!("unix://{}", endpoint.display());
    for flags in [
        &["-v"][..],
        &["--enrich", "-v"],
        &["-o", "text"],
        &["--dry-run"],
        &["--dry-run", "-o", "text"],
        &["--dry-run", "-o", "yaml"],
        &["--skeleton"],
        &["--skeleton=json"],
        &["--header", "authorization=Bearer s3cret", "-v", "--dry-run"],
        &["--header", "authorization=Bearer s3cret", "-v"],
        &["--set", "auth.password.x=s3cret"],
        &["--set", "auth=s3cret"],
        &["--auth", "s3cret"],
        &["--data", "auth: s3cret"],
        &["--data", "auth: [s3cret"],
    ] {
        let args = ["-D", "-r", &endpoint].into_iter().chain(AUTH).chain(flags.iter().copied());
        let output = crate::support::run::crictl(args, &[], "");
        assert!(!output.stdout.contains("s3cret") && !output.stderr.contains("s3cret"), "{flags:?}: {output:?}");
    }
    let state = fake.state();
    let request: PullImageRequest = prost::Message::decode(state.requests[0].body.as_slice()).unwrap();
    let auth = request.auth.unwrap();
    assert_eq!((auth.password.as_str(), auth.registry_token.as_str()), ("s3cret", "s3cret"));
}

#[test]
fn secrets_are_shown_to_whom_asks() {
    let fake = Fake::new().serve();
    let output = fake.run(AUTH.into_iter().chain(["--dry-run", "--show-secrets"]));
    assert_eq!((output.stdout.matches("s3cret").count(), output.status), (4, 0), "{output:?}");
    assert_eq!(output.errors().matches("s3cret").count(), 4, "{output:?}");
    assert!(fake.fake.state().calls.is_empty());
}

#[test]
fn the_bytes_of_a_request_with_secrets_are_refused() {
    let output = Fake::new().serve().run(AUTH.into_iter().chain(["--dry-run", "-o", "raw"]));
    let message = "the request has secrets: -o raw needs --show-secrets";
    assert_eq!((output.message().as_str(), output.status), (message, 1));
    // The usage follows on stdout, and no bytes.
    assert!(!output.stdout.contains("s3cret"), "{output:?}");
}

#[test]
fn a_pull_with_credentials_shows_its_call_without_them() {
    let fake = Fake::new().serve();
    let output = fake.run(["-D", "pull", "--creds", "robot:s3cret", "busybox"]);
    assert_eq!(output.status, 0, "{output:?}");
    assert!(output.stderr.contains(r#""username":"robot","password":"***""#), "{output:?}");
    assert!(!output.stderr.contains("s3cret"), "{output:?}");
    let request: PullImageRequest = sent(&fake);
    assert_eq!(request.auth.unwrap().password, "s3cret");
}

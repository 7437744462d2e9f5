//! `-D`: every call of every command as the line that makes it again.

use crate::support::fake::{Fake, Served};
use crate::support::run::Output;

/// A container in a pod, both known to the runtime.
fn served() -> Served {
    let container = crictl::cri::Container { pod_sandbox_id: "p".to_owned(), ..crate::container("c") };
    Fake::new().containers([container]).pods([crate::pod("p")]).serve()
}

/// The command lines, without their durations.
fn lines(output: &Output) -> Vec<(String, String)> {
    let line = |line: &str| {
        let (line, ended) = line.strip_prefix("crictl ")?.rsplit_once(" # ")?;
        Some((line.to_owned(), ended.to_owned()))
    };
    output.stderr.lines().filter_map(line).collect()
}

/// The words of a line as a shell has them: blanks part them, single quotes keep what is between, a backslash the
/// next character.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut open) = (Vec::new(), String::new(), false);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => open = !open,
            '\\' if !open => word.extend(chars.next()),
            ' ' if !open => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words
}

/// Runs a command; each of its calls, pasted, has to come over the wire as it did.
fn pasted(fake: &Served, args: &[&str]) -> Vec<String> {
    let before = fake.fake.state().requests.len();
    let output = fake.run(["-D"].iter().chain(args).copied());
    let lines = lines(&output);
    let made = fake.fake.state().requests[before..].to_vec();
    assert_eq!(lines.len(), made.len(), "{args:?}: {output:?}");
    for ((line, _), made) in lines.iter().zip(made) {
        let words = words(line);
        fake.run(words.iter().map(String::as_str));
        let again = fake.fake.state().requests.last().cloned().unwrap();
        assert_eq!((&again.path, &again.body), (&made.path, &made.body), "{line}");
    }
    let endpoint = format!("--runtime-endpoint {} ", fake.endpoint());
    lines.into_iter().map(|(line, ended)| format!("{} # {ended}", line.replace(&endpoint, ""))).collect()
}

#[test]
fn each_call_is_a_line_that_can_be_pasted() {
    let fake = served();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let container = file(
        "c.yaml",
        "metadata: {name: \"it's\"}\nimage: {image: busybox}\nenvs: [{key: A, value: \"$HOME \\\\ \\\"\"}]\n",
    );
    let pod = file("p.yaml", "metadata: {name: web, namespace: ci, uid: u}\nlabels: {\"a b\": \"c\\nd\"}\n");
    for (args, lines) in [
        (
            &["ps"][..],
            &["rpc list-containers --data '{\"filter\":{\"state\":{\"state\":\"CONTAINER_RUNNING\"}}}' # 0ns"][..],
        ),
        (
            &["ps", "-a", "--label", "a=it's"],
            &[r#"rpc list-containers --data '{"filter":{"labelSelector":{"a":"it'\''s"}}}' # 0ns"#],
        ),
        (&["inspect", "c"], &["rpc container-status --data '{\"containerId\":\"c\",\"verbose\":true}' # 0ns"]),
        (
            &["stop", "-t", "3", "x"],
            &["rpc stop-container --data '{\"containerId\":\"x\",\"timeout\":\"3\"}' # 0ns, NotFound"],
        ),
        (&["rpc", "stream-containers"], &["rpc stream-containers # 0ns"]),
        (&["rpc", "version", "--header", "x=a b"], &["rpc version --header 'x=a b' # 0ns"]),
        (&["rpc", "version", "--header", "token=s3cret"], &["rpc version --header 'token=***' # 0ns"]),
    ] {
        assert_eq!(pasted(&fake, args), lines, "{args:?}");
    }
    let methods =
        |lines: &[String]| lines.iter().map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect::<Vec<_>>();
    let calls = pasted(&fake, &["run", &container, &pod]);
    assert_eq!(methods(&calls), ["run-pod-sandbox", "pull-image", "create-container", "start-container"], "{calls:?}");
}

#[test]
fn the_arguments_of_a_command_in_a_container_are_not_in_the_line() {
    let output = served().run(["-D", "exec", "-s", "c", "echo", "S3cret"]);
    let line = "rpc exec-sync --data '{\"containerId\":\"c\",\"cmd\":[\"echo\",\"***\"]}' # 0ns";
    assert!(output.stderr.contains(line) && !output.stderr.contains("S3cret"), "{output:?}");
}

#[test]
fn a_call_that_is_given_up_has_its_line() {
    let fake = Fake::new().with(|state| state.events = vec![Default::default()]).hanging("GetContainerEvents").serve();
    let output = fake.run(["-D", "rpc", "get-container-events", "--max-messages", "1"]);
    assert!(output.stderr.ends_with(" rpc get-container-events # 0ns, given up\n"), "{output:?}");
    assert_eq!(output.status, 0);
    assert!(!fake.run(["ps"]).stderr.contains("rpc"));
}

use crictl::cri::{Container, ContainerMetadata, ContainerState, ContainerStatus, ContainerStatusResponse, ImageSpec};

use crate::golden::golden;
use crate::support::fake::Fake;
use crate::support::run::NOW;
use crate::{HOUR, container, image, map};

/// A container that has ended, as its status shows it.
fn ended(id: &str) -> ContainerStatusResponse {
    let status = ContainerStatus {
        id: id.to_owned(),
        metadata: Some(ContainerMetadata { name: "web".to_owned(), attempt: 2 }),
        state: ContainerState::ContainerExited.into(),
        created_at: NOW - 3 * HOUR,
        started_at: NOW - 2 * HOUR,
        finished_at: NOW - HOUR,
        exit_code: 137,
        image: Some(ImageSpec { image: "busybox:1".to_owned(), ..Default::default() }),
        image_ref: "sha256:1".to_owned(),
        reason: "OOMKilled".to_owned(),
        labels: map([("app", "web")]),
        annotations: map([("note", "none")]),
        ..Default::default()
    };
    ContainerStatusResponse { status: Some(status), ..Default::default() }
}

fn with_ended(fake: Fake, id: &str) -> Fake {
    fake.with(|state| {
        state.container_statuses.insert(id.to_owned(), ended(id));
    })
}

#[test]
fn inspect_prints_everything_as_json_with_times_in_words() {
    let fake = with_ended(Fake::new().info("pid", "42").info("sandboxID", "\"s\""), "e").serve();
    let output = fake.run(["inspect", "e"]);
    assert_eq!((output.errors(), output.status), (String::new(), 0));
    golden("inspect.json", &output.stdout);
    let output = fake.run(["inspect", "-o", "yaml", "--quiet", "e"]);
    assert_eq!((output.errors(), output.status), (String::new(), 0));
    golden("inspect.yaml", &output.stdout);
}

#[test]
fn inspect_prints_what_a_person_wants_as_a_table() {
    let fake = with_ended(Fake::new().info("pid", "42").containers([container("r")]), "e").serve();
    let expected = "\
ID: e
Name: web
Attempt: 2
State: CONTAINER_EXITED
Created: 3 hours ago
Started: 2 hours ago
Finished: About an hour ago
Exit Code: 137
Labels:
\tapp -> web
Annotations:
\tnote -> none
Info: map[pid:42]
ID: r
Name: name-of-r
State: CONTAINER_RUNNING
Created: About an hour ago
Started: About an hour ago
Info: map[pid:42]
";
    assert_eq!(fake.run(["inspect", "-o", "table", "e", "r"]).all(), (expected, String::new(), 0));
}

#[test]
fn inspect_says_zero_for_times_that_have_not_come() {
    let created = Container { state: ContainerState::ContainerCreated.into(), ..container("a") };
    let fake = Fake::new().containers([created]).serve();
    let output = fake.run(["inspect", "a"]);
    for member in ["startedAt", "finishedAt"] {
        assert!(output.stdout.contains(&format!("\"{member}\": \"0001-01-01T00:00:00Z\"")), "{output:?}");
    }
    assert!(output.stdout.contains("\"createdAt\": \"2025-06-15T14:06:40Z\""), "{output:?}");
    assert!(!fake.run(["inspect", "-q", "-o", "table", "a"]).stdout.contains("Started"));
}

#[test]
fn inspect_of_several_is_a_list_in_the_order_of_the_arguments() {
    let fake = Fake::new().containers(["a", "b"].map(container)).serve();
    let output = fake.run(["inspect", "-o", "json", "b", "a"]);
    let ids: Vec<_> = output.stdout.lines().filter(|line| line.contains("\"id\": ")).map(str::trim).collect();
    assert_eq!((ids, output.status), (vec!["\"id\": \"b\",", "\"id\": \"a\","], 0));
    assert!(output.stdout.starts_with("[\n  {\n"), "{output:?}");
}

#[test]
fn inspect_prints_nothing_unless_every_id_is_there() {
    let fake = Fake::new().containers([container("a")]).serve();
    let output = fake.run(["inspect", "a", "x"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert_eq!(
        output.message(),
        "no container \"x\" (ContainerStatus: rpc error: code = NotFound desc = no container \"x\")"
    );
    let output = fake.run(["inspect", "-o", "table", "a", "x"]);
    assert!(output.status == 1 && output.stdout.starts_with("ID: a\n"), "{output:?}");
}

#[test]
fn inspect_without_ids_inspects_what_the_filters_find() {
    let exited =
        Container { state: ContainerState::ContainerExited.into(), created_at: NOW - 9 * HOUR, ..container("e") };
    let labelled = Container {
        labels: map([("app", "web"), ("io.kubernetes.pod.namespace", "kube-system")]),
        pod_sandbox_id: "p".to_owned(),
        created_at: NOW - 2 * HOUR,
        ..container("l")
    };
    let newest =
        Container { image: Some(ImageSpec { image: "caddy:2".to_owned(), ..Default::default() }), ..container("n") };
    let images = [image("b0", "busybox:latest"), image("c0", "caddy:2")];
    let fake = Fake::new().containers([exited, labelled, newest]).images(images).serve();
    for (args, ids) in [
        (&[][..], "n l"),
        (&["--all"], "n l e"),
        (&["--state", "exited"], "e"),
        (&["--label", "app=web"], "l"),
        (&["--pod", "p"], "l"),
        (&["--name", "of-n$"], "n"),
        (&["--namespace", "^kube-"], "l"),
        (&["--namespace", "unknown"], "n"),
        (&["--image", "caddy:2"], "n"),
        (&["--latest"], "n"),
        (&["--last", "2"], "n l"),
        (&["-n", "9", "--name", "of-e"], "e"),
    ] {
        let output = fake.run(["inspect", "-q", "-o", "table"].iter().chain(args).copied());
        let found: Vec<_> = output.stdout.lines().filter_map(|line| line.strip_prefix("ID: ")).collect();
        assert_eq!((found.join(" ").as_str(), output.status), (ids, 0), "{args:?} {output:?}");
    }
}

#[test]
fn inspect_that_finds_nothing_says_so() {
    let output = Fake::new().serve().run(["inspect", "--all"]);
    assert_eq!(output.stdout, "");
    assert!(output.stderr.contains("level=error"), "{output:?}");
    assert_eq!((output.message().as_str(), output.status), ("nothing found per filter", 0));
}

#[test]
fn inspect_refuses_a_format_after_it_has_asked() {
    let fake = Fake::new().containers([container("a")]).serve();
    let output = fake.run(["inspect", "-o", "wide", "a"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(output.message().starts_with("unsupported output format \"wide\""), "{output:?}");
}

#[test]
fn inspect_refuses_a_status_that_lacks_what_the_cri_requires() {
    let lacking = |change: fn(&mut ContainerStatus)| {
        let mut response = ended("a");
        change(response.status.as_mut().unwrap());
        response
    };
    for (response, message) in [
        (ContainerStatusResponse::default(), "the runtime's answer has no container status"),
        (lacking(|status| status.id.clear()), "the runtime's container status \"\" has no id"),
        (lacking(|status| status.metadata = None), "the runtime's container status \"a\" has no metadata"),
        (lacking(|status| status.created_at = 0), "the runtime's container status \"a\" has no time of creation"),
        (lacking(|status| status.image = None), "the runtime's container status \"a\" has no image"),
        (lacking(|status| status.image_ref.clear()), "the runtime's container status \"a\" has no image reference"),
    ] {
        let fake = Fake::new().with(|state| state.container_statuses = [("a".to_owned(), response)].into());
        let output = fake.serve().run(["inspect", "a"]);
        assert_eq!((output.stdout.as_str(), output.message().as_str(), output.status), ("", message, 1));
    }
}

#[test]
fn inspect_refuses_information_that_is_no_json_after_all() {
    let output = Fake::new().containers([container("a")]).info("config", "{oops").serve().run(["inspect", "a"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(
        output.message().starts_with("the runtime's info \"config\" starts like JSON but is not valid"),
        "{output:?}"
    );
}

#[test]
fn inspect_fills_in_a_template() {
    let fake = Fake::new().containers([container("a"), container("b")]).serve();
    let one = fake.run(["inspect", "-o", "go-template", "--template", "{{.status.metadata.name}}", "a"]);
    assert_eq!((one.stdout.as_str(), one.status), ("name-of-a\n", 0));
    let template = "{{range .}}{{.status.id}} {{end}}";
    let several = fake.run(["inspect", "-o", "go-template", "--template", template, "a", "b"]);
    assert_eq!((several.stdout.as_str(), several.status), ("a b \n", 0));
}

#[test]
fn inspect_shows_nothing_of_a_template_that_asks_for_what_is_not_there() {
    let fake = Fake::new().containers([container("a")]).serve();
    let output = fake.run(["inspect", "-o", "go-template", "--template", "id {{.status.ip}}", "a"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert_eq!(output.message(), "map has no entry for key \"ip\", filling in the template");
}

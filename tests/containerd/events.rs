use crictl::cri::{ContainerEventResponse, ContainerEventType};
use crictl::generated::containerd::events::{ContainerCreate, ContainerDelete, TaskExit, TaskOom, TaskStart};
use crictl::generated::containerd::types::Envelope;
use prost::Message;
use prost_types::{Any, Timestamp};

use super::{containerd, jobs, run};
use crate::support::fake::{Fake, Served};

fn event(namespace: &str, topic: &str, event: &impl Message) -> Envelope {
    Envelope {
        timestamp: Some(Timestamp { seconds: 1_750_000_000, nanos: 1 }),
        namespace: namespace.to_owned(),
        topic: topic.to_owned(),
        event: Some(Any { type_url: "containerd.events".to_owned(), value: event.encode_to_vec() }),
    }
}

/// A job's life, and what else happens meanwhile.
fn serve() -> Served {
    let exited_at = Some(Timestamp { seconds: 1_749_999_500, nanos: 0 });
    let exit = |container: &str, id: &str, exit_status| TaskExit {
        container_id: container.to_owned(),
        id: id.to_owned(),
        exit_status,
        exited_at,
        ..Default::default()
    };
    let happened = |fake: Fake| {
        fake.with(|state| {
            state.containerd.as_mut().unwrap().events = vec![
                event("ephemerd", "/containers/create", &ContainerCreate { id: "job-4".into(), ..Default::default() }),
                event("k8s.io", "/containers/create", &ContainerCreate { id: "pod".into(), ..Default::default() }),
                event("ephemerd", "/tasks/start", &TaskStart { container_id: "job-1".into(), pid: 7 }),
                event("ephemerd", "/tasks/oom", &TaskOom { container_id: "job-1".into() }),
                event("ephemerd", "/tasks/exit", &exit("job-1", "command", 1)),
                event("b", "/tasks/start", &TaskStart { container_id: "job-2".into(), pid: 7 }),
                event("ephemerd", "/tasks/exit", &exit("job-2", "job-2", 3)),
                event("ephemerd", "/tasks/exit", &exit("gone", "gone", 137)),
                event("ephemerd", "/containers/delete", &ContainerDelete { id: "gone".into() }),
                event("ephemerd", "/tasks/start", &TaskStart { container_id: "job".into(), pid: 7 }),
            ];
        })
    };
    happened(containerd([("ephemerd", jobs()), ("b", jobs())])).serve()
}

const TEMPLATE: &str =
    "{{.containerEventType}} {{.containerId}}{{range .containersStatuses}} {{.state}} {{.exitCode}}{{end}}";
const SHOWN: [&str; 4] = ["events", "-o", "go-template", "--template"];

#[test]
fn events_are_those_of_the_containers_of_a_namespace_in_the_cris_form() {
    let served = serve();
    let output = run(&served, SHOWN.into_iter().chain([TEMPLATE]));
    let expected = "\
CONTAINER_CREATED_EVENT job-4 CONTAINER_CREATED 0
CONTAINER_STARTED_EVENT job-1 CONTAINER_RUNNING 0
CONTAINER_STOPPED_EVENT job-2 CONTAINER_EXITED 3
CONTAINER_STOPPED_EVENT gone CONTAINER_EXITED 137
CONTAINER_DELETED_EVENT gone
CONTAINER_STARTED_EVENT job
";
    assert_eq!(output.all(), (expected, String::new(), 0));
    let time = run(&served, SHOWN.into_iter().chain(["{{.createdAt}}"]));
    assert_eq!(time.stdout.lines().next(), Some("1750000000000000001"));
}

#[test]
fn all_events_are_the_cris_and_those_of_every_other_namespace() {
    let served = serve();
    let pod = ContainerEventResponse {
        container_id: "pod".to_owned(),
        container_event_type: ContainerEventType::ContainerStartedEvent.into(),
        ..Default::default()
    };
    served.fake.state().events.push(pod);
    let args = ["--timeout", "60s", "--ns", "all"].into_iter().chain(SHOWN);
    let template =
        "{{.containerId}}{{range .containersStatuses}} {{index .annotations \"io.containerd/namespace\"}}{{end}}";
    let output = served.run(args.chain([template]));
    let mut lines: Vec<_> = output.stdout.lines().collect();
    lines.sort_unstable();
    let expected =
        ["gone", "gone ephemerd", "job", "job-1 ephemerd", "job-2 b", "job-2 ephemerd", "job-4 ephemerd", "pod"];
    assert_eq!((lines, output.errors().as_str(), output.status), (expected.into(), "", 0));
}

#[test]
fn another_runtime_has_no_events_of_containerds() {
    let served = Fake::new().serve();
    for namespace in ["ephemerd", "all"] {
        let output = served.run(["--ns", namespace, "events"]);
        assert!(output.message().contains("has no namespaces of containerd"), "{output:?}");
        assert_eq!(output.status, 1);
    }
}

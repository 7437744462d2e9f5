use serde_json::{Value, json};

use super::{containerd, images, jobs, space};
use crate::container;
use crate::support::fake::Served;
use crate::support::fake::containerd::Space;

/// A containerd with a pod's container, jobs, and what Docker runs in one of them.
fn host() -> Served {
    let cri = Space::default()
        .container("pod-1", None)
        .with(|it| drop(it.labels.insert("io.cri-containerd.kind".to_owned(), "sandbox".to_owned())))
        .container("cri-1", None)
        .with(|it| drop(it.labels.insert("io.cri-containerd.kind".to_owned(), "container".to_owned())));
    let docker = Space::default().container("job-1", None).container("sibling", None);
    containerd([("k8s.io", cri), ("ephemerd", jobs()), ("ephemerd-dind-7", docker)])
        .containers([container("cri-1")])
        .serve()
}

fn run<'a>(served: &Served, args: impl IntoIterator<Item = &'a str>) -> crate::support::run::Output {
    served.run(["--timeout", "60s", "--containerd-namespace", "all"].into_iter().chain(args))
}

#[test]
fn ps_shows_the_cris_containers_and_every_other_with_their_namespaces() {
    let served = host();
    let output = run(&served, ["ps", "-a"]);
    assert_eq!((output.errors().as_str(), output.status), ("", 0));
    let mut rows: Vec<_> = output.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    assert!(rows.remove(0).join(" ").ends_with("POD NAMESPACE CONTAINERD NAMESPACE"), "{output:?}");
    let mut rows: Vec<_> = rows.iter().map(|row| (row[0], *row.last().unwrap())).collect();
    rows.sort_unstable();
    assert_eq!(
        rows,
        [
            ("cri-1", "k8s.io"),
            ("job-1", "ephemerd"),
            ("job-1", "ephemerd-dind-7"),
            ("job-2", "ephemerd"),
            ("job-3", "ephemerd"),
            ("job-4", "ephemerd"),
            ("sibling", "ephemerd-dind-7"),
        ]
    );
    let document: Value = serde_json::from_str(&run(&served, ["ps", "-o", "json", "--id", "cri"]).stdout).unwrap();
    let container = &document["containers"][0];
    assert_eq!((&container["containerdNamespace"], &container["annotations"]), (&json!("k8s.io"), &json!({})));
}

#[test]
fn images_and_stats_have_the_column_and_the_member_too() {
    let served = containerd([("a", images()), ("b", images().container("b-1", None))]).serve();
    let table = run(&served, ["images"]).stdout;
    let last: Vec<_> = table.lines().map(|line| line.split_whitespace().last().unwrap()).collect();
    assert_eq!(last, ["NAMESPACE", "a", "a", "b", "b", "a", "b"]);
    let images: Value = serde_json::from_str(&run(&served, ["images", "-o", "json"]).stdout).unwrap();
    let images = images["images"].as_array().unwrap();
    assert!(images.iter().all(|image| image["containerdNamespace"] == "a" || image["containerdNamespace"] == "b"));
    let stats: Value = serde_json::from_str(&run(&served, ["stats", "-o", "json"]).stdout).unwrap();
    assert_eq!(stats["stats"][0]["containerdNamespace"], "b");
    let table = run(&served, ["stats", "-a", "--seconds", "0"]).stdout;
    assert!(table.lines().nth(1).unwrap().trim_end().ends_with(" b"), "{table}");
}

#[test]
fn an_id_is_found_wherever_it_is_and_in_two_places_it_is_an_error() {
    let served = host();
    let output = run(&served, ["rm", "-f", "--keep-logs", "sibling", "job-2", "cri-1"]);
    assert_eq!((output.errors().as_str(), output.status), ("", 0));
    assert!(!space(&served, "ephemerd-dind-7").containers.iter().any(|it| it.id == "sibling"));
    assert!(served.fake.state().containers.is_empty());
    let message = run(&served, ["stop", "job-1"]).message();
    let several = "\"job-1\" is in several places: job-1 in ephemerd, job-1 in ephemerd-dind-7";
    assert!(message.starts_with(&format!("{several}; name one with --containerd-namespace")), "{message}");
    // What is the whole id of one is not the beginning of another's.
    let message = run(&served, ["stop", "nope"]).message();
    assert!(message.starts_with("no container \"nope\" in any namespace of containerd"), "{message}");
    let message = run(&served, ["inspect", "pod-1"]).message();
    assert!(message.starts_with("no container \"pod-1\" in any namespace of containerd"), "{message}");
}

#[test]
fn an_image_is_removed_where_it_is_if_that_is_one_place() {
    let served = containerd([("a", images()), ("b", Space::default())]).serve();
    assert_eq!(run(&served, ["rmi", "busybox:1"]).stdout, "Deleted: docker.io/library/busybox:1\n");
    assert_eq!(space(&served, "a").images.len(), 2);
    assert_eq!(run(&served, ["rmi", "gone"]).message(), "no such image gone present");
    let served = containerd([("a", images()), ("b", images())]).serve();
    let message = run(&served, ["rmi", "busybox:1"]).message();
    assert!(
        message.contains(" in a, ") && message.contains(" in b; name one with --containerd-namespace"),
        "{message}"
    );
}

#[test]
fn the_rest_is_the_cris() {
    let served = host();
    assert!(run(&served, ["version"]).stdout.contains("RuntimeName:  fake\n"));
    assert_eq!(run(&served, ["pods", "-q"]).all(), ("", String::new(), 0));
    let message = run(&served, ["pull", "busybox"]).message();
    assert!(
        message.contains("an image is pulled into one namespace of containerd; name it with --containerd-namespace"),
        "{message}"
    );
}

#[test]
fn a_containerd_without_the_cri_has_the_other_namespaces() {
    let served = host();
    served.fake.state().failure = Some(("ListContainers", tonic::Status::unimplemented("unknown service")));
    assert_eq!(run(&served, ["ps", "-aq"]).stdout.lines().count(), 6);
}

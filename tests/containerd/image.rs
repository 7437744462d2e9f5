use serde_json::{Value, json};

use super::{containerd, images, run, sha, space};

#[test]
fn the_names_of_one_digest_are_an_image_with_several_tags() {
    let served = containerd([("ephemerd", images())]).serve();
    let output = run(&served, ["images", "-o", "json"]);
    assert_eq!((output.errors().as_str(), output.status), ("", 0));
    let listed: Value = serde_json::from_str(&output.stdout).unwrap();
    let listed = listed["images"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    let busybox = listed.iter().find(|image| image["id"] == sha("c")).unwrap();
    assert_eq!(busybox["repoTags"], json!(["docker.io/library/busybox:1", "docker.io/library/busybox:latest"]));
    assert_eq!(busybox["repoDigests"], json!([format!("docker.io/library/busybox@{}", sha("b"))]));
    // Index, manifest, configuration, layers: what the CRI counts.
    assert_eq!((&busybox["size"], &busybox["uid"]["value"]), (&json!("2134"), &json!("1000")));
    let gone = listed.iter().find(|image| image["id"] == sha("d")).unwrap();
    assert_eq!((&gone["size"], &gone["repoTags"]), (&json!("77"), &json!([])));
    let table = run(&served, ["images"]).stdout;
    let names: Vec<_> = table.lines().skip(1).map(|line| line.split_whitespace().take(2).collect::<Vec<_>>()).collect();
    let busybox = "docker.io/library/busybox";
    assert_eq!(names, [[busybox, "1"], [busybox, "latest"], ["job-image", "<none>"]]);
}

#[test]
fn an_image_is_found_by_its_name_in_short_its_id_and_its_digest() {
    let served = containerd([("ephemerd", images())]).serve();
    let tags = |word: &str| {
        let output = run(&served, ["inspecti", "-o", "go-template", "--template", "{{.status.repoTags}}", word]);
        if output.status == 0 { output.stdout } else { output.message() }
    };
    let (one, latest) = ("docker.io/library/busybox:1", "docker.io/library/busybox:latest");
    assert_eq!(tags("busybox:1"), format!("[{one}]\n"));
    assert_eq!(tags("busybox"), format!("[{latest}]\n"));
    for word in [sha("c"), "cccc".to_owned(), sha("b")] {
        assert_eq!(tags(&word), format!("[{one} {latest}]\n"), "{word}");
    }
    assert_eq!(tags("busybox:2"), "no such image busybox:2 present");
}

#[test]
fn rmi_removes_only_the_names_that_it_is_given() {
    let served = containerd([("ephemerd", images())]).serve();
    let names = || space(&served, "ephemerd").images.into_iter().map(|image| image.name).collect::<Vec<_>>();
    let (one, latest) = ("docker.io/library/busybox:1", "docker.io/library/busybox:latest");
    let output = run(&served, ["rmi", one]);
    assert_eq!(output.all(), (format!("Deleted: {one}\n").as_str(), String::new(), 0));
    assert_eq!(names(), [latest, "job-image"]);
    let output = run(&served, ["rmi", &sha("c")]);
    assert_eq!(output.stdout, format!("Deleted: {latest}\n"));
    assert_eq!(names(), ["job-image"]);
}

#[test]
fn rmi_prune_keeps_what_a_container_uses_under_any_name() {
    let jobs = images().container("job", None);
    let served = containerd([("ephemerd", jobs)]).serve();
    let output = run(&served, ["rmi", "--prune"]);
    assert_eq!((output.errors().as_str(), output.status), ("", 0));
    let names: Vec<_> = space(&served, "ephemerd").images.into_iter().map(|image| image.name).collect();
    assert_eq!(names, ["docker.io/library/busybox:1", "docker.io/library/busybox:latest"]);
}

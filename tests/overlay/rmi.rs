use crictl::cri::{Container, Image, ImageSpec};
use tonic::Status;

use crate::container;
use crate::support::fake::Fake;

fn image(id: &str, tags: &[&str]) -> Image {
    let repo_tags = tags.iter().map(ToString::to_string).collect();
    Image { id: format!("sha256:{id}"), repo_tags, size: 1, ..Default::default() }
}

#[test]
fn rmi_warns_when_a_tag_takes_others_with_it() {
    let fake = Fake::new().images([image("1", &["r/x:1", "r/x:2"])]).serve();
    let output = fake.run(["rmi", "r/x:1"]);
    assert_eq!((output.stdout.as_str(), output.status), ("Deleted: r/x:1\nDeleted: r/x:2\n", 0));
    let warnings = output.errors();
    assert!(warnings.contains("several tags") && warnings.contains("  r/x:2"), "{warnings}");
}

#[test]
fn rmi_does_each_image_once_and_goes_on_after_a_failure() {
    let fake = Fake::new().images([image("1", &["a:1"]), image("2", &["b:1"])]).serve();
    let output = fake.run(["rmi", "sha256:2", "gone", "sha256:2", "sha256:1"]);
    assert_eq!((output.stdout.as_str(), output.status), ("Deleted: b:1\nDeleted: a:1\n", 1));
    assert_eq!(output.message(), "no such image gone present");
}

#[test]
fn rmi_prune_leaves_what_is_used_or_pinned() {
    let used = image("1", &["busybox:latest"]);
    let pinned = Image { pinned: true, ..image("2", &["pause:3"]) };
    let fake = Fake::new().images([used, pinned, image("3", &["c:1"])]).containers([container("a")]).serve();
    let output = fake.run(["rmi", "--prune"]);
    assert_eq!((output.stdout.as_str(), output.status), ("Deleted: c:1\n", 0));
    assert_eq!(fake.fake.state().images.len(), 2);
}

#[test]
fn rmi_prune_asks_for_each_image_once_however_many_containers_use_it() {
    let names = ["a:1", "b:1", "gone"];
    let of = |name: &str| Some(ImageSpec { image: name.to_owned(), ..Default::default() });
    let containers = (0..1000).map(|number| Container { image: of(names[number % 3]), ..container("a") });
    let images = [image("1", &["a:1"]), image("2", &["b:1"])];
    let fake = Fake::new().containers(containers).images(images).serve();
    let output = fake.run(["rmi", "--prune"]);
    assert_eq!((output.stdout.as_str(), output.errors().as_str(), output.status), ("", "", 0));
    let calls = &fake.fake.state().calls;
    assert_eq!(calls.iter().filter(|call| **call == "ImageStatus").count(), names.len(), "{calls:?}");
}

#[test]
fn rmi_prune_only_warns_of_what_cannot_be_removed() {
    let images = [image("1", &["a:1"])];
    let fake = Fake::new().images(images).failing("RemoveImage", Status::internal("in use")).serve();
    let output = fake.run(["rmi", "-q"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 0));
    assert!(output.errors().contains("level=warning msg=\"in use"), "{output:?}");
}

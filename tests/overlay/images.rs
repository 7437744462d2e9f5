use crictl::cri::{Image, Int64Value};

use crate::image;
use crate::support::fake::Fake;

/// Three images: one with two tags, one without tags, one that says who runs in it.
fn fake() -> Fake {
    let busybox =
        Image { repo_tags: vec!["busybox:1".to_owned(), "busybox:latest".to_owned()], ..image("b0", "busybox:1") };
    let dangling = Image { repo_tags: Vec::new(), repo_digests: Vec::new(), size: 999_950, ..image("d0", "x:1") };
    let pause = Image {
        uid: Some(Int64Value { value: 65535 }),
        username: "nobody".to_owned(),
        pinned: true,
        ..image("0123456789abcdef", "registry/pause:3")
    };
    Fake::new().images([pause, dangling, busybox])
}

#[test]
fn images_prints_a_row_for_each_tag() {
    let expected = "\
IMAGE               TAG                 IMAGE ID            SIZE
<none>              <none>              d0                  1e+03kB
busybox             1                   b0                  1.23MB
busybox             latest              b0                  1.23MB
registry/pause      3                   0123456789abc       1.23MB
";
    let fake = fake().serve();
    for name in ["images", "image", "img"] {
        let output = fake.run([name]);
        let mut lines: Vec<_> = output.stdout.lines().skip(1).collect();
        lines.sort_unstable();
        assert_eq!(lines, expected.lines().skip(1).collect::<Vec<_>>(), "{output:?}");
    }
}

#[test]
fn images_shows_digests_pins_and_whole_ids() {
    let fake = Fake::new().images([image("0123456789abcdef", "busybox:1")]).serve();
    let expected = "\
IMAGE               TAG                 DIGEST              IMAGE ID            SIZE                PINNED
busybox             1                   ddddddddddddd       0123456789abc       1.23MB              false
";
    assert_eq!(fake.run(["images", "--digests", "--pinned"]).all(), (expected, String::new(), 0));
    let output = fake.run(["images", "--digests", "--no-trunc"]);
    let whole = format!("sha256:{}   sha256:0123456789abcdef   1.23MB\n", "d".repeat(64));
    assert!(output.stdout.ends_with(&whole), "{output:?}");
}

#[test]
fn images_prints_ids_where_it_is_to_be_quiet() {
    let output = fake().serve().run(["images", "-q", "-v", "--filter", "dangling=true"]);
    assert_eq!(output.all(), ("sha256:d0\n", String::new(), 0));
}

#[test]
fn images_prints_a_paragraph_for_each_where_it_is_to_be_verbose() {
    let expected = format!(
        "\
ID: sha256:0123456789abcdef
RepoTags: registry/pause:3
RepoDigests: registry/pause@sha256:{}
Size: 1234567
Uid: value:65535
Username: nobody
Pinned: true

",
        "d".repeat(64)
    );
    let output = fake().serve().run(["images", "-v", "registry/pause:3"]);
    assert_eq!(output.all(), (expected.as_str(), String::new(), 0));
}

#[test]
fn images_prints_the_list_as_json() {
    let expected = r#"{
  "images": [
    {
      "id": "sha256:d0",
      "repoTags": [],
      "repoDigests": [],
      "size": "999950",
      "username": "",
      "pinned": false
    }
  ]
}
"#;
    let fake = fake().serve();
    let output = fake.run(["images", "-o", "json", "-q", "-f", "dangling=true"]);
    assert_eq!(output.all(), (expected, String::new(), 0));
    let output = fake.run(["images", "-o", "yaml", "-f", "dangling=true"]);
    let expected = "images:\n- id: sha256:d0\n  pinned: false\n  repoDigests: []\n  repoTags: []\n  size: \"999950\"\n  username: \"\"\n\n";
    assert_eq!(output.all(), (expected, String::new(), 0));
}

#[test]
fn images_takes_any_other_format_for_a_table() {
    let output = Fake::new().serve().run(["images", "-o", "wide"]);
    let heading = "IMAGE               TAG                 IMAGE ID            SIZE\n";
    assert_eq!(output.all(), (heading, String::new(), 0));
}

#[test]
fn images_are_chosen_by_each_filter() {
    let images = [image("a0", "alpine:3"), image("b0", "busybox:1"), image("c0", "caddy:2")];
    let fake = Fake::new().images(images).serve();
    for (args, ids) in [
        (&["busybox:1"][..], "sha256:b0\n"),
        (&["nobody:1"], ""),
        (&["-f", "dangling=false"], "sha256:a0\nsha256:b0\nsha256:c0\n"),
        (&["-f", "dangling=perhaps"], ""),
        (&["-f", "reference=^[ab]"], "sha256:a0\nsha256:b0\n"),
        (&["-f", "reference=y$", "-f", "reference=c"], "sha256:c0\n"),
        (&["-f", "since=busybox:1"], "sha256:a0\n"),
        (&["-f", "before=busybox:1"], "sha256:c0\n"),
        (&["-f", "since=sha256:c0"], "sha256:a0\nsha256:b0\nsha256:c0\n"),
        (&["-f", "before=nobody:1"], "sha256:a0\nsha256:b0\nsha256:c0\n"),
        (&["-f", "dangling=false,reference=alpine"], "sha256:a0\n"),
    ] {
        let output = fake.run(["images", "-q"].iter().chain(args).copied());
        assert_eq!(output.all(), (ids, String::new(), 0), "{args:?}");
    }
}

#[test]
fn images_refuses_a_filter_that_is_none() {
    for filter in ["colour=red", "reference=("] {
        let output = fake().serve().run(["images", "--filter", filter]);
        assert_eq!((output.stdout.as_str(), output.status), ("", 1), "{output:?}");
        assert!(output.message().contains(filter.split('=').next().unwrap()), "{output:?}");
    }
}

#[test]
fn images_with_two_names_is_a_call_for_help() {
    let fake = fake().serve();
    let output = fake.run(["images", "a", "b"]);
    assert!(output.stdout.contains("Usage: crictl images"), "{output:?}");
    assert_eq!((output.errors(), output.status), (String::new(), 0));
    assert!(fake.fake.state().calls.is_empty());
}

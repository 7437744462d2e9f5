use crictl::cri::Image;

use crate::image;
use crate::support::fake::Fake;

fn fake() -> Fake {
    Fake::new().images([image("a0", "alpine:3"), image("b0", "busybox:1")])
}

#[test]
fn inspecti_prints_an_image_by_its_name_or_id() {
    let expected = format!(
        r#"{{
  "chainID": "sha256:c",
  "status": {{
    "id": "sha256:a0",
    "pinned": false,
    "repoDigests": [
      "alpine@sha256:{}"
    ],
    "repoTags": [
      "alpine:3"
    ],
    "size": "1234567",
    "username": ""
  }}
}}
"#,
        "d".repeat(64)
    );
    let fake = fake().info("chainID", "sha256:c").serve();
    for name in ["alpine:3", "sha256:a0"] {
        assert_eq!(fake.run(["inspecti", name]).all(), (expected.as_str(), String::new(), 0));
    }
    let output = fake.run(["inspecti", "-q", "-o", "yaml", "busybox:1"]);
    assert!(output.stdout.starts_with("status:\n  id: sha256:b0\n  pinned: false\n"), "{output:?}");
    assert!(output.stdout.ends_with("\n  username: \"\"\n\n"), "{output:?}");
}

#[test]
fn inspecti_prints_what_a_person_wants_as_a_table() {
    let digest = "d".repeat(64);
    let expected = format!("ID: sha256:a0\nTag: alpine:3\nDigest: alpine@sha256:{digest}\nSize: 1.23MB\n");
    let fake = fake().info("b", "2").info("a", "1").serve();
    let output = fake.run(["inspecti", "--quiet", "-o", "table", "alpine:3"]);
    assert_eq!(output.all(), (expected.as_str(), String::new(), 0));
    let verbose = expected + "Info: map[a:1 b:2]\n";
    let output = fake.run(["inspecti", "-o", "table", "alpine:3"]);
    assert_eq!(output.all(), (verbose.as_str(), String::new(), 0));
}

#[test]
fn inspecti_without_names_inspects_what_the_filters_find() {
    let dangling = Image { repo_tags: Vec::new(), ..image("d0", "x:1") };
    let fake = fake().images([dangling]).serve();
    for (args, ids) in [
        (&[][..], "sha256:a0 sha256:b0 sha256:d0"),
        (&["--name", "busybox:1"], "sha256:b0"),
        (&["--filter", "dangling=true"], "sha256:d0"),
        (&["-f", "reference=alp"], "sha256:a0"),
    ] {
        let output = fake.run(["inspecti", "-o", "table"].iter().chain(args).copied());
        let mut found: Vec<_> = output.stdout.lines().filter_map(|line| line.strip_prefix("ID: ")).collect();
        found.sort_unstable();
        assert_eq!((found.join(" ").as_str(), output.status), (ids, 0), "{args:?} {output:?}");
    }
}

#[test]
fn inspecti_that_finds_nothing_says_so() {
    let output = Fake::new().serve().run(["inspecti"]);
    assert_eq!(output.stdout, "");
    assert_eq!((output.message().as_str(), output.status), ("nothing found per filter", 0));
}

#[test]
fn inspecti_prints_nothing_unless_every_image_is_there() {
    let fake = fake().serve();
    let output = fake.run(["inspecti", "alpine:3", "nobody:1"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert_eq!(output.message(), "no such image nobody:1 present");
    let output = fake.run(["inspecti", "-o", "table", "alpine:3", "nobody:1"]);
    assert!(output.status == 1 && output.stdout.starts_with("ID: sha256:a0\n"), "{output:?}");
}

#[test]
fn inspecti_refuses_a_format_and_an_image_without_a_size() {
    let output = fake().serve().run(["inspecti", "-o", "wide", "alpine:3"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(output.message().starts_with("unsupported output format \"wide\""), "{output:?}");
    let output =
        Fake::new().images([Image { size: 0, ..image("a0", "alpine:3") }]).serve().run(["inspecti", "alpine:3"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert_eq!(output.message(), "the runtime's status of image \"alpine:3\" has no size");
}

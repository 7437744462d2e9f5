use crate::golden::golden;
use crate::learn::{Folder, SHAPES, output, transcript};
use crate::support::raw::mirror::Mirror;
use crate::support::run::crictl;

#[test]
fn a_skeleton_is_the_golden_one() {
    let text = transcript(&[
        &["rpc", "list-containers", "--skeleton"],
        &["rpc", "list-containers", "--skeleton=json"],
        &["rpc", "update-container-resources", "--skeleton=yaml"],
        &["rpc", "list-containers", "--skeleton", "--filter.state.state", "1", "--filter.label-selector", "a=yes"],
        &[
            "rpc",
            "pull-image",
            "--skeleton",
            "--data",
            "{image: {image: a, annotations: {'1': 'no'}}}",
            "--auth.username",
            "u",
        ],
        &["rpc", "pull-image", "--skeleton=json", "--data", "{image: {image: a}}", "--set", "auth.server_address=s"],
        &[
            "rpc",
            "--proto",
            SHAPES,
            "echo",
            "--skeleton",
            "--lists.messages",
            "{a_float: 1.5}",
            "--choice.nothing",
            "{}",
        ],
        &["rpc", "--proto", SHAPES, "watch", "--skeleton"],
        &["rpc", "version", "--skeleton=xml"],
        &["rpc", "version", "--skeleton", "--data", "{}\n---\n{}"],
    ]);
    golden("rpc-skeleton.txt", &text);
}

#[test]
fn the_skeleton_of_every_method_sends_what_no_document_does() {
    let server = Mirror::answering(|_, _| Some(Vec::new()));
    let folder = Folder::new();
    for method in crictl::generated::methods::METHODS {
        let bare = server.call(["rpc", method.command]);
        assert_eq!(bare, (method.path.to_owned(), Vec::new()));
        for form in ["--skeleton", "--skeleton=json", "--skeleton=yaml"] {
            let data = folder.data(&output(&["rpc", method.command, form]));
            assert_eq!(server.call(["rpc", method.command, "--data", &data]), bare, "{form}");
        }
    }
}

#[test]
fn a_skeleton_has_what_the_flags_beside_it_say_and_sends_that() {
    let server = Mirror::answering(|_, _| Some(Vec::new()));
    let folder = Folder::new();
    let document = r#"{"config": {"envs": [{"key": "A", "value": "ünï: # yes"}], "mounts": [{}, {"host_path": "/"}],
        "annotations": {"x.y/z": "", "": "1"}, "linux": {"security_context": {"capabilities": {}}}}}"#;
    for args in [
        &["create-container", "--data", document, "--config.command", "sh", "--config.command=-c", "--config.stdin"][..],
        &["update-container-resources", "--linux.cpu-quota", "-1", "--windows.rootfs-size-in-bytes=9007199254740993"],
        &["pull-image", "--show-secrets", "--auth.password", "hunter2", "--set", "image.annotations[a.b]=c"],
        &[
            "list-pod-sandbox",
            "--filter.state.state",
            "sandbox_notready",
            "--set",
            "filter.labelSelector={\"a\": \"b\"}",
        ],
    ] {
        let args: Vec<_> = ["rpc"].iter().chain(args).copied().collect();
        let direct = server.call(args.iter().copied());
        assert!(!direct.1.is_empty());
        for form in ["--skeleton=yaml", "--skeleton=json"] {
            let skeleton = output(&[args.as_slice(), &[form]].concat());
            let data = folder.data(&skeleton);
            assert_eq!(server.call(["rpc", args[1], "--data", &data]), direct, "{skeleton}");
            // A skeleton of a skeleton is the same.
            assert_eq!(output(&["rpc", args[1], "--show-secrets", "--data", &data, form]), skeleton);
        }
    }
}

#[test]
fn taking_one_mark_away_sets_the_message_and_no_other() {
    let folder = Folder::new();
    for (proto, method, above, expected) in [
        ("", "list-containers", vec!["filter:"], "{\n  \"filter\": {}\n}\n"),
        ("", "update-container-resources", vec!["linux:"], "{\n  \"linux\": {}\n}\n"),
        (
            "",
            "update-container-resources",
            vec!["linux:", "  hugepageLimits:"],
            "{\n  \"linux\": {\n    \"hugepageLimits\": [\n      {}\n    ]\n  }\n}\n",
        ),
        ("", "create-container", vec!["config:", "  metadata:"], "{\n  \"config\": {\n    \"metadata\": {}\n  }\n}\n"),
        (
            SHAPES,
            "echo",
            vec!["maps:", "  bySint32:"],
            "{\n  \"maps\": {\n    \"bySint32\": {\n      \"0\": {}\n    }\n  }\n}\n",
        ),
        (SHAPES, "echo", vec!["tree:", "  forest:"], "{\n  \"tree\": {\n    \"forest\": {}\n  }\n}\n"),
    ] {
        let proto = if proto.is_empty() { vec![] } else { vec!["--proto", proto] };
        let args = [&["rpc"], proto.as_slice(), &[method]].concat();
        let mut skeleton = output(&[args.as_slice(), &["--skeleton"]].concat());
        for key in &above {
            skeleton = uncommented(&skeleton, key);
        }
        let data = folder.data(&skeleton);
        let sent = crictl(args.iter().copied().chain(["--dry-run", "--data", &data]), &[], "");
        assert_eq!((sent.stdout.as_str(), sent.status), (expected, 0), "{skeleton}");
    }
}

/// One mark less on the commented lines below a key.
fn uncommented(skeleton: &str, key: &str) -> String {
    let mut below = false;
    let line = |line: &str| {
        let was_below = below;
        below = line.starts_with(key) || (below && line.starts_with('#'));
        let line = if was_below { line.strip_prefix('#').unwrap_or(line) } else { line };
        format!("{line}\n")
    };
    skeleton.lines().map(line).collect()
}

//! Files in the encodings that Windows' editors and shells write, and files without an end.

use std::fs;

use tempfile::TempDir;

use crate::container;
use crate::support::fake::Fake;
use crate::support::run::crictl;

/// A text in each encoding that a mark names.
fn encodings(text: &str) -> [Vec<u8>; 3] {
    let utf16 = |bytes: fn(u16) -> [u8; 2]| format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect();
    [format!("\u{feff}{text}").into_bytes(), utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)]
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

#[test]
fn a_config_file_is_read_in_every_encoding_and_stays_in_it() {
    let folder = Folder::new();
    let fake = Fake::new().containers([container("a")]).serve();
    let text = format!("# für alle\r\nruntime-endpoint: {}\r\ntimeout: 5\r\n", fake.endpoint());
    let more = "---\r\nnext: 1\r\n";
    let changed = text.replace(": 5", ": 9")
        + "image-endpoint: \"\"\r\ndebug: false\r\npull-image-on-create: false\r\ndisable-pull-on-run: false\r\n"
        + more;
    for (bytes, expected) in encodings(&(text + more)).iter().zip(encodings(&changed)) {
        let file = folder.file("crictl.yaml", bytes);
        assert_eq!(crictl(["-c", &file, "ps", "-q"], &[], "").all(), ("a\n", String::new(), 0));
        assert_eq!(crictl(["-c", &file, "config", "--set", "timeout=9"], &[], "").all(), ("", String::new(), 0));
        assert_eq!(fs::read(&file).unwrap(), expected, "{}", String::from_utf8_lossy(&fs::read(&file).unwrap()));
    }
    let file = folder.file("crictl.yaml", b"\xff\xfea");
    let output = crictl(["-c", &file, "ps"], &[], "");
    assert_eq!(
        output.message(),
        format!("{file}: not UTF-16, which its byte order mark announces, loading the config file")
    );
}

#[test]
fn documents_are_read_in_every_encoding() {
    let folder = Folder::new();
    let pods = encodings("metadata: {name: größe, namespace: prod}\n");
    let json = encodings(r#"{"config": {"metadata": {"name": "größe", "namespace": "prod"}}}"#);
    for (pod, data) in pods.iter().zip(&json) {
        let fake = Fake::new().serve();
        let (pod, data) = (folder.file("pod.yaml", pod), format!("@{}", folder.file("data.json", data)));
        assert_eq!(fake.run(["runp", &pod]).status, 0);
        let output = fake.run(["rpc", "run-pod-sandbox", "--data", &data]);
        assert_eq!(output.status, 0, "{output:?}");
        let pods = fake.fake.state().pods.clone();
        let names: Vec<_> = pods.iter().map(|pod| pod.metadata.clone().unwrap().name).collect();
        assert_eq!(names, ["größe", "größe"]);
    }
}

#[test]
fn protos_are_read_in_every_encoding_and_so_is_what_they_import() {
    let folder = Folder::new();
    let proto = "syntax = \"proto3\"; package runtime.v1; import \"part.proto\";
        service S { rpc Send(Mount) returns (Mount); }
        // Größe.
        message Mount { Part part = 1; }";
    let part = "syntax = \"proto3\"; package runtime.v1; message Part { string name = 1; }";
    for (proto, part) in encodings(proto).iter().zip(encodings(part)) {
        folder.file("part.proto", &part);
        let proto = folder.file("api.proto", proto);
        let output = crictl(["rpc", "describe", "--proto", &proto, "Mount"], &[], "");
        assert!(output.stdout.starts_with("Mount: Größe\n"), "{output:?}");
    }
}

#[test]
fn a_file_without_an_end_is_refused() {
    let fake = Fake::new().serve();
    for args in [
        &["-c", "/dev/zero", "ps"][..],
        &["runp", "/dev/zero"],
        &["run", "/dev/zero", "/dev/zero"],
        &["rpc", "version", "--data", "@/dev/zero"],
        &["rpc", "list", "--proto", "/dev/zero"],
        &["-c", "/dev/zero", "config", "--list"],
    ] {
        let output = fake.run(args.iter().copied());
        assert!(output.status == 1 && output.stderr.contains("larger than 16 MiB"), "{args:?}: {output:?}");
    }
    assert!(fake.fake.state().calls.is_empty());
}

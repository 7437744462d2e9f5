//! What adopting a release writes and reports.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crictl_codegen::{
    Error, Input,
    bump::{self, Bump, Report, uses},
    model,
    model::Model,
};
use proptest::{prelude::*, sample::select};

use crate::support::{path, refresh, releases, tree};

#[test]
fn the_report_on_each_release_is_the_golden_one() {
    let releases = releases();
    let models: Vec<_> = releases.iter().map(|release| bare(&release.proto)).collect();
    // Not those of the sources, which change for other reasons.
    let uses = [
        ("create", &["CreateContainer", "PullImage"][..]),
        ("info", &["Status"]),
        ("inspect", &["ContainerStatus"]),
        ("ps", &["ListContainers", "ImageStatus"]),
        ("stats", &["ListContainerStats"]),
    ];
    let uses = uses.map(|(command, calls)| (command.to_owned(), calls.iter().map(|it| (*it).to_owned()).collect()));
    let uses = uses.into();
    refresh((1..releases.len()).map(|at| {
        let (old, new) = (&releases[at - 1].name, &releases[at].name);
        let report = Report::new(Some((old, &models[at - 1])), (new, &models[at]), &uses);
        assert_eq!(report.breaks(), 0, "{old} -> {new}");
        (path("tests/golden/bump").join(format!("{old}-{new}.txt")), report.render())
    }));
}

#[test]
fn what_a_command_calls_is_a_method_of_a_release() {
    let uses = uses::read(&path("../src/overlay")).expect("the sources are there");
    assert!(uses["ps"].contains("ListContainers"), "{uses:?}");
    let releases = releases();
    let models: Vec<_> = releases.iter().map(|release| bare(&release.proto)).collect();
    let services: Vec<_> = models.iter().flat_map(|model| &model.services).collect();
    for (command, call) in uses.iter().flat_map(|(command, calls)| calls.iter().map(move |call| (command, call))) {
        let known = services.iter().flat_map(|service| &service.methods).any(|method| method.name == *call);
        assert!(known, "{command} calls {call}, which no release has");
    }
}

#[test]
fn the_protos_that_are_kept_are_canonical() {
    for release in releases() {
        let (text, _) = bump::canonical(&release.proto, &release.name).expect("it can be expressed");
        assert_eq!(text, read(&release.proto), "{}", release.name);
    }
}

#[test]
fn the_canonical_form_of_every_shape_is_the_same_api() {
    let proto = path("tests/shapes/shapes.proto");
    let (text, _) = bump::canonical(&proto, "1.0").expect("it can be expressed");
    let folder = tempfile::tempdir().expect("a scratch folder");
    let again = folder.path().join("api.proto");
    fs::write(&again, &text).expect("it can be written");
    assert_eq!(silent(bare(&again)), silent(bare(&proto)));
    assert_eq!(bump::canonical(&again, "1.0").expect("it can be expressed").0, text);
}

#[test]
fn an_import_for_options_alone_is_dropped_and_one_with_messages_is_part_of_the_file() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, format!("syntax = \"proto3\";\npackage runtime.v1;\n{text}")).expect("it can be written");
        path
    };
    let expected = "message M {\n  string a = 1 [deprecated = true];\n}\n";
    let proto = write(
        "options.proto",
        "import \"github.com/gogo/protobuf/gogoproto/gogo.proto\";
         option go_package = \"v1\"; option (gogoproto.sizer_all) = true;
         message M { string a = 1 [(gogoproto.customname) = \"A\", deprecated = true]; }",
    );
    assert!(bump::canonical(&proto, "1.0").expect("it can be expressed").0.ends_with(expected));

    write("more.proto", "message More {}");
    let proto = write("api.proto", "import \"more.proto\"; message M { More more = 1; }");
    let expected = "message More {}\n\nmessage M {\n  More more = 1;\n}\n";
    assert!(bump::canonical(&proto, "1.0").expect("it can be expressed").0.ends_with(expected));
}

#[test]
fn an_import_of_protobufs_own_types_stays_one() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let proto = folder.path().join("api.proto");
    let text = "package runtime.v1;\n\nimport \"google/protobuf/any.proto\";\n\nmessage M {\n  \
         google.protobuf.Any it = 1;\n}\n";
    fs::write(&proto, format!("syntax = \"proto3\";\n{text}")).expect("it can be written");
    assert!(bump::canonical(&proto, "1.0").expect("it can be expressed").0.ends_with(text));
}

#[test]
fn the_protos_of_containerd_are_canonical_and_their_next_release_is_compared() {
    let repository = Repository::new();
    let kept = path("../proto/containerd/2.3");
    let run = |proto: &Path, release: &str| {
        let release = Some(release.to_owned());
        Bump { root: repository.0.path().to_owned(), proto: proto.to_owned(), release, accept: false }.run()
    };
    let (report, written) = run(&kept, "2.3").expect("it can be expressed");
    assert_eq!(report.render(), "containerd 2.3: 67 methods; there is no release to compare it to.\n");
    let adopted = repository.0.path().join("proto/containerd/2.3");
    assert_eq!(written[0], adopted);
    assert_eq!(tree(&adopted), tree(&kept));

    // As upstream has it: with comments, options for Go, and more files than are kept.
    let upstream = repository.0.path().join("upstream");
    for (name, text) in tree(&kept) {
        let text =
            text.replace("\npackage", "\nimport \"types/fieldpath.proto\";\noption go_package = \"x\";\npackage");
        let text =
            text.replace("message KillRequest {", "// It.\nmessage KillRequest {\n  reserved 9;\n  int64 grace = 5;");
        write(&upstream.join(name), &text);
    }
    write(&upstream.join("services/more.proto"), "syntax = \"proto3\"; package containerd.more; message More {}");
    let (report, written) = run(&upstream, "2.4").expect("it can be expressed");
    let expected = "containerd 2.3 -> 2.4: 67 methods; nothing breaks the wire.\n\n\
        New\n  containerd.services.tasks.v1.KillRequest.grace: int64\n\n\
        Flags of `crictl rpc` that are new, gone or take something else\n  \
        containerd tasks kill: --grace (new: int64)\n";
    assert_eq!((report.render().as_str(), written.len()), (expected, 2));
    let next = tree(&repository.0.path().join("proto/containerd/2.4"));
    assert_eq!(next.len(), tree(&kept).len());
    let hash = format!("\"2.4\" = {:?}", bump::of_tree(&next));
    let provenance = read(&repository.0.path().join("proto/PROVENANCE.toml"));
    assert!(provenance.contains("[containerd.releases]\n\"2.3\" = ") && provenance.contains(&hash), "{provenance}");

    let broken = read(&upstream.join("services/tasks/v1/tasks.proto")).replace("int64 grace", "string grace");
    write(&upstream.join("services/tasks/v1/tasks.proto"), &broken);
    let (report, written) = run(&upstream, "2.5").expect("it can be expressed");
    assert_eq!((report.breaks(), written.len()), (1, 0));
    fs::remove_file(upstream.join("hcs/stats.proto")).expect("it can be removed");
    let error = run(&upstream, "2.5").expect_err("a file is missing").to_string();
    assert!(error.contains("hcs/stats.proto"), "{error}");
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("the folder can be made");
    fs::write(path, text).expect("it can be written");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn however_a_proto_is_laid_out_its_canonical_form_is_the_same(
        release in select(releases()),
        noise in prop::collection::vec(select(&["", "", "", " ", "\n", "// no\n", "/* rpc */ ", "/* a\n * b; */\n"][..]), 50),
        order in prop::collection::vec(any::<u8>(), 20),
    ) {
        let kept = read(&release.proto);
        let folder = tempfile::tempdir().expect("a scratch folder");
        let proto = folder.path().join("api.proto");
        fs::write(&proto, laid_out(&kept, &noise, &order)).expect("it can be written");
        let (text, _) = bump::canonical(&proto, &release.name).expect("it can be expressed");
        // Not compared by the macro, which prints both in full.
        prop_assert!(text == kept, "{}", release.name);
    }
}

/// The proto with comments and other space between its words, and its enums among its messages.
fn laid_out(text: &str, noise: &[&str], order: &[u8]) -> String {
    let (head, rest) = text.split_at(text.find("enum ").expect("there are some"));
    let (enums, mut blocks): (Vec<_>, Vec<_>) = rest.split("\n\n").partition(|block| block.starts_with("enum "));
    let mut place = 0;
    for (block, order) in enums.into_iter().zip(order.iter().cycle()) {
        blocks.insert(place, block);
        place = (place + 1 + usize::from(*order) % 9).min(blocks.len());
    }
    let words = blocks.join("\n");
    let words = words.split_inclusive(' ').zip(noise.iter().cycle());
    // The comment with the release goes: upstream has none.
    let head = head.split_once('\n').map_or(head, |(_, rest)| rest);
    head.chars().chain(words.flat_map(|(word, noise)| word.chars().chain(noise.chars()))).collect()
}

#[test]
fn what_breaks_the_wire_is_written_only_when_that_is_accepted() {
    let repository = Repository::new();
    repository.bump("1.1", "message M { string a = 1; }").expect("the first");
    let kept = repository.files();

    let mut next = repository.next("1.2", "message M { int32 a = 1; }");
    let (report, written) = next.run().expect("it can be expressed");
    assert_eq!((report.breaks(), written.len()), (1, 0));
    assert_eq!(repository.files(), kept);

    next.accept = true;
    let (report, written) = next.run().expect("it can be expressed");
    assert_eq!(
        report.render().lines().nth(3),
        Some("  M.a: string -> int32; neither release reads the other's values")
    );
    assert_eq!(written, ["1.2/api.proto", "PROVENANCE.toml"].map(|name| repository.0.path().join("proto").join(name)));
    assert_ne!(repository.files(), kept);
}

#[test]
fn what_cannot_be_expressed_is_named_and_nothing_is_written() {
    let repository = Repository::new();
    repository.bump("1.1", "message M {}").expect("the first");
    let kept = repository.files();
    for (text, named) in [
        ("message M {} service S { rpc Feed(stream M) returns (M); }", "runtime.v1.S.Feed takes a stream"),
        ("message M { string an_id = 1; oneof anId { string b = 2; } }", "runtime.v1.M.an_id and runtime.v1.M.anId"),
        ("message M { Missing it = 1; }", "Missing"),
        ("message", "cannot compile"),
    ] {
        let error = repository.bump("1.2", text).expect_err(text).to_string();
        assert!(error.contains(named), "{text}: {error}");
        assert_eq!(repository.files(), kept, "{text}");
    }
    let error = Bump { release: Some("newest".to_owned()), ..repository.next("1.2", "") }.run();
    assert!(matches!(error, Err(Error::BadRelease { .. })));
    assert_eq!(repository.files(), kept);
}

#[test]
fn a_release_is_compared_to_the_nearest_below_it_or_else_above() {
    let repository = Repository::new();
    let old = |release: &str| repository.bump(release, "message M {}").expect("nothing breaks").0.old;
    assert_eq!(old("1.9"), None);
    assert_eq!(old("1.36").as_deref(), Some("1.9"));
    assert_eq!(old("1.10").as_deref(), Some("1.9"));
    assert_eq!(old("1.8").as_deref(), Some("1.9"));
    assert_eq!(old("1.36").as_deref(), Some("1.36"));
}

/// A repository without sources.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder");
        fs::create_dir(folder.path().join("src")).expect("it can be made");
        Self(folder)
    }

    fn next(&self, release: &str, text: &str) -> Bump {
        let proto = self.0.path().join("upstream.proto");
        fs::write(&proto, format!("syntax = \"proto3\"; package runtime.v1; {text}")).expect("it can be written");
        Bump { root: self.0.path().to_owned(), proto, release: Some(release.to_owned()), accept: false }
    }

    fn bump(&self, release: &str, text: &str) -> Result<(Report, Vec<PathBuf>), Error> {
        self.next(release, text).run()
    }

    /// What is kept, by name.
    fn files(&self) -> Vec<(PathBuf, String)> {
        let protos = crictl_codegen::release::all(&self.0.path().join("proto")).expect("the folder is there");
        let paths = protos.into_iter().map(|release| release.proto);
        let paths = paths.chain([self.0.path().join("proto/PROVENANCE.toml")]);
        paths.map(|path| (path.clone(), read(&path))).collect()
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("it can be read").replace("\r\n", "\n")
}

fn bare(proto: &Path) -> Model {
    model(Input { proto, docs: None }).expect("it can be expressed")
}

/// The model without the comments and the name of its proto.
fn silent(mut model: Model) -> Model {
    model.services.iter_mut().for_each(|service| service.file.clear());
    for method in model.services.iter_mut().flat_map(|service| &mut service.methods) {
        method.doc.clear();
        method.about.clear();
        method.flags.iter_mut().for_each(|flag| flag.help.clear());
    }
    for message in &mut model.messages {
        message.doc.clear();
        message.fields.iter_mut().for_each(|field| field.doc.clear());
    }
    model
}

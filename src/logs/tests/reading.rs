//! What is printed of any logs with any flags is what a slow reader prints.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::logs::Part;
use crate::logs::print::{Layout, Names};
use crate::logs::record::Stream;
use crate::logs::tests::slow::{self, Line, Log, lines};
use crate::logs::tests::{moment, pack, prefixes, read_all};

#[derive(Clone, Copy, Debug)]
enum Named {
    Not,
    Prefix,
    Json,
}

fn layout(named: Named, count: usize) -> Layout {
    let names = match named {
        Named::Not => Names::None,
        Named::Prefix => prefixes(&["a", "b", "c"][..count]),
        Named::Json => Names::Json(vec![b"\"container\":\"web\",".to_vec(); count]),
    };
    Layout { names, ..Layout::default() }
}

/// Writes a log's files, the older ones packed or not, and returns the path of the youngest.
fn write(folder: &Path, name: usize, log: &Log, docker: bool, packed: bool) -> PathBuf {
    let path = folder.join(format!("{name}.log"));
    let text = |file: &[Line], ended: bool| {
        let text = file.iter().map(|line| line.written(docker)).collect::<Vec<_>>().join("\n");
        if ended && !file.is_empty() { text + "\n" } else { text }
    };
    let last = log.files.len() - 1;
    for (number, (file, ended)) in log.files.iter().enumerate() {
        let text = text(file, *ended);
        match packed {
            _ if number == last => fs::write(&path, text).expect("a file"),
            true => pack(&folder.join(format!("{name}.log.20240301-{number:06}.gz")), text.as_bytes()),
            false => fs::write(folder.join(format!("{name}.log.20240301-{number:06}")), text).expect("a file"),
        }
    }
    path
}

/// A log whose lines are spread over files.
fn log(most: usize) -> impl Strategy<Value = Log> {
    let cuts = prop::collection::vec((any::<prop::sample::Index>(), prop::bool::weighted(0.8)), 0..3);
    (lines(most), cuts, prop::bool::weighted(0.7)).prop_map(|(mut lines, mut cuts, ended)| {
        let mut files = Vec::new();
        cuts.sort_by_key(|(at, _)| at.index(lines.len() + 1));
        let mut cuts: Vec<_> = cuts.iter().map(|(at, ended)| (at.index(lines.len() + 1), *ended)).collect();
        while let Some((at, ended)) = cuts.pop() {
            files.push((lines.split_off(at), ended));
        }
        files.push((lines, true));
        files.reverse();
        // What ends a file is told by the one after it.
        if let Some(last) = files.last_mut() {
            last.1 = ended;
        }
        Log { files }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]
    #[test]
    fn what_is_printed_is_what_a_slow_reader_prints(
        logs in prop_oneof![3 => prop::collection::vec(log(24), 1..2), 1 => prop::collection::vec(log(12), 2..4)],
        (docker, packed, rotated, together, timestamps) in any::<(bool, bool, bool, bool, bool)>(),
        tail in prop::option::of(0u64..26),
        since in prop::option::of(0u32..40),
        limit in prop::option::weighted(0.3, prop_oneof![0u64..300, 0u64..600_000]),
        only in prop::option::weighted(0.3, prop_oneof![Just(Stream::Stdout), Just(Stream::Stderr)]),
        named in prop::sample::select(vec![Named::Not, Named::Prefix, Named::Json]),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let paths: Vec<_> = (0..).zip(&logs).map(|(name, log)| write(folder.path(), name, log, docker, packed)).collect();
        let part = Part { tail, since: since.map(moment), rotated, ..Part::default() };
        let layout = Layout { timestamps, since: part.since, only, limit, together, ..layout(named, logs.len()) };
        let read_logs: Vec<Log> = logs.iter().map(|log| {
            let first = if rotated { 0 } else { log.files.len() - 1 };
            Log { files: log.files[first..].to_vec() }.in_order(docker)
        }).collect();
        let slow = slow::read(&read_logs, docker, tail, since, &layout);
        // One of several that is refused may come after the limit, or before others.
        prop_assume!(slow.is_some() || logs.len() == 1);
        let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
        let mut read = read_all(&paths, &part, layout).ok();
        let mut slow = slow;
        // What is not read is not remarked on.
        if since.is_some() || limit.is_some() {
            for written in [&mut read, &mut slow].into_iter().flatten() {
                written.remarks = 0;
            }
        }
        let same = read == slow;
        prop_assert!(same, "{} {:?} {:?}", paths.len(), read.map(|it| it.shown()), slow.map(|it| it.shown()));
    }
}

#[test]
fn a_tail_of_long_lines_is_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("0.log");
    let long = "x".repeat(3_000_000);
    let docker =
        |text: &str| format!("{{\"log\":\"{text}\\n\",\"stream\":\"stdout\",\"time\":\"2024-03-01T00:00:00Z\"}}\n");
    let cri = |text: &str| format!("2024-03-01T00:00:00Z stdout F {text}\n");
    for line in [&docker as &dyn Fn(&str) -> String, &cri] {
        fs::write(&path, ["a", &long, "b", "c"].map(line).concat()).expect("a file");
        let expected =
            [format!("a\n{long}\nb\nc\n"), String::new(), "c\n".into(), "b\nc\n".into(), format!("{long}\nb\nc\n")];
        for (tail, expected) in [None, Some(0), Some(1), Some(2), Some(3)].into_iter().zip(expected) {
            let written = read_all(&[&path], &Part { tail, ..Part::default() }, Layout::default()).expect("a log");
            assert!(written.streams[0] == expected.as_bytes() && written.remarks == 0, "{tail:?}: {}", written.shown());
        }
    }
}

#[test]
fn logs_that_start_late_do_not_come_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let (a, b) = (folder.path().join("a.log"), folder.path().join("b.log"));
    let line = |second: u32| format!("2024-03-01T00:00:{second:02}Z stdout F {second}\n");
    fs::write(&a, line(1) + &line(3)).expect("a file");
    fs::write(&b, line(2) + &line(4)).expect("a file");
    let written = read_all(&[&b, &a], &Part::default(), layout(Named::Prefix, 2)).expect("logs");
    assert_eq!(String::from_utf8_lossy(&written.streams[0]), "[b] 1\n[a] 2\n[b] 3\n[a] 4\n");
}

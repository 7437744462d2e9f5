//! Reading and printing as a whole: against a slow, obvious implementation, and against a log that is rotated
//! while it is read.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use crate::error::Error;
use crate::logs::follow::{drain, follow, merge};
use crate::logs::print::{Layout, Names, Printer};
use crate::logs::record::Stream;
use crate::logs::source::Source;
use crate::logs::time::Moment;
use crate::logs::{Part, Sink};

/// What was written, and what was said.
#[derive(Debug, Default, PartialEq)]
struct Written {
    streams: [Vec<u8>; 2],
    remarks: usize,
}

impl Sink for Written {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Error> {
        self.streams[stream as usize].extend_from_slice(bytes);
        Ok(())
    }

    fn remark(&mut self, _: String) {
        self.remarks += 1;
    }
}

impl Written {
    fn out(&self) -> String {
        String::from_utf8_lossy(&self.streams[0]).into_owned()
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

fn read(path: &Path, part: &Part, layout: Layout) -> Result<Written, Error> {
    let mut written = Written::default();
    let mut source = Source::open(path, part)?;
    let mut printer = Printer::new(&mut written, layout);
    block_on(drain(0, &mut source, &mut printer))?;
    printer.finish()?;
    Ok(written)
}

fn merged(paths: &[&Path], layout: Layout) -> String {
    let mut written = Written::default();
    let mut sources: Vec<_> = paths.iter().map(|path| Source::open(path, &Part::default()).expect("a log")).collect();
    let mut printer = Printer::new(&mut written, layout);
    block_on(merge(&mut sources, &mut printer)).expect("logs");
    printer.finish().expect("memory can be written");
    written.out()
}

fn prefixes(names: &[&str]) -> Names {
    Names::Prefix(names.iter().map(|name| format!("[{name}] ").into_bytes()).collect())
}

/// A line of a log, as the slow implementation knows it.
#[derive(Clone, Debug)]
enum Line {
    Record { second: u32, stderr: bool, partial: bool, text: String },
    Noise(String),
}

impl Line {
    fn written(&self) -> String {
        match self {
            Self::Noise(text) => format!("{text}\n"),
            Self::Record { second, stderr, partial, text } => {
                let stream = if *stderr { "stderr" } else { "stdout" };
                let tag = if *partial { 'P' } else { 'F' };
                format!("{} {stream} {tag} {text}\n", time(*second))
            }
        }
    }
}

fn time(second: u32) -> String {
    format!("2024-03-01T00:{:02}:{:02}.000000000Z", second / 60, second % 60)
}

fn moment(second: u32) -> Moment {
    Moment { seconds: 1_709_251_200 + i64::from(second), nanos: 0 }
}

fn line() -> impl Strategy<Value = Line> {
    let record = (0u32..3600, any::<bool>(), prop::bool::weighted(0.2), "[a-z ]{0,12}");
    let record = record.prop_map(|(second, stderr, partial, text)| Line::Record { second, stderr, partial, text });
    prop_oneof![9 => record, 1 => "[a-z ]{0,9}".prop_map(Line::Noise)]
}

/// What is to be printed, by the plainest means.
fn slowly(lines: &[Line], part: &Part, layout: &Layout, since: Option<u32>) -> Option<Written> {
    let first = part.tail.map_or(0, |tail| lines.len().saturating_sub(tail as usize));
    let lines = &lines[first..];
    let mut written = Written::default();
    if let Some(Line::Noise(_)) = lines.first() {
        return None;
    }
    let mut open = [false; 2];
    let mut left = layout.limit.unwrap_or(u64::MAX) as usize;
    for line in lines {
        let (second, stderr, partial, text) = match line {
            Line::Noise(_) => {
                written.remarks += 1;
                continue;
            }
            Line::Record { second, stderr, partial, text } => (*second, *stderr, *partial, text),
        };
        let stream = if stderr { Stream::Stderr } else { Stream::Stdout };
        if since.is_some_and(|since| second < since) || layout.only.is_some_and(|only| only != stream) {
            continue;
        }
        let stamp =
            if layout.timestamps && !open[stream as usize] { format!("{} ", time(second)) } else { String::new() };
        let end = if partial { "" } else { "\n" };
        let whole = format!("{stamp}{text}{end}");
        let cut = &whole.as_bytes()[..whole.len().min(left)];
        written.streams[stream as usize].extend_from_slice(cut);
        left -= cut.len();
        open[stream as usize] = partial;
        if left == 0 {
            break;
        }
    }
    Some(written)
}

proptest! {
    #[test]
    fn what_is_printed_is_what_a_slow_reader_prints(
        lines in prop::collection::vec(line(), 0..40),
        tail in prop::option::of(0u64..45),
        since in prop::option::of(0u32..3600),
        limit in prop::option::of(0u64..300),
        only in prop::option::of(prop_oneof![Just(Stream::Stdout), Just(Stream::Stderr)]),
        timestamps: bool,
    ) {
        let mut log = tempfile::NamedTempFile::new().expect("a file");
        log.write_all(lines.iter().map(Line::written).collect::<String>().as_bytes()).expect("a file");
        let part = Part { tail, since: since.map(moment), ..Part::default() };
        let layout = Layout { timestamps, since: part.since, only, limit, ..Layout::default() };
        let expected = slowly(&lines, &part, &layout, since);
        prop_assert_eq!(read(log.path(), &part, layout).ok(), expected);
    }
}

#[test]
fn a_line_longer_than_any_buffer_is_printed_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, text) = (folder.path().join("0.log"), "x".repeat(1 << 20));
    let log = format!("{0} stdout P {text}\n{0} stdout F {text}\n{0} stdout F end\n", time(0));
    fs::write(&path, log).expect("a file");
    let written = read(&path, &Part::default(), Layout { timestamps: true, ..Layout::default() }).expect("a log");
    assert!(written.out() == format!("{0} {text}{text}\n{0} end\n", time(0)));
}

#[test]
fn rotated_files_are_read_in_their_order_and_a_tail_reaches_into_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("0.log");
    let text = |lines: &[u32]| lines.iter().map(|at| format!("{} stdout F {at}\n", time(*at))).collect::<String>();
    fs::write(&path, text(&[5, 6])).expect("a file");
    fs::write(folder.path().join("0.log.20240301-100001"), text(&[3, 4])).expect("a file");
    let packed = File::create(folder.path().join("0.log.20240301-100000.gz")).expect("a file");
    let mut packed = GzEncoder::new(packed, Compression::fast());
    packed.write_all(text(&[1, 2]).as_bytes()).and_then(|()| packed.finish()).expect("a file");

    let part = |tail, since: Option<u32>| Part { tail, since: since.map(moment), rotated: true, follow: false };
    let out = |part: Part| read(&path, &part, Layout { since: part.since, ..Layout::default() }).expect("logs").out();
    assert_eq!(out(part(None, None)), "1\n2\n3\n4\n5\n6\n");
    assert_eq!(out(part(Some(3), None)), "4\n5\n6\n");
    assert_eq!(out(part(Some(5), None)), "2\n3\n4\n5\n6\n");
    assert_eq!(out(part(Some(9), None)), "1\n2\n3\n4\n5\n6\n");
    assert_eq!(out(part(None, Some(2))), "2\n3\n4\n5\n6\n");
    assert_eq!(out(Part { rotated: false, ..part(Some(9), None) }), "5\n6\n");
}

#[test]
fn a_packed_file_that_is_older_than_all_that_is_wanted_is_not_unpacked() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("0.log");
    fs::write(&path, format!("{} stdout F 5\n", time(5))).expect("a file");
    let packed = File::create(folder.path().join("0.log.20240301-100000.gz")).expect("a file");
    (&packed).write_all(b"this would be an error").expect("a file");
    let read_since =
        |at| read(&path, &Part { since: Some(moment(at)), rotated: true, ..Part::default() }, Layout::default());
    let seconds = u64::try_from(moment(3).seconds).expect("a time after the epoch");
    packed.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).expect("a time");
    assert_eq!(read_since(4).expect("a log").out(), "5\n");
    assert!(read_since(3).is_err());
}

#[test]
fn several_logs_are_merged_by_time_and_no_line_is_torn() {
    let folder = tempfile::tempdir().expect("a folder");
    let (a, b) = (folder.path().join("a.log"), folder.path().join("b.log"));
    fs::write(&a, format!("{} stdout F 1\n{} stdout P 3\n{} stdout F .\n", time(1), time(3), time(5))).expect("a file");
    fs::write(&b, format!("{} stdout F 2\n{} stdout P 4\n", time(2), time(4))).expect("a file");
    let layout = Layout { names: prefixes(&["a", "b"]), ..Layout::default() };
    assert_eq!(merged(&[&a, &b], layout), "[a] 1\n[b] 2\n[a] 3.\n[b] 4");
}

#[test]
fn json_is_an_object_a_line_whatever_the_container_wrote() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("0.log");
    // The two bytes of ä come in two parts; the last byte is no UTF-8.
    let parts: [&[u8]; 2] = [b"a\"\xc3", b"\xa4\xff\n"];
    let mut log = Vec::new();
    for (tag, part) in ["P", "F"].into_iter().zip(parts) {
        log.extend_from_slice(format!("{} stderr {tag} ", time(0)).as_bytes());
        log.extend_from_slice(part);
        if tag == "P" {
            log.push(b'\n');
        }
    }
    fs::write(&path, log).expect("a file");
    let names = Names::Json(vec![b"\"container\":\"web\",\"pod\":\"p\",".to_vec()]);
    let written = read(&path, &Part::default(), Layout { names, ..Layout::default() }).expect("a log");
    let expected = format!(
        "{{\"time\":\"{}\",\"stream\":\"stderr\",\"container\":\"web\",\"pod\":\"p\",\"log\":\"a\\\"ä\u{fffd}\"}}\n",
        time(0)
    );
    assert_eq!(written.out(), expected);
}

/// Reads a log while it is written, until `ended`.
fn followed(path: &Path, opened: &Barrier, ended: &AtomicBool) -> String {
    let mut written = Written::default();
    let part = Part { follow: true, ..Part::default() };
    let mut sources = [Source::open(path, &part).expect("a log")];
    opened.wait();
    let mut printer = Printer::new(&mut written, Layout::default());
    let running = async |_| Ok(!ended.load(Ordering::SeqCst));
    block_on(follow(&mut sources, &mut printer, running)).expect("a log");
    printer.finish().expect("memory can be written");
    assert_eq!(written.remarks, 0);
    written.out()
}

#[test]
fn two_followers_see_every_line_once_while_the_log_is_rotated_200_times() {
    const ROTATIONS: u32 = 200;
    const LINES: u32 = 50;
    let folder = tempfile::tempdir().expect("a folder");
    let (path, opened, ended) = (folder.path().join("0.log"), Barrier::new(3), AtomicBool::new(false));
    fs::write(&path, "").expect("a file");
    let write = || {
        opened.wait();
        let mut file = File::options().append(true).open(&path).expect("the log");
        for rotation in 0..ROTATIONS {
            fs::rename(&path, folder.path().join(format!("0.log.20240301-{rotation:06}"))).expect("a rename");
            // The runtime goes on with the old file until it is told to open the new one.
            for line in 0..LINES {
                if line == LINES / 2 {
                    file = File::options().append(true).create(true).open(&path).expect("the log");
                }
                let text = format!("{} stdout F {rotation} {line}\n", time(0));
                // Half a line may be all that a reader finds.
                let (start, end) = text.split_at(text.len() / 2);
                file.write_all(start.as_bytes()).and_then(|()| file.write_all(end.as_bytes())).expect("a line");
            }
            thread::yield_now();
        }
        ended.store(true, Ordering::SeqCst);
    };
    let expected: String = (0..ROTATIONS).flat_map(|a| (0..LINES).map(move |b| format!("{a} {b}\n"))).collect();
    thread::scope(|scope| {
        let followers = [(); 2].map(|()| scope.spawn(|| followed(&path, &opened, &ended)));
        scope.spawn(write);
        for follower in followers {
            assert!(follower.join().expect("a follower") == expected);
        }
    });
}

#[test]
fn a_truncated_log_is_read_from_its_start_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, opened, ended) = (folder.path().join("0.log"), Barrier::new(2), AtomicBool::new(false));
    let text = |word: &str| format!("{} stdout F {word}\n", time(0));
    fs::write(&path, text("before").repeat(3)).expect("a file");
    let out = thread::scope(|scope| {
        let follower = scope.spawn(|| followed(&path, &opened, &ended));
        opened.wait();
        thread::sleep(std::time::Duration::from_millis(300));
        let mut file = File::options().append(true).open(&path).expect("the log");
        file.set_len(0).and_then(|()| file.write_all(text("after").as_bytes())).expect("a file");
        ended.store(true, Ordering::SeqCst);
        follower.join().expect("a follower")
    });
    assert_eq!(out, "before\nbefore\nbefore\nafter\n");
}

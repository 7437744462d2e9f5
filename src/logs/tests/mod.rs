//! Reading and printing as a whole: against a slow, obvious implementation, and against a log that is rotated
//! while it is read.

mod following;
mod plain;
mod reading;
mod slow;
mod truncated;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::error::Error;
use crate::logs::follow::{drain, merge};
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
    /// For a failed comparison: long lines of one letter are shown as their length.
    fn shown(&self) -> String {
        let text = String::from_utf8_lossy(&self.streams.concat()).into_owned();
        let pieces = text.split_inclusive(|letter| letter != 'é').map(|piece| match piece.matches('é').count() {
            0 => piece.to_owned(),
            count => format!("<{count}>{}", piece.trim_matches('é')),
        });
        format!("{:?} {} remarks", pieces.collect::<String>(), self.remarks)
    }

    fn out(&self) -> String {
        String::from_utf8_lossy(&self.streams[0]).into_owned()
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

fn read(path: &Path, part: &Part, layout: Layout) -> Result<Written, Error> {
    read_all(&[path], part, layout)
}

/// Reads logs as the command does.
fn read_all(paths: &[&Path], part: &Part, layout: Layout) -> Result<Written, Error> {
    let mut written = Written::default();
    let open = |path: &&Path| Ok(block_on(Source::open(path, part))?);
    let mut sources = paths.iter().map(open).collect::<Result<Vec<_>, Error>>()?;
    let mut printer = Printer::new(&mut written, layout);
    match sources.as_mut_slice() {
        [source] => block_on(drain(0, source, &mut printer)).map(drop)?,
        sources => block_on(merge(sources, &mut printer))?,
    }
    printer.finish()?;
    Ok(written)
}

fn merged(paths: &[&Path], layout: Layout) -> String {
    read_all(paths, &Part::default(), layout).expect("logs").out()
}

fn prefixes(names: &[&str]) -> Names {
    Names::Prefix(names.iter().map(|name| format!("[{name}] ").into_bytes()).collect())
}

fn stamp(second: u32) -> String {
    format!("2024-03-01T00:{:02}:{:02}.000000000Z", second / 60, second % 60)
}

fn moment(second: u32) -> Moment {
    Moment { seconds: 1_709_251_200 + i64::from(second), nanos: 0 }
}

fn pack(path: &Path, bytes: &[u8]) {
    let mut packed = GzEncoder::new(File::create(path).expect("a file"), Compression::fast());
    packed.write_all(bytes).and_then(|()| packed.finish()).expect("a file");
}

#[test]
fn a_line_longer_than_any_buffer_is_printed_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, text) = (folder.path().join("0.log"), "x".repeat(1 << 20));
    let log = format!("{0} stdout P {text}\n{0} stdout F {text}\n{0} stdout F end\n", stamp(0));
    fs::write(&path, log).expect("a file");
    let written = read(&path, &Part::default(), Layout { timestamps: true, ..Layout::default() }).expect("a log");
    assert!(written.out() == format!("{0} {text}{text}\n{0} end\n", stamp(0)));
}

#[test]
fn rotated_files_are_read_in_their_order_and_a_tail_reaches_into_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("0.log");
    let text = |lines: &[u32]| lines.iter().map(|at| format!("{} stdout F {at}\n", stamp(*at))).collect::<String>();
    fs::write(&path, text(&[5, 6])).expect("a file");
    fs::write(folder.path().join("0.log.20240301-100001"), text(&[3, 4])).expect("a file");
    let packed = File::create(folder.path().join("0.log.20240301-100000.gz")).expect("a file");
    let mut packed = GzEncoder::new(packed, Compression::fast());
    packed.write_all(text(&[1, 2]).as_bytes()).and_then(|()| packed.finish()).expect("a file");

    let part = |tail, since: Option<u32>| Part { tail, since: since.map(moment), rotated: true, ..Part::default() };
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
    fs::write(&path, format!("{} stdout F 5\n", stamp(5))).expect("a file");
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
    fs::write(&a, format!("{} stdout F 1\n{} stdout P 3\n{} stdout F .\n", stamp(1), stamp(3), stamp(5)))
        .expect("a file");
    fs::write(&b, format!("{} stdout F 2\n{} stdout P 4\n", stamp(2), stamp(4))).expect("a file");
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
        log.extend_from_slice(format!("{} stderr {tag} ", stamp(0)).as_bytes());
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
        stamp(0)
    );
    assert_eq!(written.out(), expected);
}

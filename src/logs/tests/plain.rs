//! Logs that have what the container wrote and nothing else.

use super::*;
use crate::logs::follow::follow;

const PLAIN: Part = Part { tail: None, since: None, rotated: false, follow: false, plain: true };

fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    let path = folder.path().join("job.log");
    (folder, path)
}

fn out(path: &Path, part: Part, layout: Layout) -> String {
    let written = read(path, &part, layout).expect("a log");
    assert_eq!((written.remarks, written.streams[1].len()), (0, 0));
    written.out()
}

#[test]
fn every_byte_is_the_containers_even_what_looks_like_a_record() {
    let text = format!("{} stdout P x\n\n{{\"log\":\"y\"}}\n\0\u{e9}\r\nend", stamp(1));
    let (_folder, path) = folder(&[("job.log", &text)]);
    assert_eq!(out(&path, PLAIN, Layout::default()), text);
    // No time is known, and no stream: none of these leaves anything out.
    let layout = Layout { since: Some(moment(9)), only: Some(Stream::Stderr), timestamps: true, ..Layout::default() };
    assert_eq!(out(&path, Part { since: Some(moment(9)), ..PLAIN }, layout), text);
    let limited = out(&path, PLAIN, Layout { limit: Some(4), ..Layout::default() });
    assert_eq!(limited, text[..4]);
}

#[test]
fn a_tail_counts_a_line_without_an_end_and_reaches_into_rotated_files() {
    let (_folder, path) = folder(&[("job.log", "c\nd\ne"), ("job.log.1", "a\nb\n")]);
    let tail = |count| out(&path, Part { tail: Some(count), rotated: true, ..PLAIN }, Layout::default());
    assert_eq!([tail(0), tail(1), tail(2), tail(4)], ["", "e", "d\ne", "b\nc\nd\ne"]);
    fs::write(&path, "c\nd\n").expect("a file");
    assert_eq!([tail(1), tail(3)], ["d\n", "b\nc\nd\n"]);
    fs::write(&path, "").expect("a file");
    assert_eq!(tail(1), "b\n");
}

#[test]
fn lines_have_prefixes_or_are_objects_without_a_time() {
    let (_folder, path) = folder(&[("job.log", "a\nb")]);
    assert_eq!(out(&path, PLAIN, Layout { names: prefixes(&["job"]), ..Layout::default() }), "[job] a\n[job] b");
    let names = Names::Json(vec![b"\"container\":\"job\",".to_vec()]);
    let objects = "{\"container\":\"job\",\"log\":\"a\"}\n{\"container\":\"job\",\"log\":\"b\"}\n";
    assert_eq!(out(&path, PLAIN, Layout { names, ..Layout::default() }), objects);
}

#[test]
fn a_line_longer_than_any_buffer_is_printed_whole() {
    let text = format!("{}\n{}", "x".repeat(1 << 20), "y".repeat(700_000));
    let (_folder, path) = folder(&[("job.log", &text)]);
    assert!(out(&path, PLAIN, Layout::default()) == text);
    assert!(out(&path, Part { tail: Some(1), ..PLAIN }, Layout::default()) == text[(1 << 20) + 1..]);
}

#[test]
fn what_has_no_end_yet_is_shown_while_it_is_followed_and_its_rest_later() {
    let (_folder, path) = folder(&[("job.log", "a\nName: ")]);
    let mut sources = [block_on(Source::open(&path, &Part { follow: true, ..PLAIN })).expect("a log")];
    let mut written = Written::default();
    let mut printer = Printer::new(&mut written, Layout { names: prefixes(&["job"]), ..Layout::default() });
    let mut asked = 0;
    let running = async |_| {
        asked += 1;
        File::options().append(true).open(&path).and_then(|mut file| file.write_all(b"Ada\nbye")).expect("a file");
        Ok(asked < 2)
    };
    block_on(follow(&mut sources, &mut printer, running)).expect("a log");
    printer.finish().expect("memory can be written");
    assert_eq!(written.out(), "[job] a\n[job] Name: Ada\n[job] byeAda\n[job] bye");
    assert_eq!(written.remarks, 0);
}

#[test]
fn a_log_that_is_rotated_in_the_middle_of_a_line_goes_on_with_it() {
    let (folder, path) = folder(&[("job.log", "a\nha")]);
    let mut sources = [block_on(Source::open(&path, &Part { follow: true, ..PLAIN })).expect("a log")];
    let mut written = Written::default();
    let mut printer = Printer::new(&mut written, Layout { names: prefixes(&["job"]), ..Layout::default() });
    let running = async |_| {
        fs::rename(&path, folder.path().join("job.log.1")).expect("a file");
        fs::write(&path, "lf\nb\n").expect("a file");
        Ok(false)
    };
    block_on(follow(&mut sources, &mut printer, running)).expect("a log");
    printer.finish().expect("memory can be written");
    assert_eq!(written.out(), "[job] a\n[job] half\n[job] b\n");
}

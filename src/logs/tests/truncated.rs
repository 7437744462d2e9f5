//! A followed log that is truncated and written again between a look at it and the next read: what the copy holds is
//! printed, nothing is printed twice, and what stands at the old place in the file is not taken for what follows.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};

use crate::logs::Part;
use crate::logs::follow::{drain, follow};
use crate::logs::print::{Layout, Printer};
use crate::logs::source::Source;
use crate::logs::tests::{Written, block_on, stamp};

fn text(numbers: &[u32]) -> String {
    numbers.iter().map(|at| format!("{} stdout F {at}\n", stamp(*at))).collect()
}

/// What is printed of a log of which `read` has been read and `unread` not when it is copied, if so, and truncated; then
/// `later` is written, at the old place or at the start. The container ends before the truncation, or after it is known.
fn printed(read: &[u32], unread: &[u32], later: &[u32], hole: bool, copied: bool, ended: bool) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.log");
    fs::write(&path, text(read)).expect("a file");
    let mut written = Written::default();
    let mut sources = [block_on(Source::open(&path, &Part { follow: true, ..Part::default() })).expect("a log")];
    let mut printer = Printer::new(&mut written, Layout::default());
    let [source] = &mut sources;
    block_on(drain(0, source, &mut printer)).expect("a log");
    source.mark().expect("a log");
    if ended {
        source.end();
    }
    assert!(!block_on(source.turn()).expect("a log"));
    // Only now, when reading is about to go on.
    let mut file = File::options().write(true).open(&path).expect("the log");
    file.seek(SeekFrom::End(0)).and_then(|_| file.write_all(text(unread).as_bytes())).expect("lines");
    if copied {
        fs::copy(&path, folder.path().join("x.log.1")).expect("a copy");
    }
    file.set_len(0).expect("the log");
    if !hole {
        file.seek(SeekFrom::Start(0)).expect("the log");
    }
    file.write_all(text(later).as_bytes()).expect("lines");
    block_on(drain(0, source, &mut printer)).expect("a log");
    // The container has ended or not, the copy has still to be looked for.
    assert!(source.is_live());
    source.mark().expect("a log");
    source.end();
    block_on(follow(&mut sources, &mut printer, async |_| Ok(false))).expect("a log");
    printer.finish().expect("memory can be written");
    assert_eq!(written.remarks, 0);
    written.out().split_terminator('\n').collect::<Vec<_>>().join(" ")
}

#[test]
fn a_log_truncated_while_it_is_read_is_printed_once_and_whole() {
    for ended in [false, true] {
        // Behind a hole, and at the start of a file that is longer then than what had been read.
        assert_eq!(printed(&[1, 2], &[3, 4], &[5], true, true, ended), "1 2 3 4 5");
        assert_eq!(printed(&[1, 2], &[3, 4], &[5, 6, 7, 8, 9], false, true, ended), "1 2 3 4 5 6 7 8 9");
        // Nothing was written in between: what follows is at the place up to which the log was read.
        assert_eq!(printed(&[1, 2], &[], &[3], true, true, ended), "1 2 3");
        // Without a copy what had not been read is gone, and only that.
        assert_eq!(printed(&[1, 2], &[], &[3], true, false, ended), "1 2 3");
        assert_eq!(printed(&[1, 2], &[3], &[4, 5, 6, 7], false, false, ended), "1 2 4 5 6 7");
    }
}

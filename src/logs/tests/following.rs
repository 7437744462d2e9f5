//! Following a log that is written and rotated meanwhile, in every way that anybody has: what is printed is what was
//! written.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::logs::follow::follow;
use crate::logs::print::{Layout, Printer};
use crate::logs::record::Stream;
use crate::logs::source::Source;
use crate::logs::tests::{block_on, pack, prefixes, stamp};
use crate::logs::{Part, Sink};

/// How a log is put aside.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// Each under the next number, the first of which is this one.
    Ascending(u32),
    /// The youngest under .1, the others one further; three are kept.
    Shifting,
    /// So, and each but the youngest packed.
    ShiftingPacked,
    /// Under the time, as a kubelet does.
    Dated,
    /// Under the time, and packed at once.
    Packed,
    /// Under a second name, the first of which is then taken away.
    Linked,
    /// Under one name, which only the youngest has.
    Old,
    /// Removed, and made anew.
    Removed,
    /// Replaced by a new file that had another name first, as conmon does.
    Replaced,
    /// Moved to another folder.
    Moved,
    /// Copied, and truncated; the copies are shifted.
    Truncated,
    /// So, and the copy packed at once.
    TruncatedPacked,
    /// So, by a writer that does not append.
    TruncatedHole,
    /// Truncated, without a copy.
    Emptied,
}

/// Puts a log aside.
struct Rotation {
    path: PathBuf,
    way: Way,
    count: u32,
}

impl Rotation {
    fn named(&self, end: &str) -> PathBuf {
        self.path.with_file_name(format!("x.log{end}"))
    }

    fn make(&self) {
        File::options().append(true).create(true).open(&self.path).expect("the log");
    }

    fn shift(&self) {
        for number in (1..3).rev() {
            for end in ["", ".gz"] {
                // There are not that many yet.
                let _ =
                    fs::rename(self.named(&format!(".{number}{end}")), self.named(&format!(".{}{end}", number + 1)));
            }
        }
    }

    fn rename(&self, end: &str) {
        fs::rename(&self.path, self.named(end)).expect("a rename");
    }

    fn rotate(&mut self) {
        self.count += 1;
        let dated = format!(".20240301-{:06}", self.count);
        let pack_all = |path: &Path, from: &Path| {
            pack(path, &fs::read(from).expect("a file"));
            fs::remove_file(from).expect("a file");
        };
        let truncate =
            || File::options().write(true).open(&self.path).and_then(|file| file.set_len(0)).expect("the log");
        match self.way {
            Way::Ascending(first) => self.rename(&format!(".{}", first + self.count - 1)),
            Way::Shifting => {
                self.shift();
                self.rename(".1");
            }
            Way::ShiftingPacked => {
                self.shift();
                if self.count > 1 {
                    pack_all(&self.named(".2.gz"), &self.named(".2"));
                }
                self.rename(".1");
            }
            Way::Dated => self.rename(&dated),
            Way::Packed => {
                self.rename(&dated);
                pack_all(&self.named(&format!("{dated}.gz")), &self.named(&dated));
            }
            Way::Linked => {
                fs::hard_link(&self.path, self.named(&format!(".{}", self.count))).expect("a link");
                fs::remove_file(&self.path).expect("the log");
            }
            Way::Old => self.rename(".old"),
            Way::Removed => fs::remove_file(&self.path).expect("the log"),
            Way::Replaced => {
                fs::write(self.named(".tmp"), "").expect("a file");
                fs::rename(self.named(".tmp"), &self.path).expect("a rename");
            }
            Way::Moved => {
                let folder = self.path.with_file_name("olddir");
                fs::create_dir_all(&folder).expect("a folder");
                fs::rename(&self.path, folder.join(self.count.to_string())).expect("a rename");
            }
            Way::Truncated | Way::TruncatedHole => {
                self.shift();
                fs::copy(&self.path, self.named(".1")).expect("a copy");
                truncate();
            }
            Way::TruncatedPacked => {
                self.shift();
                fs::copy(&self.path, self.named(".1")).expect("a copy");
                truncate();
                pack_all(&self.named(".1.gz"), &self.named(".1"));
            }
            Way::Emptied => truncate(),
        }
        self.make();
    }
}

/// What a follower has printed so far.
#[derive(Default)]
struct Printed {
    count: AtomicUsize,
    ended: AtomicBool,
}

struct Out<'p> {
    printed: &'p Printed,
    text: Vec<u8>,
    remarks: Vec<String>,
}

impl Sink for Out<'_> {
    fn write(&mut self, _: Stream, bytes: &[u8]) -> Result<(), Error> {
        self.text.extend_from_slice(bytes);
        self.printed.count.store(self.text.len(), Ordering::SeqCst);
        Ok(())
    }

    fn remark(&mut self, remark: String) {
        self.remarks.push(remark);
    }
}

/// Follows a log from its start until `ended`.
fn followed(path: &Path, opened: &Barrier, printed: &Printed) -> String {
    let mut out = Out { printed, text: Vec::new(), remarks: Vec::new() };
    let mut sources = [block_on(Source::open(path, &Part { follow: true, ..Part::default() })).expect("a log")];
    opened.wait();
    let mut printer = Printer::new(&mut out, Layout::default());
    let running = async |_| Ok(!printed.ended.load(Ordering::SeqCst));
    block_on(follow(&mut sources, &mut printer, running)).expect("a log");
    printer.finish().expect("memory can be written");
    assert_eq!(out.remarks, Vec::<String>::new());
    String::from_utf8(out.text).expect("text")
}

/// Writes and rotates a log; where `hurried`, whether it has been read or not. Returns what is to be printed.
fn write(mut rotation: Rotation, rounds: u32, hurried: bool, printed: &Printed) -> String {
    let hole = rotation.way == Way::TruncatedHole;
    let path = rotation.path.clone();
    let open = || File::options().write(true).append(!hole).open(&path).expect("the log");
    let (mut file, mut expected, mut number) = (open(), String::new(), 0);
    let mut write = |file: &mut File, lines: u32, round: u32| {
        for _ in 0..lines {
            number += 1;
            let text = format!("{} stdout F {round:03} {number:06}\n", stamp_of(number));
            // Half a line may be all that a reader finds.
            let (start, end) = text.split_at(text.len() / 2);
            file.write_all(start.as_bytes()).and_then(|()| file.write_all(end.as_bytes())).expect("a line");
            expected.push_str(&format!("{round:03} {number:06}\n"));
        }
        expected.len()
    };
    for round in 0..rounds {
        let length = write(&mut file, 40, round);
        if !hurried {
            wait(length, printed);
        }
        // Not read yet, for all that anybody knows, when the log is put aside; and where files are kept, once more.
        for lines in [7, 5].into_iter().take(if rotation.way == Way::Emptied { 0 } else { 2 }) {
            write(&mut file, lines, round);
            rotation.rotate();
            if !hole {
                file = open();
            }
            if !hurried {
                break;
            }
        }
        if rotation.way == Way::Emptied {
            rotation.rotate();
        }
    }
    write(&mut file, 3, rounds);
    printed.ended.store(true, Ordering::SeqCst);
    expected
}

fn wait(length: usize, printed: &Printed) {
    let late = Instant::now() + Duration::from_secs(60);
    while printed.count.load(Ordering::SeqCst) < length {
        if Instant::now() > late {
            printed.ended.store(true, Ordering::SeqCst);
            panic!("{} of {length} bytes were printed", printed.count.load(Ordering::SeqCst));
        }
        thread::yield_now();
    }
}

/// A time for each line.
fn stamp_of(number: u32) -> String {
    stamp(number / 1000).replace(".000", &format!(".{:03}", number % 1000))
}

fn soak(way: Way, rounds: u32, hurried: bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.log");
    fs::write(&path, "").expect("a file");
    let (opened, printed) = (Barrier::new(2), Printed::default());
    thread::scope(|scope| {
        let follower = scope.spawn(|| followed(&path, &opened, &printed));
        opened.wait();
        let expected = write(Rotation { path: path.clone(), way, count: 0 }, rounds, hurried, &printed);
        let out = follower.join().expect("a follower");
        let differ = out.lines().zip(expected.lines()).find(|(out, expected)| out != expected);
        let counts = (out.lines().count(), expected.lines().count());
        assert!(out == expected, "{way:?}, hurried {hurried}: {counts:?} lines, {differ:?}");
    });
}

#[test]
#[cfg_attr(windows, ignore = "in Wine 8 a file that is removed while it is open keeps its name, and is opened by it")]
fn a_log_is_followed_however_it_is_rotated() {
    // Old files are all kept, so nothing is lost however late the follower comes.
    let kept = [Way::Ascending(0), Way::Ascending(1), Way::Dated, Way::Packed, Way::Linked];
    kept.into_iter().for_each(|way| soak(way, 40, true));
    // The others leave nothing to read for who has not opened a file before it is gone, so the next is waited for.
    let others = [
        Way::Shifting,
        Way::ShiftingPacked,
        Way::Old,
        Way::Removed,
        Way::Replaced,
        Way::Moved,
        Way::Truncated,
        Way::TruncatedPacked,
        Way::TruncatedHole,
        Way::Emptied,
    ];
    kept.into_iter().chain(others).for_each(|way| soak(way, 15, false));
}

#[test]
#[cfg_attr(windows, ignore = "in Wine 8 a file that is removed while it is open keeps its name, and is opened by it")]
fn old_files_and_their_packed_forms_are_not_printed_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.log");
    let text = |numbers: &[u32]| numbers.iter().map(|at| format!("{} stdout F {at}\n", stamp(*at))).collect::<String>();
    fs::write(folder.path().join("x.log.1"), text(&[1, 2])).expect("a file");
    fs::write(&path, text(&[3])).expect("a file");
    let printed = Printed::default();
    let mut out = Out { printed: &printed, text: Vec::new(), remarks: Vec::new() };
    let mut sources = [block_on(Source::open(&path, &Part { follow: true, ..Part::default() })).expect("a log")];
    // All of this happens before the follower looks again: what was old is packed, and two files are put aside.
    pack(&folder.path().join("x.log.3.gz"), text(&[1, 2]).as_bytes());
    fs::remove_file(folder.path().join("x.log.1")).expect("a file");
    pack(&folder.path().join("x.log.2.gz"), text(&[3, 4]).as_bytes());
    File::options()
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(text(&[4]).as_bytes()))
        .expect("a line");
    fs::remove_file(&path).expect("a file");
    fs::write(folder.path().join("x.log.1"), text(&[5])).expect("a file");
    fs::write(&path, text(&[6])).expect("a file");
    let mut printer = Printer::new(&mut out, Layout::default());
    block_on(follow(&mut sources, &mut printer, async |_| Ok(false))).expect("a log");
    printer.finish().expect("memory can be written");
    assert_eq!(String::from_utf8_lossy(&out.text), "3\n4\n5\n6\n");
}

#[test]
fn a_long_line_goes_on_after_another_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = ["a.log", "b.log"].map(|name| folder.path().join(name));
    let long = "x".repeat(300_000);
    fs::write(&paths[0], format!("{} stdout F {long}", stamp(1))).expect("a file");
    fs::write(&paths[1], format!("{0} stderr F b\n", stamp(2))).expect("a file");
    let part = Part { follow: true, ..Part::default() };
    let mut sources = paths.each_ref().map(|path| block_on(Source::open(path, &part)).expect("a log"));
    let printed = Printed::default();
    let mut out = Out { printed: &printed, text: Vec::new(), remarks: Vec::new() };
    let layout = Layout { names: prefixes(&["a", "b"]), together: true, ..Layout::default() };
    let mut printer = Printer::new(&mut out, layout);
    let running = async |origin| {
        // The rest is written when the first part and the other log have been read.
        if origin == 0 {
            File::options().append(true).open(&paths[0]).and_then(|mut file| file.write_all(b"end\n")).expect("a file");
        }
        Ok(false)
    };
    block_on(follow(&mut sources, &mut printer, running)).expect("logs");
    printer.finish().expect("memory can be written");
    let text = String::from_utf8_lossy(&out.text);
    let mut lines: Vec<&str> = text.lines().filter(|line| *line != "[b] b").collect();
    assert_eq!(lines.len() + 1, text.lines().count());
    let rest = lines.pop().and_then(|line| line.strip_prefix("[a] ")).unwrap_or_default();
    assert!(rest.ends_with("end"), "{}", rest.len());
    let first = lines.concat();
    assert_eq!(first.trim_start_matches("[a] ").len() + rest.len(), 300_003);
}

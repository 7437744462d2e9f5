//! Reading and printing by the plainest means, for comparison.

use std::cmp::Reverse;

use proptest::prelude::*;

use crate::logs::print::{Layout, Names};
use crate::logs::record::Stream;
use crate::logs::tests::{Written, stamp};

/// A line of a log.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) second: u32,
    stderr: bool,
    partial: bool,
    /// It is no record.
    noise: bool,
    text: String,
    /// How often `é` follows it, which is two bytes.
    fill: usize,
}

impl Line {
    fn content(&self) -> String {
        format!("{}{}{}", self.text, "é".repeat(self.fill), if self.partial { "" } else { "\n" })
    }

    /// As a runtime writes it, without its newline.
    pub(super) fn written(&self, docker: bool) -> String {
        let stream = if self.stderr { "stderr" } else { "stdout" };
        let (time, content) = (stamp(self.second), self.content());
        let tag = if self.partial { 'P' } else { 'F' };
        match docker {
            _ if self.noise => format!("?{}", content.trim_end()),
            true => {
                let content = serde_json::to_string(&content).expect("text");
                format!("{{\"log\":{content},\"stream\":\"{stream}\",\"time\":\"{time}\"}}")
            }
            false => format!("{time} {stream} {tag} {}", content.trim_end_matches('\n')),
        }
    }
}

/// Lengths around those of the buffers for reading, for printing and for looking for places.
fn fill() -> impl Strategy<Value = usize> {
    let around = (prop::sample::select(vec![64usize << 10, 128 << 10, 256 << 10, 512 << 10]), 0usize..120);
    prop_oneof![24 => 0usize..6, 1 => around.prop_map(|(size, less)| (size - less) / 2)]
}

/// Lines in the order of their times, except that neighbours have traded places here and there.
pub(super) fn lines(most: usize) -> impl Strategy<Value = Vec<Line>> {
    let one = (0u32..4, any::<bool>(), prop::bool::weighted(0.2), prop::bool::weighted(0.1), "[a-z\"]{0,5}", fill());
    let one = (one, prop::bool::weighted(0.1));
    prop::collection::vec(one, 0..most).prop_map(|drawn| {
        let mut lines: Vec<Line> = Vec::new();
        let (mut time, mut traded) = (0, 0);
        for (at, ((step, stderr, partial, noise, text, fill), trade)) in drawn.into_iter().enumerate() {
            time += step;
            lines.push(Line { second: time, stderr, partial, noise: noise && at > 0, text, fill });
            if trade && at > traded {
                let (left, right) = (lines[at - 1].second, lines[at].second);
                (lines[at - 1].second, lines[at].second) = (right, left);
                traded = at + 1;
            }
        }
        lines
    })
}

/// A log in one or more files, the oldest first.
#[derive(Clone, Debug)]
pub(super) struct Log {
    /// Each file, and whether its last line has its newline.
    pub(super) files: Vec<(Vec<Line>, bool)>,
}

impl Log {
    /// The files as they are read: those that were put aside by their first records, where each tells its time, else
    /// by their names. Of a JSON object that is longer than what is looked at nobody knows it.
    pub(super) fn in_order(mut self, docker: bool) -> Self {
        let first = |(lines, _): &(Vec<Line>, bool)| {
            let line = lines.first().filter(|line| !line.noise)?;
            (!docker || line.written(true).len() <= 4 << 10).then_some(line.second)
        };
        let last = self.files.len() - 1;
        let aside = &mut self.files[..last];
        if aside.iter().all(|file| first(file).is_some()) {
            aside.sort_by_key(first);
        }
        self
    }

    /// The lines that are wanted, each with whether it has its newline.
    fn wanted(&self, tail: Option<u64>) -> Vec<(Line, bool)> {
        let mut lines = Vec::new();
        for (file, ended) in &self.files {
            let last = file.len().saturating_sub(1);
            lines.extend(file.iter().enumerate().map(|(at, line)| (line.clone(), *ended || at < last)));
        }
        let Some(tail) = tail else {
            return lines;
        };
        let ends: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].1).collect();
        let start = match tail as usize {
            0 => return Vec::new(),
            tail if tail > ends.len() => 0,
            tail => ends[ends.len() - tail],
        };
        let (mut left, mut wanted) = (tail, Vec::new());
        for line in lines.drain(start..) {
            if left == 0 {
                break;
            }
            left -= u64::from(line.1 && !line.0.noise);
            wanted.push(line);
        }
        wanted
    }
}

/// Reads logs, merged by time; nothing if one of them starts with what is no record.
pub(super) fn read(
    logs: &[Log],
    docker: bool,
    tail: Option<u64>,
    since: Option<u32>,
    layout: &Layout,
) -> Option<Written> {
    let mut wanted: Vec<Vec<(Line, bool)>> = logs.iter().map(|log| log.wanted(tail)).collect();
    if wanted.iter().any(|lines| lines.first().is_some_and(|(line, _)| line.noise)) {
        return None;
    }
    wanted.iter_mut().for_each(|lines| lines.reverse());
    let mut slow = Slow { layout, left: layout.limit.map_or(usize::MAX, |limit| limit as usize), ..Slow::new(layout) };
    let mut unfinished = vec![false; logs.len()];
    // What has no time, or goes on with a line, comes at once.
    let key = |lines: &Vec<(Line, bool)>, unfinished: bool| {
        let (line, _) = lines.last()?;
        Some(if unfinished || line.noise { None } else { Some(line.second) })
    };
    loop {
        let heads = wanted.iter().zip(&unfinished).enumerate();
        let next = heads.filter_map(|(origin, (lines, open))| Some((key(lines, *open)?, origin)));
        let Some((line, ended, origin)) = next
            .max_by_key(|head| Reverse(*head))
            .and_then(|(_, origin)| wanted[origin].pop().map(|(line, ended)| (line, ended, origin)))
        else {
            break;
        };
        slow.written.remarks += usize::from(!ended) + usize::from(line.noise);
        if !line.noise {
            unfinished[origin] = line.partial;
            let content =
                if ended || docker { line.content() } else { line.content().trim_end_matches('\n').to_owned() };
            if since.is_none_or(|since| line.second >= since) && !slow.print(origin, &line, &content) {
                break;
            }
        }
    }
    Some(slow.finish())
}

struct Slow<'l> {
    layout: &'l Layout,
    left: usize,
    written: Written,
    open: [Option<usize>; 2],
    /// The content of the JSON object that is open.
    json: Vec<u8>,
}

impl<'l> Slow<'l> {
    fn new(layout: &'l Layout) -> Self {
        Self { layout, left: 0, written: Written::default(), open: [None; 2], json: Vec::new() }
    }

    fn is_json(&self) -> bool {
        matches!(self.layout.names, Names::Json(_))
    }

    fn out(&mut self, stream: usize) -> &mut Vec<u8> {
        let place = if self.layout.together || self.is_json() { 0 } else { stream };
        &mut self.written.streams[place]
    }

    fn end(&mut self, stream: usize) {
        if self.open[stream].take().is_none() {
            return;
        }
        let mut end = b"\n".to_vec();
        if self.is_json() {
            let text = String::from_utf8_lossy(&std::mem::take(&mut self.json)).into_owned();
            end = [&serde_json::to_vec(&text).expect("text")[1..], b"}\n"].concat();
        }
        self.out(stream).extend_from_slice(&end);
    }

    /// Whether there is room for more.
    fn print(&mut self, origin: usize, line: &Line, content: &str) -> bool {
        let (stream, other) = (usize::from(line.stderr), usize::from(!line.stderr));
        if self.layout.only.is_some_and(|only| only as usize != stream) {
            return true;
        }
        if self.layout.names != Names::None {
            if self.open[stream].is_some_and(|by| by != origin) {
                self.end(stream);
            }
            if self.layout.together || self.is_json() {
                self.end(other);
            }
        }
        let mut head = Vec::new();
        match &self.layout.names {
            Names::Json(members) if self.open[stream].is_none() => {
                let name = if line.stderr { Stream::Stderr.name() } else { Stream::Stdout.name() };
                let start = format!("{{\"time\":\"{}\",\"stream\":\"{name}\",", stamp(line.second));
                let start = [start.as_bytes(), &members[origin], b"\"log\":\""].concat();
                self.out(stream).extend_from_slice(&start);
            }
            Names::Prefix(prefixes) if self.open[stream].is_none() => head.extend_from_slice(&prefixes[origin]),
            _ => {}
        }
        if self.layout.timestamps && self.open[stream].is_none() && !self.is_json() {
            head.extend_from_slice(format!("{} ", stamp(line.second)).as_bytes());
        }
        head.extend_from_slice(content.as_bytes());
        head.truncate(self.left);
        self.left -= head.len();
        self.open[stream] = (!content.ends_with('\n')).then_some(origin);
        if self.is_json() {
            self.open[stream] = Some(origin);
            self.json.extend_from_slice(head.strip_suffix(b"\n").unwrap_or(&head));
            if head.ends_with(b"\n") {
                self.end(stream);
            }
        } else {
            self.out(stream).extend_from_slice(&head);
        }
        self.left > 0
    }

    fn finish(mut self) -> Written {
        if self.is_json() {
            self.end(0);
            self.end(1);
        }
        self.written
    }
}

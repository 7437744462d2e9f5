//! A large log of the CRI: both streams, lines of 60 to 180 bytes, one in fifty in two parts.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes a log of so many lines, unless it is there already, and returns its size.
pub(crate) fn make(path: &Path, lines: u64) -> io::Result<u64> {
    if let Ok(metadata) = fs::metadata(path) {
        return Ok(metadata.len());
    }
    let unfinished = path.with_extension("unfinished");
    let mut file = BufWriter::with_capacity(1 << 20, File::create(&unfinished)?);
    let text = "the quick brown fox jumps over the lazy dog; ".repeat(5);
    for line in 0..lines {
        let stream = if line % 3 == 0 { "stderr" } else { "stdout" };
        let tag = if line % 50 == 7 { 'P' } else { 'F' };
        let length = 60 + (line * 2_654_435_761 % 121) as usize;
        writeln!(file, "{} {stream} {tag} {}", time(line), &text[..length])?;
    }
    file.flush()?;
    fs::rename(unfinished, path)?;
    Ok(fs::metadata(path)?.len())
}

/// When a line was written: a thousand lines a second.
pub(crate) fn time(line: u64) -> String {
    let (seconds, millis) = (line / 1000, line % 1000);
    let (day, hour, minute, second) = (1 + seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("2024-03-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}000001Z")
}

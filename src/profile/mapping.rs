//! What is mapped where in the process's memory, parsed from Linux's `/proc/self/smaps` or `maps`. Pure.

/// A range of addresses, what is mapped there, and how much of it is resident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mapping {
    pub(super) start: u64,
    pub(super) end: u64,
    /// `r-xp`.
    pub(super) access: String,
    /// Where in the file it begins.
    pub(super) offset: u64,
    /// A file's path, `[heap]`, `[stack]`, or nothing for anonymous memory.
    pub(super) name: String,
    /// Resident bytes.
    pub(super) resident: i64,
    /// Resident bytes that no other process shares.
    pub(super) private: i64,
}

/// Parses either file; unknown lines are skipped, since kernels add new ones.
pub(super) fn parse(text: &str) -> Vec<Mapping> {
    let mut mappings: Vec<Mapping> = Vec::new();
    for line in text.lines() {
        match (header(line), mappings.last_mut()) {
            (Some(mapping), _) => mappings.push(mapping),
            (None, Some(mapping)) => mapping.count(line),
            (None, None) => {}
        }
    }
    mappings
}

/// `55d0c0a00000-55d0c0b00000 r-xp 00001000 08:01 1234    /usr/bin/crictl`
fn header(line: &str) -> Option<Mapping> {
    let hex = |text: &str| u64::from_str_radix(text, 16).ok();
    let mut words = line.splitn(6, ' ');
    let (start, end) = words.next()?.split_once('-')?;
    let (access, offset) = (words.next()?.to_owned(), words.next()?);
    let name = words.nth(2).unwrap_or_default().trim().to_owned();
    Some(Mapping { start: hex(start)?, end: hex(end)?, access, offset: hex(offset)?, name, ..Mapping::default() })
}

impl Mapping {
    /// `Rss:                 524 kB`
    fn count(&mut self, line: &str) {
        let Some((key, value)) = line.split_once(':') else { return };
        let kilobytes: i64 = value.trim().trim_end_matches(" kB").parse().unwrap_or_default();
        match key {
            "Rss" => self.resident = kilobytes * 1024,
            "Private_Clean" | "Private_Dirty" => self.private += kilobytes * 1024,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_has_its_range_its_name_and_its_counts() {
        let text = "55d0a000-55d0b000 r-xp 00001000 08:01 1234    /usr/bin/a b\n\
                    Size:                  4 kB\nRss:                  4 kB\nPrivate_Clean:        1 kB\n\
                    Private_Dirty:        2 kB\nVmFlags: rd ex\n\
                    7ffc0000-7ffc1000 rw-p 00000000 00:00 0 \nRss:                  8 kB\n";
        let program = Mapping {
            start: 0x55d0_a000,
            end: 0x55d0_b000,
            access: "r-xp".to_owned(),
            offset: 0x1000,
            name: "/usr/bin/a b".to_owned(),
            resident: 4096,
            private: 3072,
        };
        let anonymous = Mapping {
            start: 0x7ffc_0000,
            end: 0x7ffc_1000,
            access: "rw-p".to_owned(),
            resident: 8192,
            ..Mapping::default()
        };
        assert_eq!(parse(text), [program, anonymous]);
    }
}

//! The numbers of signals. containerd takes numbers, and images have names: those of Linux, where it sends them.

pub(super) const KILL: u32 = 9;
pub(super) const TERM: u32 = 15;

/// From 1 on, as in `signal(7)`, the numbers of x86 and ARM.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
    "PWR", "SYS",
];

/// The first signal that programs may use as they like, and the last, as the C library counts them.
const RTMIN: u32 = 34;
const RTMAX: u32 = 64;

/// The number of a signal: `SIGTERM`, `term`, `15`, `SIGRTMIN+3`.
pub(super) fn number(word: &str) -> Option<u32> {
    let upper = word.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let real_time = |number: u32| (RTMIN..=RTMAX).contains(&number).then_some(number);
    if let Ok(number) = name.parse() {
        return (1..=RTMAX).contains(&number).then_some(number);
    }
    if let Some(rest) = name.strip_prefix("RTMIN") {
        return real_time(RTMIN.checked_add(offset(rest, '+')?)?);
    }
    if let Some(rest) = name.strip_prefix("RTMAX") {
        return real_time(RTMAX.checked_sub(offset(rest, '-')?)?);
    }
    let at = NAMES.iter().position(|known| *known == name)?;
    u32::try_from(at + 1).ok()
}

/// The number behind a sign; nothing at all is 0.
fn offset(rest: &str, sign: char) -> Option<u32> {
    if rest.is_empty() { Some(0) } else { rest.strip_prefix(sign)?.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_numbers_names_and_distances() {
        for (word, wanted) in [
            ("SIGTERM", Some(15)),
            ("quit", Some(3)),
            ("9", Some(9)),
            ("SIGRTMIN+3", Some(37)),
            ("RTMAX", Some(64)),
            ("SIGRTMAX-1", Some(63)),
            ("SIGSYS", Some(31)),
            ("0", None),
            ("65", None),
            ("SIGRTMIN+31", None),
            ("SIGRTMAX-99", None),
            ("SIGRTMIN+x", None),
            ("SIGFOO", None),
            ("", None),
        ] {
            assert_eq!(number(word), wanted, "{word}");
        }
    }
}

//! What a container or a pod uses, and how much of a CPU it used between two samples.

use crate::error::Error;
use crate::generated::cri::UInt64Value;

/// One sample.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Nanoseconds of CPU since the start.
    pub(crate) cpu: u64,
    /// When the CPU was measured, in nanoseconds.
    pub(crate) at: i64,
    /// The working set in bytes.
    pub(crate) memory: u64,
}

impl Usage {
    /// Neither CPU nor memory: it is not running, or the runtime knows nothing about it.
    pub(crate) fn is_nothing(&self) -> bool {
        self.cpu == 0 && self.memory == 0
    }

    /// Hundredths of one CPU since the earlier sample, as a cell.
    ///
    /// A counter that went backwards counts as zero; upstream shows some 10^13 percent.
    ///
    /// # Errors
    /// The runtime did not measure again between the samples.
    pub(crate) fn cpu_since(&self, earlier: &Self) -> Result<String, Error> {
        let elapsed = i128::from(self.at) - i128::from(earlier.at);
        if self.cpu != 0 && elapsed == 0 {
            return Err(Error::failure("the runtime did not measure the cpu again between the two samples")
                .hint("--seconds sets the time between them"));
        }
        let used = self.cpu.saturating_sub(earlier.cpu);
        let percent = if used == 0 || elapsed <= 0 { 0.0 } else { used as f64 / elapsed as f64 * 100.0 };
        Ok(format!("{percent:.2}"))
    }
}

/// A number that may be missing, which counts as zero.
pub(crate) fn number(value: Option<&UInt64Value>) -> u64 {
    value.map_or(0, |value| value.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(cpu: u64, at: i64) -> Usage {
        Usage { cpu, at, memory: 1 }
    }

    #[test]
    fn the_percentage_is_of_one_cpu_over_the_time_between_the_samples() {
        let half = usage(1_500_000_000, 2_000_000_000).cpu_since(&usage(1_000_000_000, 1_000_000_000));
        assert_eq!(half.ok().as_deref(), Some("50.00"));
        let two = usage(5, 2).cpu_since(&usage(3, 1));
        assert_eq!(two.ok().as_deref(), Some("200.00"));
    }

    #[test]
    fn counters_and_clocks_that_go_backwards_are_no_usage() {
        assert_eq!(usage(1, 2).cpu_since(&usage(u64::MAX, 1)).ok().as_deref(), Some("0.00"));
        assert_eq!(usage(5, 1).cpu_since(&usage(1, 2)).ok().as_deref(), Some("0.00"));
        assert_eq!(usage(5, i64::MIN).cpu_since(&usage(1, i64::MAX)).ok().as_deref(), Some("0.00"));
    }

    #[test]
    fn a_sample_that_is_not_new_is_an_error_unless_no_cpu_was_used_ever() {
        assert!(usage(1, 1).cpu_since(&usage(1, 1)).is_err());
        assert_eq!(usage(0, 1).cpu_since(&usage(0, 1)).ok().as_deref(), Some("0.00"));
    }
}

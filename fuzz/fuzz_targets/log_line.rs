//! Lines of logs: the parser takes what a regular expression and a calendar take.
//!
//! `scripts/fuzz 60 log_line`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| crictl::fuzzing::log_line(bytes));

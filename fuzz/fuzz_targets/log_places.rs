//! Places in logs: the last lines, and the first since a time, are where a slow search finds them.
//!
//! `scripts/fuzz 60 log_places`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| crictl::fuzzing::log_places(bytes));

//! Reports on the error stream: any bytes are an end, good or bad.
//!
//! `scripts/fuzz 60 stream_status`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| crictl::fuzzing::stream_status(bytes));

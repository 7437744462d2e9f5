//! Reports on the error stream: any bytes are an end, good or bad.
//!
//! `cargo +nightly fuzz run stream_status fuzz/corpus/stream_status fuzz/seeds/stream_status`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| crictl::fuzzing::stream_status(bytes));

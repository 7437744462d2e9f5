//! SPDY header blocks: any bytes are headers or refused, and never stand for more than the limit.
//!
//! `scripts/fuzz 60 spdy_headers`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| crictl::fuzzing::spdy_headers(bytes));

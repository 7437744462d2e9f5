//! SPDY connections: any bytes are frames or refused, and yield no more bytes than they have.
//!
//! `scripts/fuzz 60 spdy_frames`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| crictl::fuzzing::spdy_frames(bytes));

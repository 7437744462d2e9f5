//! Messages of a WebSocket's channels: any bytes are taken apart or say nothing.
//!
//! `scripts/fuzz 60 channel_message`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| crictl::fuzzing::channel_message(bytes));

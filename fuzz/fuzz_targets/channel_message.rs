//! Messages of a WebSocket's channels: any bytes are taken apart or say nothing.
//!
//! `cargo +nightly fuzz run channel_message fuzz/corpus/channel_message fuzz/seeds/channel_message`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| crictl::fuzzing::channel_message(bytes));

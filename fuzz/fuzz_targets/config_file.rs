//! Crictl's own config file: any bytes are read or refused, and a value that is changed in them is changed.
//!
//! `scripts/fuzz 60 config_file`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| crictl::fuzzing::config_file(bytes));

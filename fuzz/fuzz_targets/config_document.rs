//! Config files of pods and containers: any bytes are read or refused, and what was read reads back as itself.
//!
//! `scripts/fuzz 60 config_document`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| crictl::fuzzing::config_document(bytes));

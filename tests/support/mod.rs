//! What the in-process tests stand on: a fake runtime, and `crictl` run against it.

#![allow(dead_code)] // Not every test needs every part.

pub mod fake;
pub mod run;

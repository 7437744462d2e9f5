//! What the in-process tests stand on: a fake runtime, servers that are none, and `crictl` run against them.

#![allow(dead_code, unreachable_pub)] // Not every test needs every part, nor does the example that has the fake.

pub mod calls;
pub mod fake;
pub mod process;
pub mod raw;
pub mod run;

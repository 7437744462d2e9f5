//! The commands of crictl, one file each; no file uses another.
//!
//! This list is kept by `cargo regen`, from the names of the files beside it.

mod completion;
mod config;
mod images;
mod info;
mod inspect;
mod inspecti;
mod inspectp;
mod logs;
mod pods;
mod ps;
mod rpc;
mod version;

use crate::command::Overlay;

pub(crate) static OVERLAYS: &[Overlay] = &[
    completion::OVERLAY,
    config::OVERLAY,
    images::OVERLAY,
    info::OVERLAY,
    inspect::OVERLAY,
    inspecti::OVERLAY,
    inspectp::OVERLAY,
    logs::OVERLAY,
    pods::OVERLAY,
    ps::OVERLAY,
    rpc::OVERLAY,
    version::OVERLAY,
];

//! The commands of crictl, one file each; no file uses another.
//!
//! This list is kept by `cargo regen`, from the names of the files beside it.

mod completion;
mod config;
mod events;
mod imagefsinfo;
mod images;
mod info;
mod inspect;
mod inspecti;
mod inspectp;
mod metricdescs;
mod metricsp;
mod pods;
mod ps;
mod rpc;
mod stats;
mod statsp;
mod version;

use crate::command::Overlay;

pub(crate) static OVERLAYS: &[Overlay] = &[
    completion::OVERLAY,
    config::OVERLAY,
    events::OVERLAY,
    imagefsinfo::OVERLAY,
    images::OVERLAY,
    info::OVERLAY,
    inspect::OVERLAY,
    inspecti::OVERLAY,
    inspectp::OVERLAY,
    metricdescs::OVERLAY,
    metricsp::OVERLAY,
    pods::OVERLAY,
    ps::OVERLAY,
    rpc::OVERLAY,
    stats::OVERLAY,
    statsp::OVERLAY,
    version::OVERLAY,
];

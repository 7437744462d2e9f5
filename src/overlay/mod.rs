//! The commands of crictl, one file each; no file uses another.
//!
//! This list is kept by `cargo regen`, from the names of the files beside it.

mod completion;
mod config;
mod create;
mod images;
mod info;
mod inspect;
mod inspecti;
mod inspectp;
mod pods;
mod ps;
mod pull;
mod rpc;
mod run;
mod runp;
mod version;

use crate::command::Overlay;

pub(crate) static OVERLAYS: &[Overlay] = &[
    completion::OVERLAY,
    config::OVERLAY,
    create::OVERLAY,
    images::OVERLAY,
    info::OVERLAY,
    inspect::OVERLAY,
    inspecti::OVERLAY,
    inspectp::OVERLAY,
    pods::OVERLAY,
    ps::OVERLAY,
    pull::OVERLAY,
    rpc::OVERLAY,
    run::OVERLAY,
    runp::OVERLAY,
    version::OVERLAY,
];

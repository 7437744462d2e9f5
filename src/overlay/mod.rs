//! The commands of crictl, one file each; no file uses another.
//!
//! This list is kept by `cargo regen`, from the names of the files beside it.

mod attach;
mod exec;
mod images;
mod info;
mod inspect;
mod inspecti;
mod inspectp;
mod pods;
mod port_forward;
mod ps;
mod version;

use crate::command::Overlay;

pub(crate) static OVERLAYS: &[Overlay] = &[
    attach::OVERLAY,
    exec::OVERLAY,
    images::OVERLAY,
    info::OVERLAY,
    inspect::OVERLAY,
    inspecti::OVERLAY,
    inspectp::OVERLAY,
    pods::OVERLAY,
    port_forward::OVERLAY,
    ps::OVERLAY,
    version::OVERLAY,
];

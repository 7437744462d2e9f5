//! The commands of crictl, one file each; no file uses another.
//!
//! This list is kept by `cargo regen`, from the names of the files beside it.

mod attach;
mod checkpoint;
mod completion;
mod config;
mod create;
mod doctor;
mod events;
mod exec;
mod imagefsinfo;
mod images;
mod info;
mod inspect;
mod inspecti;
mod inspectp;
mod logs;
mod metricdescs;
mod metricsp;
mod ns;
mod pods;
mod port_forward;
mod ps;
mod pull;
mod rm;
mod rmi;
mod rmp;
mod rpc;
mod run;
mod runp;
mod runtime_config;
mod start;
mod stats;
mod statsp;
mod stop;
mod stopp;
mod update;
mod update_runtime_config;
mod version;

use crate::command::Overlay;

pub(crate) static OVERLAYS: &[Overlay] = &[
    attach::OVERLAY,
    checkpoint::OVERLAY,
    completion::OVERLAY,
    config::OVERLAY,
    create::OVERLAY,
    doctor::OVERLAY,
    events::OVERLAY,
    exec::OVERLAY,
    imagefsinfo::OVERLAY,
    images::OVERLAY,
    info::OVERLAY,
    inspect::OVERLAY,
    inspecti::OVERLAY,
    inspectp::OVERLAY,
    logs::OVERLAY,
    metricdescs::OVERLAY,
    metricsp::OVERLAY,
    ns::OVERLAY,
    pods::OVERLAY,
    port_forward::OVERLAY,
    ps::OVERLAY,
    pull::OVERLAY,
    rm::OVERLAY,
    rmi::OVERLAY,
    rmp::OVERLAY,
    rpc::OVERLAY,
    run::OVERLAY,
    runp::OVERLAY,
    runtime_config::OVERLAY,
    start::OVERLAY,
    stats::OVERLAY,
    statsp::OVERLAY,
    stop::OVERLAY,
    stopp::OVERLAY,
    update::OVERLAY,
    update_runtime_config::OVERLAY,
    version::OVERLAY,
];

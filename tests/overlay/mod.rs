//! One file a command, as in `src/overlay`.

mod completion;
mod config;
mod create;
mod doctor;
mod events;
mod exec;
mod images;
mod info;
mod inspect;
mod inspecti;
mod inspectp;
mod logs;
mod pods;
mod ps;
mod pull;
mod rm;
mod rmi;
mod rmp;
mod run;
mod runp;
mod start;
mod stop;
mod stopp;
mod update;
mod version;

//! One file a command, as in `src/overlay`.

mod completion;
mod config;
mod create;
mod events;
mod inspect;
mod logs;
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

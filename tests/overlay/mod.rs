//! One file a command, as in `src/overlay`.

mod completion;
mod config;
mod events;
mod inspect;
mod logs;
mod ps;
mod rm;
mod rmi;
mod rmp;
mod start;
mod stop;
mod stopp;
mod update;
mod create;
mod pull;
mod run;
mod runp;

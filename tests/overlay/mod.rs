//! One file a command, as in `src/overlay`.

mod create;
mod ps;
mod pull;
mod run;
mod runp;

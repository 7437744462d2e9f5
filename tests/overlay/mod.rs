//! One file a command, as in `src/overlay`.

mod logs;
mod ps;

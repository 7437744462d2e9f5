//! One file a command, as in `src/overlay`.

mod events;
mod inspect;
mod ps;

//! A client for the Kubernetes Container Runtime Interface: `crictl` as a library.
//!
//! - [`run`] and [`Crictl`] run a command line: arguments, environment and streams in, exit status out. [`Crictl`] is
//!   what a host sets once: an endpoint of its own, the name to be called by, commands of its own.
//! - [`client::Client`] makes the calls themselves, for a host that wants data and not text; [`cri`] has the messages.
//!
//! ```
//! use crictl::{Io, run};
//!
//! let mut io = Io::buffers(std::io::empty(), std::io::sink(), std::io::sink());
//! assert_eq!(run(["crictl", "--help"], [("HOME", "/root")], &mut io), 0);
//! ```
//!
//! # What a run leaves alone
//!
//! A run never ends the process, never reads or writes the process's environment, and looks on the machine only where
//! [`Io::machine`] says. Any number of runs may go on at once, on as many threads. There are these exceptions:
//!
//! - [`Io::signals`] lets a run look at the process's signals; tokio's handlers stay when the run has ended. So do those
//!   for the size of a terminal, if [`Io::terminal`] is the process's own.
//! - `--profile-cpu` samples the whole process, so only one run at a time can do it.
//! - `rpc --proto` leaves the tables behind that it makes of the file, about 200 KB for the CRI's.
//! - The tables of containerd's own API are made when a run first needs them, and stay.
//! - In a program that is built with `panic = "abort"`, `exec -it` sets a panic hook that restores the process's own
//!   terminal.
//!
//! A defect of ours ends a run with the status 70 and not the process, unless that is built with `panic = "abort"`.

mod api;
mod app;
mod args;
pub mod client;
mod command;
mod config;
#[cfg(windows)]
mod console;
mod containerd;
mod context;
mod document;
mod error;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
#[doc(hidden)]
pub mod generated;
mod gotext;
pub mod host;
mod io;
mod launch;
mod log;
mod logs;
#[doc(hidden)]
pub mod method;
mod namespace;
mod overlay;
mod print;
mod profile;
mod rpc;
#[doc(hidden)]
pub mod schema;
mod select;
mod shell;
mod signal;
mod stream;
mod tables;
mod template;
mod trace;
mod view;
mod visible;
mod yaml;

#[doc(hidden)]
pub use app::command_line;
pub use app::{Crictl, run};
/// The messages of the CRI.
pub use generated::cri;
pub use io::{Buffer, Clock, Io, Machine, Size, Terminal, Waiting};
#[doc(hidden)]
pub use template::Template;
pub use tokio_util::sync::CancellationToken;

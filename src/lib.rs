//! A client for the Kubernetes Container Runtime Interface: `crictl` as a library.
//!
//! The whole public interface is [`run`], [`run_with`] and what they take. A run has no global state: it never exits
//! the process, never reads or writes the process's environment, looks on the machine only where [`Io::machine`] says,
//! and any number of runs may go on at once.
//!
//! ```
//! use crictl::{Io, run};
//!
//! let mut io = Io::buffers(std::io::empty(), std::io::sink(), std::io::sink());
//! assert_eq!(run(["crictl", "--help"], [("HOME", "/root")], &mut io), 0);
//! ```

mod api;
mod app;
mod args;
pub mod client;
mod command;
mod config;
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
pub use io::{Clock, Io, Machine};
#[doc(hidden)]
pub use template::Template;
pub use tokio_util::sync::CancellationToken;

//! A client for the Kubernetes Container Runtime Interface.

#[doc(hidden)]
pub mod generated;
#[doc(hidden)]
pub mod method;
#[doc(hidden)]
pub mod schema;

#[doc(hidden)]
pub use generated::cri;

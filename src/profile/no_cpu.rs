//! The CPU profile of a system without signals to take samples by: there is none.

use std::convert::Infallible;

use crate::error::Error;
use crate::profile::format::Profile;

/// Sampling, which never starts.
pub(super) struct Sampling(Infallible);

impl Sampling {
    /// # Errors
    /// Always.
    pub(super) fn start() -> Result<Self, Error> {
        Err(Error::failure("samples are taken by the signal SIGPROF, which this system has not"))
    }

    /// # Errors
    /// Never: it did not start.
    pub(super) fn finish(self) -> Result<Profile, Error> {
        match self.0 {}
    }
}

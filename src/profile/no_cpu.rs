//! The CPU profile on a system without signals for sampling: there is none.

use std::convert::Infallible;

use crate::error::Error;
use crate::profile::format::Profile;

/// Sampling, which never starts.
pub(super) struct Sampling(Infallible);

impl Sampling {
    /// # Errors
    /// Always.
    pub(super) fn start() -> Result<Self, Error> {
        Err(Error::failure("sampling needs the signal SIGPROF, which this system lacks"))
    }

    /// # Errors
    /// Never: sampling never starts.
    pub(super) fn finish(self) -> Result<Profile, Error> {
        match self.0 {}
    }
}

//! The CRI as `crictl rpc` sees it: methods, what is sent, what comes back. Nothing here knows a method by name:
//! commands, flags and output come from the tables.

pub(crate) mod answer;
pub(crate) mod call;
mod dry_run;
mod flag;
mod format;
pub(crate) mod list;
pub(crate) mod probe;
mod report;
pub(crate) mod request;
mod set;

use crate::generated::methods::METHODS;
use crate::method::Method;

/// The methods that can be called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Api {
    /// In the order of the proto, service by service.
    pub(crate) methods: &'static [&'static Method],
}

impl Api {
    /// The CRI that this program was built from.
    pub(crate) const BUILT_IN: Self = Self { methods: METHODS };

    /// The method with this name, as the proto or as the command line spells it.
    pub(crate) fn method(&self, name: &str) -> Option<&'static Method> {
        self.methods.iter().copied().find(|method| method.command == name || method.name == name)
    }
}

//! What a verb of Go's `fmt` may be told.

/// What stands between the percent sign and the verb.
#[derive(Clone, Copy, Default)]
pub(super) struct Spec {
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    /// `%#v`, which is Go's syntax.
    pub(super) syntax: bool,
}

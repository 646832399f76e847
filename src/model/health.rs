//! How an object is doing, in five words that colour, shape and the faults filter share.

/// From good to bad; the order is used for sorting and for "faults only".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Health {
    /// Finished as meant (a completed job); drawn dim.
    Done,
    /// As it should be.
    #[default]
    Ok,
    /// On its way: starting, terminating, rolling.
    Busy,
    /// Needs a look: warnings, partly ready, cordoned.
    Warn,
    /// Broken.
    Bad,
}

impl Health {
    /// True for what the faults-only filter shows: [`Health::Warn`] and [`Health::Bad`].
    pub const fn is_fault(self) -> bool {
        matches!(self, Self::Warn | Self::Bad)
    }
}

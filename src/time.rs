//! Time as data: the machines never read a clock.

use std::ops::{Add, Sub};

/// Milliseconds on the host's clock.
///
/// Only differences carry meaning, except where the wire gives a wall time (a token's `exp`): there the host's clock is
/// taken to be Unix time in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// A timestamp from milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// The milliseconds of this timestamp.
    pub const fn as_millis(self) -> u64 {
        self.0
    }
}

impl Add<u64> for Timestamp {
    type Output = Self;

    /// The timestamp `millis` later.
    fn add(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

impl Sub for Timestamp {
    type Output = u64;

    /// The milliseconds since `earlier`; 0 when the clock was set back.
    fn sub(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

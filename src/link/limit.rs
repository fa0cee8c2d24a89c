//! How long the way from a dial to an accepted credential may take.

use crate::time::Timestamp;

/// From the dial to the gateway's acceptance.
pub(super) const HANDSHAKE_WITHIN: u64 = 10_000;
/// A handshake deadline that fires this much late was not watched; it is extended once.
const HANDSHAKE_LATE: u64 = 2_000;

/// Until when something must have happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) at: Timestamp,
    extended: bool,
}

impl Limit {
    pub(super) const fn new(at: Timestamp) -> Self {
        Self { at, extended: false }
    }

    /// Whether the limit passed under our eyes. One that passed unwatched is extended, once.
    pub(super) fn is_over(&mut self, now: Timestamp) -> bool {
        if now < self.at {
            return false;
        }
        if self.extended || now - self.at <= HANDSHAKE_LATE {
            return true;
        }
        *self = Self { at: now + HANDSHAKE_WITHIN, extended: true };
        false
    }
}

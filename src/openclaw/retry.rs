//! When what failed is asked for again.

use crate::time::Timestamp;

/// The longest wait that a gateway may ask for.
pub(super) const LONGEST_WAIT: u64 = 300_000;

/// The first and the longest delay after what failed.
const FIRST: u64 = 2_000;
const LONGEST: u64 = 60_000;

/// A delay that grows with each failure.
#[derive(Debug)]
pub(super) struct Retry {
    delay: u64,
}

impl Default for Retry {
    fn default() -> Self {
        Self { delay: FIRST }
    }
}

impl Retry {
    /// When to ask again: after the delay, or later where the gateway `asked` to be left alone for longer.
    pub(super) fn at(&mut self, asked: Option<u64>, now: Timestamp) -> Timestamp {
        let delay = self.delay.max(asked.unwrap_or(0).min(LONGEST_WAIT));
        self.delay = (self.delay * 2).min(LONGEST);
        now + delay
    }
}

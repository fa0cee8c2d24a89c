//! How long to wait before the next attempt.

/// The delay before the first retry.
const FIRST_DELAY: u64 = 1_000;
/// The longest delay.
const LONGEST_DELAY: u64 = 30_000;
/// Sockets in a row that may open without authenticating and still start the delay anew.
const FORGIVEN_OPENS: u32 = 3;

/// Delays that double from 1 s to 30 s, without jitter.
///
/// An open socket starts them anew (V1-10); from the fourth in a row that opened and never authenticated on, only an
/// authenticated one does, so that a gateway which accepts and hangs up is not redialled every second (V1-C2).
#[derive(Debug)]
pub struct Backoff {
    delay: u64,
    opens_without_success: u32,
    attempt: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { delay: FIRST_DELAY, opens_without_success: 0, attempt: 0 }
    }
}

impl Backoff {
    /// The attempts made since the last success.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The delay in milliseconds before the next attempt.
    pub fn next_delay(&mut self) -> u64 {
        let delay = self.delay;
        self.delay = (delay * 2).min(LONGEST_DELAY);
        self.attempt += 1;
        delay
    }

    /// A socket opened.
    pub fn opened(&mut self) {
        if self.opens_without_success < FORGIVEN_OPENS {
            self.delay = FIRST_DELAY;
        }
        self.opens_without_success += 1;
    }

    /// A socket authenticated, or the caller wants a fresh start.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_to_thirty_seconds() {
        let mut backoff = Backoff::default();
        let delays: Vec<u64> = (0..7).map(|_| backoff.next_delay()).collect();
        assert_eq!(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        assert_eq!(backoff.attempt(), 7);
    }

    #[test]
    fn the_fourth_socket_that_opens_and_never_authenticates_keeps_the_delay() {
        let mut backoff = Backoff::default();
        let mut delays = Vec::new();
        for _ in 0..6 {
            backoff.opened();
            delays.push(backoff.next_delay());
        }
        assert_eq!(delays, [1_000, 1_000, 1_000, 2_000, 4_000, 8_000]);
    }
}

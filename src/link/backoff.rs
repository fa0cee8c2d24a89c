//! How long to wait before the next attempt.

/// Sockets in a row that may open without authenticating and still start the delay anew.
const FORGIVEN_OPENS: u32 = 3;

/// How long the delays are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delays {
    /// They double from 1 s to 30 s.
    ///
    /// An open socket starts them anew (V1-10); from the fourth in a row that opened and never authenticated on, only an
    /// authenticated one does, so that a gateway which accepts and hangs up is not redialled every second (V1-C2).
    Doubling,
    /// They are chosen at random between nothing and what would be doubled (MX-31); only a connection that stood starts
    /// them anew.
    Jittered {
        /// What the choice depends on.
        seed: u32,
    },
    /// They grow from 0.8 s by the factor 1.7 to 15 s, each longer by up to a fifth of it; only a connection that stood
    /// starts them anew.
    Spread {
        /// What the choice depends on.
        seed: u32,
    },
}

/// How delays grow: the first and the longest in milliseconds, the factor in tenths.
struct Growth {
    first: u64,
    tenths: u64,
    longest: u64,
}

impl Delays {
    const fn growth(self) -> Growth {
        match self {
            Self::Doubling | Self::Jittered { .. } => Growth { first: 1_000, tenths: 20, longest: 30_000 },
            Self::Spread { .. } => Growth { first: 800, tenths: 17, longest: 15_000 },
        }
    }
}

/// The delays before the next attempts.
#[derive(Debug)]
pub struct Backoff {
    delays: Delays,
    delay: u64,
    opens_without_success: u32,
    attempt: u32,
}

impl Backoff {
    /// Delays that start anew.
    pub fn new(delays: Delays) -> Self {
        Self { delays, delay: delays.growth().first, opens_without_success: 0, attempt: 0 }
    }

    /// The attempts made since the last success.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The delay in milliseconds before the next attempt.
    pub fn next_delay(&mut self) -> u64 {
        self.next_delay_within(u64::MAX)
    }

    /// The same, from a delay that is no longer than `most`.
    pub fn next_delay_within(&mut self, most: u64) -> u64 {
        let delay = self.delay;
        let growth = self.delays.growth();
        self.delay = (delay * growth.tenths / 10).min(growth.longest);
        self.spread(delay.min(most))
    }

    /// A delay that somebody else chose, as an attempt of these delays.
    pub fn spread(&mut self, delay: u64) -> u64 {
        self.attempt += 1;
        match &mut self.delays {
            Delays::Doubling => delay,
            Delays::Jittered { seed } => {
                *seed = shuffled(*seed);
                (delay * u64::from(*seed)) >> u32::BITS
            }
            Delays::Spread { seed } => {
                *seed = shuffled(*seed);
                delay + ((delay / 5 * u64::from(*seed)) >> u32::BITS)
            }
        }
    }

    /// A socket opened.
    pub fn opened(&mut self) {
        if self.delays == Delays::Doubling && self.opens_without_success < FORGIVEN_OPENS {
            self.delay = self.delays.growth().first;
        }
        self.opens_without_success += 1;
    }

    /// A socket authenticated, or the caller wants a fresh start.
    pub fn succeeded(&mut self) {
        *self = Self::new(self.delays);
    }
}

/// The next number of a sequence that looks like chance (a step of splitmix32).
fn shuffled(seed: u32) -> u32 {
    let mixed = seed.wrapping_add(0x9e37_79b9);
    let mixed = (mixed ^ mixed >> 16).wrapping_mul(0x21f0_aaad);
    let mixed = (mixed ^ mixed >> 15).wrapping_mul(0x735a_2d97);
    mixed ^ mixed >> 15
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_to_thirty_seconds() {
        let mut backoff = Backoff::new(Delays::Doubling);
        let delays: Vec<u64> = (0..7).map(|_| backoff.next_delay()).collect();
        assert_eq!(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        assert_eq!(backoff.attempt(), 7);
    }

    #[test]
    fn jittered_delays_lie_below_what_would_be_doubled_and_are_spread_over_it() {
        let mut highest = 0;
        for seed in 0..1_000 {
            let mut backoff = Backoff::new(Delays::Jittered { seed });
            let delays: Vec<u64> = (0..7).map(|_| backoff.next_delay()).collect();
            let limits = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
            assert!(delays.iter().zip(limits).all(|(delay, limit)| *delay < limit), "{delays:?}");
            highest = highest.max(delays[0]);
        }
        assert!(highest > 900, "{highest}");
    }

    #[test]
    fn spread_delays_grow_to_fifteen_seconds_and_are_longer_by_up_to_a_fifth() {
        let mut longest_first = 0;
        for seed in 0..1_000 {
            let mut backoff = Backoff::new(Delays::Spread { seed });
            let delays: Vec<u64> = (0..8).map(|_| backoff.next_delay()).collect();
            let least = [800, 1_360, 2_312, 3_930, 6_681, 11_357, 15_000, 15_000];
            let fits = |(delay, least): (&u64, u64)| (least..=least + least / 5).contains(delay);
            assert!(delays.iter().zip(least).all(fits), "{delays:?}");
            longest_first = longest_first.max(delays[0]);
        }
        assert!(longest_first > 900, "{longest_first}");
    }

    #[test]
    fn the_fourth_socket_that_opens_and_never_authenticates_keeps_the_delay() {
        let mut backoff = Backoff::new(Delays::Doubling);
        let mut delays = Vec::new();
        for _ in 0..6 {
            backoff.opened();
            delays.push(backoff.next_delay());
        }
        assert_eq!(delays, [1_000, 1_000, 1_000, 2_000, 4_000, 8_000]);
    }
}

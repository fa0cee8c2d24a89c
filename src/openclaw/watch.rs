//! Whether the gateway is still there: it ticks by itself, and silence alone proves nothing.

use crate::machine::Timer;
use crate::time::Timestamp;

/// The ticks of the gateway that may be missed before it is asked.
const MISSED_TICKS: u64 = 2;
/// How long the gateway may take to answer when it is asked.
const PROBE_WITHIN: u64 = 4_000;
/// A deadline that fires this much late was not watched: the process slept, and the answer may lie in its queue.
const PROBE_LATE: u64 = 2_000;

/// The signs of life on one socket.
#[derive(Debug)]
pub(super) struct Watch {
    silence_allowed: u64,
    heard_at: Timestamp,
    probe: Option<Timestamp>,
}

/// Of two deadlines the one that comes first; of two at once the first one.
pub(super) fn earlier(
    one: Option<(Timestamp, Timer)>,
    other: Option<(Timestamp, Timer)>,
) -> Option<(Timestamp, Timer)> {
    match (one, other) {
        (Some((at, _)), Some((later, _))) if later < at => other,
        (Some(_), _) => one,
        (None, _) => other,
    }
}

/// What a passed deadline means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Alive,
    /// The gateway is to be asked.
    Probe,
    /// It was asked and said nothing.
    Dead,
}

impl Watch {
    pub(super) fn new(tick_every: u64, now: Timestamp) -> Self {
        Self { silence_allowed: tick_every * MISSED_TICKS, heard_at: now, probe: None }
    }

    pub(super) fn deadline(&self) -> (Timestamp, Timer) {
        match self.probe {
            Some(at) => (at, Timer::Probe),
            None => (self.heard_at + self.silence_allowed, Timer::Tick),
        }
    }

    /// Any frame is a sign of life.
    pub(super) fn heard(&mut self, now: Timestamp) {
        self.heard_at = now;
        self.probe = None;
    }

    /// Whether the gateway must be asked now. `false`: an answer is awaited already.
    pub(super) fn probe(&mut self, now: Timestamp) -> bool {
        if self.probe.is_some_and(|at| now < at) {
            return false;
        }
        self.probe = Some(now + PROBE_WITHIN);
        true
    }

    pub(super) fn timeout(&mut self, now: Timestamp) -> Verdict {
        let (at, timer) = self.deadline();
        if now < at {
            return Verdict::Alive;
        }
        if timer == Timer::Probe && now - at <= PROBE_LATE {
            return Verdict::Dead;
        }
        self.probe = Some(now + PROBE_WITHIN);
        Verdict::Probe
    }
}

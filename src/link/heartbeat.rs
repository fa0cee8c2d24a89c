//! Whether the other side is still there: dead needs evidence.

use crate::machine::Timer;
use crate::time::Timestamp;

/// Milliseconds between two heartbeats, unless the application says otherwise.
pub const HEARTBEAT_EVERY: u64 = 30_000;
/// Unanswered heartbeats after which the next tick gives the socket up.
const MISSED_LIMIT: u32 = 3;
/// How long a probe may stay unanswered.
const PROBE_WITHIN: u64 = 4_000;
/// A deadline that fires this much late was not watched: the process slept, and the answer may lie in its queue.
const PROBE_LATE: u64 = 2_000;
/// A tick that fires this much late is a jump of the clock, which says nothing about the other side.
const CLOCK_JUMP: u64 = 30_000;

/// The heartbeats of one authenticated socket (V1-20, V1-21, Liveness).
#[derive(Debug)]
pub struct Heartbeat {
    every: u64,
    next_tick: Timestamp,
    missed: u32,
    unanswered: u32,
    probe: Option<Timestamp>,
}

/// What a passed deadline means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is due.
    Alive,
    /// A heartbeat is to be sent.
    Ping,
    /// Heartbeats that were sent stayed unanswered tick after tick.
    Silent,
    /// A probe that was sent stayed unanswered for its deadline.
    ProbeFailed,
}

impl Heartbeat {
    /// Starts at the moment of authentication.
    pub fn new(every: u64, now: Timestamp) -> Self {
        Self { every, next_tick: now + every, missed: 0, unanswered: 0, probe: None }
    }

    /// When [`Self::timeout`] is due.
    pub fn deadline(&self) -> (Timestamp, Timer) {
        match self.probe {
            Some(probe) if probe <= self.next_tick => (probe, Timer::Probe),
            _ => (self.next_tick, Timer::Heartbeat),
        }
    }

    /// Whether a heartbeat must be sent now to find out within 4 s whether the socket lives. `false`: one is under way.
    pub fn probe(&mut self, now: Timestamp) -> bool {
        if self.probe.is_some_and(|deadline| now <= deadline) {
            return false;
        }
        self.probe = Some(now + PROBE_WITHIN);
        self.unanswered += 1;
        true
    }

    /// Sends a heartbeat whose acknowledgement proves that everything sent before it was read.
    pub fn barrier(&mut self, now: Timestamp) {
        self.probe.get_or_insert(now + PROBE_WITHIN);
        self.unanswered += 1;
    }

    /// Takes an acknowledgement. `true`: it answers the last probe or barrier.
    pub fn acknowledged(&mut self) -> bool {
        self.missed = 0;
        self.unanswered = self.unanswered.saturating_sub(1);
        self.unanswered == 0 && self.probe.take().is_some()
    }

    /// Judges the deadlines that passed.
    pub fn timeout(&mut self, now: Timestamp) -> Verdict {
        if let Some(deadline) = self.probe
            && now >= deadline
        {
            if now - deadline > PROBE_LATE {
                return self.probe_anew(now);
            }
            self.probe = None;
            return Verdict::ProbeFailed;
        }
        if now < self.next_tick {
            return Verdict::Alive;
        }
        if now - self.next_tick > CLOCK_JUMP {
            return self.probe_anew(now);
        }
        self.next_tick = now + self.every;
        self.missed += 1;
        if self.missed > MISSED_LIMIT {
            return Verdict::Silent;
        }
        self.unanswered += 1;
        Verdict::Ping
    }

    fn probe_anew(&mut self, now: Timestamp) -> Verdict {
        self.next_tick = now + self.every;
        self.probe = None;
        self.probe(now);
        Verdict::Ping
    }
}

//! Tells a supervisor's own end from the echo of a member's.
//!
//! A group member's events are mirrored onto the supervisor's channel. A gateway that ends a session on any
//! `agent_runtime_end` then sends an end signal for the supervisor, who is still at work. The guard counts, by order and
//! without a clock, how many such echoes are owed, and swallows as many.

use super::event::{EventHead, EventType, SessionStatus};

/// Which signals a gateway echoes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// One `session_complete` per mirrored end; echoes are not replayed.
    V1,
    /// `session_complete` and a `status_change` for a completed member, a `status_change` alone for any other; replayed
    /// like every sequenced frame.
    V2,
}

/// A signal that may be an echo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EchoSignal<'a> {
    /// A `session_complete` frame.
    SessionComplete,
    /// A `status_change` frame with this status.
    StatusChange(&'a SessionStatus),
}

/// The guard of one operation (GD-01 to GD-07).
#[derive(Debug)]
pub struct MirroredTerminalEchoGuard {
    protocol: Protocol,
    owed: Owed,
    owed_status: Option<SessionStatus>,
    replaying: bool,
    replay_status: Option<SessionStatus>,
}

/// Echoes still to come, by kind.
#[derive(Debug, Default)]
struct Owed {
    session_complete: u32,
    completed: u32,
    error: u32,
    interrupted: u32,
}

impl MirroredTerminalEchoGuard {
    /// A guard that has seen nothing.
    pub fn new(protocol: Protocol) -> Self {
        Self { protocol, owed: Owed::default(), owed_status: None, replaying: false, replay_status: None }
    }

    /// Takes an event of the channel in (GD-01, GD-02, GD-03).
    pub fn observe(&mut self, event: &EventHead) {
        if event.own {
            self.owed = Owed::default();
            self.owed_status = None;
            if event.event_type.tells_end() {
                self.replay_status = None;
            }
        } else if event.event_type == EventType::AGENT_RUNTIME_END {
            let status = event.terminal_status();
            self.owe(&status);
            self.owed_status = Some(status.clone());
            self.replay_status = Some(status);
        }
    }

    /// A replay of everything buffered begins (GD-04).
    pub fn begin_replay(&mut self) {
        self.replay_status = None;
        match self.protocol {
            Protocol::V1 => self.owed = Owed::default(),
            Protocol::V2 => self.replaying = true,
        }
    }

    /// A replay from a cursor begins: what lies before the cursor will not be told again, and what is owed will be.
    pub fn begin_replay_from_cursor(&mut self) {
        self.replaying = true;
    }

    /// The replay is over: what it did not bring is no longer owed (GD-05).
    pub fn end_replay(&mut self) {
        if self.replaying {
            self.replaying = false;
            self.owed = Owed::default();
        }
    }

    /// Whether the status at the end of a replay is that of a member, not of the supervisor (GD-06).
    pub fn is_stale_resume_status(&self, status: &SessionStatus, gap: bool) -> bool {
        !gap && self.replay_status.as_ref() == Some(status)
    }

    /// Whether a signal is an echo; if so it is paid for (GD-07).
    pub fn consume_echo(&mut self, signal: EchoSignal<'_>) -> bool {
        let Some(count) = self.owed.count(signal) else {
            return false;
        };
        if *count == 0 {
            return false;
        }
        *count -= 1;
        if self.replaying && self.owed_status.is_some() {
            self.replay_status = self.owed_status.clone();
        }
        true
    }

    /// Whether a `session_complete` is the echo of a mirrored end. Some gateways of v2 send it for a member that failed or
    /// was stopped, instead of the status that they owe; it pays for that.
    pub fn consume_session_complete(&mut self) -> bool {
        if self.consume_echo(EchoSignal::SessionComplete) {
            return true;
        }
        let unlucky = self.owed_status.clone().filter(|status| *status != SessionStatus::Completed);
        unlucky.is_some_and(|status| self.consume_echo(EchoSignal::StatusChange(&status)))
    }

    /// Whether a terminal status is the echo of a mirrored end whose `session_complete` is still owed. A gateway sends
    /// one of the two for a member that failed or was stopped; whichever comes first pays.
    pub fn consume_either(&mut self, status: &SessionStatus) -> bool {
        if self.consume_echo(EchoSignal::StatusChange(status)) {
            return true;
        }
        self.owed_status.as_ref() == Some(status) && self.consume_echo(EchoSignal::SessionComplete)
    }

    fn owe(&mut self, status: &SessionStatus) {
        if self.protocol == Protocol::V1 || *status == SessionStatus::Completed {
            self.owed.session_complete += 1;
        }
        if self.protocol == Protocol::V2
            && let Some(count) = self.owed.count(EchoSignal::StatusChange(status))
        {
            *count += 1;
        }
    }
}

impl Owed {
    fn count(&mut self, signal: EchoSignal<'_>) -> Option<&mut u32> {
        match signal {
            EchoSignal::SessionComplete => Some(&mut self.session_complete),
            EchoSignal::StatusChange(SessionStatus::Completed) => Some(&mut self.completed),
            EchoSignal::StatusChange(SessionStatus::Error) => Some(&mut self.error),
            EchoSignal::StatusChange(SessionStatus::Interrupted) => Some(&mut self.interrupted),
            EchoSignal::StatusChange(_) => None,
        }
    }
}

//! What a run waits for by time. Each wait owns its deadline.

use super::chat_run::ChatRun;
use super::contract::{Event, Output, TransportId};
use super::ending::seconds_after;
use super::limits::{Limit, Timer};
use super::outcome::Ending;
use super::phase::Phase;
use crate::link::{Reason, Status};
use crate::machine::{RequestId, Wake};
use crate::time::Timestamp;

/// The run's own question to the host.
#[derive(Debug)]
pub(super) enum Asking {
    Nothing,
    Start {
        request: RequestId,
        limit: Limit,
    },
    Token {
        request: RequestId,
        attempt: u8,
        limit: Limit,
    },
    /// The host gave no token; it is asked again.
    TokenPause {
        attempt: u8,
        until: Timestamp,
    },
    /// The run is settled, and the server may still begin it. Nobody would follow it then, so it is to be stopped.
    Orphan {
        request: RequestId,
    },
}

/// The user's wish to end the run.
#[derive(Debug)]
pub(super) enum Stop {
    NotAsked,
    Asked { interrupt: Interrupt, until: Timestamp },
}

/// What became of the question to the host to stop the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interrupt {
    /// The operation is not known yet.
    Unasked,
    Asked(RequestId),
    Confirmed,
    Failed,
}

/// What carries the run.
#[derive(Debug)]
pub(super) enum Transport {
    None,
    Open(Link),
    /// It is done, and told no end of the run.
    Gone,
}

/// A transport that is open.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) id: TransportId,
    pub(super) status: Status,
    pub(super) reason: Option<Reason>,
    pub(super) standing: Standing,
    /// When this connection has told all that happened before it.
    pub(super) replayed_by: Option<Timestamp>,
}

/// Whether it stands.
#[derive(Debug)]
pub(super) enum Standing {
    /// No, and it is given that long. What is left for the first word of the operation, where none came before it was
    /// lost: a connection without a word is no news.
    Down {
        limit: Limit,
        unheard: Option<Limit>,
    },
    Up,
    /// Yes, and the gateway, which has not said a word of the operation yet, is given that long.
    Unheard(Limit),
    /// Yes, and the gateway, which said that it does not know the operation, is given that long.
    Pending(Limit),
}

impl<P: Clone> ChatRun<P> {
    /// When [`Input::Timeout`](super::Input::Timeout) is due, and what for.
    pub fn deadline(&self) -> Option<(Timestamp, Timer)> {
        match self.phase {
            Phase::Idle | Phase::Settled => None,
            // Whatever else is waited for, a stop is shorter.
            Phase::Stopping => self.stop.deadline(),
            _ => {
                let deadlines = [
                    self.asking.deadline(),
                    self.transport.deadline(self.stood),
                    self.tools.deadline(),
                    self.interventions.deadline(),
                ];
                deadlines.into_iter().flatten().min_by_key(|(at, _)| *at)
            }
        }
    }

    /// The deadline of what the phase waits for.
    pub(super) fn deadline_of_phase(&self) -> Option<(Timestamp, Timer)> {
        match self.phase {
            Phase::Idle | Phase::Settled => None,
            Phase::Submitting => self.asking.deadline(),
            Phase::Connecting | Phase::Streaming | Phase::Reconnecting => self.transport.deadline(self.stood),
            Phase::RefreshingAuth => self.asking.deadline().or_else(|| self.transport.deadline(self.stood)),
            Phase::RunningTools => self.tools.running_until(),
            Phase::WaitingInput | Phase::WaitingConfirmation => self.interventions.deadline(),
            Phase::Stopping => self.stop.deadline(),
        }
    }

    pub(super) fn timed_out(&mut self) {
        match self.phase {
            Phase::Idle | Phase::Settled => {}
            Phase::Stopping => self.stop_timed_out(),
            _ => {
                self.tools_timed_out();
                self.questions_timed_out();
                self.asking_timed_out();
                self.transport_timed_out();
            }
        }
    }

    /// A wait that could not have ended while the page was gone goes on a moment.
    pub(super) fn woke(&mut self, wake: Wake) {
        let now = self.now;
        if matches!(wake, Wake::Hidden | Wake::Offline) {
            return;
        }
        if let Asking::Start { limit, .. } | Asking::Token { limit, .. } = &mut self.asking {
            limit.woke(now);
        }
        if let Transport::Open(Link { standing, .. }) = &mut self.transport {
            match standing {
                Standing::Up => {}
                Standing::Down { limit, .. } | Standing::Unheard(limit) | Standing::Pending(limit) => limit.woke(now),
            }
        }
    }

    fn tools_timed_out(&mut self) {
        for request in self.tools.overdue(self.now) {
            self.abort(request);
        }
        for tool_call_id in self.tools.expired(self.now) {
            self.put(Output::Event(Event::ToolResultExpired { tool_call_id }));
        }
    }

    fn questions_timed_out(&mut self) {
        let now = self.now;
        for request in self.interventions.close(|open| open.deadline.is_some_and(|at| now >= at)) {
            self.abort(request);
        }
    }

    fn asking_timed_out(&mut self) {
        let now = self.now;
        match &mut self.asking {
            Asking::Nothing | Asking::Orphan { .. } => {}
            Asking::Start { request, limit } => {
                if limit.is_over(now) {
                    let request = *request;
                    self.abort(request);
                    self.end(Ending::StartTimeout, None);
                }
            }
            Asking::Token { request, attempt, limit } => {
                if limit.is_over(now) {
                    let (request, attempt) = (*request, *attempt);
                    self.abort(request);
                    self.no_token(attempt, None);
                }
            }
            Asking::TokenPause { attempt, until } => {
                if now >= *until {
                    let attempt = *attempt;
                    self.ask_for_token(attempt + 1);
                }
            }
        }
    }

    fn transport_timed_out(&mut self) {
        let now = self.now;
        let Transport::Open(link) = &mut self.transport else { return };
        let (limit, ending) = match &mut link.standing {
            Standing::Up => return,
            Standing::Down { limit, .. } if self.stood => (limit, Ending::ReconnectLimit),
            Standing::Down { limit, .. } => (limit, Ending::ConnectLimit),
            Standing::Unheard(limit) | Standing::Pending(limit) => (limit, Ending::PendingLimit),
        };
        if limit.is_over(now) {
            self.end(ending, None);
        }
    }

    /// The host could not give a token, this time.
    pub(super) fn no_token(&mut self, attempt: u8, detail: Option<String>) {
        const ATTEMPTS: u8 = 3;
        if attempt >= ATTEMPTS {
            self.asking = Asking::Nothing;
            return self.end(Ending::RefreshFailed, detail);
        }
        self.asking = Asking::TokenPause { attempt, until: self.now + seconds_after(attempt) };
    }
}

impl Asking {
    fn deadline(&self) -> Option<(Timestamp, Timer)> {
        match self {
            Self::Nothing | Self::Orphan { .. } => None,
            Self::Start { limit, .. } => Some((limit.at(), Timer::Start)),
            Self::Token { limit, .. } => Some((limit.at(), Timer::Token)),
            Self::TokenPause { until, .. } => Some((*until, Timer::TokenRetry)),
        }
    }
}

impl Stop {
    const fn deadline(&self) -> Option<(Timestamp, Timer)> {
        match self {
            Self::NotAsked => None,
            Self::Asked { until, .. } => Some((*until, Timer::Stop)),
        }
    }

    /// What became of the question to the host, where it was to be put.
    pub(super) const fn interrupt(&self) -> Option<Interrupt> {
        match self {
            Self::NotAsked => None,
            Self::Asked { interrupt, .. } => Some(*interrupt),
        }
    }

    pub(super) const fn is_over(&self, now: Timestamp) -> bool {
        match self {
            Self::NotAsked => false,
            Self::Asked { until, .. } => now.as_millis() >= until.as_millis(),
        }
    }
}

impl Transport {
    fn deadline(&self, stood: bool) -> Option<(Timestamp, Timer)> {
        match self {
            Self::None | Self::Gone => None,
            Self::Open(link) => match &link.standing {
                Standing::Up => None,
                Standing::Down { limit, .. } => {
                    Some((limit.at(), if stood { Timer::Reconnect } else { Timer::Connect }))
                }
                Standing::Unheard(limit) | Standing::Pending(limit) => Some((limit.at(), Timer::Pending)),
            },
        }
    }

    /// The transport, where it stands.
    pub(super) const fn standing(&self) -> Option<TransportId> {
        match self {
            Self::Open(Link { id, standing: Standing::Up | Standing::Unheard(_) | Standing::Pending(_), .. }) => {
                Some(*id)
            }
            _ => None,
        }
    }

    /// Whether what is told now happens now.
    pub(super) fn told_what_was(&self, now: Timestamp) -> bool {
        matches!(self, Self::Open(Link { replayed_by: Some(by), .. }) if now >= *by)
    }

    /// Whether the gateway said that it does not know the operation.
    pub(super) const fn is_pending(&self) -> bool {
        matches!(self, Self::Open(Link { standing: Standing::Pending(_), .. }))
    }

    /// Whether the next word of the operation is the first since the gateway was reached, or did not know it.
    pub(super) const fn owes_a_word(&self) -> bool {
        matches!(self, Self::Open(Link { standing: Standing::Unheard(_) | Standing::Pending(_), .. }))
    }
}

impl Link {
    /// Whether the transport itself waits for a token.
    pub(super) const fn awaits_token(&self) -> bool {
        matches!(self.reason, Some(Reason::TokenPending | Reason::TokenExpired))
    }
}

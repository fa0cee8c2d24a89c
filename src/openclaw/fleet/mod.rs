//! The fleet: agents and their sessions as one picture that is true together, and the changes of it.
//!
//! ```text
//!             hello                all answered
//!   Offline ────────▶ Reading ───────────────────▶ Live ── a gap, a change without a session ─▶ Due
//!      ▲                 │ ▲                                                                     │
//!      │ lost            │ └───────────────────────── a moment, or a delay ──────────────────────┤
//!      │ (from any)      └── refused, late ──────────────────────────────────────────────────────┘
//! ```

mod card;
mod merge;
mod reading;

use super::calls::{CallError, CallId, NotCalled};
use super::payload::Payload;
use super::queue::Queue;
use super::retry::Retry;
use super::state::{Event, State};
use super::table::Table;
use super::wire::{Json, Notice};
use crate::machine::Timer;
use crate::time::Timestamp;
pub use card::{Activity, AgentCard, RunStatus, SessionCard, Work};
pub use reading::Read;
use reading::Reading;

/// How long changes are collected before the fleet is read again.
const COLLECTED_FOR: u64 = 250;
/// How many sessions are kept.
const MOST_SESSIONS: usize = 2_000;

/// What the gateway holds, as of its last word.
#[derive(Debug)]
pub struct Fleet<P> {
    agents: Vec<AgentCard<P>>,
    sessions: Table<SessionCard<P>>,
    presence: P,
    freshness: Freshness,
    is_complete: bool,
    sync: Sync<P>,
    /// Whether changes of sessions are told on this connection.
    is_subscribed: bool,
    retry: Retry,
    /// The open calls of this fleet; those of a reading that failed are waited for by nobody.
    calls: Vec<CallId>,
    /// Agents that a reading did not find.
    looked_for: Vec<String>,
    out: Queue<FleetOutput>,
    changes: Vec<Change>,
}

/// Whether the picture is the present one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Nothing was read yet.
    Empty,
    /// It is kept up to date.
    Live,
    /// It was true then, and may not be any more.
    Stale {
        /// When the gateway was last heard while it was true.
        as_of: Timestamp,
    },
}

/// A change of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// An agent is new or another; this is its id.
    Agent(String),
    /// An agent is gone.
    AgentGone(String),
    /// A session is new or another; this is its key.
    Session(String),
    /// A session is gone.
    SessionGone(String),
    /// Who is connected changed.
    Presence,
    /// Whether the picture is the present one changed.
    Freshness,
    /// The fleet could not be read; the code says why.
    ReadFailed {
        /// The gateway's code, or `call_timeout`.
        code: String,
        /// Whether it is tried again by itself.
        retries: bool,
    },
}

/// What a fleet wants done.
#[derive(Debug, PartialEq)]
pub enum FleetOutput {
    /// Call a method, and say how with [`Fleet::called`].
    Call {
        /// What is read.
        read: Read,
        /// The method.
        method: &'static str,
        /// Its parameters.
        params: Json,
    },
    /// Tell the application. Every change in the list is in the picture already.
    Changed(Vec<Change>),
}

#[derive(Debug)]
enum Sync<P> {
    Offline,
    Reading(Reading<P>),
    Live,
    /// It is read again at this time.
    Due(Timestamp),
    /// It may not be read.
    Refused,
}

impl<P: Payload> Default for Fleet<P> {
    fn default() -> Self {
        Self {
            agents: Vec::new(),
            sessions: Table::default(),
            presence: P::nothing(),
            freshness: Freshness::Empty,
            is_complete: false,
            sync: Sync::Offline,
            is_subscribed: false,
            retry: Retry::default(),
            calls: Vec::new(),
            looked_for: Vec::new(),
            out: Queue::default(),
            changes: Vec::new(),
        }
    }
}

impl<P: Payload> Fleet<P> {
    /// The agents, in the gateway's order.
    pub fn agents(&self) -> &[AgentCard<P>] {
        &self.agents
    }

    /// An agent.
    pub fn agent(&self, id: &str) -> Option<&AgentCard<P>> {
        self.agents.iter().find(|agent| agent.id == id)
    }

    /// The sessions, in the order of their keys.
    pub fn sessions(&self) -> impl Iterator<Item = &SessionCard<P>> {
        self.sessions.values()
    }

    /// A session.
    pub fn session(&self, key: &str) -> Option<&SessionCard<P>> {
        self.sessions.get(key)
    }

    /// Who is connected, as the gateway lists it.
    pub fn presence(&self) -> &P {
        &self.presence
    }

    /// Whether the picture is the present one.
    pub fn freshness(&self) -> Freshness {
        self.freshness
    }

    /// Whether every session of the gateway is in the picture; it holds 2,000 at most.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Takes in what a session tells; `heard` is when its gateway was last heard. `true`: it is the answer to a call of
    /// the fleet, and nobody else's.
    pub fn observe(&mut self, event: &Event<P>, heard: Timestamp, now: Timestamp) -> bool {
        let is_own = match event {
            Event::Hello(hello) => {
                self.welcomed(&hello.snapshot);
                false
            }
            Event::StateChanged(State::Ready | State::Degraded(_)) => false,
            Event::StateChanged(_) => {
                self.lost(heard);
                false
            }
            Event::Gap { .. } => {
                self.gone_stale(heard);
                self.due(now);
                false
            }
            Event::Notice(notice) => {
                self.noticed(notice, now);
                false
            }
            Event::CallSettled { call, outcome } => {
                let own = self.calls.iter().position(|own| own == call);
                if let Some(index) = own {
                    self.calls.remove(index);
                    self.settled(*call, outcome, heard, now);
                }
                own.is_some()
            }
            Event::TokenGranted(_) | Event::TokenRefused(_) | Event::CallAccepted { .. } | Event::Protocol { .. } => {
                false
            }
        };
        self.flush();
        is_own
    }

    /// How a call of the fleet was made, or why not.
    pub fn called(&mut self, read: Read, call: Result<CallId, NotCalled>, now: Timestamp) {
        match (call, &mut self.sync) {
            (Ok(call), sync) => {
                self.calls.push(call);
                if let Sync::Reading(reading) = sync {
                    reading.open.push((call, read));
                }
            }
            (Err(reason), Sync::Reading(_)) => self.failed(reason.as_str(), true, None, now),
            (Err(_), _) => {}
        }
        self.flush();
    }

    /// A deadline passed.
    pub fn timeout(&mut self, now: Timestamp) {
        if let Sync::Due(at) = self.sync
            && now >= at
        {
            self.read();
            self.call(Read::Presence);
        }
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<FleetOutput> {
        self.out.pop()
    }

    /// When [`Self::timeout`] is due.
    pub fn deadline(&self) -> Option<(Timestamp, Timer)> {
        match self.sync {
            Sync::Due(at) => Some((at, Timer::Resync)),
            // The calls of a reading have deadlines of their own.
            Sync::Reading(_) | Sync::Offline | Sync::Live | Sync::Refused => None,
        }
    }

    fn welcomed(&mut self, snapshot: &P) {
        self.looked_for.clear();
        // The clock of a gateway that was started anew may go otherwise.
        for (_, session) in self.sessions.iter_mut() {
            session.as_of = 0;
        }
        if let Some(presence) = snapshot.member("presence") {
            self.connected(presence);
        }
        self.is_subscribed = false;
        self.read();
    }

    fn read(&mut self) {
        self.sync = Sync::Reading(Reading::new());
        if !self.is_subscribed {
            self.call(Read::Subscribe);
        }
        self.call(Read::Agents);
        self.call(Read::Sessions { offset: 0 });
    }

    fn call(&mut self, read: Read) {
        self.out.push(FleetOutput::Call { read, method: read.method(), params: read.params() });
    }

    fn lost(&mut self, heard: Timestamp) {
        self.sync = Sync::Offline;
        self.out.retain(|output| !matches!(output, FleetOutput::Call { .. }));
        self.retry = Retry::default();
        self.gone_stale(heard);
    }

    fn gone_stale(&mut self, heard: Timestamp) {
        if self.freshness == Freshness::Live {
            self.freshness = Freshness::Stale { as_of: heard };
            self.changes.push(Change::Freshness);
        }
    }

    /// Something changed that is told only by reading again; several such things are read once.
    fn due(&mut self, now: Timestamp) {
        match &mut self.sync {
            Sync::Reading(reading) => reading.again = true,
            Sync::Live | Sync::Refused => self.sync = Sync::Due(now + COLLECTED_FOR),
            Sync::Due(_) | Sync::Offline => {}
        }
    }

    fn settled(&mut self, call: CallId, outcome: &Result<P, CallError<P>>, heard: Timestamp, now: Timestamp) {
        let Sync::Reading(reading) = &mut self.sync else { return };
        let Some(read) = reading.settle(call) else { return };
        match outcome {
            Ok(payload) => {
                self.is_subscribed |= read == Read::Subscribe;
                let next = reading.keep(read, payload.clone(), MOST_SESSIONS as u64);
                let is_whole = reading.open.is_empty() && reading.agents.is_some() && !reading.pages.is_empty();
                match next {
                    Some(page) => self.call(page),
                    None if is_whole => self.take_over(now),
                    None => {}
                }
            }
            Err(CallError::Refused(fault)) => {
                let code = fault.specific_code();
                let may_read = fault.code != "FORBIDDEN" && fault.code != "INVALID_REQUEST";
                self.gone_stale(heard);
                self.failed(&code, may_read, fault.retry_after, now);
            }
            Err(CallError::TimedOut { .. }) => {
                self.gone_stale(heard);
                self.failed("call_timeout", true, None, now);
            }
            // The state changes next, and everything is read after the next welcome.
            Err(CallError::ConnectionLost { .. }) => {}
        }
    }

    /// `asked` is how long the gateway wants to be left alone.
    fn failed(&mut self, code: &str, retries: bool, asked: Option<u64>, now: Timestamp) {
        self.out.retain(|output| !matches!(output, FleetOutput::Call { .. }));
        self.changes.push(Change::ReadFailed { code: code.to_owned(), retries });
        if !retries {
            self.sync = Sync::Refused;
            return;
        }
        self.sync = Sync::Due(self.retry.at(asked, now));
    }

    fn noticed(&mut self, notice: &Notice<P>, now: Timestamp) {
        match notice.name.as_str() {
            "sessions.changed" => self.session_changed(&notice.payload, now),
            "presence" => {
                if let Sync::Reading(reading) = &mut self.sync {
                    reading.presence_told = true;
                }
                self.connected(notice.payload.object("presence"));
            }
            "config.changed" => self.due(now),
            _ => {}
        }
    }

    fn connected(&mut self, presence: P) {
        if self.presence != presence {
            self.presence = presence;
            self.changes.push(Change::Presence);
        }
    }

    fn flush(&mut self) {
        if !self.changes.is_empty() {
            self.out.push(FleetOutput::Changed(std::mem::take(&mut self.changes)));
        }
    }
}

//! One logical connection across many sockets: when to dial, how long to wait, when to give up.
//!
//! ```text
//!            connect                 opened                authenticated
//!   Idle ───────────────▶ Dialing ──────────▶ Handshaking ──────────────▶ Ready
//!    ▲  └─▶ Asking ──────────▲  │                │   ▲ │                    │
//!    │      (token owed)     │  └──── lost ──────┤   │ └─▶ Refreshing ◀─────┤ refresh
//!    │                       │                   ▼   │     (token owed)     │
//!    └── stop ──        Waiting ◀────────────────┴───┴──────────────────────┘ lost
//! ```
//!
//! A session owns a link, tells it what the protocol's frames mean ([`Link::authenticated`], [`Link::refresh`],
//! [`Link::stop`]) and drains [`Link::poll`] after every call.

mod address;
mod backoff;
mod config;
mod credential;
mod heartbeat;
mod limit;
mod liveness;
mod loss;
mod output;
mod refresh;
mod standby;
mod status;
mod token;

use crate::machine::{DialId, Timer, TokenReason, sooner};
use crate::time::Timestamp;
pub use address::socket_base;
pub(crate) use backoff::Backoff;
pub use backoff::Delays;
pub use config::{LinkConfig, Presents};
use credential::Credential;
pub use heartbeat::HEARTBEAT_EVERY;
use heartbeat::{Heartbeat, Verdict};
use limit::{HANDSHAKE_WITHIN, Limit};
pub use output::LinkOutput;
use standby::{Cause, Standby};
pub use status::{History, Reason, Snapshot, Status, Transition};
pub use token::{Lifetime, Token};

/// A connection that survives its sockets.
#[derive(Debug)]
pub struct Link {
    auto_reconnect: bool,
    presents: Presents,
    heartbeat_every: u64,
    rotate_after: Option<u64>,
    rotate_at: Option<Timestamp>,
    standby: Option<Standby>,
    /// Attempts in a row that never stood; counted by whoever may give up on them.
    failures: u32,
    failures_allowed: Option<u32>,
    phase: Phase,
    snapshot: Snapshot,
    backoff: Backoff,
    credential: Credential,
    offline: bool,
    in_page_cache: bool,
    announced_disconnect: bool,
    next_dial: u32,
    history: History,
    out: Vec<LinkOutput>,
}

#[derive(Debug)]
enum Phase {
    Idle,
    Asking,
    Dialing { dial: DialId, limit: Limit },
    Handshaking { dial: DialId, limit: Limit, renewed: bool },
    Refreshing { dial: DialId },
    Ready { dial: DialId, heartbeat: Heartbeat },
    Waiting { until: Option<Timestamp> },
}

impl Link {
    /// A link that is not connected.
    pub fn new(config: LinkConfig) -> Self {
        Self {
            auto_reconnect: config.auto_reconnect,
            presents: config.presents,
            heartbeat_every: config.heartbeat_every,
            rotate_after: config.rotate_after,
            rotate_at: None,
            standby: None,
            failures: 0,
            failures_allowed: None,
            phase: Phase::Idle,
            snapshot: Snapshot {
                status: Status::Disconnected,
                since: Timestamp::default(),
                attempt: 0,
                retry_at: None,
                reason: None,
            },
            backoff: Backoff::new(config.delays),
            credential: Credential::new(config.token, config.host_answers, config.presents),
            offline: false,
            in_page_cache: false,
            announced_disconnect: false,
            next_dial: 0,
            history: History::default(),
            out: Vec::new(),
        }
    }

    /// The connection at this moment.
    pub fn snapshot(&self) -> Snapshot {
        let retry_at = match self.phase {
            Phase::Waiting { until } => until,
            _ => None,
        };
        Snapshot { attempt: self.backoff.attempt(), retry_at, ..self.snapshot }
    }

    /// The last changes of the status, oldest first.
    pub fn history(&self) -> &[Transition] {
        self.history.transitions()
    }

    /// The open socket that frames may be sent on.
    pub fn open_socket(&self) -> Option<DialId> {
        match self.phase {
            Phase::Handshaking { dial, .. } | Phase::Refreshing { dial } | Phase::Ready { dial, .. } => Some(dial),
            _ => None,
        }
    }

    /// The open socket that the gateway accepted the token on.
    #[inline(always)]
    pub fn ready_socket(&self) -> Option<DialId> {
        match self.phase {
            Phase::Ready { dial, .. } => Some(dial),
            _ => None,
        }
    }

    /// Whether this socket is the current one.
    pub fn is_current(&self, dial: DialId) -> bool {
        self.socket() == Some(dial)
    }

    /// Whether nothing is connected and nothing is planned.
    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle)
    }

    /// Whether the open socket waits for a fresh token.
    fn is_refreshing(&self) -> bool {
        matches!(self.phase, Phase::Refreshing { .. })
    }

    /// Whether what the gateway refuses may be the old token: a fresh one is awaited, or was just presented and can be
    /// presented again on another socket.
    pub fn is_renewing(&self) -> bool {
        let is_presented = matches!(self.phase, Phase::Handshaking { renewed: true, .. });
        self.is_refreshing() || (is_presented && self.auto_reconnect)
    }

    /// Whether the gateway called the token expired, and none was given in its place.
    pub fn refresh_failed(&self) -> bool {
        let reasons = [Reason::TokenFailed, Reason::TokenTimeout, Reason::TokenExpired];
        self.credential.is_called_expired() && self.snapshot.reason.is_some_and(|reason| reasons.contains(&reason))
    }

    /// Whether the host can be asked for tokens.
    pub fn host_answers(&self) -> bool {
        self.credential.host_answers()
    }

    /// The token to authenticate with.
    pub fn secret(&self) -> &str {
        self.credential.secret()
    }

    /// The earliest deadline and its name.
    pub fn deadline(&self) -> Option<(Timestamp, Timer)> {
        if self.is_idle() {
            return None;
        }
        let phase = match &self.phase {
            Phase::Dialing { limit, .. } | Phase::Handshaking { limit, .. } => Some((limit.at, Timer::Handshake)),
            Phase::Ready { heartbeat, .. } => Some(heartbeat.deadline()),
            Phase::Waiting { until } => until.map(|at| (at, Timer::Retry)),
            Phase::Idle | Phase::Asking | Phase::Refreshing { .. } => None,
        };
        sooner(sooner(phase, self.credential.deadline(self.ready_socket().is_some())), self.standby_deadline())
    }

    /// The socket opened (V1-10).
    pub fn opened(&mut self, dial: DialId, now: Timestamp) {
        if self.is_standby(dial) {
            return self.standby_opened();
        }
        let Phase::Dialing { dial: current, limit } = self.phase else {
            return;
        };
        if dial != current {
            return;
        }
        self.backoff.opened();
        self.phase = Phase::Handshaking { dial, limit, renewed: false };
        if self.presents == Presents::InFrame {
            self.set(Status::Authenticating, now);
            self.out.push(LinkOutput::Authenticate { dial });
        }
    }

    /// The socket was closed from outside (V1-22).
    pub fn closed(&mut self, dial: DialId, now: Timestamp) {
        if self.is_standby(dial) {
            self.standby_closed(false, now);
        } else if self.is_current(dial) {
            self.lost(Reason::ConnectionLost, now);
        }
    }

    /// Whether lost connections are replaced from now on.
    pub fn replaces_lost(&mut self, auto_reconnect: bool) {
        self.auto_reconnect = auto_reconnect;
    }

    /// After how many attempts in a row that never stood the link gives up; `None`: never.
    pub fn allow_failures(&mut self, allowed: Option<u32>) {
        self.failures_allowed = allowed;
    }

    /// Whether a number of attempts that never stood is final.
    pub fn gives_up_on_failures(&self) -> bool {
        self.failures_allowed.is_some()
    }

    /// A deadline passed.
    pub fn timeout(&mut self, now: Timestamp) {
        if self.is_idle() {
            return;
        }
        if self.credential.question_is_overdue(now) {
            self.withdraw();
            self.out.push(LinkOutput::TokenFault { detail: String::new(), overdue: true });
            self.token_failed(Reason::TokenTimeout, now);
        }
        if self.ready_socket().is_some() && self.credential.refresh_is_due(now) {
            self.ask(TokenReason::Expiring, now);
        }
        self.standby_timeout(now);
        match &mut self.phase {
            Phase::Dialing { limit, .. } => {
                if limit.is_over(now) {
                    self.give_up_socket(Reason::ConnectTimeout, now);
                }
            }
            Phase::Handshaking { limit, .. } => {
                if limit.is_over(now) {
                    self.give_up_socket(Reason::AuthTimeout, now);
                }
            }
            Phase::Ready { dial, heartbeat } => {
                let dial = *dial;
                match heartbeat.timeout(now) {
                    Verdict::Alive => {}
                    Verdict::Ping => self.out.push(LinkOutput::Ping { dial }),
                    Verdict::Silent => self.give_up_socket(Reason::HeartbeatTimeout, now),
                    Verdict::ProbeFailed => self.replace(Cause::Silence, now),
                }
            }
            Phase::Waiting { until: Some(at) } if now >= *at => self.begin(now),
            Phase::Waiting { .. } | Phase::Idle | Phase::Asking | Phase::Refreshing { .. } => {}
        }
    }

    /// The gateway accepted the token (V1-11). `false`: it had before.
    pub fn authenticated(&mut self, now: Timestamp) -> bool {
        let dial = match self.phase {
            Phase::Handshaking { dial, .. } | Phase::Refreshing { dial } => dial,
            // A token in the URL is accepted whether or not the socket said that it opened (MX-05).
            Phase::Dialing { dial, .. } if self.presents == Presents::InUrl => dial,
            _ => return false,
        };
        self.stands(dial, now);
        true
    }

    /// Gives the current socket up; another follows.
    pub fn give_up_socket(&mut self, reason: Reason, now: Timestamp) {
        self.hang_up_current();
        self.lost(reason, now);
    }

    /// Connects, unless a socket exists or is awaited (V1-01, V1-02). A pending backoff is cut short.
    pub fn connect(&mut self, now: Timestamp) {
        if matches!(self.phase, Phase::Idle | Phase::Waiting { .. }) {
            self.begin(now);
        }
    }

    /// Replaces whatever socket there is, at once (V1-04).
    pub fn reconnect(&mut self, now: Timestamp) {
        self.hang_up();
        self.backoff.succeeded();
        self.begin(now);
    }

    /// Closes for good (V1-03). Told once per connection.
    pub fn stop(&mut self, reason: Reason, now: Timestamp) {
        self.withdraw();
        self.hang_up();
        self.phase = Phase::Idle;
        self.backoff.succeeded();
        self.snapshot.reason = Some(reason);
        self.set(Status::Disconnected, now);
        self.announce_disconnect();
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<LinkOutput> {
        if self.out.is_empty() { None } else { Some(self.out.remove(0)) }
    }

    fn socket(&self) -> Option<DialId> {
        match self.phase {
            Phase::Dialing { dial, .. } => Some(dial),
            _ => self.open_socket(),
        }
    }

    fn set(&mut self, status: Status, now: Timestamp) {
        if self.snapshot.status != status {
            self.snapshot.status = status;
            self.snapshot.since = now;
            self.history.add(Transition { at: now, status, reason: self.snapshot.reason });
            self.out.push(LinkOutput::StatusChanged(status));
        }
    }

    fn begin(&mut self, now: Timestamp) {
        if self.is_idle() {
            // Nothing was heard of the network.
            self.offline = false;
        }
        self.in_page_cache = false;
        self.announced_disconnect = false;
        let Some(reason) = self.credential.needed(now) else {
            return self.dial(now);
        };
        self.phase = Phase::Asking;
        self.snapshot.reason = Some(Reason::TokenPending);
        self.set(Status::Connecting, now);
        self.ask(reason, now);
    }

    fn stands(&mut self, dial: DialId, now: Timestamp) {
        self.offline = false;
        self.failures = 0;
        self.backoff.succeeded();
        self.credential.schedule_refresh(now);
        self.plan_rotation(now);
        self.phase = Phase::Ready { dial, heartbeat: Heartbeat::new(self.heartbeat_every, now) };
        self.snapshot.reason = None;
        self.set(Status::Connected, now);
    }

    fn new_dial(&mut self) -> DialId {
        self.next_dial += 1;
        DialId(self.next_dial - 1)
    }

    fn dial(&mut self, now: Timestamp) {
        let dial = self.new_dial();
        self.phase = Phase::Dialing { dial, limit: Limit::new(now + HANDSHAKE_WITHIN) };
        self.set(Status::Connecting, now);
        self.out.push(LinkOutput::Dial { dial });
    }

    fn hang_up(&mut self) {
        self.drop_standby();
        self.hang_up_current();
    }

    fn hang_up_current(&mut self) {
        if let Some(dial) = self.socket() {
            self.out.push(LinkOutput::Hangup { dial, carried: true });
        }
    }
}

//! One operation over one socket at a time.
//!
//! Frames pass three gates: [`Replay`] puts them in order, [`Cursor`] drops what was delivered before, and
//! [`Session::poll`] processes one at a time, so that an event's consequences never precede its delivery and the cursor
//! never runs ahead of it.

use std::collections::VecDeque;

use crate::agent::{Cursor, MirroredTerminalEchoGuard, Outbox, Protocol, SessionStatus, ToolResult};
use crate::link::{Link, Snapshot, Token};
use crate::machine::{DialId, Input, Machine, Output, Timer};
use crate::time::Timestamp;

use super::address::socket_url;
use super::event::Event;
use super::replay::Replay;
use super::wire::{ClientFrame, ServerFrame};

/// What a session is for.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The gateway's base URL; see [`socket_url`].
    pub gateway_url: String,
    /// The operation.
    pub operation_id: String,
    /// The first token. Without one the host is asked.
    pub token: Option<Token>,
    /// Whether the host can be asked for tokens.
    pub host_gives_tokens: bool,
    /// The tab or device, sent with `auth`.
    pub client_id: Option<String>,
    /// The event to resume after; empty for everything buffered.
    pub last_event_id: String,
    /// Whether lost connections are replaced.
    pub auto_reconnect: bool,
    /// Whether the first replay is delivered as one batch.
    pub resume_on_connect: bool,
}

/// The v1 machine (V1-01 to V1-27). `P` is an event's payload, handed through untouched.
#[derive(Debug)]
pub struct Session<P> {
    pub(super) operation_id: String,
    pub(super) url: String,
    pub(super) client_id: Option<String>,
    pub(super) resume_on_connect: bool,
    pub(super) link: Link,
    pub(super) cursor: Cursor,
    pub(super) guard: MirroredTerminalEchoGuard,
    pub(super) replay: Replay<P>,
    pub(super) audit: Audit,
    /// This socket asked from the start already.
    pub(super) audited: bool,
    /// The end of the run was told to the application before.
    pub(super) end_told: bool,
    /// How many `resume`s of this socket were not answered. Only the answer to the last one ends the replay.
    pub(super) resumes_open: u32,
    pub(super) outbox: Outbox,
    pub(super) cycle: Cycle,
    pub(super) ready: VecDeque<(DialId, ServerFrame<P>)>,
    pub(super) out: VecDeque<Output<ClientFrame, Event<P>>>,
    pub(super) now: Timestamp,
}

/// From `connect` to the one completion after which nothing follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cycle {
    Over,
    Running,
}

/// Whether a resumed operation is to be asked from the start, to find out what its ids mean (V1-C1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Audit {
    NotNeeded,
    /// The socket resumed from a cursor and nothing new came since. Silence until then is looked into.
    Due(Timestamp),
    /// A terminal status that nothing delivered explains. It is believed when the gateway has read the question and says
    /// no more.
    Doubted(SessionStatus),
}

impl<P> Session<P> {
    /// A session that is not connected.
    pub fn new(config: Config) -> Self {
        let token = config.token.filter(|token| !(token.secret.is_empty() && config.host_gives_tokens));
        Self {
            url: socket_url(&config.gateway_url, &config.operation_id),
            guard: MirroredTerminalEchoGuard::new(Protocol::V1),
            operation_id: config.operation_id,
            client_id: config.client_id.filter(|id| !id.is_empty()),
            resume_on_connect: config.resume_on_connect,
            link: Link::new(token, config.host_gives_tokens, config.auto_reconnect),
            cursor: Cursor::at(&config.last_event_id),
            replay: Replay::Live,
            audit: Audit::NotNeeded,
            audited: false,
            end_told: false,
            resumes_open: 0,
            outbox: Outbox::default(),
            cycle: Cycle::Over,
            ready: VecDeque::new(),
            out: VecDeque::new(),
            now: Timestamp::default(),
        }
    }

    /// The connection at this moment.
    pub fn snapshot(&self) -> Snapshot {
        self.link.snapshot()
    }

    /// The id of the last delivered event; empty before the first.
    pub fn last_event_id(&self) -> String {
        self.cursor.id()
    }

    /// Whether nothing is connected and nothing is planned.
    pub fn is_idle(&self) -> bool {
        self.link.is_idle()
    }

    /// The operation.
    pub fn operation_id(&self) -> &str {
        &self.operation_id
    }

    /// Connects, unless a socket exists or is awaited (V1-01, V1-02).
    pub fn connect(&mut self, now: Timestamp) {
        self.now = now;
        self.cycle = Cycle::Running;
        self.link.connect(now);
        self.drain_link();
    }

    /// Closes and leaves the run alone (V1-03). Undelivered events are not skipped: a later `connect` resumes before
    /// them.
    pub fn disconnect(&mut self, now: Timestamp) {
        self.now = now;
        self.leave();
    }

    /// Replaces whatever socket there is, at once (V1-04).
    pub fn reconnect(&mut self, now: Timestamp) {
        self.now = now;
        self.cycle = Cycle::Running;
        self.ready.clear();
        self.link.reconnect(now);
        self.drain_link();
    }

    /// Replaces the token; the next `auth` uses it (V1-05).
    pub fn update_token(&mut self, token: Token, now: Timestamp) {
        self.now = now;
        self.link.update_token(token, now);
        self.drain_link();
    }

    /// Sends a tool's result (V1-26). `false`: no socket is open and nothing was kept. A result given before the token
    /// was accepted waits for that; one that the gateway may not have read is sent again on the next socket, for 120 s.
    pub fn send_tool_result(&mut self, result: ToolResult, now: Timestamp) -> bool {
        self.now = now;
        if self.link.open_socket().is_none() {
            return false;
        }
        let ready = self.link.ready_socket();
        if let Some(dial) = ready {
            self.out.push_back(Output::Send { dial, command: ClientFrame::ToolResult(result.clone()) });
        }
        self.outbox.keep(result, ready, now);
        true
    }

    /// Sends a frame that nobody waits for when it cannot be sent. `false`: the connection does not stand.
    pub fn send(&mut self, command: ClientFrame) -> bool {
        let Some(dial) = self.link.ready_socket() else {
            return false;
        };
        self.out.push_back(Output::Send { dial, command });
        true
    }
}

impl<P> Machine for Session<P> {
    type Frame = ServerFrame<P>;
    type Command = ClientFrame;
    type Event = Event<P>;

    fn handle(&mut self, input: Input<ServerFrame<P>>, now: Timestamp) {
        self.now = now;
        match input {
            Input::Frame { dial, frame } => self.frame_arrived(dial, frame),
            Input::Garbled { dial, detail } => self.garbled(dial, &detail),
            Input::Opened { dial } => self.link.opened(dial, now),
            Input::Refused { dial, .. } => self.link.refused(dial, now),
            Input::Faulted { dial } => self.faulted(dial),
            Input::Closed { dial, code, reason } => self.closed(dial, code, reason),
            Input::Answered { request, answer } => self.link.answered(request, answer, now),
            Input::Woke(wake) => self.link.woke(wake, now),
            Input::Timeout => self.timed_out(),
        }
        self.drain_link();
    }

    fn poll(&mut self) -> Option<Output<ClientFrame, Event<P>>> {
        loop {
            if let Some(output) = self.out.pop_front() {
                return Some(output);
            }
            let (dial, frame) = self.ready.pop_front()?;
            if self.link.is_current(dial) {
                self.process(dial, frame);
                self.drain_link();
            }
        }
    }

    fn deadline(&self) -> Option<(Timestamp, Timer)> {
        if self.link.is_idle() {
            return None;
        }
        let audit = match self.audit {
            Audit::Due(at) => Some((at, Timer::Audit)),
            Audit::NotNeeded | Audit::Doubted(_) => None,
        };
        let replay = self.replay.deadline().map(|at| (at, Timer::Replay));
        let outbox = self.outbox.deadline().map(|at| (at, Timer::ToolResult));
        [self.link.deadline(), replay, audit, outbox].into_iter().flatten().min_by_key(|(at, _)| *at)
    }
}

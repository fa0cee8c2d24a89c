//! One operation over one socket at a time.

use std::collections::VecDeque;

use crate::agent::{EventHead, Outbox, Protocol, ToolResult};
use crate::link::{Delays, HEARTBEAT_EVERY, Link, LinkConfig, Presents, Snapshot, Token};
use crate::machine::{Answer, DialId, Input, Machine, Output, Question, Timer, sooner};
use crate::operation::{Event, Operation};
use crate::time::Timestamp;

use super::address::socket_url;
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
    /// Milliseconds after which a socket that stands is replaced by a fresh one; `None`: never.
    pub rotate_after: Option<u64>,
}

/// The v1 machine (V1-01 to V1-27). `P` is an event's payload, handed through untouched.
#[derive(Debug)]
pub struct Session<P> {
    pub(super) operation_id: String,
    pub(super) url: String,
    pub(super) client_id: Option<String>,
    pub(super) resume_on_connect: bool,
    pub(super) link: Link,
    pub(super) operation: Operation<P>,
    pub(super) outbox: Outbox,
    pub(super) cycle: Cycle,
    pub(super) out: VecDeque<Output<ClientFrame, Event<P>>>,
    pub(super) now: Timestamp,
}

/// From `connect` to the one completion after which nothing follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cycle {
    Over,
    Running,
}

impl<P> Session<P> {
    /// A session that is not connected.
    pub fn new(config: Config) -> Self {
        let token = config.token.filter(|token| !(token.secret.is_empty() && config.host_gives_tokens));
        Self {
            url: socket_url(&config.gateway_url, &config.operation_id),
            operation_id: config.operation_id,
            client_id: config.client_id.filter(|id| !id.is_empty()),
            resume_on_connect: config.resume_on_connect,
            link: Link::new(LinkConfig {
                token,
                host_answers: config.host_gives_tokens,
                auto_reconnect: config.auto_reconnect,
                presents: Presents::InFrame,
                delays: Delays::Doubling,
                heartbeat_every: HEARTBEAT_EVERY,
                rotate_after: config.rotate_after,
            }),
            operation: Operation::new(Protocol::V1, &config.last_event_id),
            outbox: Outbox::default(),
            cycle: Cycle::Over,
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
        self.operation.last_event_id()
    }

    /// Whether nothing is connected and nothing is planned.
    pub fn is_idle(&self) -> bool {
        self.link.is_idle()
    }

    /// Whether no cycle runs. The end of the last may still have to be told: [`Machine::poll`] gives the ends in order.
    pub fn is_over(&self) -> bool {
        self.cycle == Cycle::Over
    }

    /// The operation.
    pub fn operation_id(&self) -> &str {
        &self.operation_id
    }

    /// Takes an event in by its head alone; see [`Operation::admit`].
    #[inline(always)]
    pub fn admit(&mut self, dial: DialId, number: u64, head: &EventHead) -> bool {
        let admitted =
            self.out.is_empty() && self.link.ready_socket() == Some(dial) && self.operation.admit(number, head, dial);
        if admitted {
            self.outbox.confirm(dial);
        }
        admitted
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
            self.push(Output::Send { dial, command: ClientFrame::ToolResult(result.clone()) });
        }
        self.outbox.keep(0, result, ready, now);
        true
    }

    /// Sends a frame that nobody waits for when it cannot be sent. `false`: the connection does not stand.
    pub fn send(&mut self, command: ClientFrame) -> bool {
        let Some(dial) = self.link.ready_socket() else {
            return false;
        };
        self.push(Output::Send { dial, command });
        true
    }
}

impl<P> Session<P> {
    /// Takes a frame in.
    #[cfg(all(target_family = "wasm", feature = "stream"))]
    pub(crate) fn frame(&mut self, dial: DialId, frame: ServerFrame<P>, now: Timestamp) {
        self.now = now;
        self.frame_arrived(dial, frame);
        self.drain_link();
    }

    /// Takes in what happened, with frames of any kind.
    pub(crate) fn take<F>(&mut self, input: Input<F>, now: Timestamp, arrived: impl FnOnce(&mut Self, DialId, F)) {
        self.now = now;
        match input {
            Input::Frame { dial, frame } => arrived(self, dial, frame),
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
}

impl<P> Machine for Session<P> {
    type Frame = ServerFrame<P>;
    type Command = ClientFrame;
    type Event = Event<P>;
    type Question = Question;
    type Answer = Answer;

    fn handle(&mut self, input: Input<ServerFrame<P>>, now: Timestamp) {
        self.take(input, now, Self::frame_arrived);
    }

    fn poll(&mut self) -> Option<Output<ClientFrame, Event<P>>> {
        while self.out.is_empty() && self.step() {}
        self.out.pop_front()
    }

    fn deadline(&self) -> Option<(Timestamp, Timer)> {
        if self.link.is_idle() {
            return None;
        }
        let outbox = self.outbox.deadline().map(|at| (at, Timer::ToolResult));
        // What an operation waits for is met on a socket that stands; until then the link has deadlines of its own.
        let operation = self.link.ready_socket().and_then(|_| self.operation.deadline());
        sooner(sooner(self.link.deadline(), operation), outbox)
    }
}

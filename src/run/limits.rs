//! How long a run waits, and for what.

use crate::time::Timestamp;

/// A timer that fires this much late was not watched: the process slept, or the page's timers were held back.
const LATE: u64 = 1_000;
/// What a wait that was slept through has left, so that an answer which is under way is not thrown away.
const GRACE: u64 = 30_000;

/// How long a run waits for others, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For the host to start the run. What stands in front of a web server cuts a request off after a minute.
    pub start: u64,
    /// For one answer to the question for a token, as on every other path of this client.
    pub token: u64,
    /// For the first connection. A run has just begun, so a network that works is there; what takes longer is a proxy
    /// that lets no WebSocket through, and the user should hear of it.
    pub connect: u64,
    /// For another connection after one was lost. Gateways forget a run ten minutes after its end, so later none could
    /// tell how it ended.
    pub reconnect: u64,
    /// For the first word about the operation after a connection, and after all that follow without one: the gateway has
    /// to get to know it. After ten minutes of silence gateways take a run for abandoned.
    pub pending: u64,
    /// For the end of a run that was stopped. A person who stopped something waits no longer than that.
    pub stop: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            start: 60_000,
            token: 15_000,
            connect: 2 * 60_000,
            reconnect: 10 * 60_000,
            pending: 10 * 60_000,
            stop: 10_000,
        }
    }
}

/// What a deadline of a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The host owes the result of starting the run.
    Start,
    /// The host owes a token.
    Token,
    /// The host is asked for a token again.
    TokenRetry,
    /// The transport owes its first connection.
    Connect,
    /// The transport owes another connection.
    Reconnect,
    /// The gateway owes the first word about the operation.
    Pending,
    /// A tool owes its result.
    Tool,
    /// A tool result was never confirmed.
    ToolResult,
    /// A question to the user is over.
    Intervention,
    /// The server owes the end of a run that was stopped.
    Stop,
}

impl Timer {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Token => "token",
            Self::TokenRetry => "token_retry",
            Self::Connect => "connect",
            Self::Reconnect => "reconnect",
            Self::Pending => "pending",
            Self::Tool => "tool",
            Self::ToolResult => "tool_result",
            Self::Intervention => "intervention",
            Self::Stop => "stop",
        }
    }
}

/// The end of a wait for somebody outside. One that was slept through is extended once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    at: Timestamp,
    extended: bool,
}

impl Limit {
    pub(super) const fn new(at: Timestamp) -> Self {
        Self { at, extended: false }
    }

    pub(super) const fn at(self) -> Timestamp {
        self.at
    }

    /// Whether the wait is over.
    pub(super) fn is_over(&mut self, now: Timestamp) -> bool {
        if now < self.at {
            return false;
        }
        if !self.extended && now - self.at > LATE {
            self.extend(now);
            return false;
        }
        true
    }

    /// The page or the network came back: what was not possible before has its chance.
    pub(super) fn woke(&mut self, now: Timestamp) {
        if !self.extended && self.at < now + GRACE {
            self.extend(now);
        }
    }

    /// The same, after the page or the network came back.
    pub(super) fn woken(mut self, now: Timestamp) -> Self {
        self.woke(now);
        self
    }

    fn extend(&mut self, now: Timestamp) {
        *self = Self { at: now + GRACE, extended: true };
    }
}

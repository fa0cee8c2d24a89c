//! The contract between a machine without I/O and the shell that carries it out.
//!
//! A shell feeds [`Input`]s to [`Machine::handle`], performs every [`Output`] that [`Machine::poll`] returns, in order,
//! until it returns `None`, then sleeps until the earliest of an input and [`Machine::deadline`].

use crate::link::Token;
use crate::time::Timestamp;

/// One socket's life. Inputs that carry the id of an older socket are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialId(pub u32);

/// One question to the host, answered at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub u32);

/// A protocol as a state machine: inputs in, one ordered stream of outputs out, no clock and no socket.
pub trait Machine {
    /// A decoded frame of the server.
    type Frame;
    /// A frame to be encoded and sent.
    type Command;
    /// What the application is told.
    type Event;
    /// What the host is asked.
    type Question;
    /// What the host answers.
    type Answer;

    /// Takes in what happened at `now`.
    fn handle(&mut self, input: Input<Self::Frame, Self::Answer>, now: Timestamp);

    /// The next thing to do. An event counts as delivered once it was returned from here.
    fn poll(&mut self) -> Option<Output<Self::Command, Self::Event, Self::Question>>;

    /// When [`Input::Timeout`] is due, and what for. `None`: nothing is waited for by time.
    fn deadline(&self) -> Option<(Timestamp, Timer)>;
}

/// The earlier of two deadlines.
pub(crate) fn sooner(one: Option<(Timestamp, Timer)>, other: Option<(Timestamp, Timer)>) -> Option<(Timestamp, Timer)> {
    match (one, other) {
        (Some((at, _)), Some((other_at, _))) if other_at < at => other,
        (None, _) => other,
        _ => one,
    }
}

/// What happened outside.
#[derive(Debug)]
pub enum Input<F, A = Answer> {
    /// The socket is open.
    Opened {
        /// The socket.
        dial: DialId,
    },
    /// The socket could not even be created (a bad URL, a blocked scheme).
    Refused {
        /// The socket that never was.
        dial: DialId,
        /// What the platform said.
        detail: String,
    },
    /// A frame arrived.
    Frame {
        /// The socket.
        dial: DialId,
        /// The frame.
        frame: F,
    },
    /// A frame arrived that is none.
    Garbled {
        /// The socket.
        dial: DialId,
        /// What is wrong with it.
        detail: String,
    },
    /// The socket reported an error; its close follows.
    Faulted {
        /// The socket.
        dial: DialId,
    },
    /// The other side or the network ended the socket.
    Closed {
        /// The socket.
        dial: DialId,
        /// The close code, 1006 where there was no close frame.
        code: u16,
        /// The close reason, often empty.
        reason: String,
    },
    /// The host answered a question.
    Answered {
        /// The question's id.
        request: RequestId,
        /// The answer.
        answer: A,
    },
    /// The host noticed something about the page or the network.
    Woke(Wake),
    /// The deadline passed.
    Timeout,
}

impl<A> Input<std::convert::Infallible, A> {
    /// The same, for a machine with frames of any kind.
    pub fn of_any_frame<F>(self) -> Input<F, A> {
        match self {
            Self::Opened { dial } => Input::Opened { dial },
            Self::Refused { dial, detail } => Input::Refused { dial, detail },
            Self::Frame { frame, .. } => match frame {},
            Self::Garbled { dial, detail } => Input::Garbled { dial, detail },
            Self::Faulted { dial } => Input::Faulted { dial },
            Self::Closed { dial, code, reason } => Input::Closed { dial, code, reason },
            Self::Answered { request, answer } => Input::Answered { request, answer },
            Self::Woke(wake) => Input::Woke(wake),
            Self::Timeout => Input::Timeout,
        }
    }
}

/// What to do.
#[derive(Debug, PartialEq)]
pub enum Output<C, E, Q = Question> {
    /// Ask the host; the answer comes back as [`Input::Answered`].
    Ask {
        /// The question's id.
        request: RequestId,
        /// The question.
        question: Q,
    },
    /// The answer to this question is no longer wanted; a late one is ignored.
    Withdraw {
        /// The question's id.
        request: RequestId,
    },
    /// Open a socket.
    Dial {
        /// The id its inputs must carry.
        dial: DialId,
        /// Where to.
        url: String,
    },
    /// Send a frame on an open socket.
    Send {
        /// The socket.
        dial: DialId,
        /// The frame.
        command: C,
    },
    /// Close the socket and forget it: nothing waits for its close event.
    Hangup {
        /// The socket.
        dial: DialId,
        /// The close code.
        code: u16,
        /// The close reason.
        reason: &'static str,
    },
    /// Tell the application.
    Event(E),
}

impl<C, E, Q> Output<C, E, Q> {
    /// The same, with another kind of command and of event.
    pub fn map<D, F>(self, command: impl FnOnce(C) -> D, event: impl FnOnce(E) -> F) -> Output<D, F, Q> {
        match self {
            Self::Ask { request, question } => Output::Ask { request, question },
            Self::Withdraw { request } => Output::Withdraw { request },
            Self::Dial { dial, url } => Output::Dial { dial, url },
            Self::Send { dial, command: sent } => Output::Send { dial, command: command(sent) },
            Self::Hangup { dial, code, reason } => Output::Hangup { dial, code, reason },
            Self::Event(told) => Output::Event(event(told)),
        }
    }
}

/// A question to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// A token to authenticate with.
    Token {
        /// Why it is needed.
        reason: TokenReason,
    },
}

/// Why a token is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenReason {
    /// There is none yet.
    Initial,
    /// 80 % of the current one's life is over; it is still good.
    Expiring,
    /// The current one is over, by its own `exp` or by the gateway's word.
    Expired,
}

impl TokenReason {
    /// The name that applications see.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
        }
    }
}

/// The host's answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A token.
    Token(Token),
    /// There will be no token: the user is signed out or may not. Final.
    Unauthorized {
        /// What the host said.
        detail: String,
    },
    /// No token this time. Asked again with backoff.
    Failed {
        /// What the host said.
        detail: String,
    },
}

/// What the host noticed about the page or the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The page became visible.
    Visible,
    /// The page was unfrozen.
    Resumed,
    /// The page came back from the back/forward cache.
    Shown,
    /// The page goes into the back/forward cache.
    Hidden,
    /// The network is back.
    Online,
    /// The network is gone.
    Offline,
}

impl Timer {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Retry => "retry",
            Self::Heartbeat => "heartbeat",
            Self::Probe => "probe",
            Self::Token => "token",
            Self::Refresh => "refresh",
            Self::Replay => "replay",
            Self::Audit => "audit",
            Self::ToolResult => "tool_result",
            Self::Idle => "idle",
            Self::Rotation => "rotation",
            Self::Tick => "tick",
            Self::Signature => "signature",
            Self::Call => "call",
            Self::Resync => "resync",
            Self::Tool => "tool",
        }
    }
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The gateway owes an open socket and the end of the handshake.
    Handshake,
    /// The next attempt to connect.
    Retry,
    /// The next heartbeat.
    Heartbeat,
    /// The gateway owes an acknowledgement of a heartbeat.
    Probe,
    /// The host owes a token.
    Token,
    /// The token is to be renewed before it expires.
    Refresh,
    /// The replay after `resume` went quiet.
    Replay,
    /// A resumed operation is suspiciously silent.
    Audit,
    /// A tool result was never confirmed.
    ToolResult,
    /// Nobody needs the connection any more.
    Idle,
    /// The socket is to be replaced by a fresh one, as it is from time to time.
    Rotation,
    /// The gateway owes a sign of life of its own.
    Tick,
    /// The host owes a signature.
    Signature,
    /// The gateway owes the answer to a call.
    Call,
    /// What the gateway holds is to be read again.
    Resync,
    /// A tool that runs here owes its result.
    Tool,
}

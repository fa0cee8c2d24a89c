//! What a session tells the application.

use crate::agent::{Completion, SessionStatus};
use crate::link::Status;

/// Something the application may want to know. `P` is a payload handed through untouched.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<P> {
    /// An event of the run.
    AgentEvent(P),
    /// The connection's status changed.
    StatusChanged(Status),
    /// The gateway accepted the token and `resume` was sent.
    Connected,
    /// The connection is closed for good. Told once per connection.
    Disconnected,
    /// The connection was lost; the next attempt follows after this delay.
    Reconnecting {
        /// Milliseconds.
        delay: u64,
    },
    /// The token expired and the host cannot be asked: `update_token` and `reconnect` are up to the application.
    AuthExpired,
    /// The credentials were refused. Final.
    AuthFailed {
        /// The gateway's or the host's words.
        reason: String,
    },
    /// The gateway ended the session.
    SessionComplete(SessionCompletion),
    /// The run waits or goes on.
    StatusChange(SessionStatus),
    /// The replay after `resume` is over.
    ResumeComplete {
        /// The stored status, where there is one.
        status: Option<SessionStatus>,
        /// Events between the cursor and the buffer are gone.
        gap: bool,
        /// The gateway does not know the operation yet.
        pending: bool,
    },
    /// The agent asks for consent to run a tool; answered by `send_tool_confirmation`.
    ToolConfirmationRequest(P),
    /// The agent asks for text; answered by `send_user_input`.
    InputRequest(P),
    /// What was delivered is not the whole story.
    Continuity(Continuity),
    /// Something went wrong that does not end the run by itself.
    Error {
        /// What kind.
        code: ErrorCode,
        /// For a human.
        message: String,
    },
    /// The cycle that `connect` began is over; nothing follows.
    Done(Completion),
}

/// Why the gateway ended a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionCompletion {
    /// The run's own terminal event (v2 only: v1 leaves it at the event).
    AgentEvent,
    /// A `session_complete` frame.
    RawSessionComplete,
    /// A terminal status at the end of a replay.
    ResumeStatus(SessionStatus),
    /// A terminal `status_change`.
    StatusChange(SessionStatus),
    /// The hub's feed said that the operation ended, and the stream never did; without a status it was forgotten (v2).
    Lifecycle(Option<SessionStatus>),
}

/// How the event stream was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuity {
    /// Events are missing: the gateway's buffer does not reach back to the cursor.
    Gap,
    /// Events are missing in a live stream, where ids have no holes (v2).
    Missing {
        /// The number of the first missing event.
        from: u64,
        /// The number of the last missing event.
        to: u64,
    },
    /// The gateway lost its memory: ids start anew, what it had not told is lost.
    Reset,
}

impl Continuity {
    /// The name on the public surface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gap | Self::Missing { .. } => "gap",
            Self::Reset => "reset",
        }
    }
}

/// The stable code of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// The socket reported an error; its close follows.
    SocketError,
    /// The gateway sent something that is no frame.
    Protocol,
    /// The host could not give a token.
    TokenFailed,
    /// The host did not answer in time.
    TokenTimeout,
    /// The gateway answered a frame with an error.
    Gateway,
    /// The gateway does not serve the protocol.
    Unavailable,
    /// A tool result could not be delivered while somebody waited for it.
    ToolResultExpired,
}

impl ErrorCode {
    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SocketError => "socket_error",
            Self::Protocol => "protocol",
            Self::TokenFailed => "token_failed",
            Self::TokenTimeout => "token_timeout",
            Self::Gateway => "gateway_error",
            Self::Unavailable => "unavailable",
            Self::ToolResultExpired => "tool_result_expired",
        }
    }
}

//! The frames of a gateway (§1.3, §2.3), as far as one operation and its connection are concerned.

use crate::agent::{EventHead, EventId, SessionStatus};

/// A frame of the server. `P` is the payload that is routed without being read.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerFrame<P> {
    /// The token was accepted.
    AuthSuccess,
    /// The token was refused; the gateway closes with 1008.
    AuthFailed {
        /// Why.
        reason: String,
    },
    /// The token is over; the socket stays open for another.
    AuthExpired,
    /// A heartbeat was read.
    HeartbeatAck,
    /// An event of the run.
    AgentEvent {
        /// Its place in the operation's sequence.
        id: Option<EventId>,
        /// What routing needs of it.
        head: EventHead,
        /// The whole event.
        payload: P,
    },
    /// The replay is over.
    ResumeComplete {
        /// The stored status.
        status: Option<SessionStatus>,
        /// Events are missing before the replay.
        gap: bool,
        /// The gateway does not know the operation yet; another `resume_complete` follows once it does (v2).
        pending: bool,
    },
    /// The session ended.
    SessionComplete {
        /// Its place in the sequence.
        id: Option<EventId>,
        /// The gateway's words.
        summary: Option<String>,
    },
    /// The status changed.
    StatusChange {
        /// Its place in the sequence.
        id: Option<EventId>,
        /// The new status.
        status: SessionStatus,
    },
    /// The agent asks for consent.
    ToolConfirmationRequest {
        /// Its place in the sequence.
        id: Option<EventId>,
        /// The whole frame.
        payload: P,
    },
    /// The agent asks for text.
    InputRequest {
        /// Its place in the sequence.
        id: Option<EventId>,
        /// The whole frame.
        payload: P,
    },
    /// A type that this client does not know. Ignored (V1-18).
    Unknown,
}

impl<P> ServerFrame<P> {
    /// The frame's id, where it belongs to the operation's sequence and has one.
    pub fn id(&self) -> Option<&EventId> {
        match self {
            Self::AgentEvent { id, .. }
            | Self::SessionComplete { id, .. }
            | Self::StatusChange { id, .. }
            | Self::ToolConfirmationRequest { id, .. }
            | Self::InputRequest { id, .. } => id.as_ref(),
            _ => None,
        }
    }

    /// The head of the event, where the frame is one.
    pub fn head(&self) -> Option<&EventHead> {
        match self {
            Self::AgentEvent { head, .. } => Some(head),
            _ => None,
        }
    }

    /// Whether the frame belongs to the operation's sequence.
    pub const fn is_sequenced(&self) -> bool {
        matches!(
            self,
            Self::AgentEvent { .. }
                | Self::SessionComplete { .. }
                | Self::StatusChange { .. }
                | Self::ToolConfirmationRequest { .. }
                | Self::InputRequest { .. }
        )
    }

    /// Whether the frame shows that the operation goes on.
    pub fn shows_life(&self) -> bool {
        match self {
            Self::AgentEvent { head, .. } => head.own,
            Self::StatusChange { status, .. } => !status.is_terminal(),
            Self::ToolConfirmationRequest { .. } | Self::InputRequest { .. } => true,
            _ => false,
        }
    }

    /// Whether the frame ends the session, unless it is an echo.
    pub fn ends_session(&self) -> bool {
        match self {
            Self::AgentEvent { head, .. } => head.own && head.is_session_terminal(),
            Self::SessionComplete { .. } => true,
            _ => false,
        }
    }
}

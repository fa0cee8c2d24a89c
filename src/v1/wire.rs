//! The frames of v1 (§1.2, §1.3).

use crate::agent::{EventHead, EventId, SessionStatus, ToolResult};

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

    /// Whether the frame ends the session, unless it is an echo.
    pub fn ends_session(&self) -> bool {
        match self {
            Self::AgentEvent { head, .. } => head.own && head.is_session_terminal(),
            Self::SessionComplete { .. } => true,
            _ => false,
        }
    }
}

/// A frame of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientFrame {
    /// Presents the token; must be the first frame.
    Auth {
        /// The token.
        token: String,
        /// The tab or device.
        client_id: Option<String>,
    },
    /// Asks for everything after an event, and for `resume_complete`.
    Resume {
        /// The last event that was delivered, empty for everything buffered.
        last_event_id: String,
    },
    /// Shows that the client lives.
    Heartbeat,
    /// Answers a `tool_execute`.
    ToolResult(ToolResult),
    /// Answers a `tool_confirmation_request`.
    ToolConfirmation {
        /// The call.
        tool_call_id: String,
        /// The user's answer.
        approved: bool,
    },
    /// Answers an `input_request`.
    UserInput {
        /// The request.
        request_id: String,
        /// The user's text.
        content: String,
    },
    /// Accepted by gateways and without effect.
    Interrupt,
}

impl ClientFrame {
    /// The frame as JSON text; `quote` writes a text as a JSON string.
    pub fn encode(&self, quote: &dyn Fn(&str) -> String) -> String {
        let object = |frame_type: &str, members: &[(&str, String)]| {
            let mut text = String::from("{\"type\":\"");
            text.push_str(frame_type);
            text.push('"');
            for (name, value) in members {
                text.push_str(",\"");
                text.push_str(name);
                text.push_str("\":");
                text.push_str(value);
            }
            text.push('}');
            text
        };
        let flag = |flag: bool| String::from(if flag { "true" } else { "false" });
        match self {
            Self::Heartbeat => object("heartbeat", &[]),
            Self::Interrupt => object("interrupt", &[]),
            Self::ToolResult(result) => String::from(&*result.frame),
            Self::Auth { token, client_id: None } => object("auth", &[("token", quote(token))]),
            Self::Auth { token, client_id: Some(client_id) } => {
                object("auth", &[("token", quote(token)), ("clientId", quote(client_id))])
            }
            Self::Resume { last_event_id } => {
                object("resume", &[("lastEventId", quote(last_event_id)), ("wantStatus", flag(true))])
            }
            Self::ToolConfirmation { tool_call_id, approved } => {
                object("tool_confirmation", &[("toolCallId", quote(tool_call_id)), ("approved", flag(*approved))])
            }
            Self::UserInput { request_id, content } => {
                object("user_input", &[("requestId", quote(request_id)), ("content", quote(content))])
            }
        }
    }
}

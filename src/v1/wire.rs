//! The frames of v1 (§1.2, §1.3).

use crate::agent::ToolResult;
pub use crate::operation::ServerFrame;
use crate::text::object;

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

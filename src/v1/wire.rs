//! The frames of v1 (§1.2, §1.3).

use crate::agent::ToolResult;
pub use crate::operation::ServerFrame;
use crate::text::FrameText;

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
        let mut frame = FrameText::new(self.frame_type(), quote);
        match self {
            Self::Heartbeat | Self::Interrupt => {}
            Self::ToolResult(result) => return String::from(&*result.frame),
            Self::Auth { token, client_id } => {
                frame.text("token", token);
                if let Some(client_id) = client_id {
                    frame.text("clientId", client_id);
                }
            }
            Self::Resume { last_event_id } => {
                frame.text("lastEventId", last_event_id);
                frame.flag("wantStatus", true);
            }
            Self::ToolConfirmation { tool_call_id, approved } => {
                frame.text("toolCallId", tool_call_id);
                frame.flag("approved", *approved);
            }
            Self::UserInput { request_id, content } => {
                frame.text("requestId", request_id);
                frame.text("content", content);
            }
        }
        frame.end()
    }

    const fn frame_type(&self) -> &'static str {
        match self {
            Self::Auth { .. } => "auth",
            Self::Resume { .. } => "resume",
            Self::Heartbeat => "heartbeat",
            Self::ToolResult(_) => "tool_result",
            Self::ToolConfirmation { .. } => "tool_confirmation",
            Self::UserInput { .. } => "user_input",
            Self::Interrupt => "interrupt",
        }
    }
}

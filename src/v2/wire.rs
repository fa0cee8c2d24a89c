//! The frames of v2 (§2.2, §2.3). Those of an operation are the ones of v1, in an envelope.

use std::rc::Rc;

use crate::agent::ToolResult;
use crate::operation::ServerFrame;
use crate::text::FrameText;

/// The place of an operation in a mux, by which its frames are routed. The shell keeps the table of names for each
/// socket: an operation is known from its [`ClientFrame::Subscribe`] to its [`ClientFrame::Unsubscribe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel(pub u32);

/// A frame of the hub. `P` is the payload that is routed without being read.
#[derive(Clone, Debug, PartialEq)]
pub enum HubFrame<P> {
    /// The hub accepted the token; nothing may be sent before.
    Ready,
    /// A heartbeat was read.
    HeartbeatAck,
    /// A frame of a subscribed operation.
    Operation {
        /// The operation.
        channel: Channel,
        /// The frame.
        frame: ServerFrame<P>,
    },
    /// The hub does not let the user have the operation.
    SubscribeFailed {
        /// The operation.
        channel: Channel,
        /// Why.
        reason: String,
    },
    /// An operation of the user began, changed or ended, subscribed or not.
    Lifecycle {
        /// The operation, where it is subscribed.
        channel: Option<Channel>,
        /// Its status, or `gone`.
        status: String,
        /// The whole frame.
        payload: P,
    },
    /// Something went wrong.
    Error {
        /// The operation, where it is subscribed.
        channel: Option<Channel>,
        /// The hub's code and words.
        message: String,
    },
    /// A frame of a document channel.
    Document {
        /// The whole frame.
        payload: P,
    },
    /// A type that this client does not know, or an operation that is not subscribed.
    Unknown,
}

/// A frame of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientFrame {
    /// Asks for an operation's events.
    Subscribe {
        /// The place that its frames are to be routed to.
        channel: Channel,
        /// The operation.
        operation_id: Rc<str>,
        /// The last event that was delivered, empty for everything buffered.
        last_event_id: String,
        /// Whether this client runs tools.
        executor: bool,
    },
    /// Ends a subscription.
    Unsubscribe {
        /// The operation.
        operation_id: Rc<str>,
    },
    /// Shows that the client lives; byte-exact `{"type":"heartbeat"}`.
    Heartbeat,
    /// Answers a `tool_execute`.
    ToolResult(ToolResult),
    /// Answers a `tool_confirmation_request`.
    ToolConfirmation {
        /// The operation.
        operation_id: Rc<str>,
        /// The call.
        tool_call_id: String,
        /// The user's answer.
        approved: bool,
    },
    /// Answers an `input_request`.
    UserInput {
        /// The operation.
        operation_id: Rc<str>,
        /// The request.
        request_id: String,
        /// The user's text.
        content: String,
    },
    /// Ends a document channel.
    CloseDocument {
        /// The document.
        document_id: String,
    },
    /// A frame of a document channel, as text.
    Document(String),
}

impl ClientFrame {
    /// The frame as JSON text; `quote` writes a text as a JSON string.
    pub fn encode(&self, quote: &dyn Fn(&str) -> String) -> String {
        let mut frame = FrameText::new(self.frame_type(), quote);
        match self {
            Self::Heartbeat => {}
            Self::ToolResult(result) => return String::from(&*result.frame),
            Self::Document(text) => return text.clone(),
            Self::Subscribe { operation_id, last_event_id, executor, .. } => {
                frame.text("operationId", operation_id);
                if !last_event_id.is_empty() {
                    frame.text("lastEventId", last_event_id);
                }
                if *executor {
                    frame.flag("executor", true);
                }
            }
            Self::CloseDocument { document_id } => frame.text("documentId", document_id),
            Self::Unsubscribe { operation_id } => frame.text("operationId", operation_id),
            Self::ToolConfirmation { operation_id, tool_call_id, approved } => {
                frame.text("operationId", operation_id);
                frame.text("toolCallId", tool_call_id);
                frame.flag("approved", *approved);
            }
            Self::UserInput { operation_id, request_id, content } => {
                frame.text("operationId", operation_id);
                frame.text("requestId", request_id);
                frame.text("content", content);
            }
        }
        frame.end()
    }

    const fn frame_type(&self) -> &'static str {
        match self {
            Self::Subscribe { .. } => "subscribe",
            Self::Unsubscribe { .. } => "unsubscribe",
            Self::Heartbeat => "heartbeat",
            Self::ToolResult(_) => "tool_result",
            Self::ToolConfirmation { .. } => "tool_confirmation",
            Self::UserInput { .. } => "user_input",
            Self::CloseDocument { .. } => "doc_unsubscribe",
            // A frame of a document channel tells its type itself.
            Self::Document(_) => "",
        }
    }
}

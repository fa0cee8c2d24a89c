//! What a run in a Rust front end tells besides its state.

use std::rc::Rc;

use wasm_bindgen::JsValue;

use crate::operation::ErrorCode;

/// Something that happened, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum ChatEvent {
    /// An event of the agent: `{type, data, …}`. The messages are assembled from these.
    AgentEvent(JsValue),
    /// Something went wrong that does not end the run by itself.
    Error {
        /// What kind.
        code: ErrorCode,
        /// For a human.
        message: String,
    },
    /// The server would not stop the run: it is followed as before.
    StopRefused,
    /// A tool result could not be delivered while somebody waited for it.
    ToolResultExpired {
        /// The call.
        tool_call_id: Rc<str>,
    },
}

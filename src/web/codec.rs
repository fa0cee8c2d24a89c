//! Between the objects of the engine and the frames of the core.

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::WebSocket;

use crate::agent::{EVENT_TYPE_NAMES, Ending, EventHead, EventId, EventType, SessionStatus};
use crate::link::Token;
use crate::v1::wire::ServerFrame;

#[wasm_bindgen(module = "/src/web/codec.js")]
extern "C" {
    #[wasm_bindgen(js_name = listen)]
    fn listen_with(
        socket: &WebSocket,
        dial: u32,
        event_types: &str,
        operation_id: &str,
        port: &JsValue,
        deliver: Option<&Function>,
    );

    /// Creates a socket, by the given constructor or the global one; what the constructor threw.
    #[wasm_bindgen(catch, js_name = createSocket)]
    pub(super) fn create_socket(url: &str, constructor: Option<&Function>) -> Result<WebSocket, JsValue>;

    /// Frees a port, once no call on it is under way any more.
    pub(super) fn release(port: &JsValue);

    /// Takes the handlers of a socket away.
    pub(super) fn silence(socket: &WebSocket);

    /// A text member of an object.
    #[wasm_bindgen(js_name = text)]
    pub(super) fn text_member(object: &JsValue, name: &str) -> Option<String>;
    fn number(object: &JsValue, name: &str) -> f64;
    pub(super) fn member(object: &JsValue, name: &str) -> JsValue;

    /// The JSON text of a tool result; an exception where the payload cannot be written as JSON.
    #[wasm_bindgen(catch, js_name = toolResultFrame)]
    pub(super) fn tool_result_frame(payload: &JsValue) -> Result<String, JsValue>;

    #[wasm_bindgen(js_name = tokenDate)]
    fn token_date(token: &str, claim: &str) -> f64;

    /// A text as a JSON string.
    pub(super) fn quote(text: &str) -> String;

    /// A message for a human from whatever was thrown.
    #[wasm_bindgen(js_name = messageOf)]
    pub(super) fn message_of(thrown: &JsValue) -> String;
}

/// Sets the handlers of a socket.
pub(super) fn listen(socket: &WebSocket, dial: u32, operation_id: &str, port: &JsValue, deliver: Option<&Function>) {
    listen_with(socket, dial, EVENT_TYPE_NAMES, operation_id, port, deliver);
}

/// A token with the dates that the engine's JSON finds in it.
pub(super) fn token(secret: String) -> Token {
    let (iat, exp) = (token_date(&secret, "iat"), token_date(&secret, "exp"));
    Token::with_claims(secret, iat, exp)
}

/// The head of an event, from what the handler read of it. Events that tell an end are read by [`frame`].
#[inline(always)]
pub(super) fn routed_head(event_type: u32, own: bool, step_index: f64, timestamp: f64) -> EventHead {
    EventHead {
        event_type: EventType::from_index(event_type),
        own,
        step_index: step_index as u32,
        timestamp: millis(timestamp),
        ending: None,
    }
}

/// A frame, read member by member; `event_type` where it is an event.
pub(super) fn frame(frame: JsValue, event_type: u32, operation_id: &str) -> ServerFrame<JsValue> {
    let id = text_member(&frame, "id").as_deref().and_then(EventId::parse);
    let Some(frame_type) = text_member(&frame, "type") else {
        return ServerFrame::Unknown;
    };
    match frame_type.as_str() {
        "heartbeat_ack" => ServerFrame::HeartbeatAck,
        "auth_success" => ServerFrame::AuthSuccess,
        "auth_failed" => ServerFrame::AuthFailed { reason: text_member(&frame, "reason").unwrap_or_default() },
        "auth_expired" => ServerFrame::AuthExpired,
        "agent_event" => {
            let event = member(&frame, "event");
            ServerFrame::AgentEvent { id, head: head(&event, event_type, operation_id), payload: event }
        }
        "resume_complete" => ServerFrame::ResumeComplete {
            status: text_member(&frame, "status").as_deref().map(SessionStatus::from_name),
            gap: member(&frame, "gap").is_truthy(),
            pending: false,
        },
        "session_complete" => ServerFrame::SessionComplete { id, summary: text_member(&frame, "summary") },
        "status_change" => {
            let status = SessionStatus::from_name(&text_member(&frame, "status").unwrap_or_default());
            ServerFrame::StatusChange { id, status }
        }
        "tool_confirmation_request" => ServerFrame::ToolConfirmationRequest { id, payload: frame },
        "input_request" => ServerFrame::InputRequest { id, payload: frame },
        _ => ServerFrame::Unknown,
    }
}

fn head(event: &JsValue, event_type: u32, operation_id: &str) -> EventHead {
    let event_type = EventType::from_index(event_type);
    EventHead {
        event_type,
        own: text_member(event, "operationId").is_none_or(|id| id.is_empty() || id == operation_id),
        step_index: number(event, "stepIndex") as u32,
        timestamp: millis(number(event, "timestamp")),
        ending: event_type.tells_end().then(|| Box::new(ending(&member(event, "data")))),
    }
}

fn ending(data: &JsValue) -> Ending {
    Ending {
        reason: text_member(data, "reason"),
        detail: text_member(data, "reasonDetail").or_else(|| text_member(data, "message")),
        error_type: text_member(data, "errorType").or_else(|| text_member(data, "error")),
        body_reason: text_member(&member(data, "body"), "reason"),
    }
}

fn millis(timestamp: f64) -> Option<u64> {
    (!timestamp.is_nan()).then_some(timestamp as u64)
}

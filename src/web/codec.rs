//! Between the objects of the engine and the frames of the core.

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::WebSocket;

use super::platform::ahead;
pub(super) use super::platform::{member, number, quote, text_member};
use crate::agent::{EVENT_TYPE_NAMES, Ending, EventHead, EventId, EventType, SessionStatus};
use crate::link::Token;
use crate::operation::ServerFrame;
use crate::v2::wire::{Channel, HubFrame};

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
    ) -> JsValue;

    #[wasm_bindgen(js_name = listenToHub)]
    fn listen_to_hub_with(
        socket: &WebSocket,
        dial: u32,
        event_types: &str,
        port: &JsValue,
        deliver: Option<&Function>,
    ) -> JsValue;

    /// Routes the frames of an operation to a channel, or nowhere.
    pub(super) fn route(routes: &JsValue, operation_id: &str, channel: Option<u32>);

    /// The JSON text of a tool result; an exception where the payload cannot be written as JSON.
    #[wasm_bindgen(catch, js_name = toolResultFrame)]
    pub(super) fn tool_result_frame(payload: &JsValue, operation_id: Option<&str>) -> Result<String, JsValue>;

    /// The payload of a tool result, from its frame.
    #[wasm_bindgen(js_name = toolResultPayload)]
    pub(super) fn tool_result_payload(frame: &str) -> JsValue;

    #[wasm_bindgen(js_name = tokenDate)]
    fn token_date(token: &str, claim: &str) -> f64;
}

/// Sets the handlers of a socket.
pub(super) fn listen(
    socket: &WebSocket,
    dial: u32,
    operation_id: &str,
    port: &JsValue,
    deliver: Option<&Function>,
) -> JsValue {
    listen_with(socket, dial, EVENT_TYPE_NAMES, operation_id, port, deliver)
}

/// Sets the handlers of a socket that carries many operations; returns where their frames are routed to.
pub(super) fn listen_to_hub(socket: &WebSocket, dial: u32, port: &JsValue, deliver: Option<&Function>) -> JsValue {
    listen_to_hub_with(socket, dial, EVENT_TYPE_NAMES, port, deliver)
}

/// A token with the dates that the engine's JSON finds in it.
pub(super) fn token(secret: String) -> Token {
    let (iat, exp) = (token_date(&secret, "iat"), token_date(&secret, "exp"));
    let ahead = ahead() as f64 / 1_000.0;
    Token::with_claims(secret, iat + ahead, exp + ahead)
}

/// Marks the type of an event that is the operation's own.
const OWN: u32 = 32;

/// The head of an event, from what the handler read of it. Events that tell an end are read by [`frame`].
#[inline(always)]
pub(super) fn routed_head(kind: u32, step_index: f64, timestamp: f64) -> EventHead {
    EventHead {
        event_type: EventType::from_index(kind),
        own: kind & OWN != 0,
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
            pending: member(&frame, "pending").is_truthy(),
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

/// A frame of the hub, read member by member.
pub(super) fn hub_frame(whole: JsValue, event_type: u32, channel: Option<Channel>) -> HubFrame<JsValue> {
    let text = |name: &str| text_member(&whole, name).unwrap_or_default();
    match (text("type").as_str(), channel) {
        ("ready", _) => HubFrame::Ready,
        ("heartbeat_ack", _) => HubFrame::HeartbeatAck,
        ("op_lifecycle", channel) => HubFrame::Lifecycle { channel, status: text("status"), payload: whole },
        ("error", channel) => {
            let mut message = text("code");
            message.push_str(": ");
            message.push_str(&text("message"));
            HubFrame::Error { channel, message }
        }
        (name, _) if name.starts_with("doc_") => HubFrame::Document { payload: whole },
        ("subscribe_failed", Some(channel)) => HubFrame::SubscribeFailed { channel, reason: text("reason") },
        (_, Some(channel)) => {
            let operation_id = text("operationId");
            match frame(whole, event_type, &operation_id) {
                frame if frame.is_sequenced() || matches!(frame, ServerFrame::ResumeComplete { .. }) => {
                    HubFrame::Operation { channel, frame }
                }
                _ => HubFrame::Unknown,
            }
        }
        (_, None) => HubFrame::Unknown,
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

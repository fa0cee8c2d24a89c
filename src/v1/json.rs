//! Decodes frames for native hosts; in a browser the engine parses them.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire::{ClientFrame, ServerFrame};
use crate::agent::{Ending, EventHead, EventId, EventType, SessionStatus};

/// The text of a client's frame.
pub fn encode(frame: &ClientFrame) -> String {
    frame.encode(|text| serde_json::Value::from(text).to_string())
}

/// Decodes a frame of the server. The payload is the text of the event, or of the whole frame where it is a request.
///
/// # Errors
///
/// What is wrong with the text: it is no JSON object, or an `agent_event` without an event.
pub fn decode(text: &str, operation_id: &str) -> Result<ServerFrame<Box<RawValue>>, String> {
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let id = envelope.id.as_deref().and_then(EventId::parse);
    let whole = || RawValue::from_string(text.to_owned()).map_err(|error| error.to_string());
    Ok(match envelope.frame_type.as_str() {
        "auth_success" => ServerFrame::AuthSuccess,
        "auth_failed" => ServerFrame::AuthFailed { reason: envelope.reason.unwrap_or_default() },
        "auth_expired" => ServerFrame::AuthExpired,
        "heartbeat_ack" => ServerFrame::HeartbeatAck,
        "agent_event" => {
            let event = envelope.event.ok_or("agent_event without an event")?;
            ServerFrame::AgentEvent { id, head: head(event.get(), operation_id)?, payload: event.to_owned() }
        }
        "resume_complete" => ServerFrame::ResumeComplete {
            status: envelope.status.as_deref().map(SessionStatus::from_name),
            gap: envelope.gap.unwrap_or(false),
        },
        "session_complete" => ServerFrame::SessionComplete { id, summary: text_of(envelope.summary) },
        "status_change" => {
            ServerFrame::StatusChange { id, status: SessionStatus::from_name(&envelope.status.unwrap_or_default()) }
        }
        "tool_confirmation_request" => ServerFrame::ToolConfirmationRequest { id, payload: whole()? },
        "input_request" => ServerFrame::InputRequest { id, payload: whole()? },
        _ => ServerFrame::Unknown,
    })
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type", default)]
    frame_type: String,
    id: Option<String>,
    reason: Option<String>,
    status: Option<String>,
    gap: Option<bool>,
    #[serde(borrow)]
    summary: Option<&'a RawValue>,
    #[serde(borrow)]
    event: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventEnvelope<'a> {
    #[serde(rename = "type")]
    event_type: String,
    operation_id: Option<String>,
    #[serde(default)]
    step_index: f64,
    timestamp: Option<f64>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EndingData<'a> {
    reason: Option<String>,
    reason_detail: Option<String>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    error_type: Option<String>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    body: Option<ErrorBody>,
}

#[derive(Deserialize)]
struct ErrorBody {
    reason: Option<String>,
}

fn head(event: &str, operation_id: &str) -> Result<EventHead, String> {
    let envelope: EventEnvelope<'_> = serde_json::from_str(event).map_err(|error| error.to_string())?;
    let event_type = EventType::from_name(&envelope.event_type);
    let own = envelope.operation_id.is_none_or(|id| id.is_empty() || id == operation_id);
    let ending = event_type.tells_end().then(|| Box::new(ending(envelope.data.map_or("{}", RawValue::get))));
    Ok(EventHead {
        event_type,
        own,
        step_index: envelope.step_index as u32,
        timestamp: envelope.timestamp.map(|timestamp| timestamp as u64),
        ending,
    })
}

fn ending(data: &str) -> Ending {
    let data: EndingData<'_> = serde_json::from_str(data).unwrap_or_default();
    Ending {
        reason: data.reason,
        detail: data.reason_detail.or_else(|| text_of(data.message)),
        error_type: data.error_type.or_else(|| text_of(data.error)),
        body_reason: data.body.and_then(|body| body.reason),
    }
}

fn text_of(value: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(value?.get()).ok()
}

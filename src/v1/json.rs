//! Decodes frames for native hosts; in a browser the engine parses them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::wire::{ClientFrame, ServerFrame};
use crate::agent::{Ending, EventHead, EventId, EventType, SessionStatus};

/// The text of a client's frame.
pub fn encode(frame: &ClientFrame) -> String {
    frame.encode(&|text| serde_json::Value::from(text).to_string())
}

/// Decodes a frame of the server. The payload is the text of the event, or of the whole frame where it is a request.
/// A member of an unexpected type counts as absent.
///
/// # Errors
///
/// What is wrong with the text: it is no JSON object, or an `agent_event` without an event.
pub fn decode(text: &str, operation_id: &str) -> Result<ServerFrame<Box<RawValue>>, String> {
    let frame = Object::parse(text)?;
    let id = frame.text("id").as_deref().and_then(EventId::parse);
    let status = || frame.text("status").map(|status| SessionStatus::from_name(&status));
    let whole = || RawValue::from_string(text.to_owned()).map_err(|error| error.to_string());
    Ok(match frame.text("type").unwrap_or_default().as_str() {
        "auth_success" => ServerFrame::AuthSuccess,
        "auth_failed" => ServerFrame::AuthFailed { reason: frame.text("reason").unwrap_or_default() },
        "auth_expired" => ServerFrame::AuthExpired,
        "heartbeat_ack" => ServerFrame::HeartbeatAck,
        "agent_event" => {
            let payload = frame.member("event").ok_or("an agent_event without an event")?;
            let event = Object::parse(payload.get()).map_err(|_| "an agent_event without an event")?;
            ServerFrame::AgentEvent { id, head: head(&event, operation_id), payload: payload.to_owned() }
        }
        "resume_complete" => ServerFrame::ResumeComplete {
            status: status(),
            gap: frame.read("gap").unwrap_or(false),
            pending: frame.read("pending").unwrap_or(false),
        },
        "session_complete" => ServerFrame::SessionComplete { id, summary: frame.text("summary") },
        "status_change" => {
            let status = status().unwrap_or(SessionStatus::Unknown(String::new()));
            ServerFrame::StatusChange { id, status }
        }
        "tool_confirmation_request" => ServerFrame::ToolConfirmationRequest { id, payload: whole()? },
        "input_request" => ServerFrame::InputRequest { id, payload: whole()? },
        _ => ServerFrame::Unknown,
    })
}

/// A JSON object whose members are read one by one, so that one odd member takes no other away.
struct Object<'a>(BTreeMap<Cow<'a, str>, &'a RawValue>);

impl<'a> Object<'a> {
    fn parse(text: &'a str) -> Result<Self, String> {
        serde_json::from_str(text).map(Self).map_err(|error| format!("no JSON object: {error}"))
    }

    fn member(&self, name: &str) -> Option<&'a RawValue> {
        self.0.get(name).copied()
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.member(name)?.get()).ok()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.read(name)
    }

    fn object(&self, name: &str) -> Self {
        self.member(name).and_then(|member| Self::parse(member.get()).ok()).unwrap_or(Self(BTreeMap::new()))
    }
}

fn head(event: &Object<'_>, operation_id: &str) -> EventHead {
    let event_type = EventType::from_name(&event.text("type").unwrap_or_default());
    EventHead {
        event_type,
        own: event.text("operationId").is_none_or(|id| id.is_empty() || id == operation_id),
        step_index: event.read::<f64>("stepIndex").unwrap_or(0.0) as u32,
        timestamp: event.read::<f64>("timestamp").map(|timestamp| timestamp as u64),
        ending: event_type.tells_end().then(|| Box::new(ending(&event.object("data")))),
    }
}

fn ending(data: &Object<'_>) -> Ending {
    Ending {
        reason: data.text("reason"),
        detail: data.text("reasonDetail").or_else(|| data.text("message")),
        error_type: data.text("errorType").or_else(|| data.text("error")),
        body_reason: data.object("body").text("reason"),
    }
}

//! The frames of the v1 protocol as they stand on the wire (§1.2, §1.3), and what v2 has in common with it.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::ws::Utf8Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// What a client sends; anything else is ignored.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub(crate) enum ClientFrame {
    Auth { token: Option<Value>, token_type: Option<Value>, server_url: Option<Value> },
    Resume { last_event_id: Option<String>, want_status: Option<bool> },
    Heartbeat,
    ToolResult(ToolResult),
    Interrupt,
    ToolConfirmation { tool_call_id: String, approved: bool },
    UserInput { request_id: String, content: String },
}

/// The outcome of a tool that ran at the client, in the shape the product server takes it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToolResult {
    pub(crate) content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) execution_time_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<Value>,
    #[serde(default)]
    pub(crate) success: bool,
    pub(crate) tool_call_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) work_registration: Option<Value>,
}

/// One event of an agent, kept byte for byte, with the parts the gateway acts upon.
#[derive(Debug)]
pub(crate) struct AgentEvent {
    pub(crate) kind: String,
    /// The operation the event names; a member's differs from the one it is pushed to.
    pub(crate) operation_id: Option<String>,
    pub(crate) raw: Box<RawValue>,
}

/// How an `agent_runtime_end` ends its session.
#[derive(Debug, PartialEq)]
pub(crate) struct Ending {
    pub(crate) status: &'static str,
    pub(crate) summary: String,
}

impl AgentEvent {
    /// Reads an event as pushed; `None` when it is not an object.
    pub(crate) fn parse(raw: Box<RawValue>) -> Option<Self> {
        #[derive(Deserialize)]
        struct Head {
            #[serde(rename = "type", default)]
            kind: Value,
            #[serde(rename = "operationId", default)]
            operation_id: Value,
        }
        if !raw.get().starts_with('{') {
            return None;
        }
        let head: Head = serde_json::from_str(raw.get()).ok()?;
        let kind = head.kind.as_str().unwrap_or_default().to_owned();
        Some(Self { kind, operation_id: head.operation_id.as_str().map(str::to_owned), raw })
    }

    /// Builds an event of `operation_id`, stamped with the time of this moment.
    pub(crate) fn new(kind: &str, operation_id: &str, step_index: u32, data: Value) -> Self {
        let event = json!({
            "type": kind, "operationId": operation_id, "stepIndex": step_index, "timestamp": now_ms(), "data": data,
        });
        let raw = serde_json::value::to_raw_value(&event).expect("a JSON value serializes");
        Self { kind: kind.to_owned(), operation_id: Some(operation_id.to_owned()), raw }
    }

    /// The end of the session this event brings, whatever operation the event names (§1.4).
    pub(crate) fn ending(&self) -> Option<Ending> {
        if self.kind != "agent_runtime_end" {
            return None;
        }
        let event: Value = serde_json::from_str(self.raw.get()).ok()?;
        let status = match event["data"]["reason"].as_str() {
            Some("error") => "error",
            Some("interrupted") => "interrupted",
            _ => "completed",
        };
        let summary = event["data"]["reasonDetail"].as_str().unwrap_or_default().to_owned();
        Some(Ending { status, summary })
    }
}

pub(crate) fn agent_event(id: u64, event: &RawValue) -> Utf8Bytes {
    #[derive(Serialize)]
    struct Frame<'a> {
        event: &'a RawValue,
        id: String,
        #[serde(rename = "type")]
        kind: &'static str,
    }
    let frame = Frame { event, id: id.to_string(), kind: "agent_event" };
    serde_json::to_string(&frame).expect("a raw JSON value serializes").into()
}

pub(crate) fn auth_success() -> Utf8Bytes {
    text(json!({ "type": "auth_success" }))
}

pub(crate) fn auth_expired() -> Utf8Bytes {
    text(json!({ "type": "auth_expired" }))
}

pub(crate) fn auth_failed(reason: &str) -> Utf8Bytes {
    text(json!({ "type": "auth_failed", "reason": reason }))
}

pub(crate) fn heartbeat_ack() -> Utf8Bytes {
    text(json!({ "type": "heartbeat_ack" }))
}

pub(crate) fn resume_complete(status: &str, gap: bool) -> Utf8Bytes {
    text(json!({ "type": "resume_complete", "status": status, "gap": gap }))
}

/// Adds the sequence id to a frame that shares the counter with the events.
pub(crate) fn sequenced(id: u64, mut frame: Value) -> Utf8Bytes {
    frame["id"] = Value::String(id.to_string());
    text(frame)
}

/// Milliseconds since the epoch.
pub(crate) fn now_ms() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is later than 1970");
    u64::try_from(since_epoch.as_millis()).expect("milliseconds since 1970 fit in 64 bits")
}

pub(crate) fn text(frame: Value) -> Utf8Bytes {
    frame.to_string().into()
}

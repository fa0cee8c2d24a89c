//! The frames of the v2 protocol as they stand on the wire (§2.2, §2.3, §2.5).

use std::collections::BTreeMap;

use axum::extract::ws::Utf8Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::frames::{AgentEvent, ClientFrame as RunFrame, now_ms, text};
use crate::operation::{Content, Numbered};

/// What a client sends.
pub(super) enum ClientFrame {
    Heartbeat,
    Subscribe {
        operation_id: String,
        last_event_id: u64,
        executor: bool,
    },
    Unsubscribe {
        operation_id: String,
    },
    /// A frame of v1 that concerns one operation; `None` when its fields make no sense.
    Run {
        operation_id: String,
        frame: Option<RunFrame>,
    },
    Document(DocumentFrame),
}

/// A frame of a document channel; what it carries is opaque.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub(crate) enum DocumentFrame {
    #[serde(rename = "doc_subscribe")]
    Subscribe { document_id: String, epoch: Option<String> },
    #[serde(rename = "doc_unsubscribe")]
    Unsubscribe { document_id: String },
    #[serde(rename = "doc_update")]
    Update { document_id: String, seq: u64, update: String },
    #[serde(rename = "doc_awareness")]
    Awareness {
        document_id: String,
        #[serde(rename = "clientID")]
        client_id: ClientId,
        state: Value,
    },
}

/// The number a replica of a document goes by.
pub(crate) type ClientId = u64;

impl ClientFrame {
    /// Reads a frame.
    ///
    /// Errors with the frame to answer one that is of no use.
    pub(super) fn parse(raw: &str) -> Result<Self, Utf8Bytes> {
        let Ok(frame) = serde_json::from_str::<Map<String, Value>>(raw) else {
            return Err(error("invalid_message", "Malformed JSON", None));
        };
        let kind = frame.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        match kind.as_str() {
            "heartbeat" => Ok(Self::Heartbeat),
            "subscribe" => subscribe(&frame),
            "unsubscribe" => Ok(Self::Unsubscribe { operation_id: named_operation(&frame)? }),
            "tool_result" | "tool_confirmation" | "user_input" | "interrupt" => {
                let operation_id = named_operation(&frame)?;
                Ok(Self::Run { operation_id, frame: serde_json::from_value(Value::Object(frame)).ok() })
            }
            "doc_subscribe" | "doc_unsubscribe" | "doc_update" | "doc_awareness" => document(frame),
            unknown => Err(error("unknown_type", &format!("Unknown message type: {unknown}"), None)),
        }
    }
}

pub(super) fn ready(user_id: &str, connection_id: &str) -> Utf8Bytes {
    text(json!({ "type": "ready", "userId": user_id, "connectionId": connection_id, "protocol": 2 }))
}

/// An entry of the sequence; the operation of an event is left out where it is the envelope's.
pub(super) fn numbered(operation_id: &str, numbered: &Numbered) -> Utf8Bytes {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Envelope<'a, T> {
        event: T,
        id: String,
        operation_id: &'a str,
        #[serde(rename = "type")]
        kind: &'static str,
    }
    let (id, kind) = (numbered.id.to_string(), "agent_event");
    let written = match &numbered.content {
        Content::Event(entry) => match without_operation(&entry.event, operation_id) {
            Some(event) => serde_json::to_string(&Envelope { event, id, operation_id, kind }),
            None => serde_json::to_string(&Envelope { event: &entry.event.raw, id, operation_id, kind }),
        },
        Content::Frame(frame) => {
            let mut frame = (**frame).clone();
            frame["id"] = json!(id);
            frame["operationId"] = json!(operation_id);
            serde_json::to_string(&frame)
        }
    };
    written.expect("JSON values serialize").into()
}

/// `status` is `None` for an operation nobody announced yet.
pub(super) fn resume_complete(operation_id: &str, status: Option<&str>, gap: bool) -> Utf8Bytes {
    let mut frame = json!({ "type": "resume_complete", "operationId": operation_id, "gap": gap });
    match status {
        Some(status) => frame["status"] = json!(status),
        None => frame["pending"] = json!(true),
    }
    text(frame)
}

pub(super) fn subscribe_failed(operation_id: &str, reason: &str) -> Utf8Bytes {
    text(json!({ "type": "subscribe_failed", "operationId": operation_id, "reason": reason }))
}

pub(super) fn op_lifecycle(operation_id: &str, status: &str, meta: &Map<String, Value>, summary: &str) -> Utf8Bytes {
    let mut frame = json!({ "type": "op_lifecycle", "operationId": operation_id, "status": status, "at": now_ms() });
    if !meta.is_empty() {
        frame["meta"] = Value::Object(meta.clone());
    }
    if !summary.is_empty() {
        frame["summary"] = json!(summary);
    }
    text(frame)
}

pub(super) fn error(code: &str, message: &str, operation_id: Option<&str>) -> Utf8Bytes {
    let mut frame = json!({ "type": "error", "code": code, "message": message });
    if let Some(operation_id) = operation_id {
        frame["operationId"] = json!(operation_id);
    }
    text(frame)
}

pub(super) fn doc_error(document_id: &str, code: &str, message: &str) -> Utf8Bytes {
    text(json!({ "type": "doc_error", "documentId": document_id, "code": code, "message": message }))
}

/// The event without its `operationId`, every other value byte for byte; `None` when it names no or another one.
fn without_operation<'a>(event: &'a AgentEvent, operation_id: &str) -> Option<BTreeMap<String, &'a RawValue>> {
    if event.operation_id.as_deref() != Some(operation_id) {
        return None;
    }
    let mut fields: BTreeMap<String, &RawValue> = serde_json::from_str(event.raw.get()).ok()?;
    fields.remove("operationId");
    Some(fields)
}

fn subscribe(frame: &Map<String, Value>) -> Result<ClientFrame, Utf8Bytes> {
    let operation_id = frame.get("operationId").and_then(Value::as_str).unwrap_or_default();
    let last_event_id = match frame.get("lastEventId") {
        None => "",
        Some(Value::String(id)) => id,
        Some(_) => return Err(subscribe_failed(operation_id, "invalid")),
    };
    if operation_id.is_empty() {
        return Err(subscribe_failed("", "invalid"));
    }
    Ok(ClientFrame::Subscribe {
        operation_id: operation_id.to_owned(),
        last_event_id: last_event_id.parse().unwrap_or(0),
        executor: frame.get("executor") == Some(&Value::Bool(true)),
    })
}

fn named_operation(frame: &Map<String, Value>) -> Result<String, Utf8Bytes> {
    let operation_id = frame.get("operationId").and_then(Value::as_str).filter(|id| !id.is_empty());
    operation_id.map(str::to_owned).ok_or_else(|| error("invalid_message", "Missing operationId", None))
}

fn document(frame: Map<String, Value>) -> Result<ClientFrame, Utf8Bytes> {
    let document_id = frame.get("documentId").and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned);
    let Some(document_id) = document_id else {
        return Err(error("invalid_message", "Missing documentId", None));
    };
    match serde_json::from_value(Value::Object(frame)) {
        Ok(frame) => Ok(ClientFrame::Document(frame)),
        Err(_) => Err(doc_error(&document_id, "invalid_message", "Malformed message")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::operation::{EntryId, StreamEntry};

    #[test]
    fn an_event_loses_the_operation_of_its_envelope_and_keeps_every_other_byte() {
        let written = written_of(r#"{"type":"x","operationId":"op_1","data":{"n":12345678901234567890123,"f":1.0}}"#);
        let expected = r#"{"event":{"data":{"n":12345678901234567890123,"f":1.0},"type":"x"},"#;
        assert_eq!(written, format!(r#"{expected}"id":"7","operationId":"op_1","type":"agent_event"}}"#));
    }

    #[test]
    fn an_event_that_names_another_operation_or_none_is_left_as_it_is() {
        for event in [r#"{"type":"x","operationId":"op_member"}"#, r#"{ "type":"x" }"#, r#"{"operationId":1}"#] {
            let written = written_of(event);
            assert!(written.starts_with(&format!(r#"{{"event":{event},"id""#)), "{written}");
        }
    }

    fn written_of(event: &str) -> String {
        let raw = RawValue::from_string(event.to_owned()).expect("JSON");
        let event = AgentEvent::parse(raw).expect("an object");
        let content = Content::Event(Arc::new(StreamEntry { id: EntryId::default(), event }));
        numbered("op_1", &Numbered { id: 7, v1: None, content }).as_str().to_owned()
    }
}

//! Decodes frames for native hosts; in a browser the engine parses them.

use serde_json::Value;
use serde_json::value::RawValue;

use super::wire::{Channel, ClientFrame, HubFrame};
use crate::operation::ServerFrame;
use crate::v1;

/// The text of a client's frame.
pub fn encode(frame: &ClientFrame) -> String {
    frame.encode(&|text| Value::from(text).to_string())
}

/// Decodes a frame of the hub; `channel_of` tells where an operation is routed to. Payloads are texts: of the event, or
/// of the whole frame where it is no event.
///
/// # Errors
///
/// What is wrong with the text: it is no JSON object, or an `agent_event` without an event.
pub fn decode(text: &str, channel_of: impl FnOnce(&str) -> Option<Channel>) -> Result<HubFrame<Box<RawValue>>, String> {
    let frame: serde_json::Map<String, Value> =
        serde_json::from_str(text).map_err(|error| format!("no JSON object: {error}"))?;
    let member = |name: &str| frame.get(name).and_then(Value::as_str).unwrap_or_default();
    let whole = || RawValue::from_string(text.to_owned()).map_err(|error| error.to_string());
    let operation_id = member("operationId");
    let channel = channel_of(operation_id);
    Ok(match (member("type"), channel) {
        ("ready", _) => HubFrame::Ready,
        ("heartbeat_ack", _) => HubFrame::HeartbeatAck,
        ("op_lifecycle", channel) => {
            HubFrame::Lifecycle { channel, status: member("status").to_owned(), payload: whole()? }
        }
        ("error", channel) => {
            HubFrame::Error { channel, message: format!("{}: {}", member("code"), member("message")) }
        }
        (name, _) if name.starts_with("doc_") => HubFrame::Document { payload: whole()? },
        ("subscribe_failed", Some(channel)) => {
            HubFrame::SubscribeFailed { channel, reason: member("reason").to_owned() }
        }
        (_, Some(channel)) => match v1::json::decode(&restored(&frame, text), operation_id)? {
            frame if frame.is_sequenced() || matches!(frame, ServerFrame::ResumeComplete { .. }) => {
                HubFrame::Operation { channel, frame }
            }
            _ => HubFrame::Unknown,
        },
        (_, None) => HubFrame::Unknown,
    })
}

/// The hub leaves out the operation of an event that belongs to the envelope's (SB-05).
fn restored(frame: &serde_json::Map<String, Value>, text: &str) -> String {
    let mut whole = frame.clone();
    match whole.get_mut("event").and_then(Value::as_object_mut) {
        Some(event) if !event.contains_key("operationId") => {
            event.insert("operationId".to_owned(), frame["operationId"].clone());
            Value::from(whole).to_string()
        }
        _ => text.to_owned(),
    }
}

//! Reads events and stored messages for native hosts; in a browser the engine parses them.

use serde_json::Value;

use super::event::{
    Body, Calling, ChunkMode, ContentPart, End, EndReason, Patch, Row, Seed, Stored, StreamEnd, TranscriptEvent, Upsert,
};
use super::message::{Image, Part, ToolCall, ToolPhase};
use crate::agent::{Ending, EventHead, EventType};

/// Reads an event (§6) on the channel of an operation. `None`: it says nothing about messages. Members of an unexpected
/// type count as absent.
pub fn event(event: &Value, operation_id: &str) -> Option<TranscriptEvent<String>> {
    let member = text(event, "operationId").filter(|id| !id.is_empty() && id != operation_id);
    let data = &event["data"];
    let is_of_subordinate = !matches!(data["subagent"], Value::Null | Value::Bool(false));
    let body = body(&text(event, "type")?, data, member.is_some()).filter(|_| !is_of_subordinate)?;
    let step = event["stepIndex"].as_f64().unwrap_or(0.0) as u32;
    let at = event["timestamp"].as_f64().map(|at| at as u64);
    Some(TranscriptEvent { number: None, member, step, at, body })
}

/// Reads stored messages. `None`: this is no list, or one of them has no id.
pub fn rows(list: &Value) -> Option<Vec<Row<String>>> {
    list.as_array()?.iter().map(row).collect()
}

fn body(event_type: &str, data: &Value, is_members: bool) -> Option<Body<String>> {
    Some(match event_type {
        "stream_start" => Body::StreamStart(seed(data)),
        "stream_chunk" => return chunk(data),
        "stream_end" => Body::StreamEnd(StreamEnd {
            text: text(data, "finalContent").unwrap_or_default(),
            calls: calls(data),
            images: images(&data["imageList"]),
            sources: value(data, "grounding"),
        }),
        "tool_start" => Body::ToolStart { parent: text(data, "parentMessageId"), call: call(&data["toolCalling"])? },
        "tool_execute" => Body::ToolExecute {
            parent: text(data, "assistantMessageId"),
            call: Calling {
                id: text(data, "toolCallId")?,
                value: Some(data.clone()),
                message_id: text(data, "toolMessageId"),
            },
        },
        "tool_end" => tool_end(data)?,
        "step_start" => step_start(data),
        "message_patch" => patch(data).map_or(Body::Unreadable, Body::Patch),
        "step_complete" if data["phase"] == "execution_complete" => Body::RowsChanged,
        "step_complete" if data["phase"] == "subagent_progress" => {
            Body::ToolProgress { message_id: text(data, "toolMessageId")?, progress: data.clone() }
        }
        "notify_update" | "agent_intervention_request" => Body::RowsChanged,
        // The answer is on its way to whoever asked; that it arrived is told once more.
        "agent_intervention_response" if is_set(data, "resolutionRequestId") && !is_set(data, "producerAck") => {
            return None;
        }
        "agent_intervention_response" => Body::RowsChanged,
        "agent_runtime_end" => end(data),
        "member_runtime_end" if is_members => end(data),
        "error" if is_terminal(data) => Body::Failed(data.clone()),
        "error" => Body::RowsChanged,
        _ => return None,
    })
}

fn chunk(data: &Value) -> Option<Body<String>> {
    let mode = match data["snapshotMode"] == "replace" {
        true => ChunkMode::Snapshot { sequence: data["snapshotSeq"].as_u64() },
        false => ChunkMode::Delta,
    };
    Some(match text(data, "chunkType")?.as_str() {
        "text" => Body::Text(text(data, "content")?, mode),
        "reasoning" => Body::Reasoning(text(data, "reasoning").or_else(|| text(data, "content"))?, mode),
        "tools_calling" => Body::ToolsCalling(calls(data)),
        "tool_state" => Body::ToolState {
            id: text(data, "toolCallId")?,
            state: value(data, "pluginState")?,
            sequence: data["snapshotSeq"].as_u64().filter(|sequence| *sequence > 0)?,
        },
        "image" | "base64_image" => {
            let (list, more) = (images(&data["imageList"]), images(&data["images"]));
            Body::Images(list.into_iter().chain(more).collect())
        }
        "grounding" => Body::Sources(value(data, "grounding")?),
        "content_part" => Body::Content(list(&data["contentParts"]).iter().filter_map(content_part).collect()),
        "reasoning_part" => {
            let parts = list(&data["reasoningParts"]).iter().filter_map(|part| text(part, "text"));
            Body::Reasoning(parts.collect(), ChunkMode::Delta)
        }
        _ => return None,
    })
}

fn content_part(part: &Value) -> Option<ContentPart<String>> {
    match text(part, "type")?.as_str() {
        "text" => Some(ContentPart::Text(text(part, "text")?)),
        "image" => Some(ContentPart::Image(image(&part["image"])?)),
        _ => None,
    }
}

fn seed(data: &Value) -> Seed<String> {
    let message = &data["assistantMessage"];
    Seed {
        id: text(message, "id").filter(|id| !id.is_empty()),
        role: text(message, "role"),
        new_step: is_set(data, "newStep"),
        row: value(data, "assistantMessage"),
    }
}

fn tool_end(data: &Value) -> Option<Body<String>> {
    let payload = if data["payload"].is_object() { &data["payload"] } else { data };
    let calling = if payload["toolCalling"].is_object() { &payload["toolCalling"] } else { payload };
    let call = match call(calling) {
        Some(call) => call,
        None => Calling { id: text(data, "toolCallId")?, value: None, message_id: None },
    };
    Some(Body::ToolEnd {
        parent: text(payload, "parentMessageId"),
        call,
        succeeded: data["isSuccess"] != false,
        result: value(data, "result"),
    })
}

fn step_start(data: &Value) -> Body<String> {
    match (value(data, "uiMessages"), value(data, "messageRevision")) {
        (Some(list), _) => rows(&list).map_or(Body::Unreadable, |rows| Body::StepStart(Stored::Rows(rows))),
        (None, Some(revision)) => Body::StepStart(Stored::Revision(revision.as_u64())),
        (None, None) => Body::StepStart(Stored::Untold),
    }
}

fn patch(data: &Value) -> Option<Patch<String>> {
    let deletes = list(&data["deletes"]).iter().map(|id| id.as_str().map(str::to_owned));
    let upserts = list(&data["upserts"]).iter().map(|upsert| {
        let after = match &upsert["afterId"] {
            Value::Null => None,
            after => Some(after.as_str()?.to_owned()),
        };
        Some(Upsert { after, row: row(&upsert["message"])? })
    });
    Some(Patch {
        revision: data["revision"].as_u64()?,
        deletes: deletes.collect::<Option<_>>()?,
        upserts: upserts.collect::<Option<_>>()?,
    })
}

fn end(data: &Value) -> Body<String> {
    let reason = match text(data, "reason").as_deref() {
        Some("error") => EndReason::Failed,
        Some("interrupted") => EndReason::Interrupted,
        Some("waiting_for_async_tool") => EndReason::WaitsForTool,
        Some("waiting_for_human") => EndReason::WaitsForHuman,
        _ => EndReason::Other,
    };
    let stored = match value(data, "uiMessages").as_ref().and_then(rows) {
        Some(rows) => Stored::Rows(rows),
        None if is_set(data, "messagePatchMode") => Stored::Revision(data["messageRevision"].as_u64()),
        None => Stored::Untold,
    };
    Body::End(End { reason, stored, value: data.clone() })
}

fn is_terminal(data: &Value) -> bool {
    let ending = Ending {
        reason: None,
        detail: None,
        error_type: text(data, "errorType").or_else(|| text(data, "error")),
        body_reason: text(&data["body"], "reason"),
    };
    let ending = Some(Box::new(ending));
    EventHead { event_type: EventType::ERROR, own: true, step_index: 0, timestamp: None, ending }.is_session_terminal()
}

fn row(message: &Value) -> Option<Row<String>> {
    let mut parts = Vec::new();
    parts.extend(text(&message["reasoning"], "content").filter(|text| !text.is_empty()).map(Part::Reasoning));
    parts.extend(text(message, "content").filter(|text| !text.is_empty()).map(Part::Text));
    parts.extend(images(&message["imageList"]).into_iter().map(Part::Image));
    let calls = list(&message["tools"]).iter().filter_map(call);
    parts.extend(calls.map(|call| Part::Tool(ToolCall::new(call, ToolPhase::Recorded))));
    parts.extend(value(message, "error").map(Part::Error));
    Some(Row {
        id: text(message, "id").filter(|id| !id.is_empty())?,
        role: text(message, "role").unwrap_or_else(|| "assistant".to_owned()),
        parts,
        value: message.clone(),
    })
}

fn calls(data: &Value) -> Vec<Calling<String>> {
    let calls = list(&data["toolsCalling"]).iter().filter_map(call);
    let named =
        calls.map(|call| Calling { message_id: text(&data["toolMessageIds"], &call.id).or(call.message_id), ..call });
    named.collect()
}

fn call(calling: &Value) -> Option<Calling<String>> {
    let id = text(calling, "id").filter(|id| !id.is_empty())?;
    Some(Calling { id, value: Some(calling.clone()), message_id: text(calling, "result_msg_id") })
}

fn images(value: &Value) -> Vec<Image<String>> {
    list(value).iter().filter_map(image).collect()
}

/// An image is an address, the picture itself, or an object with one of them.
fn image(value: &Value) -> Option<Image<String>> {
    let named = || ["id", "url", "data"].iter().find_map(|name| text(value, name));
    let source = value.as_str().map(str::to_owned).or_else(named).unwrap_or_default();
    (!value.is_null()).then(|| Image { source, value: value.clone() })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(object: &Value, name: &str) -> Option<String> {
    object[name].as_str().map(str::to_owned)
}

fn value(object: &Value, name: &str) -> Option<Value> {
    object.get(name).filter(|value| !value.is_null()).cloned()
}

fn is_set(object: &Value, name: &str) -> bool {
    !matches!(object[name], Value::Null | Value::Bool(false))
}

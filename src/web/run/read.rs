//! Reads events and stored messages from the objects of the engine (§6.1), as `run::transcript::json` does from text.
//! Members of an unexpected type count as absent.

use js_sys::{Array, JsString};
use wasm_bindgen::prelude::*;

use super::text::EngineText;
use crate::agent::{Ending, EventHead, EventType};
use crate::run::transcript::{
    Body, Calling, ChunkMode, ContentPart, End, EndReason, Image, Part, Patch, Piece, Row, Seed, Stored, StreamEnd,
    ToolCall, ToolPhase, TranscriptEvent, Upsert,
};
use crate::web::codec::{member, number, text_member};

#[wasm_bindgen(module = "/src/web/run/read.js")]
extern "C" {
    /// Reads the events of transports, and holds pieces of an answer back.
    #[derive(Clone)]
    pub(crate) type Reader;
    #[wasm_bindgen(js_name = createReader)]
    pub(super) fn create_reader(port: &JsValue, own_id: &str) -> Reader;
    /// Takes an event of a transport in.
    #[wasm_bindgen(method)]
    pub(super) fn read(this: &Reader, transport: u32, event: &JsValue);
    /// Hands out what is held back.
    #[wasm_bindgen(method)]
    pub(super) fn take(this: &Reader) -> JsString;

    #[wasm_bindgen(js_name = stepIndex)]
    fn step_index(event: &JsValue) -> f64;
    fn timestamp(event: &JsValue) -> f64;
}

/// Where and when a piece of the operation's own answer happened; what is no number is none.
#[derive(Clone, Copy)]
pub(super) struct PiecePlace {
    pub(super) piece: Piece,
    pub(super) step: u32,
    pub(super) at: Option<u64>,
}

impl PiecePlace {
    /// From what a [`Reader`] says of it.
    #[inline(always)]
    pub(super) fn read(kind: u32, step: f64, at: f64) -> Self {
        let piece = if kind == 1 { Piece::Text } else { Piece::Reasoning };
        Self { piece, step: step as u32, at: millis(at) }
    }

    /// The event.
    pub(super) fn event(self, text: JsString) -> TranscriptEvent<EngineText> {
        let make = match self.piece {
            Piece::Text => Body::Text,
            Piece::Reasoning => Body::Reasoning,
        };
        let body = make(EngineText(text), ChunkMode::Delta);
        TranscriptEvent { number: None, member: None, step: self.step, at: self.at, body }
    }
}

/// An event on the channel of an operation; `member_id` where it is a member's. `None`: it says nothing about messages.
pub(super) fn event(event: &JsValue, name: &str, member_id: Option<String>) -> Option<TranscriptEvent<EngineText>> {
    let data = member(event, "data");
    if is_set(&data, "subagent") {
        return None;
    }
    let body = body(name, &data, member_id.is_some())?;
    Some(placed(event, member_id, body))
}

fn placed(event: &JsValue, member: Option<String>, body: Body<EngineText>) -> TranscriptEvent<EngineText> {
    TranscriptEvent { number: None, member, step: step_index(event) as u32, at: millis(timestamp(event)), body }
}

fn millis(at: f64) -> Option<u64> {
    (!at.is_nan()).then_some(at as u64)
}

/// Stored messages. `None`: this is no list, or one of them has no id.
pub(super) fn rows(list: &JsValue) -> Option<Vec<Row<EngineText>>> {
    if !Array::is_array(list) {
        return None;
    }
    items(list).iter().map(row).collect()
}

fn body(name: &str, data: &JsValue, is_members: bool) -> Option<Body<EngineText>> {
    Some(match name {
        "stream_start" => Body::StreamStart(seed(data)),
        "stream_chunk" => return chunk(data),
        "stream_end" => Body::StreamEnd(StreamEnd {
            text: text(data, "finalContent").unwrap_or_default(),
            calls: calls(data),
            images: images(&member(data, "imageList")),
            sources: value(data, "grounding"),
        }),
        "tool_start" => {
            Body::ToolStart { parent: text_member(data, "parentMessageId"), call: call(&member(data, "toolCalling"))? }
        }
        "tool_execute" => Body::ToolExecute {
            parent: text_member(data, "assistantMessageId"),
            call: Calling {
                id: text_member(data, "toolCallId")?,
                value: Some(data.clone()),
                message_id: text_member(data, "toolMessageId"),
            },
        },
        "tool_end" => tool_end(data)?,
        "step_start" => step_start(data),
        "message_patch" => patch(data).map_or(Body::Unreadable, Body::Patch),
        "step_complete" => match text_member(data, "phase").as_deref() {
            Some("execution_complete") => Body::RowsChanged,
            Some("subagent_progress") => {
                Body::ToolProgress { message_id: text_member(data, "toolMessageId")?, progress: data.clone() }
            }
            _ => return None,
        },
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

fn chunk(data: &JsValue) -> Option<Body<EngineText>> {
    let mode = match text_member(data, "snapshotMode").as_deref() {
        Some("replace") => ChunkMode::Snapshot { sequence: integer(data, "snapshotSeq") },
        _ => ChunkMode::Delta,
    };
    Some(match text_member(data, "chunkType")?.as_str() {
        "text" => Body::Text(text(data, "content")?, mode),
        "reasoning" => Body::Reasoning(text(data, "reasoning").or_else(|| text(data, "content"))?, mode),
        "tools_calling" => Body::ToolsCalling(calls(data)),
        "tool_state" => Body::ToolState {
            id: text_member(data, "toolCallId")?,
            state: value(data, "pluginState")?,
            sequence: integer(data, "snapshotSeq").filter(|sequence| *sequence > 0)?,
        },
        "image" | "base64_image" => {
            let (list, more) = (images(&member(data, "imageList")), images(&member(data, "images")));
            Body::Images(list.into_iter().chain(more).collect())
        }
        "grounding" => Body::Sources(value(data, "grounding")?),
        "content_part" => Body::Content(items(&member(data, "contentParts")).iter().filter_map(content_part).collect()),
        "reasoning_part" => {
            let mut whole = JsString::from("");
            for part in items(&member(data, "reasoningParts")) {
                if let Some(EngineText(piece)) = text(&part, "text") {
                    whole = whole.concat(&piece);
                }
            }
            Body::Reasoning(EngineText(whole), ChunkMode::Delta)
        }
        _ => return None,
    })
}

fn content_part(part: &JsValue) -> Option<ContentPart<EngineText>> {
    match text_member(part, "type")?.as_str() {
        "text" => Some(ContentPart::Text(text(part, "text")?)),
        "image" => Some(ContentPart::Image(image(&member(part, "image"))?)),
        _ => None,
    }
}

fn seed(data: &JsValue) -> Seed<EngineText> {
    let message = member(data, "assistantMessage");
    Seed {
        id: id(&message),
        role: text_member(&message, "role"),
        new_step: is_set(data, "newStep"),
        row: value(data, "assistantMessage"),
    }
}

fn tool_end(data: &JsValue) -> Option<Body<EngineText>> {
    let payload = Some(member(data, "payload")).filter(JsValue::is_object).unwrap_or_else(|| data.clone());
    let calling = Some(member(&payload, "toolCalling")).filter(JsValue::is_object);
    let call = match call(calling.as_ref().unwrap_or(&payload)) {
        Some(call) => call,
        None => Calling { id: text_member(data, "toolCallId")?, value: None, message_id: None },
    };
    Some(Body::ToolEnd {
        parent: text_member(&payload, "parentMessageId"),
        call,
        succeeded: member(data, "isSuccess") != JsValue::FALSE,
        result: value(data, "result"),
    })
}

fn step_start(data: &JsValue) -> Body<EngineText> {
    match (value(data, "uiMessages"), value(data, "messageRevision")) {
        (Some(list), _) => rows(&list).map_or(Body::Unreadable, |rows| Body::StepStart(Stored::Rows(rows))),
        (None, Some(_)) => Body::StepStart(Stored::Revision(integer(data, "messageRevision"))),
        (None, None) => Body::StepStart(Stored::Untold),
    }
}

fn patch(data: &JsValue) -> Option<Patch<EngineText>> {
    let deletes = items(&member(data, "deletes"));
    let upserts = items(&member(data, "upserts"));
    Some(Patch {
        revision: integer(data, "revision")?,
        deletes: deletes.iter().map(JsValue::as_string).collect::<Option<_>>()?,
        upserts: upserts.iter().map(upsert).collect::<Option<_>>()?,
    })
}

fn upsert(upsert: &JsValue) -> Option<Upsert<EngineText>> {
    let after = match value(upsert, "afterId") {
        None => None,
        Some(after) => Some(after.as_string()?),
    };
    Some(Upsert { after, row: row(&member(upsert, "message"))? })
}

fn end(data: &JsValue) -> Body<EngineText> {
    let reason = match text_member(data, "reason").as_deref() {
        Some("error") => EndReason::Failed,
        Some("interrupted") => EndReason::Interrupted,
        Some("waiting_for_async_tool") => EndReason::WaitsForTool,
        Some("waiting_for_human") => EndReason::WaitsForHuman,
        _ => EndReason::Other,
    };
    let stored = match rows(&member(data, "uiMessages")) {
        Some(rows) => Stored::Rows(rows),
        None if is_set(data, "messagePatchMode") => Stored::Revision(integer(data, "messageRevision")),
        None => Stored::Untold,
    };
    Body::End(End { reason, stored, value: data.clone() })
}

fn is_terminal(data: &JsValue) -> bool {
    let ending = Ending {
        reason: None,
        detail: None,
        error_type: text_member(data, "errorType").or_else(|| text_member(data, "error")),
        body_reason: text_member(&member(data, "body"), "reason"),
    };
    let ending = Some(Box::new(ending));
    EventHead { event_type: EventType::ERROR, own: true, step_index: 0, timestamp: None, ending }.is_session_terminal()
}

fn row(message: &JsValue) -> Option<Row<EngineText>> {
    let filled = |text: &EngineText| text.0.length() > 0;
    let mut parts = Vec::new();
    parts.extend(text(&member(message, "reasoning"), "content").filter(filled).map(Part::Reasoning));
    parts.extend(text(message, "content").filter(filled).map(Part::Text));
    parts.extend(images(&member(message, "imageList")).into_iter().map(Part::Image));
    let tools = items(&member(message, "tools"));
    parts.extend(tools.iter().filter_map(call).map(|call| Part::Tool(ToolCall::new(call, ToolPhase::Recorded))));
    parts.extend(value(message, "error").map(Part::Error));
    Some(Row {
        id: id(message)?,
        role: text_member(message, "role").unwrap_or_else(|| "assistant".to_owned()),
        parts,
        value: message.clone(),
    })
}

fn calls(data: &JsValue) -> Vec<Calling<EngineText>> {
    let ids = member(data, "toolMessageIds");
    let calls = items(&member(data, "toolsCalling"));
    let named = calls.iter().filter_map(call);
    named.map(|call| Calling { message_id: text_member(&ids, &call.id).or(call.message_id), ..call }).collect()
}

fn call(calling: &JsValue) -> Option<Calling<EngineText>> {
    let message_id = text_member(calling, "result_msg_id");
    Some(Calling { id: id(calling)?, value: Some(calling.clone()), message_id })
}

fn images(value: &JsValue) -> Vec<Image<EngineText>> {
    items(value).iter().filter_map(image).collect()
}

/// An image is an address, the picture itself, or an object with one of them.
fn image(value: &JsValue) -> Option<Image<EngineText>> {
    let itself = || value.dyn_ref::<JsString>().cloned().map(EngineText);
    let named = || ["id", "url", "data"].iter().find_map(|name| text(value, name));
    let source = itself().or_else(named).unwrap_or_default();
    (!is_nothing(value)).then(|| Image { source, value: value.clone() })
}

fn items(value: &JsValue) -> Vec<JsValue> {
    value.dyn_ref::<Array>().map(|list| list.iter().collect()).unwrap_or_default()
}

fn id(object: &JsValue) -> Option<String> {
    text_member(object, "id").filter(|id| !id.is_empty())
}

fn text(object: &JsValue, name: &str) -> Option<EngineText> {
    member(object, name).dyn_into::<JsString>().ok().map(EngineText)
}

fn value(object: &JsValue, name: &str) -> Option<JsValue> {
    Some(member(object, name)).filter(|value| !is_nothing(value))
}

fn integer(object: &JsValue, name: &str) -> Option<u64> {
    let number = number(object, name);
    (number >= 0.0 && number.trunc() == number).then_some(number as u64)
}

pub(super) fn is_set(object: &JsValue, name: &str) -> bool {
    let value = member(object, name);
    !is_nothing(&value) && value != JsValue::FALSE
}

fn is_nothing(value: &JsValue) -> bool {
    value.is_null() || value.is_undefined()
}

//! Reads events and stored messages (§6.1) from the values of a host. Members of an unexpected type count as absent.

use super::event::{
    Body, Calling, ChunkMode, ContentPart, End, EndReason, Patch, Row, Seed, Stored, StreamEnd, TranscriptEvent, Upsert,
};
use super::message::{ASSISTANT, Image, Part, ToolCall, ToolPhase};
use super::text::Text;
use crate::agent::{Ending, EventHead, EventType};

/// A JSON value as a host has it.
pub(crate) trait Given: Sized {
    /// What the host keeps texts in.
    type Text: Text;

    /// A member of an object; nothing where there is none.
    fn member(&self, name: &str) -> Self;

    /// A list.
    fn items(&self) -> Option<Vec<Self>>;

    /// A text, for the host to keep.
    fn as_text(&self) -> Option<Self::Text>;

    /// A text, to be read here.
    fn as_string(&self) -> Option<String>;

    fn is_object(&self) -> bool;

    fn is_false(&self) -> bool;

    /// It is null or absent.
    fn is_nothing(&self) -> bool;

    /// The whole of it.
    fn keep(&self) -> <Self::Text as Text>::Value;

    fn number(&self, name: &str) -> Option<f64>;

    /// A member that is an integer, and not negative.
    fn integer(&self, name: &str) -> Option<u64>;

    fn string(&self, name: &str) -> Option<String> {
        self.member(name).as_string()
    }
}

/// An event on the channel of an operation; `member` where it is a member's. `None`: it says nothing about messages.
pub(crate) fn event<G: Given>(event: &G, name: &str, member: Option<String>) -> Option<TranscriptEvent<G::Text>> {
    let data = event.member("data");
    if is_set(&data, "subagent") {
        return None;
    }
    let body = body(name, &data, member.is_some())?;
    let step = event.number("stepIndex").unwrap_or_default() as u32;
    let at = event.number("timestamp").map(|at| at as u64);
    Some(TranscriptEvent { number: None, member, step, at, body })
}

/// Stored messages. `None`: this is no list, or one of them has no id.
pub(crate) fn rows<G: Given>(list: &G) -> Option<Vec<Row<G::Text>>> {
    every(list.items()?, row)
}

/// Whether a member is there, and neither null nor false.
pub(crate) fn is_set<G: Given>(object: &G, name: &str) -> bool {
    let value = object.member(name);
    !value.is_nothing() && !value.is_false()
}

fn body<G: Given>(name: &str, data: &G, is_members: bool) -> Option<Body<G::Text>> {
    Some(match name {
        "stream_start" => Body::StreamStart(seed(data)),
        "stream_chunk" => return chunk(data),
        "stream_end" => Body::StreamEnd(StreamEnd {
            text: data.member("finalContent").as_text().unwrap_or_default(),
            calls: calls(data),
            images: images(data, "imageList"),
            sources: value(data, "grounding"),
        }),
        "tool_start" => {
            Body::ToolStart { parent: data.string("parentMessageId"), call: call(&data.member("toolCalling"))? }
        }
        "tool_execute" => Body::ToolExecute {
            parent: data.string("assistantMessageId"),
            call: Calling {
                id: data.string("toolCallId")?,
                value: Some(data.keep()),
                message_id: data.string("toolMessageId"),
            },
        },
        "tool_end" => tool_end(data)?,
        "step_start" => step_start(data),
        "message_patch" => patch(data).map_or(Body::Unreadable, Body::Patch),
        "step_complete" => match data.string("phase")?.as_str() {
            "execution_complete" => Body::RowsChanged,
            "subagent_progress" => {
                Body::ToolProgress { message_id: data.string("toolMessageId")?, progress: data.keep() }
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
        "error" if is_terminal(data) => Body::Failed(data.keep()),
        "error" => Body::RowsChanged,
        _ => return None,
    })
}

fn chunk<G: Given>(data: &G) -> Option<Body<G::Text>> {
    let mode = match data.string("snapshotMode").as_deref() {
        Some("replace") => ChunkMode::Snapshot { sequence: data.integer("snapshotSeq") },
        _ => ChunkMode::Delta,
    };
    let text = |name| data.member(name).as_text();
    Some(match data.string("chunkType")?.as_str() {
        "text" => Body::Text(text("content")?, mode),
        "reasoning" => Body::Reasoning(text("reasoning").or_else(|| text("content"))?, mode),
        "tools_calling" => Body::ToolsCalling(calls(data)),
        "tool_state" => Body::ToolState {
            id: data.string("toolCallId")?,
            state: value(data, "pluginState")?,
            sequence: data.integer("snapshotSeq").filter(|sequence| *sequence > 0)?,
        },
        "image" | "base64_image" => {
            let mut all = images(data, "imageList");
            all.append(&mut images(data, "images"));
            Body::Images(all)
        }
        "grounding" => Body::Sources(value(data, "grounding")?),
        "content_part" => Body::Content(each(data, "contentParts", content_part)),
        "reasoning_part" => {
            let mut whole = G::Text::default();
            for part in data.member("reasoningParts").items().unwrap_or_default() {
                if let Some(text) = part.member("text").as_text() {
                    whole.append(&text);
                }
            }
            Body::Reasoning(whole, ChunkMode::Delta)
        }
        _ => return None,
    })
}

fn content_part<G: Given>(part: &G) -> Option<ContentPart<G::Text>> {
    match part.string("type")?.as_str() {
        "text" => Some(ContentPart::Text(part.member("text").as_text()?)),
        "image" => Some(ContentPart::Image(image(&part.member("image"))?)),
        _ => None,
    }
}

fn seed<G: Given>(data: &G) -> Seed<G::Text> {
    let message = data.member("assistantMessage");
    Seed {
        id: id(&message),
        role: message.string("role"),
        new_step: is_set(data, "newStep"),
        row: value(data, "assistantMessage"),
    }
}

fn tool_end<G: Given>(data: &G) -> Option<Body<G::Text>> {
    let told = data.member("payload");
    let payload = if told.is_object() { &told } else { data };
    let calling = payload.member("toolCalling");
    let call = match call(if calling.is_object() { &calling } else { payload }) {
        Some(call) => call,
        None => Calling { id: data.string("toolCallId")?, value: None, message_id: None },
    };
    Some(Body::ToolEnd {
        parent: payload.string("parentMessageId"),
        call,
        succeeded: !data.member("isSuccess").is_false(),
        result: value(data, "result"),
    })
}

fn step_start<G: Given>(data: &G) -> Body<G::Text> {
    let list = data.member("uiMessages");
    if !list.is_nothing() {
        return rows(&list).map_or(Body::Unreadable, |rows| Body::StepStart(Stored::Rows(rows)));
    }
    let is_told = !data.member("messageRevision").is_nothing();
    Body::StepStart(if is_told { Stored::Revision(data.integer("messageRevision")) } else { Stored::Untold })
}

fn patch<G: Given>(data: &G) -> Option<Patch<G::Text>> {
    let list = |name| data.member(name).items().unwrap_or_default();
    Some(Patch {
        revision: data.integer("revision")?,
        deletes: every(list("deletes"), G::as_string)?,
        upserts: every(list("upserts"), upsert)?,
    })
}

fn upsert<G: Given>(upsert: &G) -> Option<Upsert<G::Text>> {
    let after = upsert.member("afterId");
    let after = if after.is_nothing() { None } else { Some(after.as_string()?) };
    Some(Upsert { after, row: row(&upsert.member("message"))? })
}

fn end<G: Given>(data: &G) -> Body<G::Text> {
    let reason = match data.string("reason").as_deref() {
        Some("error") => EndReason::Failed,
        Some("interrupted") => EndReason::Interrupted,
        Some("waiting_for_async_tool") => EndReason::WaitsForTool,
        Some("waiting_for_human") => EndReason::WaitsForHuman,
        _ => EndReason::Other,
    };
    let stored = match rows(&data.member("uiMessages")) {
        Some(rows) => Stored::Rows(rows),
        None if is_set(data, "messagePatchMode") => Stored::Revision(data.integer("messageRevision")),
        None => Stored::Untold,
    };
    Body::End(End { reason, stored, value: data.keep() })
}

fn is_terminal<G: Given>(data: &G) -> bool {
    let ending = Ending {
        reason: None,
        detail: None,
        error_type: data.string("errorType").or_else(|| data.string("error")),
        body_reason: data.member("body").string("reason"),
    };
    let ending = Some(Box::new(ending));
    EventHead { event_type: EventType::ERROR, own: true, step_index: 0, timestamp: None, ending }.is_session_terminal()
}

fn row<G: Given>(message: &G) -> Option<Row<G::Text>> {
    let id = id(message)?;
    let mut parts = Vec::new();
    let written = |object: &G| object.member("content").as_text().filter(|text| !text.is_empty());
    if let Some(text) = written(&message.member("reasoning")) {
        parts.push(Part::Reasoning(text));
    }
    if let Some(text) = written(message) {
        parts.push(Part::Text(text));
    }
    for image in images(message, "imageList") {
        parts.push(Part::Image(image));
    }
    for call in each(message, "tools", call) {
        parts.push(Part::Tool(ToolCall::new(call, ToolPhase::Recorded)));
    }
    if let Some(error) = value(message, "error") {
        parts.push(Part::Error(error));
    }
    let role = message.string("role").unwrap_or_else(|| ASSISTANT.to_owned());
    Some(Row { id, role, parts, value: message.keep() })
}

fn calls<G: Given>(data: &G) -> Vec<Calling<G::Text>> {
    let ids = data.member("toolMessageIds");
    let mut calls = each(data, "toolsCalling", call);
    for call in &mut calls {
        if let Some(message_id) = ids.string(&call.id) {
            call.message_id = Some(message_id);
        }
    }
    calls
}

fn call<G: Given>(calling: &G) -> Option<Calling<G::Text>> {
    Some(Calling { id: id(calling)?, value: Some(calling.keep()), message_id: calling.string("result_msg_id") })
}

fn images<G: Given>(object: &G, name: &str) -> Vec<Image<G::Text>> {
    each(object, name, image)
}

/// An image is an address, the picture itself, or an object with one of them.
fn image<G: Given>(value: &G) -> Option<Image<G::Text>> {
    if value.is_nothing() {
        return None;
    }
    let named = || ["id", "url", "data"].iter().find_map(|name| value.member(name).as_text());
    let source = value.as_text().or_else(named).unwrap_or_default();
    Some(Image { source, value: value.keep() })
}

fn id<G: Given>(object: &G) -> Option<String> {
    object.string("id").filter(|id| !id.is_empty())
}

fn value<G: Given>(object: &G, name: &str) -> Option<<G::Text as Text>::Value> {
    let value = object.member(name);
    (!value.is_nothing()).then(|| value.keep())
}

/// The items of a list that can be read.
fn each<G: Given, R>(object: &G, name: &str, read: fn(&G) -> Option<R>) -> Vec<R> {
    let mut all = Vec::new();
    for item in object.member(name).items().unwrap_or_default() {
        if let Some(item) = read(&item) {
            all.push(item);
        }
    }
    all
}

/// All items, if all can be read.
fn every<G: Given, R>(items: Vec<G>, read: fn(&G) -> Option<R>) -> Option<Vec<R>> {
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        all.push(read(&item)?);
    }
    Some(all)
}

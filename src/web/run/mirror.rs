//! The changes of the messages, for the facade's mirror of them.

use wasm_bindgen::prelude::*;

use super::text::EngineText;
use crate::run::transcript::{Change, Message, Part, ToolCall};

#[wasm_bindgen(module = "/src/web/run/shape.js")]
extern "C" {
    #[wasm_bindgen(js_name = message)]
    fn message_of(
        key: u32,
        id: Option<&str>,
        member: Option<&str>,
        role: &str,
        activity: &str,
        row: Option<JsValue>,
        parts: Vec<JsValue>,
    ) -> JsValue;

    #[wasm_bindgen(js_name = part)]
    fn part_of(kind: &str, value: &JsValue) -> JsValue;

    #[wasm_bindgen(js_name = tool)]
    fn tool_of(
        id: &str,
        message_id: Option<&str>,
        phase: &str,
        calling: Option<JsValue>,
        state: Option<JsValue>,
        progress: Option<JsValue>,
        result: Option<JsValue>,
    ) -> JsValue;
}

/// A change as the mirror takes it in.
pub(super) enum Step {
    /// A text grew, as it does with most changes.
    Append { message: usize, part: usize, text: JsValue },
    /// Any other change.
    Change { name: &'static str, message: usize, part: usize, content: JsValue },
}

/// A change as a step.
pub(super) fn step(change: Change<EngineText>) -> Step {
    let step = |name, message, part, content| Step::Change { name, message, part, content };
    match change {
        Change::Everything => step("cleared", 0, 0, JsValue::UNDEFINED),
        Change::MessageInserted { message, content } => step("message_inserted", message, 0, shape(&content)),
        Change::MessageReplaced { message, content } => step("message_replaced", message, 0, shape(&content)),
        Change::MessageRemoved { message } => step("message_removed", message, 0, JsValue::UNDEFINED),
        Change::ActivityChanged { message, activity } => step("activity_changed", message, 0, activity.as_str().into()),
        Change::PartInserted { message, part, content } => step("part_inserted", message, part, shape_part(&content)),
        Change::PartReplaced { message, part, content } => step("part_replaced", message, part, shape_part(&content)),
        Change::PartRemoved { message, part } => step("part_removed", message, part, JsValue::UNDEFINED),
        Change::TextAppended { message, part, text } => Step::Append { message, part, text: text.0.into() },
    }
}

/// `{key, id?, member?, role, activity, row?, parts}`.
fn shape(message: &Message<EngineText>) -> JsValue {
    message_of(
        message.key,
        message.id.as_deref(),
        message.member.as_deref(),
        &message.role,
        message.activity.as_str(),
        message.row.clone(),
        message.parts.iter().map(shape_part).collect(),
    )
}

fn shape_part(part: &Part<EngineText>) -> JsValue {
    match part {
        Part::Reasoning(text) => part_of("reasoning", &text.0),
        Part::Text(text) => part_of("text", &text.0),
        Part::Image(image) => part_of("image", &image.value),
        Part::Sources(sources) => part_of("sources", sources),
        Part::Error(error) => part_of("error", error),
        Part::Tool(call) => shape_tool(call),
    }
}

fn shape_tool(call: &ToolCall<EngineText>) -> JsValue {
    tool_of(
        &call.id,
        call.message_id.as_deref(),
        call.phase.as_str(),
        call.calling.clone(),
        call.state.clone(),
        call.progress.clone(),
        call.result.clone(),
    )
}

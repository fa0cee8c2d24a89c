//! What the facade answers.

use wasm_bindgen::JsValue;

use crate::run::{Answer, Started, ToolAnswer};
use crate::web::codec::{text_member, token};

/// An answer by its name; the value depends on it. What cannot be read is a failure of the question.
pub(super) fn answer(name: &str, value: JsValue) -> Answer<JsValue> {
    let text = || value.as_string().unwrap_or_default();
    match name {
        "started" => started(&value),
        "token" => Answer::Token(token(text())),
        "interrupted" => Answer::Interrupted(value.is_truthy()),
        "claimed" => Answer::Claimed(value.is_truthy()),
        "returned" => Answer::Tool(ToolAnswer::Returned(value)),
        "nothing" => Answer::Tool(ToolAnswer::Nothing),
        "unknown_tool" => Answer::Tool(ToolAnswer::Unknown { detail: text() }),
        "unparsable" => Answer::Tool(ToolAnswer::ArgumentsUnparsable { arguments: text() }),
        "threw" => Answer::Tool(ToolAnswer::Threw { detail: text() }),
        "replied" => Answer::Replied(value),
        "aborted" => Answer::Aborted,
        "not_found" => Answer::NotFound,
        "unauthorized" => Answer::Unauthorized { detail: text() },
        _ => Answer::Failed { detail: text() },
    }
}

fn started(run: &JsValue) -> Answer<JsValue> {
    let text = |name| text_member(run, name).filter(|text| !text.is_empty());
    match text("operationId") {
        Some(operation_id) => Answer::Started(Started {
            operation_id: operation_id.into(),
            token: text("token").map(token),
            gateway_url: text("gatewayUrl").map(Into::into),
        }),
        None => Answer::Failed { detail: "start gave no operationId".to_owned() },
    }
}

//! What of a producer's question may be shown. Nothing unknown passes; the npm package rebuilds it by the same rules.

use js_sys::JSON;
use serde::{Deserialize, Serialize};
use serde_wasm_bindgen::{Serializer, from_value};
use wasm_bindgen::JsValue;

const PROVIDERS: [&str; 6] = ["claude-code", "codex", "cursor", "devin", "droid", "qoder"];
const MOST_QUESTIONS: usize = 4;
const MOST_OPTIONS: usize = 16;
const LONGEST_QUESTION: usize = 4_000;
const LONGEST_DESCRIPTION: usize = 1_000;
const LONGEST_LABEL: usize = 200;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    api_name: String,
    arguments: String,
    deadline: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identifier: Option<String>,
    interaction_kind: String,
    provider: String,
    tool_call_id: String,
}

#[derive(Deserialize, Serialize)]
struct Arguments {
    questions: Vec<Question>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Question {
    header: String,
    #[serde(default)]
    multi_select: bool,
    options: Vec<Choice>,
    question: String,
}

#[derive(Deserialize)]
struct GivenChoice {
    #[serde(default)]
    description: Option<String>,
    #[serde(default, with = "serde_wasm_bindgen::preserve")]
    id: JsValue,
    label: String,
}

#[derive(Deserialize, Serialize)]
#[serde(from = "GivenChoice")]
struct Choice {
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    label: String,
}

impl From<GivenChoice> for Choice {
    fn from(GivenChoice { description, id, label }: GivenChoice) -> Self {
        Self { description, id: id.as_string().filter(|id| is_text(id, LONGEST_LABEL)), label }
    }
}

/// An intervention request, rebuilt from the members that a reviewer needs; undefined where it is malformed.
pub(super) fn review(request: &JsValue) -> JsValue {
    rebuilt(request).unwrap_or(JsValue::UNDEFINED)
}

fn rebuilt(request: &JsValue) -> Option<JsValue> {
    let request: Request = from_value(request.clone()).ok()?;
    let is_question = request.interaction_kind == "question";
    let is_kind = is_question || matches!(request.interaction_kind.as_str(), "permission" | "plan");
    let is_known = request.api_name == "askUserQuestion" && PROVIDERS.contains(&request.provider.as_str());
    if !is_kind || !is_known || !request.deadline.is_finite() {
        return None;
    }
    let arguments: Arguments = from_value(JSON::parse(&request.arguments).ok()?).ok()?;
    let questions = &arguments.questions;
    let most = if is_question { MOST_QUESTIONS } else { 1 };
    let are_fit =
        (1..=most).contains(&questions.len()) && questions.iter().all(|question| question.is_fit(is_question));
    if !are_fit || !are_unique(questions.iter().map(|question| &question.question)) {
        return None;
    }
    let arguments = JSON::stringify(&value(&arguments)?).ok()?.into();
    value(&Request { arguments, ..request })
}

impl Question {
    fn is_fit(&self, is_question: bool) -> bool {
        is_text(&self.question, LONGEST_QUESTION)
            && (self.header.is_empty() || is_text(&self.header, LONGEST_LABEL))
            && (is_question || !self.multi_select)
            && (1..=MOST_OPTIONS).contains(&self.options.len())
            && self.options.iter().all(|choice| choice.is_fit(is_question))
            && are_unique(self.options.iter().filter_map(|choice| choice.id.as_ref()))
    }
}

impl Choice {
    fn is_fit(&self, is_question: bool) -> bool {
        is_text(&self.label, LONGEST_LABEL)
            && self.description.as_ref().is_none_or(|text| is_text(text, LONGEST_DESCRIPTION))
            && (is_question || self.id.is_some())
    }
}

fn is_text(text: &str, longest: usize) -> bool {
    !text.is_empty() && text.encode_utf16().take(longest + 1).count() <= longest
}

fn are_unique<'a>(texts: impl Iterator<Item = &'a String>) -> bool {
    let mut seen = Vec::new();
    texts.into_iter().all(|text| {
        let is_new = !seen.contains(&text);
        seen.push(text);
        is_new
    })
}

fn value(of: &impl Serialize) -> Option<JsValue> {
    of.serialize(&Serializer::json_compatible()).ok()
}

//! As much of an event as is shown.

use serde_json::Value;
use serde_json::value::RawValue;

/// An event that is shown.
#[derive(Debug, PartialEq)]
pub enum Shown {
    /// A piece of the answer.
    Text(String),
    /// A piece of the thoughts before it.
    Reasoning(String),
    /// A tool begins.
    ToolStarted(Tool),
    /// A client is asked to run it.
    ToolAwaited(Tool),
    /// A tool ended; an error is what it said.
    ToolEnded(Tool, Result<(), String>),
    /// The run failed.
    Error(String),
    /// The words are complete.
    StreamEnded,
    /// Everything else, which only shows that the run lives.
    Nothing,
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    pub call_id: String,
    pub name: String,
}

/// The operation that an event names, and what it shows.
pub fn read(event: &RawValue) -> (Option<String>, Shown) {
    let event: Value = serde_json::from_str(event.get()).unwrap_or_default();
    let owner = event["operationId"].as_str().filter(|id| !id.is_empty()).map(str::to_owned);
    let data = &event["data"];
    let shown = match event["type"].as_str().unwrap_or_default() {
        "stream_chunk" => chunk(data),
        "tool_start" => Shown::ToolStarted(tool(&data["toolCalling"])),
        "tool_execute" => Shown::ToolAwaited(tool(data)),
        "tool_end" => Shown::ToolEnded(tool(&data["payload"]["toolCalling"]), result(data)),
        "error" => Shown::Error(first_text(&[&data["message"], &data["error"]]).unwrap_or("The run failed").to_owned()),
        "stream_end" => Shown::StreamEnded,
        _ => Shown::Nothing,
    };
    (owner, shown)
}

fn chunk(data: &Value) -> Shown {
    match (data["chunkType"].as_str(), data["content"].as_str(), data["reasoning"].as_str()) {
        (Some("text"), Some(text), _) => Shown::Text(text.to_owned()),
        (Some("reasoning"), _, Some(text)) => Shown::Reasoning(text.to_owned()),
        _ => Shown::Nothing,
    }
}

fn tool(calling: &Value) -> Tool {
    let text = |name: &str| calling[name].as_str().unwrap_or_default();
    let call_id = first_text(&[&calling["id"], &calling["toolCallId"]]).unwrap_or_default().to_owned();
    let name = [text("identifier"), text("apiName")].join("/").trim_matches('/').to_owned();
    Tool { call_id, name: if name.is_empty() { "a tool".to_owned() } else { name } }
}

fn result(data: &Value) -> Result<(), String> {
    if data["isSuccess"] == false {
        let error = &data["result"]["error"];
        return Err(first_text(&[&error["message"], error]).unwrap_or("it did not say why").to_owned());
    }
    Ok(())
}

fn first_text<'a>(candidates: &[&'a Value]) -> Option<&'a str> {
    candidates.iter().find_map(|candidate| candidate.as_str()).filter(|text| !text.is_empty())
}

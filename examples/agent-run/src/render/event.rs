//! As much of an event as is shown.

use agent_gateway_client::run::transcript::{TranscriptEvent, json};
use serde_json::Value;
use serde_json::value::RawValue;

/// An event that is shown.
#[derive(Debug, PartialEq)]
pub enum Shown {
    /// The words of an answer begin, go on or end.
    Words(TranscriptEvent<String>),
    /// A tool begins.
    ToolStarted(Tool),
    /// A client is asked to run it.
    ToolAwaited(Tool),
    /// A tool ended; an error is what it said.
    ToolEnded(Tool, Result<(), String>),
    /// The run failed.
    Error(String),
    /// Everything else, which only shows that the run lives.
    Nothing,
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    pub call_id: String,
    pub name: String,
}

/// The member that an event of a run belongs to, where it is not the run's own, and what it shows. What a subordinate
/// agent does is not shown: the tool that asked it tells what comes of it.
pub fn read(event: &RawValue, operation_id: &str) -> (Option<String>, Shown) {
    let event: Value = serde_json::from_str(event.get()).unwrap_or_default();
    let member = event["operationId"].as_str().filter(|id| !id.is_empty() && *id != operation_id).map(str::to_owned);
    let data = &event["data"];
    let shown = match event["type"].as_str().unwrap_or_default() {
        _ if !matches!(data["subagent"], Value::Null | Value::Bool(false)) => Shown::Nothing,
        "stream_start" | "stream_chunk" | "stream_end" => {
            json::event(&event, operation_id).map_or(Shown::Nothing, Shown::Words)
        }
        "tool_start" => Shown::ToolStarted(tool(&data["toolCalling"])),
        "tool_execute" => Shown::ToolAwaited(tool(data)),
        "tool_end" => Shown::ToolEnded(tool(&data["payload"]["toolCalling"]), result(data)),
        "error" => Shown::Error(first_text(&[&data["message"], &data["error"]]).unwrap_or("The run failed").to_owned()),
        _ => Shown::Nothing,
    };
    (member, shown)
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

//! What an answer shows.

use agent_gateway_client::run::transcript::{Activity, Part, ToolCall, ToolPhase};
use agent_gateway_client::web::{AgentStream, ChatMessage, EngineText};
use leptos::prelude::*;
use serde::Deserialize;
use wasm_bindgen::JsValue;

/// One message of the agent.
pub fn message(shown: &ChatMessage) -> impl IntoView + use<> {
    let is_thinking = shown.activity == Activity::Reasoning;
    shown.parts.iter().filter_map(|part| part_view(part, is_thinking)).collect_view()
}

fn part_view(part: &Part<EngineText>, is_thinking: bool) -> Option<AnyView> {
    Some(match part {
        Part::Text(text) => {
            view! { <div class="agent-text" data-testid="agent-text">{text.to_string()}</div> }.into_any()
        }
        Part::Reasoning(text) => view! {
            <details class="reasoning" data-testid="reasoning">
                <summary>{if is_thinking { "Thinking…" } else { "Thought process" }}</summary>
                <p class="reasoning-text">{text.to_string()}</p>
            </details>
        }
        .into_any(),
        Part::Tool(call) => tool(call).into_any(),
        // The failure is shown below the answer.
        Part::Image(_) | Part::Sources(_) | Part::Error(_) => return None,
    })
}

fn tool(call: &ToolCall<EngineText>) -> impl IntoView + use<> {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Calling {
        identifier: String,
        api_name: String,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Given {
        content: Option<String>,
    }
    let Calling { identifier, api_name } = read(call.calling.as_ref());
    let Given { content } = read(call.result.as_ref());
    let (state, words) = match call.phase {
        ToolPhase::Recorded | ToolPhase::Called => ("called", "Requested"),
        ToolPhase::Running => ("running", "Running"),
        ToolPhase::Succeeded => ("done", "Done"),
        ToolPhase::Failed => ("failed", "Failed"),
        ToolPhase::Stopped => ("stopped", "No result"),
    };
    view! {
        <section class="card tool" data-testid="tool" data-state=state>
            <header class="card-head">
                <code class="tool-name">{format!("{identifier} › {api_name}")}</code>
                <span class="tool-state">{words}</span>
            </header>
            <p class="tool-result">{content}</p>
        </section>
    }
}

fn read<T: serde::de::DeserializeOwned + Default>(value: Option<&JsValue>) -> T {
    value.and_then(|value| AgentStream::read(value.clone()).ok()).unwrap_or_default()
}

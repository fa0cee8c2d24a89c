//! What a script can do: push events through the gateway, speak, and ask the client.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::runs::Run;
use super::{Dev, dev};
use crate::app::App;
use crate::frames::{AgentEvent, ToolResult};
use crate::gateway::{EndEcho, Unanswered};

/// A scripted agent: the supervisor of its run, or a member whose events are mirrored there.
pub(super) struct Agent {
    pub(super) app: Arc<App>,
    pub(super) run: Arc<Run>,
    speaks_as: String,
    pause: Duration,
    step_index: u32,
    step_text: String,
    message_id: String,
    patches: Option<Patches>,
}

/// The messages of a supervisor as a client of protocol 2 learns of them (§2.6).
#[derive(Default)]
struct Patches {
    revision: u32,
    prompt: String,
    /// The last message, which the next one follows.
    last: Option<String>,
}

impl Agent {
    /// `prompt` is what the user said; it becomes the first message where messages are told by patches.
    pub(super) fn supervisor(app: Arc<App>, run: Arc<Run>, pause: Duration, prompt: &str) -> Self {
        let speaks_as = run.operation_id.clone();
        let patches = run.speaks_v2().then(|| Patches { prompt: prompt.to_owned(), ..Patches::default() });
        Self { app, run, speaks_as, pause, step_index: 0, step_text: String::new(), message_id: String::new(), patches }
    }

    /// A member of the same run; its events name an operation of its own.
    pub(super) fn member(&self, name: &str) -> Self {
        Self {
            app: self.app.clone(),
            run: self.run.clone(),
            speaks_as: format!("{}_{name}", self.run.operation_id),
            pause: self.pause,
            step_index: 0,
            step_text: String::new(),
            message_id: String::new(),
            patches: None,
        }
    }

    pub(super) fn push(&self, kind: &str, data: Value) {
        self.push_echoing(kind, data, EndEcho::SessionComplete);
    }

    /// Ends the run.
    pub(super) fn end(&self, reason: &str, detail: &str) {
        let mut data = json!({ "reason": reason, "reasonDetail": detail });
        if let Some(patches) = &self.patches {
            data["messagePatchMode"] = json!(true);
            data["messageRevision"] = json!(patches.revision);
        }
        self.push("agent_runtime_end", data);
    }

    /// Ends a member, whose supervisor goes on.
    pub(super) fn end_member(&self, reason: &str, detail: &str) {
        let kind = if self.run.speaks_v2() { "member_runtime_end" } else { "agent_runtime_end" };
        self.push_echoing(kind, json!({ "reason": reason, "reasonDetail": detail }), self.run.member_echo.into());
    }

    /// Opens a step with a message of its own.
    pub(super) fn begin_step(&mut self) {
        self.message_id = format!("msg_{}", Uuid::new_v4().simple());
        let start = self.patches.as_ref().map(|patches| json!({ "messageRevision": patches.revision }));
        self.push("step_start", start.unwrap_or_else(|| json!({})));
        self.push(
            "stream_start",
            json!({
                "assistantMessage": { "id": self.message_id, "role": "assistant" },
                "model": "scripted", "provider": "development",
            }),
        );
    }

    /// Closes the stream and the step; what follows belongs to the next one.
    pub(super) fn finish_step(&mut self) {
        let final_content = std::mem::take(&mut self.step_text);
        self.push("stream_end", json!({ "finalContent": final_content }));
        self.push("step_complete", json!({ "phase": "execution_complete" }));
        if let Some(patches) = &mut self.patches {
            let patch = patches.next(&self.message_id, &final_content);
            self.push("message_patch", patch);
        }
        self.step_index += 1;
    }

    /// Streams a piece of the answer, then pauses.
    pub(super) async fn say(&mut self, content: &str) {
        self.say_at_once(content);
        self.rest().await;
    }

    pub(super) fn say_at_once(&mut self, content: &str) {
        self.step_text.push_str(content);
        if self.speaks_as == self.run.operation_id {
            self.run.add_text(content);
        }
        self.push("stream_chunk", json!({ "chunkType": "text", "content": content }));
    }

    /// Streams a piece of reasoning, then pauses.
    pub(super) async fn think(&self, reasoning: &str) {
        self.push("stream_chunk", json!({ "chunkType": "reasoning", "reasoning": reasoning }));
        self.rest().await;
    }

    /// Whether a client on v2 is about to be left behind.
    pub(super) fn is_congested(&self) -> bool {
        self.app.gateway.is_congested(&self.run.operation_id)
    }

    pub(super) async fn rest(&self) {
        sleep(self.pause).await;
    }

    /// Has the client run a tool; `None` when no result came within `wait`.
    pub(super) async fn ask_tool(&self, identifier: &str, api_name: &str, wait: Duration) -> Option<ToolResult> {
        let (tool_call_id, calling) = self.call_tool(identifier, api_name, "{}");
        self.push("tool_start", json!({ "toolCalling": calling }));

        let result = self.dev().await_tool(&tool_call_id);
        self.run.count_event();
        self.app.gateway.tool_execute(
            &self.run.operation_id,
            json!({
                "toolCallId": tool_call_id, "identifier": identifier, "apiName": api_name, "arguments": "{}",
                "executionTimeoutMs": u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            }),
        );
        let result = timeout(wait, result).await.ok().and_then(Result::ok);
        let outcome = match &result {
            Some(result) => json!({
                "isSuccess": result.success, "payload": { "toolCalling": calling },
                "result": { "content": result.content, "error": result.error, "state": result.state },
            }),
            None => json!({
                "isSuccess": false, "payload": { "toolCalling": calling },
                "result": { "error": { "message": "Tool execution timed out", "type": "timeout" } },
            }),
        };
        self.push("tool_end", outcome);
        result
    }

    /// Asks the user whether a tool of the server may run, and plays that it ran; `None` when no word came within `wait`.
    /// Asks again after a restart.
    pub(super) async fn ask_confirmation(
        &self,
        identifier: &str,
        api_name: &str,
        arguments: &str,
        wait: Duration,
    ) -> Option<bool> {
        let (tool_call_id, calling) = self.call_tool(identifier, api_name, arguments);
        let operation_id = &self.run.operation_id;
        let gateway = &self.app.gateway;
        let tool = json!({ "identifier": identifier, "apiName": api_name, "arguments": arguments, "name": api_name });
        let approved = self
            .waiting_as("waiting_confirmation", wait, |left| {
                gateway.request_confirmation(operation_id, &tool_call_id, tool.clone(), left)
            })
            .await;
        let outcome = match approved {
            Some(true) => {
                self.push("tool_start", json!({ "toolCalling": calling }));
                json!({ "isSuccess": true, "result": { "content": "deleted build" } })
            }
            _ => json!({
                "isSuccess": false,
                "result": { "error": { "message": "The user did not allow it", "type": "rejected" } },
            }),
        };
        let mut end = outcome;
        end["payload"] = json!({ "toolCalling": calling });
        self.push("tool_end", end);
        approved
    }

    /// Asks the user for a line; `None` when none came within `wait`. Asks again after a restart.
    pub(super) async fn ask_input(&self, prompt: &str, wait: Duration) -> Option<String> {
        let operation_id = &self.run.operation_id;
        let gateway = &self.app.gateway;
        self.waiting_as("waiting_input", wait, |left| gateway.request_input(operation_id, prompt, left)).await
    }

    /// Asks with the status that says so, again after a restart, as long as there is time.
    async fn waiting_as<T, Asked: Future<Output = Result<T, Unanswered>>>(
        &self,
        status: &str,
        wait: Duration,
        ask: impl Fn(Duration) -> Asked,
    ) -> Option<T> {
        let operation_id = &self.run.operation_id;
        let deadline = Instant::now() + wait;
        self.app.gateway.update_status(operation_id, status, "");
        let answer = loop {
            match ask(deadline.saturating_duration_since(Instant::now())).await {
                Ok(answer) => break Some(answer),
                Err(Unanswered::Timeout) => break None,
                Err(Unanswered::Forgotten) => {}
            }
        };
        self.app.gateway.update_status(operation_id, "running", "");
        answer
    }

    /// Announces a call of a tool; its id, and what it calls.
    fn call_tool(&self, identifier: &str, api_name: &str, arguments: &str) -> (String, Value) {
        let tool_call_id = format!("call_{}", Uuid::new_v4().simple());
        let calling = json!({
            "id": tool_call_id, "identifier": identifier, "apiName": api_name, "arguments": arguments,
            "type": "builtin",
        });
        self.push("stream_chunk", json!({ "chunkType": "tools_calling", "toolsCalling": [calling] }));
        (tool_call_id, calling)
    }

    fn push_echoing(&self, kind: &str, data: Value, echo: EndEcho) {
        self.run.count_event();
        let event = AgentEvent::new(kind, &self.speaks_as, self.step_index, data);
        self.app.gateway.push_events_echoing(&self.run.operation_id, vec![event], echo);
    }

    fn dev(&self) -> &Dev {
        dev(&self.app)
    }
}

impl Patches {
    /// The patch that adds the message of a finished step, preceded by what the user said.
    fn next(&mut self, message_id: &str, content: &str) -> Value {
        let mut upserts = Vec::new();
        if self.last.is_none() && !self.prompt.is_empty() {
            let id = format!("msg_{}", Uuid::new_v4().simple());
            let message = json!({ "id": id, "role": "user", "content": self.prompt });
            upserts.push(json!({ "afterId": null, "message": message }));
            self.last = Some(id);
        }
        let message = json!({ "id": message_id, "role": "assistant", "content": content });
        upserts.push(json!({ "afterId": self.last, "message": message }));
        self.last = Some(message_id.to_owned());
        self.revision += 1;
        json!({ "revision": self.revision, "deletes": [], "upserts": upserts })
    }
}

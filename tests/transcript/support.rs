//! A page that follows a run: events go in, a mirror applies the changes, and is compared with the transcript.

use agent_gateway_client::run::transcript::{
    Activity, Change, Message, Part, RefetchReason, ToolCall, ToolPhase, Transcript, json,
};
use serde_json::{Value, json};

pub const RUN: &str = "op_1";

/// A run's page.
pub struct Page {
    pub transcript: Transcript<String>,
    mirror: Vec<Message<String>>,
    now: u64,
    step: u32,
}

impl Page {
    /// A page of a run that answers into no message that is known.
    pub fn new() -> Self {
        Self::of(Transcript::new(Vec::new(), None))
    }

    /// A page that shows these stored messages already.
    pub fn showing(rows: Value) -> Self {
        Self::of(Transcript::new(json::rows(&rows).expect("rows"), None))
    }

    pub fn of(transcript: Transcript<String>) -> Self {
        let mut page = Self { transcript, mirror: Vec::new(), now: 0, step: 0 };
        page.apply_changes();
        page
    }

    /// The events that follow belong to this step.
    pub fn step(&mut self, step: u32) -> &mut Self {
        self.step = step;
        self
    }

    /// The events that follow happened from this millisecond on.
    pub fn at(&mut self, now: u64) -> &mut Self {
        self.now = now;
        self
    }

    /// An event of the run, a millisecond after the last one.
    pub fn event(&mut self, event_type: &str, data: Value) -> &mut Self {
        self.now += 1;
        self.take(&self.made(event_type, data))
    }

    /// An event of a member.
    pub fn members(&mut self, member: &str, event_type: &str, data: Value) -> &mut Self {
        self.now += 1;
        let mut event = self.made(event_type, data);
        event["operationId"] = json!(member);
        self.take(&event)
    }

    pub fn start(&mut self, id: &str) -> &mut Self {
        self.event("stream_start", json!({"assistantMessage": {"id": id}}))
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        self.event("stream_chunk", json!({"chunkType": "text", "content": text}))
    }

    pub fn snapshot(&mut self, text: &str, sequence: u64) -> &mut Self {
        let data = json!({"chunkType": "text", "content": text, "snapshotMode": "replace", "snapshotSeq": sequence});
        self.event("stream_chunk", data)
    }

    pub fn reasoning(&mut self, text: &str) -> &mut Self {
        self.event("stream_chunk", json!({"chunkType": "reasoning", "reasoning": text}))
    }

    pub fn calls(&mut self, ids: &[&str]) -> &mut Self {
        let calls: Vec<_> = ids.iter().map(|id| json!({"id": id, "apiName": "search"})).collect();
        self.event("stream_chunk", json!({"chunkType": "tools_calling", "toolsCalling": calls}))
    }

    pub fn end(&mut self, text: &str) -> &mut Self {
        self.event("stream_end", json!({"finalContent": text}))
    }

    pub fn runtime_end(&mut self, reason: &str) -> &mut Self {
        self.event("agent_runtime_end", json!({"reason": reason}))
    }

    /// Takes an event as it stands, and applies what changed.
    pub fn take(&mut self, event: &Value) -> &mut Self {
        if let Some(event) = json::event(event, RUN) {
            self.transcript.handle(event);
        }
        self.apply_changes();
        self
    }

    /// Applies what changed, and looks that nothing but that did.
    pub fn apply_changes(&mut self) -> Vec<&'static str> {
        let mut names = Vec::new();
        while let Some(change) = self.transcript.poll_change() {
            names.push(apply(&mut self.mirror, change, self.transcript.messages()));
        }
        // That events of a call were lost is nothing to be seen.
        let visible = |message: &Message<String>| fields(message).to_string().replace("lost: true", "lost: false");
        let shown = |messages: &[Message<String>]| messages.iter().map(visible).collect::<Vec<_>>();
        assert_eq!(shown(&self.mirror), shown(self.transcript.messages()), "the mirror is one");
        names
    }

    pub fn messages(&self) -> &[Message<String>] {
        self.transcript.messages()
    }

    pub fn needs_refetch(&self) -> Option<RefetchReason> {
        self.transcript.needs_refetch()
    }

    /// The ids of the messages; `-` for one without.
    pub fn ids(&self) -> Vec<&str> {
        self.messages().iter().map(|message| message.id.as_deref().unwrap_or("-")).collect()
    }

    /// The texts of the messages.
    pub fn texts(&self) -> Vec<String> {
        self.messages().iter().map(text_of).collect()
    }

    /// The message with this id.
    pub fn message(&self, id: &str) -> &Message<String> {
        self.messages().iter().find(|message| message.id.as_deref() == Some(id)).expect("a message with this id")
    }

    /// The parts of a message, by a letter and what they show.
    pub fn parts(&self, index: usize) -> Vec<String> {
        self.messages()[index].parts.iter().map(show).collect()
    }

    pub fn activity(&self, index: usize) -> Activity {
        self.messages()[index].activity
    }

    pub fn tool(&self, id: &str) -> &ToolCall<String> {
        let parts = self.messages().iter().flat_map(|message| &message.parts);
        let mut tools = parts.filter_map(|part| match part {
            Part::Tool(call) if call.id == id => Some(call),
            _ => None,
        });
        let tool = tools.next().expect("a call with this id");
        assert!(tools.next().is_none(), "a call is shown once");
        tool
    }

    pub fn phase(&self, id: &str) -> ToolPhase {
        self.tool(id).phase
    }

    /// Fetches the stored messages and shows them.
    pub fn refetch(&mut self, rows: Value) -> bool {
        let fetch = self.transcript.begin_refetch();
        let used = self.transcript.refetched(fetch, json::rows(&rows).expect("rows"));
        self.apply_changes();
        used
    }

    fn made(&self, event_type: &str, data: Value) -> Value {
        json!({
            "type": event_type, "operationId": RUN, "stepIndex": self.step, "timestamp": self.now, "data": data
        })
    }
}

/// A stored message.
pub fn row(id: &str, role: &str, content: &str) -> Value {
    json!({"id": id, "role": role, "content": content})
}

pub fn text_of(message: &Message<String>) -> String {
    let texts = message.parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

fn show(part: &Part<String>) -> String {
    match part {
        Part::Reasoning(text) => format!("reasoning {text}"),
        Part::Text(text) => format!("text {text}"),
        Part::Image(image) => format!("image {}", image.source),
        Part::Sources(sources) => format!("sources {sources}"),
        Part::Tool(call) => format!("tool {} {}", call.id, call.phase.as_str()),
        Part::Error(error) => format!("error {error}"),
    }
}

/// Everything that a page can see of a message.
fn fields(message: &Message<String>) -> Value {
    let Message { key, id, member, role, activity, parts, row, .. } = message;
    json!([key, id, member, role, activity.as_str(), format!("{parts:?}"), row])
}

/// Does to the mirror what a change says.
fn apply(mirror: &mut Vec<Message<String>>, change: Change<String>, all: &[Message<String>]) -> &'static str {
    match change {
        Change::Everything => {
            *mirror = all.to_vec();
            "everything"
        }
        Change::MessageInserted { message, content } => {
            mirror.insert(message, content);
            "message inserted"
        }
        Change::MessageReplaced { message, content } => {
            mirror[message] = content;
            "message replaced"
        }
        Change::MessageRemoved { message } => {
            mirror.remove(message);
            "message removed"
        }
        Change::ActivityChanged { message, activity } => {
            mirror[message].activity = activity;
            "activity changed"
        }
        Change::PartInserted { message, part, content } => {
            mirror[message].parts.insert(part, content);
            "part inserted"
        }
        Change::PartReplaced { message, part, content } => {
            mirror[message].parts[part] = content;
            "part replaced"
        }
        Change::PartRemoved { message, part } => {
            mirror[message].parts.remove(part);
            "part removed"
        }
        Change::TextAppended { message, part, text } => {
            match &mut mirror[message].parts[part] {
                Part::Text(known) | Part::Reasoning(known) => known.push_str(&text),
                other => panic!("a text is appended to {other:?}"),
            }
            "text appended"
        }
    }
}

//! Scripted runs as an application sees them.

use serde_json::{Value, json};

use super::{Gateway, Peer, development};

/// A development gateway with one run.
pub struct Run {
    pub gateway: Gateway,
    pub operation_id: String,
    pub token: String,
}

impl Run {
    /// Starts `script` on a gateway of its own, with hardly a pause between chunks.
    pub async fn start(script: &str) -> Self {
        Self::start_with(json!({ "script": script, "speedMs": 1 })).await
    }

    /// Starts a run that is still going on when the test is over.
    pub async fn start_slow() -> Self {
        Self::start_with(json!({ "script": "long", "speedMs": 20 })).await
    }

    pub async fn start_with(request: Value) -> Self {
        let gateway = Gateway::start(development()).await;
        let (status, run) = gateway.post("/dev/runs", request).await;
        assert_eq!(status, 201, "{run}");
        assert_eq!(run["gatewayUrl"], gateway.base);
        let text = |field: &str| run[field].as_str().expect("a string").to_owned();
        Self { operation_id: text("operationId"), token: text("token"), gateway }
    }

    /// A socket that has authenticated and asked for everything.
    pub async fn connect(&self) -> Peer {
        let mut peer = self.dial().await;
        peer.authenticate(&self.token).await;
        peer.resume("").await;
        peer
    }

    pub async fn dial(&self) -> Peer {
        self.gateway.dial(&self.operation_id).await
    }

    /// A fresh token of the user the run belongs to.
    pub async fn user_token(&self) -> String {
        let (status, answer) = self.gateway.post("/dev/tokens", json!({ "userId": "dev-user" })).await;
        assert_eq!(status, 200, "{answer}");
        answer["token"].as_str().expect("a token").to_owned()
    }

    /// A v2 socket of the user, subscribed to everything of the run.
    pub async fn connect_v2(&self) -> Peer {
        let mut peer = self.gateway.dial_v2(&self.user_token().await).await;
        peer.subscribe(&self.operation_id, "").await;
        peer
    }

    pub async fn view(&self) -> Value {
        let (status, view) = self.gateway.get(&format!("/dev/runs/{}", self.operation_id)).await;
        assert_eq!(status, 200);
        view
    }

    /// Throws switches; returns all of them.
    pub async fn faults(&self, change: Value) -> Value {
        let (status, switches) = self.gateway.post(&self.path("faults"), change).await;
        assert_eq!(status, 200, "{switches}");
        switches
    }

    pub fn path(&self, of: &str) -> String {
        format!("/dev/runs/{}/{of}", self.operation_id)
    }
}

/// The `session_complete` of the run itself; a member's end brings one as well, right after it.
pub fn is_own_end<'a>(operation_id: &'a str) -> impl Fn(&Value) -> bool + 'a {
    let own_terminal_seen = std::cell::Cell::new(false);
    move |frame| {
        if frame["event"]["type"] == "agent_runtime_end" && frame["event"]["operationId"] == operation_id {
            own_terminal_seen.set(true);
        }
        own_terminal_seen.get() && frame["type"] == "session_complete"
    }
}

/// Frames with ids, each once and in order: a live one may come before the replay that holds it again.
pub fn in_sequence(frames: &[Value]) -> Vec<Value> {
    let numbered = frames.iter().filter_map(|frame| Some((frame["id"].as_str()?.parse::<u64>().ok()?, frame.clone())));
    numbered.collect::<std::collections::BTreeMap<_, _>>().into_values().collect()
}

/// What the run itself said.
pub fn text_of(frames: &[Value], operation_id: &str) -> String {
    let own = frames.iter().map(|frame| &frame["event"]).filter(|event| event["operationId"] == operation_id);
    own.filter(|event| event["data"]["chunkType"] == "text")
        .filter_map(|event| event["data"]["content"].as_str())
        .collect()
}

/// The types of the events, in order, chunks told apart and repetitions joined.
pub fn kinds(frames: &[Value]) -> Vec<String> {
    let mut kinds: Vec<String> = frames
        .iter()
        .map(|frame| match (&frame["event"]["type"], &frame["event"]["data"]["chunkType"]) {
            (Value::String(kind), Value::String(chunk)) => format!("{kind}:{chunk}"),
            (Value::String(kind), _) => kind.clone(),
            _ => frame["type"].as_str().unwrap_or_default().to_owned(),
        })
        .collect();
    kinds.dedup();
    kinds
}

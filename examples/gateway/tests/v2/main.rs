//! What v2 does beyond the recorded conversations.

mod documents;
mod lifecycle;
mod limits;
mod subscriptions;
#[path = "../support/mod.rs"]
mod support;
mod talk;

use std::time::Duration;

use agent_gateway::{Config, Timers};
use serde_json::{Value, json};

use support::{Gateway, Peer, production, tokens};

/// How long a socket is watched for what must not come.
pub const QUIET: Duration = Duration::from_millis(100);

/// A production gateway on which `op_1` of alice runs.
pub async fn gateway() -> Gateway {
    gateway_with(production(Timers::default(), None)).await
}

pub async fn gateway_with(config: Config) -> Gateway {
    let gateway = Gateway::start(config).await;
    gateway.control("init", json!({ "operationId": "op_1", "userId": "alice" })).await;
    gateway
}

pub async fn dial(gateway: &Gateway, user_id: &str) -> Peer {
    gateway.dial_v2(&tokens::token_of(user_id)).await
}

/// A socket of alice that has `op_1` from its beginning.
pub async fn subscriber(gateway: &Gateway) -> Peer {
    let mut peer = dial(gateway, "alice").await;
    peer.subscribe("op_1", "").await;
    replay(&mut peer).await;
    peer
}

/// The ids up to the next `resume_complete`, and that frame.
pub async fn replay(peer: &mut Peer) -> (Vec<u64>, Value) {
    let mut frames = peer.frames_until(|frame| frame["type"] == "resume_complete").await;
    let complete = frames.pop().expect("the last one");
    (frames.iter().filter_map(id_of).collect(), complete)
}

/// Pushes `count` chunks to an operation in one request.
pub async fn push(gateway: &Gateway, operation_id: &str, count: usize) {
    let event = json!({ "type": "stream_chunk", "operationId": operation_id, "data": {} });
    let body = json!({ "operationId": operation_id, "events": vec![event; count] });
    assert_eq!(gateway.control("push-events", body).await.0, 200);
}

pub async fn assert_quiet(peer: &mut Peer) {
    assert_eq!(peer.next_within(QUIET).await, None);
}

pub fn id_of(frame: &Value) -> Option<u64> {
    frame["id"].as_str()?.parse().ok()
}

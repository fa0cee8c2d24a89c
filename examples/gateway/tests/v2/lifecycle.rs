//! `op_lifecycle`: what every socket of a user hears of all operations of that user.

use std::time::Duration;

use agent_gateway::Timers;
use serde_json::{Value, json};

use crate::support::production;
use crate::{assert_quiet, dial, gateway, gateway_with, id_of, push, replay, subscriber};

#[tokio::test]
async fn every_socket_of_the_user_hears_of_an_operation_and_nobody_else_does() {
    let gateway = gateway().await;
    let mut subscribed = subscriber(&gateway).await;
    let mut idle = dial(&gateway, "alice").await;
    let mut other = dial(&gateway, "bob").await;
    let meta = json!({ "topicId": "tpc_1", "agentId": 7, "scope": "", "userPhone": "secret" });
    gateway.control("init", json!({ "operationId": "op_2", "userId": "alice", "meta": meta })).await;
    gateway.control("update-status", json!({ "operationId": "op_2", "status": "error", "summary": "boom" })).await;
    for peer in [&mut subscribed, &mut idle] {
        let (running, failed) = (peer.frame().await, peer.frame().await);
        assert!(running["at"].is_u64());
        assert_eq!((&running["status"], &running["meta"]), (&json!("running"), &json!({ "topicId": "tpc_1" })));
        assert!(running["summary"].is_null());
        assert_eq!((&failed["status"], &failed["summary"]), (&json!("error"), &json!("boom")));
        assert_quiet(peer).await;
    }
    assert_quiet(&mut other).await;
}

#[tokio::test]
async fn it_comes_before_the_frames_it_belongs_to() {
    let gateway = gateway().await;
    let mut peer = subscriber(&gateway).await;
    push(&gateway, "op_1", 1).await;
    let end = json!({ "type": "agent_runtime_end", "operationId": "op_1", "data": { "reason": "error" } });
    gateway.control("push-event", json!({ "operationId": "op_1", "event": end })).await;
    gateway.control("update-status", json!({ "operationId": "op_1", "status": "completed", "summary": "s" })).await;
    let mut seen = Vec::new();
    for _ in 0..6 {
        let frame = peer.frame().await;
        seen.push(format!("{} {}", frame["type"].as_str().unwrap_or_default(), frame["status"]));
    }
    let expected = [
        "agent_event null",
        "op_lifecycle \"error\"",
        "agent_event null",
        "session_complete null",
        "op_lifecycle \"completed\"",
        "session_complete null",
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_forgotten_operation_is_gone_from_its_subscriptions_without_a_word_to_them() {
    let timers = Timers { cleanup_after: Duration::from_millis(150), ..Timers::default() };
    let gateway = gateway_with(production(timers, None)).await;
    let mut peer = subscriber(&gateway).await;
    gateway.control("update-status", json!({ "operationId": "op_1", "status": "interrupted" })).await;
    let frames = peer.frames_until(|frame| frame["status"] == "gone").await;
    assert_eq!(frames.last().map(|frame| &frame["type"]), Some(&json!("op_lifecycle")));
    assert_quiet(&mut peer).await;
    peer.send(json!({ "type": "interrupt", "operationId": "op_1" })).await;
    assert_eq!(peer.frame().await["code"], "not_subscribed");

    gateway.control("init", json!({ "operationId": "op_1", "userId": "alice" })).await;
    push(&gateway, "op_1", 1).await;
    assert_eq!(peer.frame().await["status"], "running");
    assert_quiet(&mut peer).await;
    peer.subscribe("op_1", "").await;
    assert_eq!(replay(&mut peer).await.0, [1], "the ids start again");
}

#[tokio::test]
async fn the_end_of_a_mirrored_member_keeps_its_own_operation_in_the_event() {
    let gateway = gateway().await;
    let mut peer = subscriber(&gateway).await;
    let end = json!({ "type": "agent_runtime_end", "operationId": "op_member", "data": { "reason": "interrupted" } });
    gateway.control("push-event", json!({ "operationId": "op_1", "event": end })).await;
    let frames = [peer.frame().await, peer.frame().await, peer.frame().await];
    assert_eq!(frames[0]["status"], "interrupted");
    assert_eq!(frames[1]["event"]["operationId"], "op_member");
    assert_eq!((&frames[2]["type"], id_of(&frames[2])), (&json!("session_complete"), Some(2)));
    assert_eq!(frames[2]["summary"], Value::String(String::new()));
}

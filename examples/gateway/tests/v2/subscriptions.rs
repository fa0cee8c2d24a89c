//! Which frames a subscription gets (§2.4).

use agent_gateway::Timers;
use serde_json::json;

use crate::support::{production, tokens};
use crate::{assert_quiet, dial, gateway, gateway_with, id_of, push, replay, subscriber};

#[tokio::test]
async fn a_subscription_replays_what_it_missed_and_goes_on_live() {
    let gateway = gateway().await;
    push(&gateway, "op_1", 3).await;
    let mut peer = dial(&gateway, "alice").await;
    peer.subscribe("op_1", "1").await;
    let (ids, complete) = replay(&mut peer).await;
    assert_eq!(ids, [2, 3]);
    let expected = json!({ "type": "resume_complete", "operationId": "op_1", "status": "running", "gap": false });
    assert_eq!(complete, expected);
    push(&gateway, "op_1", 1).await;
    assert_eq!(id_of(&peer.frame().await), Some(4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_id_comes_once_and_in_order_however_replay_and_live_events_meet() {
    let gateway = gateway().await;
    let mut peers = Vec::new();
    for _ in 0..8 {
        peers.push(dial(&gateway, "alice").await);
    }
    let pushing = async {
        for _ in 0..40 {
            push(&gateway, "op_1", 10).await;
        }
    };
    let subscribing = async {
        for peer in &mut peers {
            peer.subscribe("op_1", "").await;
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::join!(pushing, subscribing);
    for peer in &mut peers {
        let frames = peer.frames_until(|frame| id_of(frame) == Some(400)).await;
        let ids: Vec<_> = frames.iter().filter_map(id_of).collect();
        assert_eq!(ids, (1..=400).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_replay_that_lacks_something_says_so() {
    let gateway = gateway().await;
    push(&gateway, "op_1", 1001).await;
    let mut peer = dial(&gateway, "alice").await;
    for (cursor, first, gap) in [("", 502, true), ("500", 502, true), ("501", 502, false), ("600", 601, false)] {
        peer.subscribe("op_1", cursor).await;
        let (ids, complete) = replay(&mut peer).await;
        assert_eq!((ids[0], *ids.last().expect("ids"), &complete["gap"]), (first, 1001, &json!(gap)), "{cursor:?}");
    }
}

#[tokio::test]
async fn a_cursor_above_the_counter_swallows_events_until_they_pass_it() {
    let gateway = gateway().await;
    let mut peer = dial(&gateway, "alice").await;
    peer.subscribe("op_1", "3").await;
    let (ids, complete) = replay(&mut peer).await;
    assert_eq!((ids.len(), &complete["gap"]), (0, &json!(false)));
    push(&gateway, "op_1", 5).await;
    assert_eq!(id_of(&peer.frame().await), Some(4));
    assert_eq!(id_of(&peer.frame().await), Some(5));
}

#[tokio::test]
async fn a_subscription_before_init_waits_and_starts_at_its_own_cursor() {
    let gateway = gateway().await;
    let mut peer = dial(&gateway, "alice").await;
    peer.subscribe("op_2", "1").await;
    let pending = json!({ "type": "resume_complete", "operationId": "op_2", "pending": true, "gap": false });
    assert_eq!(peer.frame().await, pending);
    push(&gateway, "op_2", 2).await;
    assert_quiet(&mut peer).await;
    gateway.control("init", json!({ "operationId": "op_2", "userId": "alice" })).await;
    assert_eq!(peer.frame().await["type"], "op_lifecycle");
    let (ids, complete) = replay(&mut peer).await;
    assert_eq!((ids, &complete["status"], complete["pending"].is_null()), (vec![2], &json!("running"), true));
    gateway.control("init", json!({ "operationId": "op_2", "userId": "alice" })).await;
    assert_eq!(peer.frame().await["type"], "op_lifecycle");
    assert_quiet(&mut peer).await;
}

#[tokio::test]
async fn a_second_subscription_replaces_the_first_with_its_cursor_and_its_role() {
    let gateway = gateway().await;
    let mut first = dial(&gateway, "alice").await;
    let mut second = dial(&gateway, "alice").await;
    for peer in [&mut first, &mut second] {
        peer.send(json!({ "type": "subscribe", "operationId": "op_1", "executor": true })).await;
        replay(peer).await;
    }
    first.subscribe("op_1", "").await;
    replay(&mut first).await;
    let call = json!({ "operationId": "op_1", "data": { "toolCallId": "call_1" } });
    gateway.control("tool-execute", call.clone()).await;
    assert_eq!(second.frame().await["event"]["type"], "tool_execute");
    assert_quiet(&mut first).await;

    second.subscribe("op_1", "1").await;
    assert_eq!(replay(&mut second).await.0.len(), 0);
    gateway.control("tool-execute", call).await;
    for peer in [&mut first, &mut second] {
        assert_eq!(id_of(&peer.frame().await), Some(2), "without an executor everybody gets it");
    }
}

#[tokio::test]
async fn a_tool_call_goes_to_the_executors_alone_but_stands_in_every_replay() {
    let gateway = gateway().await;
    let mut observer = subscriber(&gateway).await;
    let mut executor = dial(&gateway, "alice").await;
    executor.send(json!({ "type": "subscribe", "operationId": "op_1", "executor": true })).await;
    replay(&mut executor).await;
    gateway.control("tool-execute", json!({ "operationId": "op_1", "data": { "toolCallId": "call_1" } })).await;
    assert_eq!(executor.frame().await["event"]["data"]["toolCallId"], "call_1");
    assert_quiet(&mut observer).await;
    observer.subscribe("op_1", "").await;
    assert_eq!(replay(&mut observer).await.0, [1]);
}

#[tokio::test]
async fn an_unsubscribed_operation_is_silent_while_others_go_on() {
    let gateway = gateway().await;
    gateway.control("init", json!({ "operationId": "op_2", "userId": "alice" })).await;
    let mut peer = subscriber(&gateway).await;
    peer.subscribe("op_2", "").await;
    replay(&mut peer).await;
    peer.send(json!({ "type": "unsubscribe", "operationId": "op_1" })).await;
    peer.send(json!({ "type": "unsubscribe", "operationId": "op_unknown" })).await;
    peer.send(json!({ "type": "heartbeat" })).await;
    assert!(peer.acked_within(crate::support::DEADLINE).await);
    push(&gateway, "op_1", 1).await;
    push(&gateway, "op_2", 1).await;
    assert_eq!(peer.frame().await["operationId"], "op_2");
    assert_quiet(&mut peer).await;
}

#[tokio::test]
async fn both_protocols_read_one_sequence_and_only_v2_gets_message_patches() {
    let gateway = gateway().await;
    let mut v1 = gateway.dial("op_1").await;
    v1.authenticate(&tokens::token_of("alice")).await;
    let mut v2 = subscriber(&gateway).await;
    let events = ["step_start", "message_patch", "step_complete"]
        .map(|kind| json!({ "type": kind, "operationId": "op_1", "data": {} }));
    gateway.control("push-events", json!({ "operationId": "op_1", "events": events })).await;
    gateway.control("update-status", json!({ "operationId": "op_1", "status": "waiting_input" })).await;
    let on_v1 = v1.frames_until(|frame| frame["type"] == "status_change").await;
    assert_eq!(on_v1.iter().filter_map(id_of).collect::<Vec<_>>(), [1, 3, 4]);
    let on_v2 = v2.frames_until(|frame| frame["type"] == "status_change").await;
    assert_eq!(on_v2.iter().filter_map(id_of).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(on_v2.iter().all(|frame| frame["event"]["operationId"].is_null() && frame["operationId"] == "op_1"));
}

#[tokio::test]
async fn another_users_operation_cannot_be_heard() {
    let gateway = gateway_with(production(Timers::default(), None)).await;
    let mut mallory = dial(&gateway, "mallory").await;
    mallory.subscribe("op_1", "").await;
    let refused = json!({ "type": "subscribe_failed", "operationId": "op_1", "reason": "forbidden" });
    assert_eq!(mallory.frame().await, refused);
    push(&gateway, "op_1", 1).await;
    assert_quiet(&mut mallory).await;

    mallory.subscribe("op_2", "").await;
    replay(&mut mallory).await;
    gateway.control("init", json!({ "operationId": "op_2", "userId": "alice" })).await;
    push(&gateway, "op_2", 1).await;
    assert_quiet(&mut mallory).await;
    mallory.subscribe("op_2", "").await;
    assert_eq!(mallory.frame().await["reason"], "forbidden");
    mallory.send(json!({ "type": "interrupt", "operationId": "op_2" })).await;
    assert_eq!(mallory.frame().await["code"], "not_subscribed", "the pending subscription is gone");
}

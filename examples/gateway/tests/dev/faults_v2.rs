//! Each fault, as a client on v2 meets it: by the run it is subscribed to, or by its user.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{DEADLINE, Incoming, Peer, Run};

const QUIET: Duration = Duration::from_millis(300);
const USER_FAULTS: &str = "/dev/users/dev-user/faults";

#[tokio::test]
async fn a_run_in_trouble_takes_along_the_sockets_subscribed_to_it_and_no_other() {
    let run = Run::start_slow().await;
    for (fault, close) in [
        (json!({ "drop": true }), (1006, "")),
        (json!({ "close": { "code": 1011, "reason": "write error" } }), (1011, "write error")),
    ] {
        let mut subscribed = run.connect_v2().await;
        let mut other = run.gateway.dial_v2(&run.user_token().await).await;
        run.faults(fault).await;
        assert_eq!(subscribed.closed().await, (close.0, close.1.to_owned()));
        heartbeat(&mut other).await;
        assert!(other.acked_within(DEADLINE).await);
    }
}

#[tokio::test]
async fn a_user_in_trouble_takes_along_every_socket_of_that_user() {
    let run = Run::start_slow().await;
    let mut subscribed = run.connect_v2().await;
    let mut idle = run.gateway.dial_v2(&run.user_token().await).await;
    let (_, answer) = run.gateway.post("/dev/tokens", json!({ "userId": "bob" })).await;
    let mut bob = run.gateway.dial_v2(answer["token"].as_str().expect("a token")).await;
    let mut on_v1 = run.connect().await;
    user_faults(&run, json!({ "drop": true })).await;
    assert_eq!(subscribed.closed().await.0, 1006);
    assert_eq!(idle.closed().await.0, 1006);
    heartbeat(&mut bob).await;
    assert!(bob.acked_within(DEADLINE).await);
    on_v1.frame().await;
}

#[tokio::test]
async fn the_switches_of_a_user_are_shown_and_only_the_named_ones_change() {
    let run = Run::start_slow().await;
    let (status, off) = run.gateway.get(USER_FAULTS).await;
    assert_eq!((status, &off), (200, &run.gateway.get(&run.path("faults")).await.1));
    user_faults(&run, json!({ "delayMs": 5, "noAcks": true })).await;
    user_faults(&run, json!({ "noAcks": false })).await;
    let (_, on) = run.gateway.get(USER_FAULTS).await;
    assert_eq!((&on["delayMs"], &on["noAcks"]), (&json!(5), &json!(false)));
    assert_eq!(run.gateway.get("/dev/users/bob/faults").await.1, off);
    assert_eq!(run.gateway.post(USER_FAULTS, json!({ "dorp": true })).await.0, 400);
    assert_eq!(run.gateway.post(USER_FAULTS, json!({ "close": { "code": 1006 } })).await.0, 400);
}

#[tokio::test]
async fn a_half_open_socket_swallows_everything_while_new_ones_work() {
    let run = Run::start_slow().await;
    for by_user in [true, false] {
        let mut peer = run.connect_v2().await;
        peer.frames_until(|frame| frame["type"] == "resume_complete").await;
        change(&run, by_user, json!({ "halfOpen": true })).await;
        while peer.next_within(Duration::from_millis(50)).await.is_some() {}
        heartbeat(&mut peer).await;
        assert!(!peer.acked_within(QUIET).await);
        assert_eq!(peer.next_within(QUIET).await, None);
        run.connect_v2().await.frames_until(|frame| frame["type"] == "agent_event").await;
        change(&run, by_user, json!({ "halfOpen": false })).await;
        peer.frame().await;
    }
}

#[tokio::test]
async fn delay_holds_back_every_frame_and_keeps_their_order() {
    let run = Run::start_slow().await;
    for by_user in [true, false] {
        let mut peer = run.connect_v2().await;
        peer.frames_until(|frame| frame["type"] == "resume_complete").await;
        change(&run, by_user, json!({ "delayMs": 400 })).await;
        let asked = Instant::now();
        heartbeat(&mut peer).await;
        assert!(peer.acked_within(DEADLINE).await);
        assert!(asked.elapsed() >= Duration::from_millis(400), "acknowledged after {:?}", asked.elapsed());
        let ids = [id_of(&peer.frame().await), id_of(&peer.frame().await), id_of(&peer.frame().await)];
        assert!(ids[0] + 1 == ids[1] && ids[1] + 1 == ids[2], "{ids:?}");
        change(&run, by_user, json!({ "delayMs": 0 })).await;
    }
}

#[tokio::test]
async fn duplicate_sends_every_event_twice_and_malformed_what_no_client_can_use() {
    let run = Run::start_slow().await;
    for by_user in [true, false] {
        let mut peer = run.connect_v2().await;
        peer.frames_until(|frame| frame["type"] == "resume_complete").await;
        change(&run, by_user, json!({ "duplicate": true })).await;
        let mut last = peer.frame().await;
        let twice = loop {
            let next = peer.frame().await;
            assert!(id_of(&next) < 300, "no event came twice");
            if next == last {
                break peer.frame().await == peer.frame().await;
            }
            last = next;
        };
        assert!(twice);
        change(&run, by_user, json!({ "duplicate": false, "malformed": true })).await;
        let mut odd = Vec::new();
        while odd.len() < 7 {
            match peer.next().await.1 {
                Incoming::Frame(frame) if frame["event"].is_object() => {}
                other => odd.push(other),
            }
        }
        assert_eq!(odd[0], Incoming::Unparsable("{oops".to_owned()));
        assert_eq!(odd[6], Incoming::Binary(vec![0, 1, 2, 255]));
    }
}

#[tokio::test]
async fn heartbeats_stay_unacknowledged_while_acks_are_off_and_the_run_is_subscribed_to() {
    let run = Run::start_slow().await;
    let mut peer = run.connect_v2().await;
    run.faults(json!({ "noAcks": true })).await;
    heartbeat(&mut peer).await;
    assert!(!peer.acked_within(QUIET).await);
    peer.send(json!({ "type": "unsubscribe", "operationId": run.operation_id })).await;
    heartbeat(&mut peer).await;
    assert!(peer.acked_within(DEADLINE).await);
    user_faults(&run, json!({ "noAcks": true })).await;
    heartbeat(&mut peer).await;
    assert!(!peer.acked_within(QUIET).await);
}

#[tokio::test]
async fn refused_connections_are_answered_503_until_switched_off() {
    let run = Run::start_slow().await;
    let token = run.user_token().await;
    for by_user in [true, false] {
        change(&run, by_user, json!({ "refuseConnections": true })).await;
        assert_eq!(run.gateway.try_dial_v2(&token).await.err(), Some(503));
        change(&run, by_user, json!({ "refuseConnections": false })).await;
        run.gateway.dial_v2(&token).await;
    }
    user_faults(&run, json!({ "refuseConnections": true })).await;
    run.connect().await.frame().await;
}

#[tokio::test]
async fn a_run_that_ended_refuses_nobody() {
    let run = Run::start("failing").await;
    run.connect_v2().await.frames_until(|frame| frame["type"] == "session_complete").await;
    run.faults(json!({ "refuseConnections": true, "refuseToken": true })).await;
    run.gateway.dial_v2(&run.user_token().await).await;
}

#[tokio::test]
async fn an_expired_token_is_refused_until_a_newer_one_arrives_and_a_refused_one_always() {
    let run = Run::start_slow().await;
    for by_user in [true, false] {
        let token = run.user_token().await;
        change(&run, by_user, json!({ "expireToken": true })).await;
        let mut peer = run.gateway.try_dial_v2(&token).await.expect("the upgrade is completed");
        assert_eq!(peer.next().await.1, Incoming::Closed(4401, "auth_expired".to_owned()));
        let fresh = run.user_token().await;
        run.gateway.dial_v2(&fresh).await;
        change(&run, by_user, json!({ "refuseToken": true })).await;
        let mut peer = run.gateway.try_dial_v2(&fresh).await.expect("the upgrade is completed");
        assert_eq!(peer.next().await.1, Incoming::Closed(4401, "auth_failed".to_owned()));
        change(&run, by_user, json!({ "refuseToken": false })).await;
    }
}

#[tokio::test]
async fn the_token_endpoint_of_a_user_answers_as_told() {
    let run = Run::start_slow().await;
    for (mode, expected) in [("refuse", 401), ("error", 500), ("ok", 200)] {
        user_faults(&run, json!({ "tokenEndpoint": mode })).await;
        assert_eq!(run.gateway.post("/dev/tokens", json!({ "userId": "dev-user" })).await.0, expected);
        assert_eq!(run.gateway.post("/dev/tokens", json!({ "userId": "bob" })).await.0, 200);
    }
}

#[tokio::test]
async fn after_a_restart_a_subscription_stays_pending_until_the_operation_is_announced_again() {
    let run = Run::start_slow().await;
    let mut peer = run.connect_v2().await;
    peer.frames_until(|frame| id_of(frame) >= 5).await;
    run.gateway.post("/dev/restart", json!({})).await;
    assert_eq!(peer.closed().await, (1006, String::new()));

    let mut peer = run.gateway.dial_v2(&run.user_token().await).await;
    peer.subscribe(&run.operation_id, "").await;
    assert_eq!(peer.frame().await["pending"], true);
    assert_eq!(peer.next_within(QUIET).await, None);
    let announce = json!({ "operationId": run.operation_id, "userId": "dev-user" });
    run.gateway.control("init", announce).await;
    assert_eq!(peer.frame().await["type"], "op_lifecycle");
    assert_eq!(id_of(&peer.frame().await), 1);
}

async fn change(run: &Run, by_user: bool, change: Value) {
    if by_user {
        user_faults(run, change).await;
    } else {
        run.faults(change).await;
    }
}

async fn user_faults(run: &Run, change: Value) {
    let (status, switches) = run.gateway.post(USER_FAULTS, change).await;
    assert_eq!(status, 200, "{switches}");
}

async fn heartbeat(peer: &mut Peer) {
    peer.send(json!({ "type": "heartbeat" })).await;
}

fn id_of(frame: &Value) -> u64 {
    frame["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or(0)
}

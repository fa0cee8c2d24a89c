//! Each fault, as a client meets it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use crate::support::{Incoming, Run};

const QUIET: Duration = Duration::from_millis(300);

#[tokio::test]
async fn all_switches_are_off_at_first_and_only_the_named_ones_change() {
    let run = Run::start_slow().await;
    let (_, off) = run.gateway.get(&run.path("faults")).await;
    let expected = json!({
        "halfOpen": false, "delayMs": 0, "duplicate": false, "refuseConnections": false, "expireToken": false,
        "refuseToken": false, "tokenEndpoint": "ok", "noAcks": false,
    });
    assert_eq!(off, expected);
    run.faults(json!({ "delayMs": 5, "noAcks": true })).await;
    let on = run.faults(json!({ "noAcks": false, "tokenEndpoint": "slow" })).await;
    assert_eq!((&on["delayMs"], &on["noAcks"], &on["tokenEndpoint"]), (&json!(5), &json!(false), &json!("slow")));
    for nonsense in [json!({ "dorp": true }), json!({ "close": { "code": 1006 } }), json!({ "tokenEndpoint": "maybe" })]
    {
        assert_eq!(run.gateway.post(&run.path("faults"), nonsense.clone()).await.0, 400, "{nonsense}");
    }
}

#[tokio::test]
async fn drop_cuts_the_connection_without_a_close_frame() {
    let run = Run::start_slow().await;
    let mut peer = run.connect().await;
    let mut unauthenticated = run.dial().await;
    run.faults(json!({ "drop": true })).await;
    assert_eq!(peer.closed().await, (1006, String::new()));
    assert_eq!(unauthenticated.closed().await, (1006, String::new()));
    receives(&run).await;
}

#[tokio::test]
async fn close_sends_the_close_frame_asked_for() {
    let run = Run::start_slow().await;
    let mut peer = run.connect().await;
    run.faults(json!({ "close": { "code": 1011, "reason": "write error" } })).await;
    assert_eq!(peer.closed().await, (1011, "write error".to_owned()));
    receives(&run).await;
}

#[tokio::test]
async fn a_half_open_socket_swallows_everything_while_new_ones_work() {
    let run = Run::start_slow().await;
    let mut peer = run.connect().await;
    peer.frame().await;
    run.faults(json!({ "halfOpen": true })).await;
    while peer.next_within(Duration::from_millis(50)).await.is_some() {}
    peer.send(json!({ "type": "heartbeat" })).await;
    assert!(!peer.acked_within(QUIET).await);
    assert_eq!(peer.next_within(QUIET).await, None);
    receives(&run).await;

    run.faults(json!({ "halfOpen": false })).await;
    peer.frame().await;
    run.faults(json!({ "halfOpen": true })).await;
    while peer.next_within(Duration::from_millis(50)).await.is_some() {}
    peer.close(1000, "Client disconnect").await;
    assert_eq!(peer.next_within(QUIET).await, None);
}

#[tokio::test]
async fn delay_holds_back_every_frame_and_keeps_their_order() {
    let run = Run::start_slow().await;
    let mut peer = run.connect().await;
    peer.frames_until(|frame| frame["type"] == "resume_complete").await;
    run.faults(json!({ "delayMs": 400 })).await;
    let asked = Instant::now();
    peer.send(json!({ "type": "heartbeat" })).await;
    assert!(peer.acked_within(Duration::from_secs(3)).await);
    assert!(asked.elapsed() >= Duration::from_millis(400), "acknowledged after {:?}", asked.elapsed());
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(id_of(&peer.frame().await));
    }
    assert!(ids.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{ids:?}");
}

#[tokio::test]
async fn duplicate_sends_every_event_twice() {
    let run = Run::start_slow().await;
    let mut peer = run.connect().await;
    peer.frames_until(|frame| frame["type"] == "resume_complete").await;
    run.faults(json!({ "duplicate": true })).await;
    let mut last = peer.frame().await;
    for _ in 0..50 {
        let next = peer.frame().await;
        if next == last {
            let (third, fourth) = (peer.frame().await, peer.frame().await);
            assert_eq!(third, fourth);
            return;
        }
        last = next;
    }
    panic!("no event came twice");
}

#[tokio::test]
async fn malformed_sends_frames_no_client_can_use() {
    let run = Run::start_slow().await;
    let mut peer = run.connect().await;
    run.faults(json!({ "malformed": true })).await;
    let mut odd = Vec::new();
    while odd.len() < 7 {
        match peer.next().await.1 {
            Incoming::Frame(frame) if frame["event"].is_object() || frame["type"] == "resume_complete" => {}
            other => odd.push(other),
        }
    }
    let expected = [
        Incoming::Unparsable("{oops".to_owned()),
        Incoming::Frame(Value::Null),
        Incoming::Frame(json!([])),
        Incoming::Frame(json!("x")),
        Incoming::Frame(json!({ "type": "agent_event" })),
        Incoming::Frame(json!({ "type": "agent_event", "id": "x", "event": null })),
        Incoming::Binary(vec![0, 1, 2, 255]),
    ];
    assert_eq!(odd, expected);
}

#[tokio::test]
async fn refused_connections_are_answered_503_until_switched_off() {
    let run = Run::start_slow().await;
    run.faults(json!({ "refuseConnections": true })).await;
    assert_eq!(run.gateway.try_dial(&run.operation_id).await.err(), Some(503));
    run.faults(json!({ "refuseConnections": false })).await;
    receives(&run).await;
}

#[tokio::test]
async fn an_expired_token_is_refused_until_a_newer_one_arrives() {
    let run = Run::start_slow().await;
    run.faults(json!({ "expireToken": true })).await;
    let mut peer = run.dial().await;
    peer.send(json!({ "type": "auth", "token": run.token })).await;
    assert_eq!(peer.frame().await, json!({ "type": "auth_expired" }));
    let (_, fresh) = run.gateway.post(&run.path("token"), json!({})).await;
    peer.authenticate(fresh["token"].as_str().expect("a token")).await;

    receives(&run).await;
    assert_eq!(run.faults(json!({})).await["expireToken"], false);
}

#[tokio::test]
async fn a_refused_token_ends_the_socket_with_1008() {
    let run = Run::start_slow().await;
    run.faults(json!({ "refuseToken": true })).await;
    let mut peer = run.dial().await;
    peer.send(json!({ "type": "auth", "token": run.token })).await;
    assert_eq!(peer.frame().await["type"], "auth_failed");
    assert_eq!(peer.closed().await.0, 1008);
}

#[tokio::test]
async fn the_token_endpoint_answers_as_told() {
    let run = Run::start_slow().await;
    let path = run.path("token");
    assert_eq!(run.gateway.post(&path, json!({ "ttlMs": 1000 })).await.0, 200);
    for (mode, expected) in [("refuse", 401), ("error", 500)] {
        run.faults(json!({ "tokenEndpoint": mode })).await;
        let (status, body) = run.gateway.post(&path, json!({})).await;
        assert_eq!(status, expected);
        assert!(body["error"]["code"].is_string() && body["error"]["message"].is_string(), "{body}");
    }
    run.faults(json!({ "tokenEndpoint": "never" })).await;
    assert!(timeout(Duration::from_secs(1), run.gateway.post(&path, json!({}))).await.is_err());
}

#[tokio::test]
async fn a_slow_token_endpoint_answers_six_seconds_late() {
    let run = Run::start_slow().await;
    run.faults(json!({ "tokenEndpoint": "slow" })).await;
    let asked = Instant::now();
    let url = format!("{}{}", run.gateway.base, run.path("token"));
    let answer = timeout(Duration::from_secs(9), run.gateway.http.post(url).send()).await;
    assert_eq!(answer.expect("an answer in time").expect("an answer").status(), 200);
    assert!(asked.elapsed() >= Duration::from_secs(6));
}

#[tokio::test]
async fn heartbeats_stay_unacknowledged_while_acks_are_off() {
    let run = Run::start_slow().await;
    let mut peer = run.connect().await;
    run.faults(json!({ "noAcks": true })).await;
    peer.send(json!({ "type": "heartbeat" })).await;
    assert!(!peer.acked_within(QUIET).await);
    run.faults(json!({ "noAcks": false })).await;
    peer.send(json!({ "type": "heartbeat" })).await;
    assert!(peer.acked_within(Duration::from_secs(2)).await);
}

#[tokio::test]
async fn after_a_restart_nothing_is_known_and_the_script_goes_on_from_id_one() {
    let run = Run::start_slow().await;
    let mut peer = run.connect().await;
    let before = id_of(peer.frames_until(|frame| id_of(frame) >= 10).await.last().expect("frames"));
    assert_eq!(run.gateway.post("/dev/restart", json!({})).await, (200, json!({ "success": true })));
    assert_eq!(peer.closed().await, (1006, String::new()));
    assert_eq!(run.view().await["status"], "unknown");

    let mut peer = run.dial().await;
    peer.authenticate(&run.token).await;
    peer.send(json!({ "type": "resume", "lastEventId": "", "wantStatus": true })).await;
    let frames = peer.frames_until(|frame| id_of(frame) >= before).await;
    assert!(frames.iter().any(|frame| frame["id"] == "1"));
    assert!(frames.iter().all(|frame| frame["type"] == "agent_event"), "no status is known");
}

#[tokio::test]
async fn a_socket_counts_as_open_until_it_is_gone() {
    let run = Run::start_slow().await;
    let mut peer = run.connect().await;
    let second = run.connect().await;
    let (token, none) = (run.user_token().await, json!({ "open": 0, "accepted": 0 }));
    assert_eq!(run.gateway.get("/dev/connections").await.1, json!({ "open": 2, "accepted": 2, "v2": none }));
    let on_v2 = run.gateway.dial_v2(&token).await;
    let counts = run.gateway.get("/dev/connections").await.1;
    assert_eq!(counts, json!({ "open": 3, "accepted": 3, "v2": { "open": 1, "accepted": 1 } }));
    drop(on_v2);
    peer.close(1000, "Client disconnect").await;
    peer.closed().await;
    drop(second);
    for _ in 0..100 {
        let gone = json!({ "open": 0, "accepted": 3, "v2": { "open": 0, "accepted": 1 } });
        if run.gateway.get("/dev/connections").await.1 == gone {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("sockets leaked: {}", run.gateway.get("/dev/connections").await.1);
}

#[tokio::test]
async fn tokens_can_be_had_right_and_wrong() {
    let run = Run::start_slow().await;
    let expected = [
        (json!({}), "auth_success", ""),
        (json!({ "ttlMs": -1000 }), "auth_expired", ""),
        (json!({ "kind": "wrongKey" }), "auth_failed", "signature verification failed"),
        (json!({ "kind": "noSub" }), "auth_failed", "Missing sub claim"),
        (json!({ "kind": "noExp" }), "auth_success", ""),
        (json!({ "kind": "notYetValid" }), "auth_failed", "\"nbf\" claim timestamp check failed"),
        (json!({ "userId": "mallory" }), "auth_failed", "userId mismatch"),
    ];
    for (mut request, kind, reason) in expected {
        if request["userId"].is_null() {
            request["userId"] = json!("dev-user");
        }
        let (_, answer) = run.gateway.post("/dev/tokens", request.clone()).await;
        let mut peer = run.dial().await;
        peer.send(json!({ "type": "auth", "token": answer["token"] })).await;
        let frame = peer.frame().await;
        assert_eq!((&frame["type"], frame["reason"].as_str().unwrap_or_default()), (&json!(kind), reason), "{request}");
    }
    assert_eq!(run.gateway.post("/dev/tokens", json!({ "kind": "noSub" })).await.0, 400);
}

/// A new socket of the run works as if nothing had happened.
async fn receives(run: &Run) {
    let (_, fresh) = run.gateway.post(&run.path("token"), json!({})).await;
    let mut peer = run.dial().await;
    peer.authenticate(fresh["token"].as_str().expect("a token")).await;
    peer.frames_until(|frame| frame["type"] == "agent_event").await;
}

fn id_of(frame: &Value) -> u64 {
    frame["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or(0)
}

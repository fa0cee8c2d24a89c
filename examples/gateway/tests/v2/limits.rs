//! When a v2 socket is refused or ends.

use std::time::Duration;

use agent_gateway::{Config, Timers};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::support::{DEADLINE, Gateway, Incoming, Stub, production, tokens};
use crate::{dial, gateway, gateway_with, id_of, push, replay, subscriber};

#[tokio::test]
async fn only_heartbeats_keep_a_socket_alive() {
    let timers = Timers { v2_heartbeat_timeout: Duration::from_millis(600), ..Timers::default() };
    let gateway = gateway_with(production(timers, None)).await;
    let opened = Instant::now();
    let (mut silent, mut alive) = (subscriber(&gateway).await, subscriber(&gateway).await);
    sleep(Duration::from_millis(400)).await;
    silent.subscribe("op_1", "").await;
    replay(&mut silent).await;
    alive.send(json!({ "type": "heartbeat" })).await;
    assert!(alive.acked_within(DEADLINE).await);
    let timed_out = Incoming::Closed(1000, "Heartbeat timeout".to_owned());
    let (silent_until, silent) = silent.next().await;
    let (alive_until, alive) = alive.next().await;
    assert_eq!((&silent, &alive), (&timed_out, &timed_out));
    assert!(silent_until - opened >= Duration::from_millis(600));
    assert!(alive_until - silent_until >= Duration::from_millis(250), "{:?}", alive_until - silent_until);
}

#[tokio::test]
async fn a_socket_that_falls_behind_is_closed_and_the_next_one_gets_all_of_it() {
    let config = Config { v2_queue_limit: 20, ..production(Timers::default(), None) };
    let gateway = gateway_with(config).await;
    let mut slow = subscriber(&gateway).await;
    push(&gateway, "op_1", 20).await;
    slow.frames_until(|frame| id_of(frame) == Some(20)).await;
    push(&gateway, "op_1", 21).await;
    assert_eq!(slow.next().await.1, Incoming::Closed(1011, "Queue overflow".to_owned()), "before what waited");

    let mut next = dial(&gateway, "alice").await;
    next.subscribe("op_1", "20").await;
    let (ids, complete) = replay(&mut next).await;
    assert_eq!((ids, &complete["gap"]), ((21..=41).collect(), &json!(false)));
    push(&gateway, "op_1", 1).await;
    assert_eq!(id_of(&next.frame().await), Some(42));
}

#[tokio::test]
async fn a_token_is_judged_once_at_the_upgrade() {
    let gateway = gateway().await;
    let refused = [
        (String::new(), "auth_failed"),
        (tokens::fill_in("<JWT:expired>"), "auth_expired"),
        (tokens::fill_in("<JWT:expired-wrong-key>"), "auth_failed"),
    ];
    for (token, reason) in refused {
        let mut peer = gateway.try_dial_v2(&token).await.expect("the upgrade is completed");
        assert_eq!(peer.next().await.1, Incoming::Closed(4401, reason.to_owned()));
    }
}

#[tokio::test]
async fn an_api_key_counts_only_with_the_server_of_this_gateway() {
    let (trusted, foreign) = (Stub::start((200, json!(null))).await, Stub::start((200, json!(null))).await);
    let gateway = Gateway::start(production(Timers::default(), Some(trusted.url.clone()))).await;
    for (server, accepted) in [(&foreign.url, false), (&trusted.url, true)] {
        let token = format!("lh_sk_ok_alice&tokenType=apiKey&serverUrl={server}");
        let mut peer = gateway.try_dial_v2(&token).await.expect("the upgrade is completed");
        if accepted {
            assert_eq!(peer.frame().await["userId"], "alice");
        } else {
            assert_eq!(peer.closed().await, (4401, "auth_failed".to_owned()));
        }
    }
    assert!(foreign.seen().is_empty(), "a foreign server was asked");
}

#[tokio::test]
async fn a_gateway_of_v1_only_has_no_v2() {
    let config = Config { v1_only: true, ..production(Timers::default(), None) };
    let gateway = gateway_with(config).await;
    assert_eq!(gateway.try_dial_v2(&tokens::token_of("alice")).await.err(), Some(404));
    gateway.dial("op_1").await.authenticate(&tokens::token_of("alice")).await;
}

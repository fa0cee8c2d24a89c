//! Who needs the connection, and what happens when nobody does.

use agent_gateway_client::link::Token;
use agent_gateway_client::machine::Answer;
use agent_gateway_client::v2::{MuxConfig, SubscriptionId};

use crate::support::{MuxSim, config};

#[test]
fn mx_40_disconnect_keeps_the_subscriptions_for_the_next_connect() {
    let mut sim = MuxSim::subscribed();
    sim.chunk("op", 1);
    sim.log();
    sim.disconnect();
    assert_eq!(
        sim.log(),
        ["hangup 1000 Client disconnect", "mux status disconnected", "1 status disconnected", "mux disconnected"]
    );
    sim.disconnect();
    assert_eq!(sim.log(), ["mux disconnected"], "every call tells so");
    sim.connect();
    sim.ready();
    assert!(sim.log().contains(&r#"send {"type":"subscribe","operationId":"op","lastEventId":"1"}"#.to_owned()));
}

#[test]
fn mx_40_disconnect_rejects_those_who_wait_and_a_late_token_is_ignored() {
    let mut sim = MuxSim::new(config());
    sim.gives_tokens = false;
    sim.connect();
    sim.log();
    sim.disconnect();
    assert_eq!(
        sim.log(),
        [
            "withdraw",
            "mux status disconnected",
            "mux waiters_rejected GatewayMuxClient disconnected",
            "mux disconnected"
        ]
    );
    sim.answer(Answer::Token(Token::read("late")));
    assert!(sim.log().is_empty());
}

#[test]
fn mx_41_a_subscription_on_a_ready_socket_is_sent_at_once() {
    let mut sim = MuxSim::subscribed();
    sim.subscribe_from("other", "7", true);
    assert_eq!(
        sim.log(),
        [
            r#"send {"type":"subscribe","operationId":"other","lastEventId":"7","executor":true}"#,
            "2 status connected",
            "2 connected"
        ]
    );
}

#[test]
fn mx_42_mx_43_the_last_subscription_that_leaves_closes_the_connection() {
    let mut sim = MuxSim::subscribed();
    let id = SubscriptionId(1);
    sim.unsubscribe(id);
    assert_eq!(
        sim.log(),
        [
            "1 ending",
            r#"send {"type":"unsubscribe","operationId":"op"}"#,
            "1 status disconnected",
            "1 disconnected",
            "1 done disconnected disconnect"
        ]
    );
    sim.advance(0);
    assert_eq!(sim.log(), ["hangup 1000 Client disconnect", "mux status disconnected", "mux disconnected"]);
    assert_eq!(sim.deadline_in(), None);
}

#[test]
fn mx_43_a_new_subscription_in_time_keeps_the_connection() {
    let mut sim = MuxSim::subscribed();
    sim.unsubscribe(SubscriptionId(1));
    sim.subscribe("next");
    sim.log();
    sim.advance(0);
    assert!(sim.log().is_empty());
}

#[test]
fn mx_43_keep_alive_keeps_the_connection() {
    let mut sim = MuxSim::new(MuxConfig { keep_alive: true, ..config() });
    let id = sim.subscribe("op");
    sim.ready();
    sim.unsubscribe(id);
    sim.log();
    sim.advance(1_000);
    assert!(sim.log().is_empty());
}

#[test]
fn documents_keep_the_connection_and_are_told_of_each_ready() {
    let mut sim = MuxSim::new(config());
    sim.call(|mux, now| mux.open_document("doc_1".to_owned(), now));
    sim.ready();
    assert!(sim.log().contains(&"mux documents_ready".to_owned()));
    sim.receive(r#"{"type":"doc_ack","documentId":"doc_1","seq":7}"#);
    assert_eq!(sim.log(), [r#"mux document {"type":"doc_ack","documentId":"doc_1","seq":7}"#]);
    sim.call(|mux, now| mux.close_document("doc_1".to_owned(), now));
    assert_eq!(sim.log(), [r#"send {"type":"doc_unsubscribe","documentId":"doc_1"}"#]);
    sim.advance(0);
    assert_eq!(sim.log()[0], "hangup 1000 Client disconnect");
}

#[test]
fn a_document_that_is_opened_twice_is_closed_once() {
    let mut sim = MuxSim::new(config());
    sim.call(|mux, now| mux.open_document("doc_1".to_owned(), now));
    sim.ready();
    sim.call(|mux, now| mux.open_document("doc_1".to_owned(), now));
    sim.log();
    sim.call(|mux, now| mux.close_document("doc_1".to_owned(), now));
    sim.advance(0);
    assert_eq!(
        sim.log()[..2],
        [r#"send {"type":"doc_unsubscribe","documentId":"doc_1"}"#, "hangup 1000 Client disconnect"]
    );
}

#[test]
fn mx_40_a_mux_that_never_connected_tells_one_disconnection_for_each_call() {
    let mut sim = MuxSim::new(config());
    for _ in 0..2 {
        sim.disconnect();
        assert_eq!(sim.log(), ["mux disconnected"]);
    }
}

#[test]
fn an_abandoned_wait_closes_a_connection_that_nobody_needs() {
    let mut sim = MuxSim::new(config());
    sim.connect();
    sim.call(|mux, now| mux.abandon_connect(now));
    sim.log();
    sim.advance(0);
    assert_eq!(sim.log(), ["hangup 1000 Client disconnect", "mux status disconnected", "mux disconnected"]);
}

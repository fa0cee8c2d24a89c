#![cfg(not(target_family = "wasm"))]
//! The connection of the mux: rows MX-01 to MX-47 and the decisions about it.

#[path = "support/mux.rs"]
mod support;

use agent_gateway_client::machine::{Answer, Input, Wake};
use agent_gateway_client::v2::MuxConfig;
use support::{MuxSim, config};

const DIAL: &str = "dial wss://g/v2/ws?token=t1&clientId=tab";

#[test]
fn mx_03_connect_asks_for_a_token_dials_and_is_resolved_by_ready() {
    let mut sim = MuxSim::new(config());
    assert!(sim.connect());
    assert_eq!(sim.log(), ["mux status connecting", "ask initial", DIAL]);
    sim.ready();
    assert_eq!(sim.log(), ["mux status connected", "mux connected", "mux waiters_resolved"]);
}

#[test]
fn mx_02_connect_on_a_connected_mux_does_nothing() {
    let mut sim = MuxSim::subscribed();
    assert!(sim.connect());
    assert!(sim.log().is_empty());
}

#[test]
fn mx_03_connect_respects_a_pending_delay() {
    let mut sim = MuxSim::subscribed();
    sim.close(1006, "");
    sim.log();
    sim.connect();
    assert!(sim.log().is_empty());
    sim.advance_to_dial();
}

#[test]
fn mx_06_a_token_that_cannot_be_given_is_an_error_and_a_failed_dial() {
    let mut sim = MuxSim::new(config());
    sim.gives_tokens = false;
    sim.connect();
    sim.log();
    sim.answer(Answer::Failed { detail: "503".to_owned() });
    assert_eq!(sim.log(), ["mux error token_failed 503", "mux reconnecting"]);
}

#[test]
fn a_token_that_never_comes_is_a_failed_dial_after_15_s_and_a_late_one_is_ignored() {
    let mut sim = MuxSim::new(config());
    sim.gives_tokens = false;
    sim.connect();
    let asked = sim.request;
    sim.log();
    sim.advance(15_000);
    assert_eq!(
        sim.log(),
        ["withdraw", "mux error token_timeout getToken did not answer within 15 s", "mux reconnecting"]
    );
    sim.request = asked;
    sim.answer(Answer::Token(agent_gateway_client::link::Token::read("late")));
    assert!(sim.log().is_empty());
}

#[test]
fn a_token_that_is_refused_for_good_ends_every_subscription() {
    let mut sim = MuxSim::new(config());
    sim.gives_tokens = false;
    sim.subscribe("op");
    sim.log();
    sim.answer(Answer::Unauthorized { detail: "signed out".to_owned() });
    assert_eq!(
        sim.log(),
        [
            "1 auth_failed signed out",
            "1 ending",
            "1 status disconnected",
            "1 disconnected",
            "1 done auth_failed auth_failed",
            "mux status disconnected",
            "mux disconnected"
        ]
    );
    assert_eq!(sim.deadline_in(), None);
}

#[test]
fn mx_10_the_first_ready_subscribes_then_tells() {
    let mut sim = MuxSim::new(config());
    sim.subscribe_from("op", "", true);
    sim.subscribe_from("other", "41", false);
    sim.log();
    sim.ready();
    assert_eq!(
        sim.log(),
        [
            "mux status connected",
            r#"send {"type":"subscribe","operationId":"op","executor":true}"#,
            "1 status connected",
            "1 connected",
            r#"send {"type":"subscribe","operationId":"other","lastEventId":"41"}"#,
            "2 status connected",
            "2 connected",
            "mux connected"
        ]
    );
}

#[test]
fn v2_c7_a_socket_that_never_says_ready_is_given_up_after_10_s() {
    let mut sim = MuxSim::new(config());
    sim.subscribe("op");
    sim.open();
    sim.log();
    sim.advance(10_000);
    let log = sim.log();
    assert_eq!(log[0], "hangup 1000 Client disconnect");
    assert_eq!(log[1..], ["1 status reconnecting", "mux reconnecting", "1 reconnecting"]);
}

#[test]
fn mx_11_mx_20_heartbeats_are_sent_every_30_s_and_the_fourth_unanswered_tick_redials() {
    let mut sim = MuxSim::subscribed();
    for _ in 0..2 {
        sim.advance(30_000);
        assert_eq!(sim.log(), [r#"send {"type":"heartbeat"}"#]);
        sim.receive(r#"{"type":"heartbeat_ack"}"#);
    }
    sim.advance(90_000);
    assert_eq!(sim.log().len(), 3);
    sim.advance(30_000);
    assert_eq!(
        sim.log()[..4],
        ["hangup 1000 Client disconnect", "mux status connecting", "1 status reconnecting", "mux reconnecting"]
    );
}

#[test]
fn the_interval_of_heartbeats_can_be_chosen() {
    let mut sim = MuxSim::new(MuxConfig { heartbeat_every: 5_000, ..config() });
    sim.subscribe("op");
    sim.ready();
    sim.log();
    sim.advance(5_000);
    assert_eq!(sim.log(), [r#"send {"type":"heartbeat"}"#]);
}

#[test]
fn mx_12_the_feed_is_told_for_every_operation_of_the_user() {
    let mut sim = MuxSim::subscribed();
    sim.lifecycle("unknown", "running");
    assert_eq!(sim.log(), ["mux lifecycle unknown running"]);
}

#[test]
fn mx_13_an_error_goes_to_its_operation_or_to_the_mux() {
    let mut sim = MuxSim::subscribed();
    sim.receive(r#"{"type":"error","code":"not_subscribed","message":"No","operationId":"op"}"#);
    sim.receive(r#"{"type":"error","code":"unknown_type","message":"What"}"#);
    assert_eq!(sim.log(), ["1 error gateway_error not_subscribed: No", "mux error gateway_error unknown_type: What"]);
}

#[test]
fn mx_14_a_frame_of_an_operation_that_is_not_subscribed_is_dropped() {
    let mut sim = MuxSim::subscribed();
    sim.chunk("other", 1);
    sim.receive(r#"{"type":"something_new","operationId":"op"}"#);
    assert!(sim.log().is_empty());
}

#[test]
fn mx_15_what_is_no_frame_is_told_and_the_socket_stays() {
    let mut sim = MuxSim::subscribed();
    for text in ["nonsense", "null", r#"{"type":"agent_event","operationId":"op","id":"1"}"#] {
        sim.receive(text);
        assert!(sim.log()[0].starts_with("mux error protocol"), "{text}");
    }
    sim.chunk("op", 1);
    assert_eq!(sim.log(), ["1 event stream_chunk 1"]);
}

#[test]
fn mx_22_a_refused_token_is_replaced_at_once_then_after_a_delay_and_the_third_is_final() {
    let mut sim = MuxSim::new(config());
    sim.subscribe("op");
    sim.open();
    sim.close(4401, "auth_expired");
    assert_eq!(sim.advance_to_dial(), 0);
    sim.open();
    sim.close(4401, "auth_expired");
    assert!(sim.advance_to_dial() > 0);
    sim.open();
    sim.log();
    sim.close(4401, "auth_expired");
    let log = sim.log();
    assert_eq!(log[0], "1 auth_failed auth_expired");
    assert_eq!(log.last().map(String::as_str), Some("mux disconnected"));
    assert_eq!(sim.deadline_in(), None);
}

#[test]
fn mx_10_ready_forgives_refused_tokens() {
    let mut sim = MuxSim::new(config());
    sim.subscribe("op");
    for _ in 0..5 {
        sim.close(4401, "auth_expired");
        sim.advance_to_dial();
        sim.ready();
    }
    assert!(sim.log().iter().all(|line| !line.contains("auth_failed")));
}

#[test]
fn mx_34_a_later_subscription_dials_once_more() {
    let mut sim = MuxSim::new(config());
    sim.subscribe("op");
    for _ in 0..2 {
        sim.close(4401, "auth_failed");
        sim.advance_to_dial();
    }
    sim.close(4401, "auth_failed");
    sim.log();
    sim.subscribe("op");
    assert_eq!(sim.log().first().map(String::as_str), Some("mux status connecting"));
    sim.close(4401, "auth_failed");
    assert!(sim.log().contains(&"2 auth_failed auth_failed".to_owned()), "one more is enough");
}

#[test]
fn mx_23_mx_31_a_drop_is_told_in_the_order_that_callers_know() {
    let mut sim = MuxSim::subscribed();
    sim.close(1006, "");
    assert_eq!(sim.log(), ["mux status connecting", "1 status reconnecting", "mux reconnecting", "1 reconnecting"]);
    assert!(sim.advance_to_dial() < 1_000);
    sim.log();
    sim.ready();
    assert_eq!(
        sim.log(),
        [
            "mux status connected",
            r#"send {"type":"subscribe","operationId":"op"}"#,
            "1 status connected",
            "1 connected",
            "mux connected"
        ]
    );
}

#[test]
fn mx_30_without_autoreconnect_a_drop_disconnects() {
    let mut sim = MuxSim::new(MuxConfig { auto_reconnect: false, ..config() });
    sim.subscribe("op");
    sim.ready();
    sim.log();
    sim.close(1006, "");
    assert_eq!(sim.log(), ["mux status disconnected", "1 status disconnected", "mux disconnected"]);
}

#[test]
fn mx_30_those_who_waited_are_told_that_the_connection_was_lost() {
    let mut sim = MuxSim::new(MuxConfig { auto_reconnect: false, ..config() });
    sim.connect();
    sim.log();
    sim.close(1006, "");
    assert_eq!(
        sim.log(),
        ["mux status disconnected", "mux waiters_rejected Gateway connection lost", "mux disconnected"]
    );
}

#[test]
fn mx_30_mx_35_after_three_dials_that_never_stood_the_gateway_counts_as_unavailable_where_somebody_listens() {
    let mut sim = MuxSim::new(config());
    sim.mux.watch_unavailable(true);
    sim.subscribe("op");
    for _ in 0..2 {
        sim.close(1006, "");
        sim.advance_to_dial();
    }
    sim.log();
    sim.close(1006, "");
    assert_eq!(sim.log(), ["mux status disconnected", "mux unavailable no usable connection after 3 attempts"]);
    assert!(sim.mux.is_unavailable());
    assert!(!sim.connect(), "for good");
    assert_eq!(sim.deadline_in(), None);
}

#[test]
fn mx_30_nobody_who_listens_means_no_limit() {
    let mut sim = MuxSim::new(config());
    sim.subscribe("op");
    for _ in 0..20 {
        sim.close(1006, "");
        sim.advance_to_dial();
    }
    assert!(!sim.mux.is_unavailable());
}

#[test]
fn mx_33_refused_tokens_make_it_unavailable_where_somebody_listens() {
    let mut sim = MuxSim::new(config());
    sim.mux.watch_unavailable(true);
    sim.connect();
    for _ in 0..2 {
        sim.close(4401, "auth_failed");
        sim.advance_to_dial();
    }
    sim.log();
    sim.close(4401, "auth_failed");
    assert_eq!(
        sim.log()[1..],
        [
            "mux status disconnected",
            "mux waiters_rejected Gateway mux unavailable: auth_failed",
            "mux unavailable auth_failed"
        ]
    );
}

#[test]
fn v2_c1_a_subscription_of_an_unavailable_mux_is_told_so_a_moment_later() {
    let mut sim = MuxSim::new(config());
    sim.mux.watch_unavailable(true);
    sim.connect();
    for _ in 0..2 {
        sim.close(1006, "");
        sim.advance_to_dial();
    }
    sim.close(1006, "");
    sim.log();
    let id = sim.subscribe("op");
    assert!(sim.log().is_empty());
    assert_eq!(sim.mux.subscription(id).expect("it exists").status.as_str(), "disconnected");
    sim.advance(0);
    assert_eq!(sim.log(), ["1 error unavailable The gateway does not serve this protocol"]);
    assert_eq!(sim.deadline_in(), None);
}

#[test]
fn v2_c1_a_subscription_that_left_before_is_told_nothing_more() {
    let mut sim = MuxSim::new(config());
    sim.mux.watch_unavailable(true);
    sim.connect();
    for _ in 0..2 {
        sim.close(1006, "");
        sim.advance_to_dial();
    }
    sim.close(1006, "");
    let id = sim.subscribe("op");
    sim.unsubscribe(id);
    sim.log();
    sim.advance(0);
    assert!(sim.log().is_empty());
    assert_eq!(sim.deadline_in(), None);
}

#[test]
fn mx_32_a_network_that_comes_back_ends_the_wait() {
    let mut sim = MuxSim::subscribed();
    sim.close(1006, "");
    sim.wake(Wake::Offline);
    sim.log();
    sim.advance(60_000);
    assert!(sim.log().is_empty(), "nothing is dialled while the device is offline");
    sim.wake(Wake::Online);
    assert_eq!(sim.log()[0], "ask initial");
}

#[test]
fn a_wake_up_probes_and_a_silent_socket_is_replaced() {
    let mut sim = MuxSim::subscribed();
    sim.wake(Wake::Visible);
    assert_eq!(sim.log(), [r#"send {"type":"heartbeat"}"#]);
    sim.advance(4_000);
    assert_eq!(sim.log()[0], "ask initial");
    sim.ready();
    assert!(sim.log().contains(&"hangup 1000 Client disconnect".to_owned()));
}

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
    sim.answer(Answer::Token(agent_gateway_client::link::Token::read("late")));
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
    let id = agent_gateway_client::v2::SubscriptionId(1);
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
    sim.unsubscribe(agent_gateway_client::v2::SubscriptionId(1));
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
fn mx_45_mx_46_a_result_that_cannot_be_sent_now_is_sent_with_the_next_ready() {
    let mut sim = MuxSim::new(config());
    let id = sim.subscribe_from("op", "", true);
    assert!(sim.send_tool_result(id, "call_1"));
    sim.log();
    sim.ready();
    let log = sim.log();
    let sent = log.iter().position(|line| line.contains("call_1")).expect("the result is sent");
    assert!(log[sent - 1] == "1 connected" && log[sent + 1] == "mux connected", "{log:?}");
}

#[test]
fn a_result_written_into_a_socket_that_died_unconfirmed_is_sent_again() {
    let mut sim = MuxSim::subscribed();
    let id = agent_gateway_client::v2::SubscriptionId(1);
    sim.send_tool_result(id, "call_1");
    sim.close(1006, "");
    sim.advance_to_dial();
    sim.log();
    sim.ready();
    assert_eq!(sim.log().iter().filter(|line| line.contains("call_1")).count(), 1);
    sim.chunk("op", 1);
    sim.close(1006, "");
    sim.advance_to_dial();
    sim.log();
    sim.ready();
    assert_eq!(sim.log().iter().filter(|line| line.contains("call_1")).count(), 0, "a later frame confirmed it");
}

#[test]
fn mx_44_pending_results_are_handed_out_once() {
    let mut sim = MuxSim::subscribed();
    let id = agent_gateway_client::v2::SubscriptionId(1);
    sim.send_tool_result(id, "call_1");
    sim.close(1006, "");
    sim.send_tool_result(id, "call_2");
    let taken = sim.mux.take_pending_tool_results("op");
    let calls: Vec<_> = taken.iter().map(|result| &*result.tool_call_id).collect();
    assert_eq!(calls, ["call_1", "call_2"]);
    assert!(sim.mux.take_pending_tool_results("op").is_empty());
}

#[test]
fn a_result_nobody_waits_for_any_more_is_told_as_expired() {
    let mut sim = MuxSim::subscribed();
    let id = agent_gateway_client::v2::SubscriptionId(1);
    sim.wake(Wake::Offline);
    sim.close(1006, "");
    sim.send_tool_result(id, "call_1");
    sim.log();
    sim.advance(120_000);
    assert_eq!(sim.log(), ["1 error tool_result_expired Not delivered within 120 s: the result of tool call call_1"]);
}

#[test]
fn mx_42_what_a_subscription_queued_goes_with_it() {
    let mut sim = MuxSim::new(config());
    let id = sim.subscribe("op");
    sim.send_tool_result(id, "call_1");
    sim.unsubscribe(id);
    sim.subscribe("op");
    sim.ready();
    assert!(sim.log().iter().all(|line| !line.contains("call_1")));
}

#[test]
fn mx_47_nothing_else_is_kept_for_later() {
    let mut sim = MuxSim::new(config());
    let id = sim.subscribe("op");
    assert!(!sim.mux.send_tool_confirmation(id, "call_1".to_owned(), true));
    assert!(!sim.mux.send_user_input(id, "request_1".to_owned(), "yes".to_owned()));
    assert!(!sim.mux.send_document("{}".to_owned()));
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
fn an_abandoned_wait_closes_a_connection_that_nobody_needs() {
    let mut sim = MuxSim::new(config());
    sim.connect();
    sim.call(|mux, now| mux.abandon_connect(now));
    sim.log();
    sim.advance(0);
    assert_eq!(sim.log(), ["hangup 1000 Client disconnect", "mux status disconnected", "mux disconnected"]);
}

#[test]
fn what_an_older_socket_still_says_is_ignored() {
    let mut sim = MuxSim::subscribed();
    let old = sim.dial.expect("a socket");
    sim.close(1006, "");
    sim.advance_to_dial();
    sim.log();
    sim.input(Input::Closed { dial: old, code: 1006, reason: String::new() });
    sim.input(Input::Faulted { dial: old });
    assert!(sim.log().is_empty());
}

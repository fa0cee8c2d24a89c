//! What follows a socket that is lost and a token that is refused.

use agent_gateway_client::link::Reason;
use agent_gateway_client::machine::Answer;
use agent_gateway_client::v2::MuxConfig;

use crate::support::{MuxSim, config};

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
    assert_eq!(sim.mux.snapshot().reason, Some(Reason::AuthFailed));
}

#[test]
fn v2_c1_a_subscription_of_an_unavailable_mux_is_told_so_a_moment_later() {
    let mut sim = MuxSim::unavailable();
    let id = sim.subscribe("op");
    assert!(sim.log().is_empty());
    assert_eq!(sim.mux.subscription(id).expect("it exists").status.as_str(), "disconnected");
    sim.advance(0);
    assert_eq!(sim.log(), ["1 error unavailable The gateway does not serve this protocol"]);
    assert_eq!(sim.deadline_in(), None);
}

#[test]
fn v2_c1_a_subscription_that_left_before_is_told_nothing_more() {
    let mut sim = MuxSim::unavailable();
    let id = sim.subscribe("op");
    sim.unsubscribe(id);
    sim.log();
    sim.advance(0);
    assert!(sim.log().is_empty());
    assert_eq!(sim.deadline_in(), None);
}

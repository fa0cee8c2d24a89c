//! V1-10 to V1-13: the token is presented, accepted, refused, expired.

use agent_gateway_client::v1::Config;

use crate::support::{Sim, config};
use crate::{AUTH, DIAL, HANGUP, RESUME};

#[test]
fn v1_10_an_open_socket_presents_the_token_first() {
    let mut sim = Sim::new(Config { client_id: Some("tab-1".to_owned()), ..config() });
    sim.connect();
    sim.log();
    sim.open();
    assert_eq!(sim.log(), ["status authenticating", r#"send {"type":"auth","token":"t1","clientId":"tab-1"}"#]);
}

#[test]
fn v1_11_an_accepted_token_resumes_and_then_tells_connected() {
    let mut sim = Sim::new(config());
    sim.connect();
    sim.open();
    assert_eq!(sim.log(), ["status connecting", DIAL, "status authenticating", AUTH]);
    sim.receive(r#"{"type":"auth_success"}"#);
    assert_eq!(sim.log(), ["status connected", RESUME, "connected"]);
}

#[test]
fn v1_11_a_second_acceptance_changes_nothing() {
    let mut sim = Sim::connected(config());
    sim.receive(r#"{"type":"auth_success"}"#);
    assert_eq!(sim.log(), [""; 0]);
}

#[test]
fn v1_12_a_refused_token_ends_the_session() {
    let mut sim = Sim::new(config());
    sim.connect();
    sim.open();
    sim.log();
    sim.receive(r#"{"type":"auth_failed","reason":"invalid token"}"#);
    assert_eq!(
        sim.log(),
        ["auth_failed invalid token", HANGUP, "status disconnected", "disconnected", "done auth_failed auth_failed"]
    );
    assert_eq!(sim.done[0].reason.as_deref(), Some("invalid token"));
    assert_eq!(sim.deadline_in(), None);
}

#[test]
fn v1_13_an_expired_token_is_told_and_the_socket_waits_for_the_application() {
    let mut sim = Sim::new(config());
    sim.connect();
    sim.open();
    sim.log();
    sim.receive(r#"{"type":"auth_expired"}"#);
    assert_eq!(sim.log(), ["auth_expired"]);
    sim.update_token("t2");
    sim.reconnect();
    assert_eq!(sim.log(), [HANGUP, "status connecting", DIAL]);
}

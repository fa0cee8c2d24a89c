//! V1-01 to V1-06: what the application calls.

use agent_gateway_client::machine::Input;
use agent_gateway_client::v1::Config;

use crate::support::{Sim, config, end, resume_complete};
use crate::{DIAL, HANGUP};

#[test]
fn v1_01_connect_does_nothing_while_connecting_or_connected() {
    let mut sim = Sim::new(config());
    sim.connect();
    sim.log();
    sim.connect();
    assert_eq!(sim.log(), [""; 0]);
    sim.authenticate();
    sim.log();
    sim.connect();
    assert_eq!(sim.log(), [""; 0]);
}

#[test]
fn v1_02_connect_dials_at_once_and_cuts_a_pending_backoff_short_without_resetting_it() {
    let mut sim = Sim::new(config());
    sim.connect();
    assert_eq!(sim.log(), ["status connecting", DIAL]);
    sim.close(1006, "");
    sim.log();
    sim.connect();
    assert_eq!(sim.log(), ["status connecting", DIAL]);
    sim.close(1006, "");
    assert_eq!(sim.log(), ["status reconnecting", "reconnecting 2000"]);
}

#[test]
fn v1_02_connect_while_authenticating_opens_no_second_socket() {
    let mut sim = Sim::new(config());
    sim.connect();
    sim.open();
    sim.log();
    sim.connect();
    assert_eq!(sim.log(), [""; 0]);
}

#[test]
fn v1_03_disconnect_closes_and_says_so() {
    let mut sim = Sim::connected(config());
    sim.disconnect();
    assert_eq!(sim.log(), [HANGUP, "status disconnected", "disconnected", "done disconnected disconnect"]);
    assert_eq!(sim.deadline_in(), None);
}

#[test]
fn v1_04_reconnect_replaces_the_socket_at_once_and_resets_the_backoff() {
    let mut sim = Sim::connected(config());
    sim.reconnect();
    assert_eq!(sim.log(), [HANGUP, "status connecting", DIAL]);
    sim.close(1006, "");
    assert_eq!(sim.log(), ["status reconnecting", "reconnecting 1000"]);
}

#[test]
fn v1_05_update_token_is_used_by_the_next_auth() {
    let mut sim = Sim::connected(config());
    sim.update_token("t2");
    assert_eq!(sim.log(), [""; 0]);
    sim.reconnect();
    sim.log();
    sim.open();
    assert_eq!(sim.log(), ["status authenticating", r#"send {"type":"auth","token":"t2"}"#]);
}

#[test]
fn v1_06_a_socket_that_cannot_be_created_is_retried_without_a_disconnected_event() {
    let mut sim = Sim::new(config());
    sim.connect();
    sim.log();
    let dial = sim.dial.unwrap();
    sim.input(Input::Refused { dial, detail: "bad URL".to_owned() });
    assert_eq!(sim.log(), ["status disconnected", "reconnecting 1000"]);
    sim.advance(1_000);
    assert_eq!(sim.log(), ["status connecting", DIAL]);
}

#[test]
fn v1_06_a_socket_that_cannot_be_created_ends_the_cycle_where_no_retry_is_wanted() {
    let mut sim = Sim::new(Config { auto_reconnect: false, ..config() });
    sim.connect();
    sim.log();
    let dial = sim.dial.unwrap();
    sim.input(Input::Refused { dial, detail: "bad URL".to_owned() });
    assert_eq!(sim.log(), ["status disconnected", "done disconnected connection_lost"]);
    assert_eq!(sim.deadline_in(), None);
}

#[test]
fn a_cycle_can_be_run_again_after_it_ended() {
    let mut sim = Sim::connected(config());
    sim.receive(&end(1, "op", "done"));
    sim.log();
    sim.connect();
    assert_eq!(sim.log(), ["status connecting", DIAL]);
    sim.authenticate();
    assert_eq!(sim.log()[3], r#"send {"type":"resume","lastEventId":"1","wantStatus":true}"#);
    sim.receive(&resume_complete("completed"));
    assert_eq!(sim.done.len(), 2);
}

//! V1-17, V1-20 to V1-24, V1-26, V1-27: heartbeats, losses and what is sent.

use agent_gateway_client::machine::Input;
use agent_gateway_client::v1::Config;

use crate::support::{START, Sim, chunk_at, config};
use crate::{DIAL, HANGUP};

#[test]
fn v1_17_an_acknowledged_heartbeat_starts_the_count_anew() {
    let mut sim = Sim::connected(config());
    for _ in 0..20 {
        sim.advance(30_000);
        assert_eq!(sim.log(), [r#"send {"type":"heartbeat"}"#]);
        sim.receive(r#"{"type":"heartbeat_ack"}"#);
    }
}

#[test]
fn v1_20_a_heartbeat_is_sent_every_thirty_seconds() {
    let mut sim = Sim::connected(config());
    sim.advance(29_999);
    assert_eq!(sim.log(), [""; 0]);
    sim.advance(1);
    assert_eq!(sim.log(), [r#"send {"type":"heartbeat"}"#]);
}

#[test]
fn v1_21_the_fourth_unanswered_tick_redials() {
    let mut sim = Sim::connected(config());
    sim.advance(119_999);
    assert_eq!(sim.log(), [r#"send {"type":"heartbeat"}"#; 3]);
    sim.advance(1);
    assert_eq!(sim.log(), [HANGUP, "status reconnecting", "reconnecting 1000"]);
    sim.advance(1_000);
    assert_eq!(sim.log(), ["status connecting", DIAL]);
}

#[test]
fn v1_21_the_fourth_unanswered_tick_ends_it_where_no_retry_is_wanted() {
    let mut sim = Sim::connected(Config { auto_reconnect: false, ..config() });
    sim.advance(120_000);
    assert_eq!(sim.log()[3..], [HANGUP, "status disconnected", "disconnected", "done disconnected connection_lost"]);
}

#[test]
fn v1_22_a_lost_socket_is_replaced_with_a_growing_delay() {
    let mut sim = Sim::connected(config());
    for delay in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
        sim.close(1006, "");
        assert_eq!(sim.log(), ["status reconnecting".to_owned(), format!("reconnecting {delay}")]);
        sim.advance(delay - 1);
        assert_eq!(sim.log(), [""; 0]);
        sim.advance(1);
        assert_eq!(sim.log(), ["status connecting", DIAL]);
    }
}

#[test]
fn v1_22_a_lost_socket_ends_it_where_no_retry_is_wanted() {
    let mut sim = Sim::connected(Config { auto_reconnect: false, ..config() });
    sim.close(1006, "");
    assert_eq!(sim.log(), ["status disconnected", "disconnected", "done disconnected connection_lost"]);
}

#[test]
fn v1_23_a_socket_error_is_told_and_the_close_follows() {
    let mut sim = Sim::connected(config());
    let dial = sim.dial.unwrap();
    sim.input(Input::Faulted { dial });
    assert_eq!(sim.log(), ["error socket_error"]);
}

#[test]
fn v1_24_the_retry_timer_dials() {
    let mut sim = Sim::connected(config());
    sim.close(1006, "");
    sim.log();
    sim.advance(1_000);
    assert_eq!(sim.log(), ["status connecting", DIAL]);
}

#[test]
fn v1_26_a_tool_result_is_sent_on_an_open_socket_only() {
    let mut sim = Sim::new(config());
    assert!(!sim.send_tool_result("call_1"));
    sim.connect();
    assert!(!sim.send_tool_result("call_1"));
    sim.authenticate();
    sim.log();
    assert!(sim.send_tool_result("call_1"));
    assert_eq!(sim.log(), [r#"send {"content":"ok","success":true,"toolCallId":"call_1","type":"tool_result"}"#]);
}

#[test]
fn v1_27_an_older_sockets_frames_and_closes_mean_nothing() {
    let mut sim = Sim::connected(config());
    let old = sim.dial.unwrap();
    sim.reconnect();
    sim.log();
    sim.receive_on(old, &chunk_at(1, "late", START));
    sim.receive_on(old, "{oops");
    sim.input(Input::Opened { dial: old });
    sim.input(Input::Faulted { dial: old });
    sim.input(Input::Closed { dial: old, code: 1008, reason: "late".to_owned() });
    assert_eq!(sim.log(), [""; 0]);
}

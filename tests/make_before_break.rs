#![cfg(not(target_family = "wasm"))]
//! A second socket takes over from one that is silent, or that is replaced from time to time, before that one is closed.

#[path = "support/mux.rs"]
mod mux;
mod support;

use agent_gateway_client::link::{Reason, Status};
use agent_gateway_client::machine::{DialId, Input, Wake};
use agent_gateway_client::v1::Config;
use agent_gateway_client::v2::MuxConfig;
use mux::MuxSim;
use support::{Sim, asking, chunk_at, config, resume_complete};

const DIAL: &str = "dial wss://g/ws?operationId=op";
const HANGUP: &str = "hangup 1000 Client disconnect";
const PING: &str = r#"send {"type":"heartbeat"}"#;
const RESUME_FROM_1: &str = r#"send {"type":"resume","lastEventId":"1","wantStatus":true}"#;
const RESUME_FROM_START: &str = r#"send {"type":"resume","lastEventId":"","wantStatus":true}"#;
const AUTH: &str = r#"send {"type":"auth","token":"t1"}"#;

/// A connected session whose probe stayed unanswered, and its first socket.
fn silent() -> (Sim, DialId) {
    let mut sim = Sim::connected(config());
    sim.receive(&resume_complete("running"));
    sim.chunk(1, "a");
    let first = sim.dial.expect("a socket");
    sim.wake(Wake::Visible);
    sim.advance(4_000);
    sim.log();
    (sim, first)
}

/// A connected session that replaces its socket every minute.
fn rotating() -> Sim {
    let mut sim = Sim::connected(Config { rotate_after: Some(60_000), ..config() });
    sim.receive(&resume_complete("running"));
    sim.chunk(1, "a");
    sim.log();
    sim
}

/// Lets time pass while the gateway acknowledges every heartbeat.
fn pass(sim: &mut Sim, millis: u64) {
    for _ in 0..millis / 1_000 {
        sim.advance(1_000);
        let log = sim.log();
        if log.iter().any(|line| line == PING) {
            sim.receive(r#"{"type":"heartbeat_ack"}"#);
        }
    }
}

fn status(sim: &Sim) -> Status {
    sim.session.snapshot().status
}

#[test]
fn a_silent_socket_is_closed_when_the_second_is_accepted_and_the_status_stays() {
    let (mut sim, first) = silent();
    sim.open();
    assert_eq!(sim.log(), [AUTH]);
    sim.receive_on(first, &chunk_at(2, "b", support::START + 2));
    assert_eq!(sim.events(), ["b"], "the first carries the run until then");
    sim.receive(r#"{"type":"auth_success"}"#);
    assert_eq!(sim.log(), [HANGUP, r#"send {"type":"resume","lastEventId":"2","wantStatus":true}"#]);
    assert_eq!(status(&sim), Status::Connected);
}

#[test]
fn what_both_sockets_bring_is_told_once_and_what_neither_told_is_replayed() {
    let (mut sim, first) = silent();
    sim.receive_on(first, &chunk_at(2, "b", support::START + 2));
    sim.authenticate();
    sim.receive_on(first, &chunk_at(3, "late", support::START + 3));
    sim.log();
    sim.chunk(2, "b");
    sim.chunk(3, "c");
    sim.receive(&resume_complete("running"));
    assert_eq!(sim.events(), ["c"]);
}

#[test]
fn a_silent_socket_whose_successor_fails_is_lost() {
    let (mut sim, _) = silent();
    sim.close(1006, "");
    assert_eq!(sim.log(), [HANGUP, "status reconnecting", "reconnecting 1000"]);
    assert_eq!(sim.session.snapshot().reason, Some(Reason::ProbeTimeout));
}

#[test]
fn a_successor_that_is_never_accepted_is_given_up_after_ten_seconds() {
    let (mut sim, _) = silent();
    sim.advance(10_000);
    assert_eq!(sim.log(), [HANGUP, HANGUP, "status reconnecting", "reconnecting 1000"]);
}

#[test]
fn a_first_socket_that_dies_leaves_the_second_to_go_on_alone() {
    let (mut sim, first) = silent();
    sim.input(Input::Closed { dial: first, code: 1006, reason: String::new() });
    assert_eq!(sim.log(), ["status reconnecting", "reconnecting 0", "status connecting"]);
    sim.authenticate();
    assert_eq!(sim.log(), ["status authenticating", AUTH, "status connected", RESUME_FROM_1, "connected"]);
}

#[test]
fn disconnect_closes_both_sockets() {
    let (mut sim, _) = silent();
    sim.disconnect();
    assert_eq!(sim.log()[..2], [HANGUP, HANGUP]);
    assert_eq!(sim.session.snapshot().status, Status::Disconnected);
}

#[test]
fn the_page_cache_closes_both_sockets() {
    let (mut sim, _) = silent();
    sim.wake(Wake::Hidden);
    assert_eq!(sim.log()[..2], [HANGUP, HANGUP]);
}

#[test]
fn a_device_that_is_offline_dials_no_second_socket() {
    let mut sim = Sim::connected(config());
    sim.wake(Wake::Visible);
    sim.wake(Wake::Offline);
    sim.log();
    sim.advance(4_000);
    assert_eq!(sim.log()[..2], [HANGUP, "status reconnecting"]);
}

#[test]
fn without_reconnecting_a_silent_socket_is_simply_lost() {
    let mut sim = Sim::connected(Config { auto_reconnect: false, ..config() });
    sim.wake(Wake::Visible);
    sim.log();
    sim.advance(4_000);
    assert_eq!(sim.log()[..2], [HANGUP, "status disconnected"]);
}

#[test]
fn a_socket_is_replaced_when_it_has_stood_for_as_long_as_it_may() {
    let mut sim = rotating();
    pass(&mut sim, 59_000);
    sim.advance(999);
    assert!(!sim.log().contains(&DIAL.to_owned()));
    sim.advance(1);
    assert!(sim.log().contains(&DIAL.to_owned()));
    sim.authenticate();
    assert_eq!(sim.log(), [AUTH, HANGUP, RESUME_FROM_1]);
    assert_eq!(status(&sim), Status::Connected);
}

#[test]
fn a_rotation_that_fails_leaves_the_first_socket_and_is_tried_again_ten_seconds_later() {
    let mut sim = rotating();
    pass(&mut sim, 60_000);
    sim.close(1006, "");
    assert_eq!(sim.log(), [""; 0]);
    pass(&mut sim, 9_000);
    sim.advance(1_000);
    assert!(sim.log().contains(&DIAL.to_owned()));
}

#[test]
fn a_rotation_that_is_due_while_the_device_is_offline_follows_when_it_is_not() {
    let mut sim = rotating();
    sim.wake(Wake::Offline);
    pass(&mut sim, 65_000);
    assert_eq!(sim.dial, Some(DialId(0)), "nothing is dialled while the device is offline");
    sim.wake(Wake::Online);
    sim.receive(r#"{"type":"heartbeat_ack"}"#);
    pass(&mut sim, 10_000);
    assert_eq!(sim.dial, Some(DialId(1)));
}

#[test]
fn without_reconnecting_nothing_is_rotated() {
    let mut sim = Sim::connected(Config { auto_reconnect: false, rotate_after: Some(60_000), ..config() });
    pass(&mut sim, 90_000);
    assert_eq!(sim.dial, Some(DialId(0)));
    assert_eq!(sim.deadline_in(), Some(30_000), "nothing but the next heartbeat is waited for");
}

#[test]
fn a_mux_that_heard_nothing_of_the_network_while_it_was_idle_redials() {
    let mut sim = MuxSim::subscribed();
    sim.wake(Wake::Offline);
    sim.disconnect();
    sim.connect();
    sim.ready();
    sim.wake(Wake::Visible);
    sim.advance(4_000);
    assert_eq!(sim.dial, Some(DialId(2)), "a second socket is dialled beside a silent one");
    sim.ready();
    sim.close(1006, "");
    sim.advance_to_dial();
}

#[test]
fn a_successor_whose_token_is_refused_leaves_the_first_and_the_next_asks_for_a_fresh_one() {
    let mut sim = Sim::connected(Config { rotate_after: Some(60_000), ..asking() });
    pass(&mut sim, 60_000);
    sim.open();
    sim.receive(r#"{"type":"auth_failed","reason":"no"}"#);
    assert_eq!(sim.log(), [AUTH, HANGUP]);
    assert_eq!(status(&sim), Status::Connected);
    pass(&mut sim, 9_000);
    sim.advance(1_000);
    assert!(sim.log().contains(&"ask expired".to_owned()));
    sim.answer_token("t2");
    assert_eq!(sim.log(), [DIAL]);
}

#[test]
fn a_tool_result_that_the_first_socket_may_have_lost_is_sent_again_on_the_second() {
    let (mut sim, _) = silent();
    sim.send_tool_result("call");
    sim.log();
    sim.authenticate();
    assert!(sim.log().iter().any(|line| line.contains("tool_result")));
}

#[test]
fn rotation_never_puts_off_the_question_what_the_ids_of_a_silent_run_mean() {
    let mut sim = Sim::connected(Config { rotate_after: Some(5_000), last_event_id: "9".to_owned(), ..config() });
    let mut asked_from_the_start = false;
    for _ in 0..20 {
        sim.advance(1_000);
        for line in sim.log() {
            asked_from_the_start |= line == RESUME_FROM_START;
            if line == DIAL {
                sim.authenticate();
                sim.receive(&resume_complete("running"));
            }
        }
    }
    assert!(asked_from_the_start);
}

#[test]
fn a_question_that_the_first_socket_had_no_time_to_answer_is_asked_on_the_second() {
    let mut sim = Sim::connected(Config { rotate_after: Some(14_990), last_event_id: "9".to_owned(), ..config() });
    sim.receive(&resume_complete("running"));
    sim.advance(14_990);
    sim.log();
    sim.advance(10);
    assert_eq!(sim.log(), [RESUME_FROM_START], "the first is asked");
    sim.authenticate();
    assert!(sim.log().iter().any(|line| line == RESUME_FROM_START), "and so is the second");
}

#[test]
fn a_mux_asks_on_the_second_socket_what_the_first_had_no_time_to_answer() {
    let from_start = r#"send {"type":"subscribe","operationId":"op"}"#.to_owned();
    let mut sim = MuxSim::new(MuxConfig { rotate_after: Some(14_990), ..mux::config() });
    sim.subscribe_from("op", "9", false);
    sim.ready();
    sim.resumed("op", "running");
    sim.advance(14_990);
    sim.log();
    sim.advance(10);
    assert!(sim.log().contains(&from_start), "the first is asked");
    sim.ready();
    assert!(sim.log().contains(&from_start), "and so is the second");
}

#[test]
fn a_mux_takes_every_subscription_over_and_tells_none_of_it() {
    let mut sim = MuxSim::subscribed();
    sim.subscribe("other");
    sim.chunk("op", 1);
    sim.wake(Wake::Visible);
    sim.advance(4_000);
    sim.log();
    sim.ready();
    assert_eq!(
        sim.log(),
        [
            HANGUP,
            r#"send {"type":"subscribe","operationId":"op","lastEventId":"1"}"#,
            r#"send {"type":"subscribe","operationId":"other"}"#,
        ]
    );
}

#[test]
fn a_mux_rotates_with_a_fresh_token_and_loses_nothing_between() {
    let mut sim = MuxSim::new(MuxConfig { rotate_after: Some(20_000), ..mux::config() });
    sim.subscribe("op");
    sim.ready();
    sim.resumed("op", "running");
    sim.chunk("op", 1);
    let first = sim.dial;
    sim.log();
    sim.advance(20_000);
    assert_eq!(sim.log(), ["ask initial", "dial wss://g/v2/ws?token=t2&clientId=tab"]);
    let second = std::mem::replace(&mut sim.dial, first);
    sim.chunk("op", 2);
    sim.dial = second;
    sim.ready();
    sim.log();
    for id in [2, 3] {
        sim.chunk("op", id);
    }
    let events = sim.log();
    assert_eq!(events.iter().filter(|line| line.contains("event")).count(), 1, "{events:?}");
}

#[test]
fn a_mux_whose_second_socket_is_refused_goes_on_with_the_first() {
    let mut sim = MuxSim::new(MuxConfig { rotate_after: Some(20_000), ..mux::config() });
    sim.subscribe("op");
    sim.ready();
    sim.resumed("op", "running");
    sim.advance(20_000);
    sim.log();
    sim.close(4401, "auth_expired");
    assert_eq!(sim.log(), [""; 0]);
    sim.advance(10_000);
    assert!(sim.log().contains(&"ask expired".to_owned()));
}

#[test]
fn a_token_that_the_hub_calls_expired_is_asked_for_with_that_reason() {
    let mut sim = MuxSim::subscribed();
    sim.close(4401, "auth_expired");
    sim.advance(1_000);
    assert!(sim.log().contains(&"ask expired".to_owned()));
}

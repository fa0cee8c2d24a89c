#![cfg(not(target_family = "wasm"))]
//! Dead needs evidence: sleep, throttled timers, networks that come and go, pages that are frozen.

mod support;

use agent_gateway_client::link::{Reason, Status};
use agent_gateway_client::machine::Wake;
use agent_gateway_client::v1::Config;
use support::*;

const DIAL: &str = "dial wss://g/ws?operationId=op";
const HANGUP: &str = "hangup 1000 Client disconnect";
const PING: &str = r#"send {"type":"heartbeat"}"#;
const ACK: &str = r#"{"type":"heartbeat_ack"}"#;

fn reason(sim: &Sim) -> Option<Reason> {
    sim.session.snapshot().reason
}

#[test]
fn a_socket_that_does_not_open_in_ten_seconds_is_replaced() {
    let mut sim = Sim::new(config());
    sim.connect();
    sim.log();
    sim.advance(9_999);
    assert_eq!(sim.log(), [""; 0]);
    sim.advance(1);
    assert_eq!(sim.log(), [HANGUP, "status reconnecting", "reconnecting 1000"]);
    assert_eq!(reason(&sim), Some(Reason::ConnectTimeout));
}

#[test]
fn a_gateway_that_does_not_accept_the_token_in_ten_seconds_is_left() {
    let mut sim = Sim::new(config());
    sim.connect();
    sim.advance(3_000);
    sim.open();
    sim.log();
    sim.advance(7_000);
    assert_eq!(sim.log(), [HANGUP, "status reconnecting", "reconnecting 1000"]);
    assert_eq!(reason(&sim), Some(Reason::AuthTimeout));
}

#[test]
fn a_half_open_socket_is_noticed_four_seconds_after_waking() {
    for wake in [Wake::Visible, Wake::Resumed, Wake::Shown, Wake::Online] {
        let mut sim = Sim::connected(config());
        sim.sleep(20_000);
        sim.log();
        sim.wake(wake);
        assert_eq!(sim.log(), [PING], "{wake:?}");
        sim.advance(3_999);
        assert_eq!(sim.log(), [""; 0], "{wake:?}");
        sim.advance(1);
        assert_eq!(sim.log(), [DIAL], "{wake:?}");
        sim.authenticate();
        assert_eq!(sim.log()[1], HANGUP, "{wake:?}");
    }
}

#[test]
fn a_socket_that_answers_the_probe_stays() {
    let mut sim = Sim::connected(config());
    sim.wake(Wake::Visible);
    sim.advance(3_999);
    sim.receive(ACK);
    sim.log();
    sim.advance(20_000);
    assert_eq!(sim.log(), [""; 0]);
}

#[test]
fn an_acknowledgement_of_an_older_heartbeat_does_not_answer_the_probe() {
    let mut sim = Sim::connected(config());
    sim.advance(30_000);
    sim.wake(Wake::Visible);
    sim.receive(ACK);
    sim.log();
    sim.advance(4_000);
    assert_eq!(sim.log(), [DIAL]);
}

#[test]
fn waking_twice_sends_one_probe() {
    let mut sim = Sim::connected(config());
    sim.wake(Wake::Visible);
    sim.wake(Wake::Online);
    assert_eq!(sim.log(), [PING]);
}

#[test]
fn a_connecting_socket_is_left_alone_when_the_page_wakes() {
    let mut sim = Sim::new(config());
    sim.connect();
    sim.log();
    sim.wake(Wake::Visible);
    sim.wake(Wake::Online);
    assert_eq!(sim.log(), [""; 0]);
}

#[test]
fn waking_during_a_backoff_dials_at_once() {
    let mut sim = Sim::connected(config());
    sim.close(1006, "");
    sim.log();
    sim.wake(Wake::Visible);
    assert_eq!(sim.log(), ["status connecting", DIAL]);
}

#[test]
fn a_jump_of_the_clock_probes_instead_of_counting() {
    let mut sim = Sim::connected(config());
    sim.sleep(3_600_000);
    assert_eq!(sim.log(), [PING]);
    sim.receive(ACK);
    sim.advance(29_000);
    assert_eq!(sim.log(), [""; 0]);
}

#[test]
fn a_jump_of_the_clock_finds_a_socket_that_died_meanwhile() {
    let mut sim = Sim::connected(config());
    sim.sleep(3_600_000);
    sim.log();
    sim.advance(4_000);
    assert_eq!(sim.log(), [DIAL]);
}

#[test]
fn a_probe_whose_deadline_was_slept_through_is_repeated() {
    let mut sim = Sim::connected(config());
    sim.wake(Wake::Visible);
    sim.log();
    sim.sleep(60_000);
    assert_eq!(sim.log(), [PING], "the answer may lie in the queue");
    sim.receive(ACK);
    sim.receive(ACK);
    sim.advance(20_000);
    assert_eq!(sim.log(), [""; 0]);
}

#[test]
fn a_hidden_tab_with_one_timer_a_minute_declares_nothing_dead() {
    let mut sim = Sim::connected(config());
    for _ in 0..10 {
        sim.sleep(60_000);
        let pings = sim.log();
        assert!(pings.iter().all(|line| line == PING), "{pings:?}");
        for _ in pings {
            sim.receive(ACK);
        }
    }
    assert_eq!(sim.session.snapshot().status, Status::Connected);
}

#[test]
fn a_socket_that_died_in_a_hidden_tab_is_replaced_within_five_seconds_of_waking() {
    for silent_minutes in 0..=3 {
        let mut sim = Sim::connected(config());
        for minute in 0..10 {
            sim.sleep(60_000);
            let pings = sim.log();
            assert!(pings.iter().all(|line| line == PING), "{pings:?}");
            if minute + silent_minutes < 10 {
                pings.iter().for_each(|_| sim.receive(ACK));
            }
        }
        let dead = sim.dial;
        sim.wake(Wake::Visible);
        sim.advance(5_000);
        assert_ne!(sim.dial, dead, "silent for {silent_minutes} minutes");
    }
}

#[test]
fn a_handshake_that_was_slept_through_gets_one_more_chance() {
    let mut sim = Sim::new(config());
    sim.connect();
    sim.log();
    sim.sleep(60_000);
    assert_eq!(sim.log(), [""; 0]);
    sim.sleep(60_000);
    assert_eq!(sim.log()[0], HANGUP);
}

#[test]
fn offline_stops_dialling_and_online_dials() {
    let mut sim = Sim::connected(config());
    sim.wake(Wake::Offline);
    assert_eq!(sim.log(), [""; 0], "an open socket is not given up on a rumour");
    sim.close(1006, "");
    sim.log();
    assert_eq!(reason(&sim), Some(Reason::Offline));
    assert_eq!(sim.deadline_in(), None);
    sim.advance(3_600_000);
    sim.wake(Wake::Visible);
    assert_eq!(sim.log(), [""; 0]);
    sim.wake(Wake::Online);
    assert_eq!(sim.log(), ["status connecting", DIAL]);
}

#[test]
fn offline_during_a_backoff_stops_it() {
    let mut sim = Sim::connected(config());
    sim.close(1006, "");
    sim.log();
    sim.wake(Wake::Offline);
    sim.advance(60_000);
    assert_eq!(sim.log(), [""; 0]);
    assert_eq!(sim.session.snapshot().retry_at, None);
}

#[test]
fn the_application_may_dial_while_offline() {
    let mut sim = Sim::new(config());
    sim.wake(Wake::Offline);
    sim.connect();
    assert_eq!(sim.log(), ["status connecting", DIAL]);
}

#[test]
fn a_client_that_heard_nothing_of_the_network_while_it_was_idle_redials() {
    for again in [Sim::connect, Sim::reconnect] {
        let mut sim = Sim::connected(config());
        sim.wake(Wake::Offline);
        sim.disconnect();
        again(&mut sim);
        sim.close(1006, "");
        assert_eq!(sim.deadline_in(), Some(1_000), "after an attempt that came to nothing");
        sim.advance(1_000);
        sim.authenticate();
        sim.close(1006, "");
        assert_eq!(sim.deadline_in(), Some(1_000), "after a connection");
    }
}

#[test]
fn one_that_is_told_to_dial_while_offline_dials_once() {
    for again in [Sim::connect, Sim::reconnect] {
        let mut sim = Sim::connected(config());
        sim.wake(Wake::Offline);
        sim.close(1006, "");
        again(&mut sim);
        sim.close(1006, "");
        assert_eq!(sim.deadline_in(), None, "the network is waited for");
        sim.wake(Wake::Online);
        sim.authenticate();
    }
}

#[test]
fn a_socket_that_is_accepted_while_offline_proves_the_network() {
    let mut sim = Sim::new(config());
    sim.connect();
    sim.wake(Wake::Offline);
    sim.authenticate();
    sim.close(1006, "");
    assert_eq!(sim.deadline_in(), Some(1_000));
}

#[test]
fn a_page_in_the_cache_has_no_socket_and_comes_back_from_its_cursor() {
    let mut sim = Sim::connected(config());
    sim.chunk(1, "1");
    sim.log();
    sim.wake(Wake::Hidden);
    assert_eq!(sim.log(), [HANGUP, "status reconnecting"]);
    assert_eq!((reason(&sim), sim.deadline_in()), (Some(Reason::PageHidden), None));
    sim.wake(Wake::Online);
    assert_eq!(sim.log(), [""; 0], "a cached page does not dial");
    sim.wake(Wake::Shown);
    assert_eq!(sim.log(), ["status connecting", DIAL]);
    sim.authenticate();
    assert!(sim.log().contains(&r#"send {"type":"resume","lastEventId":"1","wantStatus":true}"#.to_owned()));
}

#[test]
fn a_page_that_comes_back_offline_says_that_it_waits_for_the_network() {
    let mut sim = Sim::connected(config());
    sim.wake(Wake::Offline);
    sim.wake(Wake::Hidden);
    sim.log();
    sim.wake(Wake::Shown);
    assert_eq!((sim.log(), reason(&sim)), (vec![], Some(Reason::Offline)));
    sim.wake(Wake::Online);
    assert_eq!(sim.log(), ["status connecting", DIAL]);
}

#[test]
fn a_page_without_a_connection_goes_into_the_cache_unnoticed() {
    let mut sim = Sim::new(config());
    for wake in [Wake::Hidden, Wake::Shown, Wake::Visible, Wake::Online] {
        sim.wake(wake);
    }
    assert_eq!(sim.log(), [""; 0]);
}

#[test]
fn a_token_that_is_awaited_when_the_page_is_cached_is_asked_for_again() {
    let mut sim = Sim::new(Config { token: None, ..asking() });
    sim.connect();
    sim.log();
    sim.wake(Wake::Hidden);
    assert_eq!(sim.log(), ["withdraw", "status reconnecting"]);
    sim.wake(Wake::Shown);
    assert_eq!(sim.log(), ["status connecting", "ask initial"]);
}

#[test]
fn a_snapshot_tells_since_when_how_often_and_until_when() {
    let mut sim = Sim::connected(config());
    sim.advance(5_000);
    sim.close(1006, "");
    let snapshot = sim.session.snapshot();
    assert_eq!((snapshot.status, snapshot.attempt), (Status::Reconnecting, 1));
    assert_eq!(snapshot.since.as_millis(), sim.now);
    assert_eq!(snapshot.retry_at.unwrap().as_millis(), sim.now + 1_000);
    assert_eq!(snapshot.reason, Some(Reason::ConnectionLost));
    sim.advance(1_000);
    sim.authenticate();
    let snapshot = sim.session.snapshot();
    assert_eq!((snapshot.status, snapshot.attempt, snapshot.reason), (Status::Connected, 0, None));
}

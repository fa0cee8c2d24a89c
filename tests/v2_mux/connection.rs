//! From `connect()` to `ready`: the token, the dial, the socket.

use agent_gateway_client::link::Token;
use agent_gateway_client::machine::{Answer, Input, Wake};

use crate::support::{MuxSim, config};

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
fn mx_05_mx_10_ready_alone_proves_a_connection_whether_or_not_the_socket_said_that_it_opened() {
    let mut sim = MuxSim::new(config());
    sim.connect();
    sim.log();
    sim.receive(r#"{"type":"ready","userId":"u","connectionId":"c","protocol":2}"#);
    assert_eq!(sim.log(), ["mux status connected", "mux connected", "mux waiters_resolved"]);
    sim.open();
    assert_eq!(sim.log(), [""; 0], "a late word of it changes nothing");
    assert!(sim.mux.is_ready());
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
fn mx_01_connect_on_an_unavailable_mux_is_refused_and_dials_nothing() {
    let mut sim = MuxSim::unavailable();
    assert!(!sim.connect());
    assert_eq!(sim.log(), [""; 0]);
    assert_eq!(sim.deadline_in(), None);
}

#[test]
fn mx_04_every_dial_asks_for_a_token_of_its_own() {
    let mut sim = MuxSim::subscribed();
    for token in ["t2", "t3"] {
        sim.close(1006, "");
        sim.log();
        sim.advance_to_dial();
        assert_eq!(sim.log(), ["ask initial".to_owned(), DIAL.replace("t1", token)]);
        sim.ready();
    }
}

#[test]
fn mx_04_while_a_dial_is_under_way_nothing_begins_another() {
    let mut sim = MuxSim::new(config());
    sim.gives_tokens = false;
    sim.connect();
    assert_eq!(sim.log(), ["mux status connecting", "ask initial"]);
    let more = |sim: &mut MuxSim| {
        sim.connect();
        sim.subscribe("op");
        sim.call(|mux, now| mux.open_document("doc_1".to_owned(), now));
        sim.wake(Wake::Visible);
        sim.wake(Wake::Online);
        assert_eq!(sim.log(), [""; 0]);
    };
    more(&mut sim);
    sim.answer(Answer::Token(Token::read("t1")));
    assert_eq!(sim.log(), [DIAL]);
    more(&mut sim);
    sim.open();
    more(&mut sim);
}

#[test]
fn mx_05_the_token_for_an_attempt_that_was_given_up_is_thrown_away() {
    let mut sim = MuxSim::new(config());
    sim.gives_tokens = false;
    sim.connect();
    let given_up = sim.request;
    sim.disconnect();
    sim.connect();
    let current = std::mem::replace(&mut sim.request, given_up);
    sim.log();
    sim.answer(Answer::Token(Token::read("old")));
    assert_eq!(sim.log(), [""; 0]);
    sim.request = current;
    sim.answer(Answer::Token(Token::read("t1")));
    assert_eq!(sim.log(), [DIAL]);
}

#[test]
fn mx_05_the_token_is_encoded_in_the_url_of_its_socket() {
    let mut sim = MuxSim::new(config());
    sim.gives_tokens = false;
    sim.connect();
    sim.log();
    sim.answer(Answer::Token(Token::read("a+b/c=&d")));
    assert_eq!(sim.log(), [DIAL.replace("t1", "a%2Bb%2Fc%3D%26d")]);
}

#[test]
fn mx_05_a_socket_that_cannot_be_created_is_a_failed_dial() {
    let mut sim = MuxSim::new(config());
    sim.mux.watch_unavailable(true);
    sim.subscribe("op");
    for _ in 0..2 {
        sim.log();
        sim.refuse();
        assert!(sim.log().contains(&"mux reconnecting".to_owned()));
        sim.advance_to_dial();
    }
    sim.refuse();
    assert!(sim.mux.is_unavailable());
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
    sim.answer(Answer::Token(Token::read("late")));
    assert!(sim.log().is_empty());
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

#[test]
fn mx_21_a_socket_that_we_closed_is_forgotten_at_once() {
    for code in [1000, 1006, 4401] {
        let mut sim = MuxSim::subscribed();
        let closed = sim.dial.expect("a socket");
        sim.disconnect();
        assert_eq!(sim.deadline_in(), None, "nothing waits for its close");
        sim.connect();
        sim.ready();
        sim.log();
        sim.input(Input::Closed { dial: closed, code, reason: String::new() });
        assert_eq!(sim.log(), [""; 0], "{code}");
        sim.chunk("op", 1);
        assert_eq!(sim.log(), ["1 event stream_chunk 1"], "{code}");
    }
}

#[test]
fn mx_24_an_error_of_the_socket_is_told_and_only_the_close_that_follows_loses_it() {
    let mut sim = MuxSim::subscribed();
    let dial = sim.dial.expect("a socket");
    sim.input(Input::Faulted { dial });
    assert_eq!(sim.log(), ["mux error socket_error Gateway WebSocket error"]);
    sim.chunk("op", 1);
    assert_eq!(sim.log(), ["1 event stream_chunk 1"]);
    sim.close(1006, "");
    assert_eq!(sim.log()[0], "mux status connecting");
}

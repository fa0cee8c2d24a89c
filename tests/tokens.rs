#![cfg(not(target_family = "wasm"))]
//! Where tokens come from, when they are renewed, and what becomes of one that is late.

mod support;

use agent_gateway_client::link::Token;
use agent_gateway_client::machine::{Answer, Wake};
use agent_gateway_client::v1::Config;
use support::*;

const DIAL: &str = "dial wss://g/ws?operationId=op";
const HANGUP: &str = "hangup 1000 Client disconnect";
const EXPIRED: &str = r#"{"type":"auth_expired"}"#;

fn auth(token: &str) -> String {
    format!(r#"send {{"type":"auth","token":"{token}"}}"#)
}

fn failed() -> Answer {
    Answer::Failed { detail: "500".to_owned() }
}

fn unauthorized() -> Answer {
    Answer::Unauthorized { detail: "signed out".to_owned() }
}

/// A session whose token the gateway called expired, with the host asked for another.
fn refreshing() -> Sim {
    let mut sim = Sim::new(asking());
    sim.connect();
    sim.open();
    sim.log();
    sim.receive(EXPIRED);
    sim
}

#[test]
fn without_a_first_token_the_host_is_asked_before_the_dial() {
    let mut sim = Sim::new(Config { token: None, ..asking() });
    sim.connect();
    assert_eq!(sim.log(), ["status connecting", "ask initial"]);
    sim.answer_token("t2");
    assert_eq!(sim.log(), [DIAL]);
    sim.open();
    assert_eq!(sim.log(), ["status authenticating".to_owned(), auth("t2")]);
}

#[test]
fn a_token_that_is_over_by_its_own_date_is_replaced_before_the_dial() {
    let mut sim = Sim::new(Config { token: Some(Token::read(jwt(-600, -1))), ..asking() });
    sim.connect();
    assert_eq!(sim.log(), ["status connecting", "ask expired"]);
}

#[test]
fn a_held_token_dials_at_once() {
    let mut sim = Sim::new(asking());
    sim.connect();
    assert_eq!(sim.log(), ["status connecting", DIAL]);
}

#[test]
fn an_expired_token_is_replaced_on_the_same_socket() {
    let mut sim = refreshing();
    assert_eq!(sim.log(), ["ask expired"]);
    sim.answer_token("t2");
    assert_eq!(sim.log(), [auth("t2")]);
    sim.receive(r#"{"type":"auth_success"}"#);
    assert_eq!(sim.log()[0], "status connected");
}

#[test]
fn a_fresh_token_that_is_not_acknowledged_in_five_seconds_is_used_on_a_new_socket() {
    let mut sim = refreshing();
    sim.answer_token("t2");
    sim.log();
    sim.advance(5_000);
    assert_eq!(sim.log(), [HANGUP, "status reconnecting", "reconnecting 1000"]);
    sim.advance(1_000);
    sim.open();
    assert_eq!(sim.log().last().unwrap(), &auth("t2"));
}

#[test]
fn a_slow_token_that_arrives_after_the_gateway_gave_up_is_not_lost() {
    let mut sim = refreshing();
    sim.log();
    sim.advance(10_000);
    sim.receive(r#"{"type":"auth_failed","reason":"Authentication timeout"}"#);
    assert_eq!(sim.log(), [HANGUP, "status reconnecting"]);
    sim.advance(2_000);
    sim.answer_token("t2");
    assert_eq!(sim.log(), ["status connecting", DIAL]);
    sim.open();
    assert_eq!(sim.log().last().unwrap(), &auth("t2"));
}

#[test]
fn a_fresh_token_that_crosses_the_gateways_refusal_is_used_on_a_new_socket() {
    for refusal in [Some(r#"{"type":"auth_failed","reason":"Authentication timeout"}"#), None] {
        let mut sim = refreshing();
        sim.advance(9_900);
        sim.answer_token("t2");
        sim.log();
        match refusal {
            Some(refusal) => sim.receive(refusal),
            None => sim.close(1008, "Authentication timeout"),
        }
        let log = sim.log();
        assert_eq!(log[log.len() - 2..], ["status reconnecting", "reconnecting 1000"]);
        sim.advance(1_000);
        sim.open();
        assert_eq!(sim.log().last().unwrap(), &auth("t2"));
        sim.receive(r#"{"type":"auth_failed","reason":"No"}"#);
        assert_eq!(sim.log()[0], "auth_failed No");
    }
}

#[test]
fn a_close_with_1008_while_a_token_is_awaited_refuses_nothing() {
    let mut sim = refreshing();
    sim.log();
    sim.close(1008, "Authentication timeout");
    assert_eq!(sim.log(), ["status reconnecting"]);
    sim.answer_token("t2");
    assert_eq!(sim.log(), ["status connecting", DIAL]);
}

#[test]
fn a_host_that_never_answers_is_asked_again_with_backoff() {
    let mut sim = refreshing();
    sim.log();
    sim.advance(15_000);
    assert_eq!(sim.log(), ["withdraw", "error token_timeout", HANGUP, "status reconnecting", "reconnecting 1000"]);
    let late = sim.request.unwrap();
    sim.advance(1_000);
    assert_eq!(sim.log(), ["status connecting", "ask expired"]);
    sim.input(agent_gateway_client::machine::Input::Answered {
        request: late,
        answer: Answer::Token(Token::read("late")),
    });
    assert_eq!(sim.log(), [""; 0], "a late answer is ignored");
}

#[test]
fn a_host_that_fails_is_asked_again_with_backoff() {
    let mut sim = refreshing();
    sim.log();
    sim.answer(failed());
    assert_eq!(sim.log(), ["error token_failed", HANGUP, "status reconnecting", "reconnecting 1000"]);
    for delay in [1_000, 2_000, 4_000] {
        sim.advance(delay);
        assert_eq!(sim.log(), ["status connecting", "ask expired"]);
        sim.answer(failed());
        assert_eq!(sim.log()[..2], ["error token_failed", "status reconnecting"]);
    }
}

#[test]
fn a_host_that_says_unauthorized_ends_the_session() {
    let mut sim = refreshing();
    sim.log();
    sim.answer(unauthorized());
    assert_eq!(
        sim.log(),
        ["auth_failed signed out", HANGUP, "status disconnected", "disconnected", "done auth_failed auth_failed"]
    );
    assert_eq!(sim.deadline_in(), None);
}

#[test]
fn a_token_that_is_expired_again_does_not_hammer_the_host() {
    let mut sim = refreshing();
    sim.answer_token("t2");
    sim.log();
    sim.receive(EXPIRED);
    assert_eq!(sim.log(), [HANGUP, "status reconnecting", "reconnecting 1000"]);
    sim.advance(1_000);
    assert_eq!(sim.log(), ["status connecting", "ask expired"]);
}

#[test]
fn c9_a_token_that_arrives_after_the_end_is_thrown_away() {
    let mut sim = refreshing();
    sim.log();
    sim.disconnect();
    assert_eq!(sim.log()[0], "withdraw");
    sim.answer_token("t2");
    assert_eq!(sim.log(), [""; 0]);
    assert_eq!(sim.deadline_in(), None);
}

#[test]
fn a_token_is_renewed_at_eighty_percent_of_its_life_without_touching_the_connection() {
    let mut sim = Sim::connected(Config { token: Some(Token::read(jwt(0, 300))), ..asking() });
    for _ in 0..8 {
        sim.advance(29_999);
        sim.receive(r#"{"type":"heartbeat_ack"}"#);
    }
    assert!(!sim.log().contains(&"ask expiring".to_owned()));
    sim.advance(30);
    assert!(sim.log().contains(&"ask expiring".to_owned()));
    sim.answer_token("t2");
    assert_eq!(sim.log(), [""; 0]);
    sim.reconnect();
    sim.open();
    assert_eq!(sim.log().last().unwrap(), &auth("t2"));
}

#[test]
fn a_renewal_that_fails_is_tried_again_and_the_connection_stands() {
    let mut sim = Sim::connected(Config { token: Some(Token::read(jwt(-290, 10))), ..asking() });
    sim.advance(10_000);
    assert_eq!(sim.log(), ["ask expiring"]);
    sim.answer(failed());
    assert_eq!(sim.log(), ["error token_failed"]);
    sim.advance(10_000);
    assert_eq!(sim.log(), ["ask expiring"]);
}

#[test]
fn a_renewal_that_keeps_failing_is_tried_ever_less_often() {
    let mut sim = Sim::connected(Config { token: Some(Token::read(jwt(0, 300))), ..asking() });
    assert_eq!(asked(&mut sim, 300, |_| failed()), [240, 250, 270, 290], "before the token is over");
    let later = asked(&mut sim, 3_300, |_| failed());
    assert!((8..=16).contains(&later.len()), "{later:?}");
    assert!(later.windows(2).all(|pair| pair[1] - pair[0] <= 310), "{later:?}");
}

#[test]
fn a_renewal_that_succeeds_starts_the_pauses_anew() {
    let mut sim = Sim::connected(Config { token: Some(Token::read(jwt(0, 300))), ..asking() });
    asked(&mut sim, 280, |_| failed());
    assert_eq!(asked(&mut sim, 20, |_| Answer::Token(Token::read(jwt(290, 590)))), [10]);
    assert_eq!(asked(&mut sim, 290, |_| failed()), [230, 240, 260, 280]);
}

#[test]
fn a_clock_that_is_fast_does_not_hammer_the_host() {
    for ahead in [200, 240, 400] {
        let token = |second: i64| Answer::Token(Token::read(jwt(second - ahead, second + 300 - ahead)));
        let mut sim = Sim::new(Config { token: None, ..asking() });
        sim.connect();
        sim.answer(token(0));
        sim.authenticate();
        sim.log();
        let asked = asked(&mut sim, 600, token);
        assert!(asked.len() <= 8, "{ahead}: {asked:?}");
    }
}

#[test]
fn a_token_is_not_renewed_while_nothing_is_connected() {
    let mut sim = Sim::connected(Config { token: Some(Token::read(jwt(0, 300))), ..asking() });
    sim.wake(Wake::Offline);
    sim.close(1006, "");
    sim.advance(3_600_000);
    assert_eq!(sim.log(), ["status reconnecting", "reconnecting 1000"]);
    sim.wake(Wake::Online);
    assert_eq!(sim.log(), ["status connecting", "ask expired"]);
}

#[test]
fn a_renewal_that_is_refused_ends_the_session() {
    let mut sim = Sim::connected(Config { token: Some(Token::read(jwt(-290, 10))), ..asking() });
    sim.advance(10_000);
    sim.answer(unauthorized());
    assert_eq!(sim.log().last().unwrap(), "done auth_failed auth_failed");
}

#[test]
fn a_token_that_is_no_jwt_is_left_alone() {
    let mut sim = Sim::connected(asking());
    for _ in 0..40 {
        sim.advance(29_999);
        sim.receive(r#"{"type":"heartbeat_ack"}"#);
    }
    assert!(!sim.log().iter().any(|line| line.starts_with("ask")));
}

#[test]
fn an_expired_word_during_a_renewal_waits_for_the_same_answer() {
    let mut sim = Sim::connected(Config { token: Some(Token::read(jwt(-290, 10))), ..asking() });
    sim.advance(10_000);
    assert_eq!(sim.log(), ["ask expiring"]);
    sim.receive(EXPIRED);
    assert_eq!(sim.log(), [""; 0], "one question at a time");
    sim.answer_token("t2");
    assert_eq!(sim.log(), [auth("t2")]);
}

#[test]
fn a_token_given_by_the_application_ends_the_wait_for_the_hosts() {
    let mut sim = refreshing();
    sim.log();
    sim.update_token("t3");
    assert_eq!(sim.log(), ["withdraw".to_owned(), auth("t3")]);
}

#[test]
fn without_a_host_an_application_that_never_acts_is_not_waited_for() {
    let mut sim = Sim::new(config());
    sim.connect();
    sim.open();
    sim.receive(EXPIRED);
    sim.log();
    sim.advance(15_000);
    assert_eq!(sim.log(), [HANGUP, "status reconnecting", "reconnecting 1000"]);
}

#[test]
fn a_refresh_that_fails_where_no_other_socket_is_wanted_is_a_failed_authentication() {
    let mut sim = Sim::new(Config { auto_reconnect: false, ..asking() });
    sim.connect();
    sim.open();
    sim.receive(EXPIRED);
    sim.answer(failed());
    assert_eq!(sim.log().last().unwrap(), "done auth_failed auth_failed");
}

#[test]
fn a_fresh_token_that_is_refused_where_no_other_socket_is_wanted_is_refused_for_good() {
    let mut sim = Sim::new(Config { auto_reconnect: false, ..asking() });
    sim.connect();
    sim.open();
    sim.receive(EXPIRED);
    sim.answer_token("t2");
    sim.log();
    sim.receive(r#"{"type":"auth_failed","reason":"No"}"#);
    let log = sim.log();
    assert_eq!((log[0].as_str(), log.last().unwrap().as_str()), ("auth_failed No", "done auth_failed auth_failed"));
}

#[test]
fn a_socket_that_is_lost_where_no_other_is_wanted_is_no_failed_authentication() {
    let mut sim = Sim::new(Config { auto_reconnect: false, ..asking() });
    sim.connect();
    sim.open();
    sim.receive(EXPIRED);
    sim.close(1006, "");
    assert_eq!(sim.log().last().unwrap(), "done disconnected connection_lost");
}

#[test]
fn without_a_host_the_gateways_refusal_after_an_expired_token_is_final() {
    let mut sim = Sim::new(config());
    sim.connect();
    sim.open();
    sim.receive(EXPIRED);
    sim.log();
    sim.advance(9_999);
    sim.receive(r#"{"type":"auth_failed","reason":"Authentication timeout"}"#);
    assert_eq!(sim.log()[0], "auth_failed Authentication timeout");
}

/// In which seconds the host is asked while the gateway acknowledges every heartbeat.
fn asked(sim: &mut Sim, seconds: i64, mut answer: impl FnMut(i64) -> Answer) -> Vec<i64> {
    let mut asked = Vec::new();
    for second in 1..=seconds {
        sim.advance(1_000);
        let log = sim.log();
        if log.iter().any(|line| line == "ask expiring") {
            asked.push(second);
            sim.answer(answer(second));
        }
        if log.iter().any(|line| line.contains("heartbeat")) {
            sim.receive(r#"{"type":"heartbeat_ack"}"#);
        }
    }
    asked
}

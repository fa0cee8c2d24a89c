#![cfg(not(target_family = "wasm"))]
//! Calls of an OpenClaw gateway: one answer or two, in any order, in time or not at all; and whether the gateway lives.

#[path = "support/openclaw.rs"]
mod openclaw;

use agent_gateway_client::machine::{Input, Machine, Output, Wake};
use agent_gateway_client::openclaw::json::decode;
use agent_gateway_client::openclaw::wire::Json;
use agent_gateway_client::openclaw::{Answers, CallError, Config, Event, NotCalled};
use agent_gateway_client::time::Timestamp;
use openclaw::{OpenClawSim, START, config, hello};
use serde_json::json;

const FINAL: Answers = Answers::Final { within: 10_000, then_within: 60_000 };

#[test]
fn answers_find_their_calls_in_any_order() {
    let mut sim = OpenClawSim::ready();
    let (first, second) = (sim.ask("status"), sim.ask("health"));
    sim.log();
    sim.answer(second, json!(2));
    sim.answer(first, json!(1));
    assert_eq!(sim.log(), [format!("answer {} 2", second.0), format!("answer {} 1", first.0)]);
    assert_eq!(sim.deadline_in(), Some((60_000, "tick")));
}

#[test]
fn a_refused_call_keeps_what_the_gateway_said() {
    let mut sim = OpenClawSim::ready();
    let call = sim.ask("config.set");
    let details = json!({"code": "MISSING_SCOPE", "missingScope": "operator.admin"});
    let error = json!({"code": "FORBIDDEN", "message": "missing scope", "details": details, "retryAfterMs": 7});
    let frame = json!({"type": "res", "id": call.0.to_string(), "ok": false, "error": error});
    let frame = decode(&frame.to_string()).expect("a frame");
    let dial = sim.dial.expect("a socket");
    sim.session.handle(Input::Frame { dial, frame }, Timestamp::from_millis(START));
    let Some(Output::Event(Event::CallSettled { outcome: Err(CallError::Refused(fault)), .. })) = sim.session.poll()
    else {
        panic!("the call is not refused");
    };
    assert_eq!((fault.specific_code().as_str(), fault.retry_after), ("MISSING_SCOPE", Some(7)));
    assert_eq!(fault.details["missingScope"], "operator.admin");
}

#[test]
fn a_call_with_two_answers_is_accepted_and_then_settled() {
    let mut sim = OpenClawSim::ready();
    let call = sim.ask_for("agent", FINAL).expect("called");
    sim.log();
    sim.answer(call, json!({"status": "accepted"}));
    sim.answer(call, json!({"status": "accepted"}));
    sim.advance(50_000);
    sim.event("tick", json!({}));
    sim.answer(call, json!({"status": "ok"}));
    let expected = [format!("accepted {}", call.0), format!(r#"answer {} {{"status":"ok"}}"#, call.0)];
    assert_eq!(sim.log(), expected);
}

#[test]
fn the_word_accepted_settles_a_call_that_has_one_answer() {
    let mut sim = OpenClawSim::ready();
    let call = sim.ask("agent");
    sim.log();
    sim.answer(call, json!({"status": "accepted"}));
    assert_eq!(sim.log(), [format!(r#"answer {} {{"status":"accepted"}}"#, call.0)]);
}

#[test]
fn an_unanswered_call_fails_at_its_deadline() {
    let mut sim = OpenClawSim::ready();
    let call = sim.ask("status");
    assert_eq!(sim.deadline_in(), Some((30_000, "call")));
    sim.log();
    sim.advance(29_999);
    assert!(sim.log().is_empty());
    sim.advance(1);
    assert_eq!(sim.log(), [format!("failed {} call_timeout", call.0)]);
    sim.answer(call, json!("late"));
    assert!(sim.log().is_empty(), "an answer that comes too late is told to nobody");
}

#[test]
fn an_accepted_call_has_a_deadline_of_its_own() {
    let mut sim = OpenClawSim::ready();
    let call = sim.ask_for("agent", FINAL).expect("called");
    sim.advance(9_000);
    sim.answer(call, json!({"status": "accepted"}));
    sim.log();
    sim.advance(30_000);
    sim.event("tick", json!({}));
    sim.advance(29_999);
    assert!(sim.log().is_empty());
    sim.advance(1);
    assert_eq!(sim.log(), [format!("failed {} call_timeout", call.0)]);
}

#[test]
fn a_deadline_that_was_slept_through_waits_once_more_for_the_answer_in_the_queue() {
    let mut sim = OpenClawSim::ready();
    let (answered, silent) = (sim.ask("status"), sim.ask("health"));
    sim.log();
    sim.sleep(45_000);
    sim.answer(answered, json!(1));
    assert_eq!(sim.log(), [format!("answer {} 1", answered.0)]);
    sim.advance(4_000);
    assert_eq!(sim.log(), [format!("failed {} call_timeout", silent.0)]);
}

#[test]
fn a_lost_connection_fails_every_call_and_sends_none_again() {
    let mut sim = OpenClawSim::ready();
    let (plain, accepted) = (sim.ask("chat.send"), sim.ask_for("agent", FINAL).expect("called"));
    sim.answer(accepted, json!({"status": "accepted"}));
    sim.log();
    sim.close(1006, "");
    let failed = |call: u32| format!("failed {call} connection_lost");
    assert_eq!(sim.log(), [failed(plain.0), failed(accepted.0), "waiting connection_lost".to_owned()]);
    sim.advance_to_dial();
    sim.sent();
    sim.challenge();
    sim.welcome(hello());
    let methods: Vec<_> = sim.sent().iter().map(|frame| frame["method"].clone()).collect();
    assert_eq!(methods, ["connect"]);
}

#[test]
fn an_answer_from_an_older_connection_settles_nothing() {
    let mut sim = OpenClawSim::ready();
    let old = sim.ask("status");
    sim.close(1006, "");
    sim.advance_to_dial();
    sim.challenge();
    sim.welcome(hello());
    let new = sim.ask("status");
    sim.log();
    assert_ne!(old, new);
    sim.answer(old, json!("old"));
    assert!(sim.log().is_empty());
}

#[test]
fn nothing_is_called_before_the_connection_stands() {
    let mut sim = OpenClawSim::greeting(config());
    assert_eq!(sim.ask_for("status", Answers::default()), Err(NotCalled::NotReady));
    assert!(sim.sent().iter().all(|frame| frame["method"] == "connect"));
}

#[test]
fn a_frame_larger_than_the_gateway_reads_is_not_sent() {
    let mut sim = OpenClawSim::ready();
    let large = |length: usize| Json::Raw(format!(r#"{{"text":"{}"}}"#, "x".repeat(length)));
    let mut call = |params| sim.call(|session, now| session.call("send", params, Answers::default(), now));
    assert_eq!(call(large(1_000)), Err(NotCalled::TooLarge { limit: 1_000 }));
    assert!(call(large(900)).is_ok());
    let text = Json::Object(vec![("text", Json::Text("x".repeat(1_000)))]);
    assert_eq!(call(text), Err(NotCalled::TooLarge { limit: 1_000 }));
}

#[test]
fn no_more_calls_are_open_than_the_gateway_queues() {
    let mut sim = OpenClawSim::ready();
    let calls: Vec<_> = (0..256).map(|_| sim.ask("status")).collect();
    assert_eq!(sim.ask_for("status", Answers::default()), Err(NotCalled::TooMany));
    sim.answer(calls[100], json!(1));
    assert!(sim.ask_for("status", Answers::default()).is_ok());
}

#[test]
fn a_frame_that_the_gateway_could_not_read_is_told() {
    let mut sim = OpenClawSim::ready();
    sim.receive(json!({"type": "res", "id": "invalid", "ok": false, "error": {"message": "invalid request frame"}}));
    sim.receive_text("{oops");
    let log = sim.log();
    assert_eq!(log[0], "protocol invalid request frame");
    assert!(log[1].starts_with("protocol ") && log.len() == 2, "{log:?}");
}

#[test]
fn a_gap_is_told_before_the_event_behind_it() {
    let mut sim = OpenClawSim::ready();
    sim.event("presence", json!({}));
    sim.skip(2);
    sim.event("health", json!({}));
    sim.event("tick", json!({}));
    sim.receive(json!({"type": "event", "event": "node.invoke.request"}));
    sim.event("cron", json!({}));
    let expected = ["event presence", "gap 2-3", "event health", "event node.invoke.request", "event cron"];
    assert_eq!(sim.log(), expected);
}

#[test]
fn events_are_counted_anew_on_each_connection() {
    let mut sim = OpenClawSim::ready();
    for _ in 0..5 {
        sim.event("presence", json!({}));
    }
    sim.close(1006, "");
    sim.advance_to_dial();
    sim.challenge();
    sim.welcome(hello());
    sim.log();
    sim.event("presence", json!({}));
    sim.skip(1);
    sim.event("presence", json!({}));
    assert_eq!(sim.log(), ["event presence", "gap 2-2", "event presence"]);
}

#[test]
fn an_event_with_a_number_from_the_past_is_told_all_the_same() {
    let mut sim = OpenClawSim::ready();
    sim.event("presence", json!({}));
    sim.event("presence", json!({}));
    sim.receive(json!({"type": "event", "event": "chat", "seq": 1, "payload": {}}));
    sim.event("health", json!({}));
    assert_eq!(sim.log(), ["event presence", "event presence", "event chat", "event health"]);
}

#[test]
fn numbers_beyond_all_reason_end_nothing() {
    let mut sim = OpenClawSim::ready();
    for seq in [1e300, 1e300, 2.0] {
        sim.receive(json!({"type": "event", "event": "presence", "seq": seq, "payload": {}}));
    }
    sim.event("shutdown", json!({"restartExpectedMs": 1e300}));
    sim.close(1012, "");
    sim.advance_to_dial();
    assert_eq!(sim.log().iter().filter(|line| *line == "event presence").count(), 3);
}

#[test]
fn a_gateway_that_misses_two_ticks_is_asked_and_given_up_only_when_it_says_nothing() {
    let mut sim = OpenClawSim::ready();
    sim.advance(59_999);
    assert!(sim.log().is_empty());
    sim.advance(1);
    assert_eq!(sim.log(), ["send health"]);
    assert_eq!(sim.deadline_in(), Some((4_000, "probe")));
    sim.advance(4_000);
    assert_eq!(sim.log(), ["hangup 4000 tick_timeout", "waiting tick_timeout"]);
}

#[test]
fn any_frame_is_a_sign_of_life() {
    let mut sim = OpenClawSim::ready();
    sim.advance(59_000);
    sim.event("tick", json!({}));
    sim.advance(59_000);
    sim.receive(json!({"type": "res", "id": "x", "ok": false, "error": {}}));
    sim.advance(59_999);
    assert!(sim.log().is_empty());
}

#[test]
fn an_answer_to_the_question_for_life_keeps_the_socket() {
    let mut sim = OpenClawSim::ready();
    sim.advance(60_000);
    let id = sim.sent()[0]["id"].clone();
    sim.log();
    sim.receive(json!({"type": "res", "id": id, "ok": false, "error": {"code": "FORBIDDEN"}}));
    sim.advance(59_999);
    assert!(sim.log().is_empty(), "a refusal is a sign of life, too");
}

#[test]
fn a_process_that_slept_asks_before_it_gives_up() {
    let mut sim = OpenClawSim::ready();
    sim.sleep(3_600_000);
    assert_eq!(sim.log(), ["send health"]);
    sim.sleep(30_000);
    assert_eq!(sim.log(), ["send health"], "the answer may lie in the queue");
    sim.advance(4_000);
    assert_eq!(sim.log(), ["hangup 4000 tick_timeout", "waiting tick_timeout"]);
}

#[test]
fn a_wake_up_asks_an_open_socket_once_and_leaves_a_connecting_one_alone() {
    let mut sim = OpenClawSim::ready();
    sim.wake(Wake::Visible);
    sim.wake(Wake::Online);
    assert_eq!(sim.log(), ["send health"]);
    let mut connecting = OpenClawSim::greeting(config());
    connecting.wake(Wake::Visible);
    assert!(connecting.log().is_empty());
}

#[test]
fn a_wake_up_cuts_a_usual_wait_short() {
    let mut sim = OpenClawSim::ready();
    sim.close(1006, "");
    sim.log();
    sim.wake(Wake::Visible);
    assert_eq!(sim.log(), ["connecting", "dial ws://127.0.0.1:18789"]);
}

#[test]
fn offline_nothing_is_dialled() {
    let far = "wss://gateway.example.org".to_owned();
    let mut sim = OpenClawSim::greeting(Config { gateway_url: far, ..config() });
    sim.welcome(hello());
    sim.log();
    sim.wake(Wake::Offline);
    sim.close(1006, "");
    assert_eq!(sim.log(), ["waiting for the host: offline"]);
    assert_eq!(sim.deadline_in(), None);
    sim.wake(Wake::Visible);
    assert!(sim.log().is_empty());
    sim.wake(Wake::Online);
    assert_eq!(sim.log(), ["connecting", "dial wss://gateway.example.org"]);
}

#[test]
fn a_page_in_the_cache_has_no_socket_and_connects_when_it_is_shown() {
    let mut sim = OpenClawSim::ready();
    let call = sim.ask("status");
    sim.log();
    sim.wake(Wake::Hidden);
    let failed = format!("failed {} connection_lost", call.0);
    assert_eq!(sim.log(), ["hangup 1000 page hidden", &failed, "waiting for the host: page_hidden"]);
    sim.wake(Wake::Shown);
    assert_eq!(sim.log(), ["connecting", "dial ws://127.0.0.1:18789"]);
}

#[test]
fn an_announced_restart_is_waited_for() {
    let mut sim = OpenClawSim::ready();
    sim.event("shutdown", json!({"reason": "gateway restarting", "restartExpectedMs": 5000}));
    sim.close(1012, "service restart");
    assert_eq!(sim.log(), ["event shutdown", "waiting gateway_restarting"]);
    assert!((5_800..=5_960).contains(&sim.advance_to_dial()));
    sim.close(1006, "");
    assert!(sim.advance_to_dial() < 2_000, "it is waited for once");
}

#[test]
fn a_restart_is_not_waited_for_longer_than_a_minute() {
    let mut sim = OpenClawSim::ready();
    sim.event("shutdown", json!({"restartExpectedMs": 86_400_000}));
    sim.close(1012, "service restart");
    assert!(sim.advance_to_dial() < 62_000);
}

#[test]
fn the_delays_grow_until_a_connection_stands() {
    let mut sim = OpenClawSim::new(config());
    sim.connect();
    let mut delays = Vec::new();
    for _ in 0..9 {
        sim.close(1006, "");
        delays.push(sim.advance_to_dial());
    }
    assert!(delays[0] < 1_000 && delays[8] >= 15_000 && delays[8] <= 18_000, "{delays:?}");
    sim.challenge();
    sim.welcome(hello());
    sim.close(1006, "");
    assert!(sim.advance_to_dial() < 1_000);
}

#[test]
fn a_gateway_that_was_there_is_asked_every_second_and_a_half_for_a_minute_and_then_less_often() {
    let mut sim = OpenClawSim::ready();
    let mut since = 0;
    while since < 60_000 {
        sim.close(1006, "");
        let delay = sim.advance_to_dial();
        assert!(delay <= 1_440, "{delay} after {since}");
        since += delay;
    }
    sim.close(1006, "");
    assert!(sim.advance_to_dial() >= 15_000);
}

#[test]
fn a_gateway_that_the_application_left_is_no_longer_one_that_was_there() {
    let mut sim = OpenClawSim::ready();
    sim.close(1006, "");
    sim.call(|session, _| session.disconnect());
    sim.connect();
    let delays: Vec<u64> = (0..4)
        .map(|_| {
            sim.close(1006, "");
            sim.advance_to_dial()
        })
        .collect();
    assert!(delays[3] > 3_900, "{delays:?}");
}

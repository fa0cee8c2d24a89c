#![cfg(not(target_family = "wasm"))]
//! The rows V1-01 to V1-27: what each input does in each state, as the client that this one replaces did it.

mod support;

use agent_gateway_client::machine::Input;
use agent_gateway_client::v1::Config;
use support::*;

const DIAL: &str = "dial wss://g/ws?operationId=op";
const AUTH: &str = r#"send {"type":"auth","token":"t1"}"#;
const RESUME: &str = r#"send {"type":"resume","lastEventId":"","wantStatus":true}"#;
const HANGUP: &str = "hangup 1000 Client disconnect";

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

#[test]
fn v1_14a_a_live_event_is_delivered_and_becomes_the_cursor() {
    let mut sim = Sim::connected(config());
    sim.receive(&resume_complete("running"));
    sim.log();
    sim.chunk(7, "seven");
    assert_eq!(sim.log(), ["event seven"]);
    assert_eq!(sim.session.last_event_id(), "7");
}

#[test]
fn v1_14a_a_foreign_event_becomes_the_cursor_too_and_a_foreign_end_ends_nothing() {
    let mut sim = Sim::connected(config());
    sim.receive(&end(1, "member", "done"));
    assert_eq!(sim.log(), ["event agent_runtime_end"]);
    assert_eq!(sim.session.last_event_id(), "1");
}

#[test]
fn v1_14a_the_runs_own_end_closes_without_session_complete() {
    let mut sim = Sim::connected(config());
    sim.receive(&end(1, "op", "done"));
    assert_eq!(
        sim.log(),
        ["event agent_runtime_end", HANGUP, "status disconnected", "disconnected", "done completed agent_event"]
    );
    assert!(sim.done[0].succeeded && sim.done[0].terminal_received);
}

#[test]
fn v1_14a_an_event_without_an_operation_is_the_runs_own() {
    let mut sim = Sim::connected(config());
    sim.receive(&end(1, "", "done"));
    assert_eq!(sim.log().last().unwrap(), "done completed agent_event");
}

fn resuming() -> Sim {
    Sim::connected(Config { resume_on_connect: true, ..config() })
}

#[test]
fn v1_14b_a_replay_is_delivered_as_one_batch() {
    let mut sim = resuming();
    sim.chunk(1, "a");
    sim.chunk(2, "b");
    assert_eq!(sim.log(), [""; 0]);
    assert_eq!(sim.session.last_event_id(), "", "the cursor waits for the delivery");
    sim.receive(&resume_complete("running"));
    assert_eq!(sim.log(), ["event a", "event b", "resume_complete running"]);
    assert_eq!(sim.session.last_event_id(), "2");
}

#[test]
fn v1_14b_the_runs_own_end_inside_a_replay_ends_it() {
    let mut sim = resuming();
    sim.chunk(1, "a");
    sim.receive(&end(2, "op", "done"));
    assert_eq!(
        sim.log(),
        [
            "event a",
            "event agent_runtime_end",
            HANGUP,
            "status disconnected",
            "disconnected",
            "done completed agent_event"
        ]
    );
}

#[test]
fn v1_15_a_terminal_status_after_the_replay_ends_the_session() {
    let mut sim = resuming();
    sim.chunk(1, "a");
    sim.receive(&resume_complete("interrupted"));
    assert_eq!(
        sim.log(),
        [
            "event a",
            "resume_complete interrupted",
            "session_complete resume_status interrupted",
            HANGUP,
            "status disconnected",
            "disconnected",
            "done interrupted resume_status"
        ]
    );
    assert!(!sim.done[0].succeeded && !sim.done[0].terminal_received);
}

#[test]
fn v1_15_any_other_status_goes_on_streaming_however_often_it_comes() {
    let mut sim = Sim::connected(config());
    for status in ["running", "waiting_input", "waiting_confirmation", "a new word", "running"] {
        sim.receive(&resume_complete(status));
        assert_eq!(sim.log(), [format!("resume_complete {status}")]);
    }
}

#[test]
fn v1_16_session_complete_flushes_the_replay_and_ends() {
    let mut sim = resuming();
    sim.chunk(1, "a");
    sim.receive(&session_complete(2));
    assert_eq!(
        sim.log(),
        [
            "event a",
            "session_complete raw_session_complete",
            HANGUP,
            "status disconnected",
            "disconnected",
            "done completed session_complete"
        ]
    );
}

#[test]
fn v1_16_an_echo_of_a_member_is_swallowed() {
    let mut sim = Sim::connected(config());
    sim.receive(&end(1, "member", "done"));
    sim.log();
    sim.receive(&session_complete(2));
    assert_eq!(sim.log(), [""; 0]);
    sim.chunk(3, "the supervisor goes on");
    assert_eq!(sim.log(), ["event the supervisor goes on"]);
    sim.receive(&session_complete(4));
    assert_eq!(sim.log()[0], "session_complete raw_session_complete");
}

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
fn v1_18_an_unknown_frame_is_ignored() {
    let mut sim = Sim::connected(config());
    sim.receive(r#"{"type":"from_the_future","id":"9"}"#);
    sim.receive(r#"{"no":"type"}"#);
    assert_eq!(sim.log(), [""; 0]);
}

#[test]
fn v1_19_what_is_no_frame_is_reported_and_the_socket_stays() {
    let mut sim = Sim::connected(config());
    for text in ["{oops", "null", "[]", r#""x""#, r#"{"type":"agent_event"}"#, r#"{"type":"agent_event","event":null}"#]
    {
        sim.receive(text);
        assert_eq!(sim.log(), ["error protocol"], "{text}");
    }
    sim.chunk(1, "still here");
    assert_eq!(sim.log(), ["event still here"]);
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
fn v1_25_a_replay_without_an_end_is_flushed_after_half_a_second_of_quiet() {
    let mut sim = resuming();
    sim.chunk(1, "a");
    sim.advance(499);
    sim.chunk(2, "b");
    sim.advance(499);
    assert_eq!(sim.log(), [""; 0]);
    sim.advance(1);
    assert_eq!(sim.log(), ["event a", "event b"]);
    sim.chunk(3, "c");
    assert_eq!(sim.log(), ["event c"]);
}

#[test]
fn v1_25_ids_that_are_no_numbers_are_flushed_in_the_order_they_came_the_first_of_each_once() {
    let mut sim = resuming();
    for (id, content) in [("evt-2", "b"), ("evt-1", "a"), ("evt-2", "b again")] {
        let data = serde_json::json!({"content": content});
        sim.receive(&event_with(Some(id), "op", "stream_chunk", data, START));
    }
    sim.advance(500);
    assert_eq!(sim.log(), ["event b", "event a"]);
    assert_eq!(sim.session.last_event_id(), "evt-1");
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

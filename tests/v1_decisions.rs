#![cfg(not(target_family = "wasm"))]
//! The corners of v1, where this client does better than the one it replaces, or where sources disagree.

mod support;

use agent_gateway_client::v1::Config;
use serde_json::json;
use support::*;

const DIAL: &str = "dial wss://g/ws?operationId=op";
const HANGUP: &str = "hangup 1000 Client disconnect";

/// Closes the socket and brings the next one up to its `resume`.
fn replace_socket(sim: &mut Sim) {
    sim.close(1006, "");
    sim.advance(1_000);
    sim.authenticate();
    sim.log();
}

fn resume_from(id: &str) -> String {
    format!(r#"send {{"type":"resume","lastEventId":"{id}","wantStatus":true}}"#)
}

#[test]
fn c1_an_event_that_comes_live_and_again_inside_the_replay_is_delivered_once_and_in_order() {
    let mut sim = Sim::connected(config());
    sim.chunk(6, "6");
    assert_eq!(sim.events(), [""; 0], "five events before it are still to come");
    for id in 1..=6 {
        sim.chunk(id, &id.to_string());
    }
    assert_eq!(sim.events(), ["1", "2", "3", "4", "5", "6"]);
}

#[test]
fn c1_a_duplicate_is_dropped() {
    let mut sim = Sim::connected(config());
    sim.receive(&resume_complete("running"));
    for id in [1, 1, 2, 1, 2, 3] {
        sim.chunk(id, &id.to_string());
    }
    assert_eq!(sim.events(), ["1", "2", "3"]);
}

#[test]
fn c1_holes_in_the_sequence_are_normal() {
    let mut sim = Sim::connected(config());
    sim.receive(&resume_complete("running"));
    for id in [1, 4, 9] {
        sim.chunk(id, &id.to_string());
    }
    assert_eq!(sim.events(), ["1", "4", "9"]);
}

#[test]
fn c1_a_hole_at_the_start_of_a_replay_waits_for_its_end() {
    let mut sim = Sim::connected(config());
    sim.chunk(1, "1");
    replace_socket(&mut sim);
    sim.chunk(5, "5");
    sim.chunk(4, "4");
    assert_eq!(sim.events(), [""; 0]);
    sim.receive(&resume_complete("running"));
    assert_eq!(sim.events(), ["4", "5"]);
}

#[test]
fn c1_without_resume_complete_an_acknowledged_heartbeat_proves_that_the_replay_is_over() {
    let mut sim = Sim::connected(config());
    sim.chunk(3, "3");
    sim.advance(500);
    assert_eq!(sim.log(), [r#"send {"type":"heartbeat"}"#]);
    sim.receive(r#"{"type":"heartbeat_ack"}"#);
    assert_eq!(sim.log(), ["event 3"]);
    sim.chunk(9, "9");
    assert_eq!(sim.log(), ["event 9"], "from here on everything is live");
}

#[test]
fn c1_a_replay_that_arrives_after_a_slow_round_trip_is_not_lost() {
    let mut sim = Sim::connected(config());
    sim.chunk(3, "3");
    sim.advance(2_000);
    for id in 1..=3 {
        sim.chunk(id, &id.to_string());
    }
    assert_eq!(sim.events(), ["1", "2", "3"]);
}

#[test]
fn c1_the_runs_end_that_comes_before_the_replay_waits_for_it() {
    let mut sim = Sim::connected(config());
    sim.receive(&end(3, "op", "done"));
    sim.receive(&session_complete(4));
    sim.chunk(1, "1");
    sim.chunk(2, "2");
    assert_eq!(sim.events(), ["1", "2", "agent_runtime_end"]);
    assert_eq!(sim.done.len(), 1);
}

#[test]
fn c1_ids_that_are_no_numbers_pass_and_become_the_cursor() {
    let mut sim = Sim::connected(config());
    for id in ["evt-9", "evt-1"] {
        sim.receive(&event_with(Some(id), "op", "stream_chunk", json!({"content": id}), START));
    }
    assert_eq!(sim.events(), ["evt-9", "evt-1"]);
    assert_eq!(sim.session.last_event_id(), "evt-1");
}

#[test]
fn c1_an_event_without_an_id_is_delivered_and_leaves_the_cursor() {
    let mut sim = Sim::connected(config());
    sim.chunk(1, "1");
    sim.receive(&event_with(None, "op", "stream_chunk", json!({"content": "no id"}), START));
    sim.receive(&event_with(Some(""), "op", "stream_chunk", json!({"content": "empty id"}), START));
    assert_eq!(sim.events(), ["1", "no id", "empty id"]);
    assert_eq!(sim.session.last_event_id(), "1");
}

/// A session that delivered events 1 to 5 and has a new socket.
fn after_five() -> Sim {
    let mut sim = Sim::connected(config());
    sim.receive(&resume_complete("running"));
    for id in 1..=5 {
        sim.chunk(id, &id.to_string());
    }
    replace_socket(&mut sim);
    sim
}

#[test]
fn c1_a_younger_event_under_an_old_id_on_a_new_socket_proves_that_the_gateway_restarted() {
    let mut sim = after_five();
    sim.receive(&resume_complete("running"));
    sim.log();
    sim.receive(&chunk_at(2, "new 2", START + 100));
    assert_eq!(sim.log(), ["continuity reset".to_owned(), resume_from("")]);
    sim.receive(&chunk_at(1, "new 1", START + 99));
    sim.receive(&chunk_at(2, "new 2", START + 100));
    sim.receive(&resume_complete("running"));
    assert_eq!(sim.events(), ["new 1", "new 2"]);
    sim.receive(&chunk_at(3, "new 3", START + 101));
    assert_eq!(sim.events(), ["new 3"]);
    assert_eq!(sim.session.last_event_id(), "3");
}

#[test]
fn c1_a_new_sequence_delivers_nothing_that_was_delivered_before_it() {
    let mut sim = after_five();
    sim.receive(&resume_complete("running"));
    sim.receive(&chunk_at(3, "new", START + 100));
    sim.receive(&chunk_at(1, "4", START + 4));
    sim.receive(&chunk_at(2, "5", START + 5));
    sim.receive(&chunk_at(3, "new", START + 100));
    sim.receive(&resume_complete("running"));
    assert_eq!(sim.events(), ["new"]);
}

#[test]
fn c1_an_end_that_proves_a_new_sequence_is_not_lost() {
    let mut sim = after_five();
    sim.receive(&resume_complete("running"));
    sim.receive(&event_with(Some("1"), "op", "agent_runtime_end", json!({"reason": "error"}), START + 100));
    sim.receive(&session_complete(2));
    sim.advance(500);
    assert_eq!(sim.done[0].outcome.as_str(), "error");
}

#[test]
fn c1_a_duplicate_on_a_new_socket_is_never_taken_for_a_new_sequence() {
    let mut sim = after_five();
    for id in 1..=5 {
        sim.chunk(id, &id.to_string());
    }
    sim.receive(&resume_complete("running"));
    assert_eq!(sim.log(), ["resume_complete running"]);
}

#[test]
fn c1_what_cannot_be_compared_under_an_old_id_is_looked_into_once() {
    let unknown =
        r#"{"type":"agent_event","id":"2","event":{"type":"stream_chunk","operationId":"op","data":{"content":"?"}}}"#;
    let mut sim = after_five();
    sim.receive(unknown);
    assert_eq!(sim.log(), [resume_from("")]);
    for id in 1..=5 {
        sim.chunk(id, &id.to_string());
    }
    sim.receive(&resume_complete("running"));
    sim.receive(&resume_complete("running"));
    sim.log();
    sim.receive(unknown);
    assert_eq!(sim.log(), [""; 0]);
}

#[test]
fn audit_a_resumed_operation_that_stays_silent_is_asked_from_the_start_once() {
    let mut sim = after_five();
    sim.receive(&resume_complete("running"));
    sim.log();
    sim.advance(14_999);
    assert_eq!(sim.log(), [""; 0]);
    sim.advance(1);
    assert_eq!(sim.log(), [resume_from("")]);
    for id in 1..=5 {
        sim.chunk(id, &id.to_string());
    }
    sim.receive(&resume_complete("running"));
    assert_eq!(sim.log(), ["resume_complete running"], "known events prove the sequence");
    sim.advance(29_000);
    assert!(!sim.log().contains(&resume_from("")), "once");
}

#[test]
fn audit_unknown_events_below_the_cursor_are_a_new_sequence() {
    let mut sim = after_five();
    sim.receive(&resume_complete("running"));
    sim.advance(15_000);
    sim.log();
    sim.receive(&chunk_at(1, "new 1", START + 100));
    sim.receive(&chunk_at(2, "new 2", START + 101));
    sim.receive(&resume_complete("running"));
    assert_eq!(sim.log(), ["continuity reset", "event new 1", "event new 2", "resume_complete running"]);
}

#[test]
fn audit_an_event_in_time_makes_it_unnecessary() {
    let mut sim = after_five();
    sim.receive(&resume_complete("running"));
    sim.chunk(6, "6");
    sim.log();
    sim.advance(20_000);
    assert_eq!(sim.log(), [""; 0]);
}

#[test]
fn audit_a_run_that_waits_for_its_user_may_be_silent() {
    let mut sim = after_five();
    sim.receive(&resume_complete("waiting_input"));
    sim.log();
    sim.advance(20_000);
    assert_eq!(sim.log(), [""; 0]);
}

#[test]
fn audit_does_not_deliver_again_what_another_client_delivered() {
    let mut sim = Sim::connected(Config { last_event_id: "5".to_owned(), ..config() });
    sim.receive(&resume_complete("running"));
    sim.advance(15_000);
    sim.log();
    for id in 1..=5 {
        sim.chunk(id, &id.to_string());
    }
    sim.receive(&resume_complete("running"));
    assert_eq!(sim.log(), ["resume_complete running"]);
}

#[test]
fn c2_from_the_fourth_socket_that_opens_and_never_authenticates_the_delay_keeps_doubling() {
    let mut sim = Sim::new(config());
    sim.connect();
    let mut delays = Vec::new();
    for _ in 0..6 {
        sim.open();
        sim.close(1006, "");
        let line = sim.log().pop().unwrap();
        delays.push(line.strip_prefix("reconnecting ").unwrap().parse::<u64>().unwrap());
        sim.advance(*delays.last().unwrap());
    }
    assert_eq!(delays, [1_000, 1_000, 1_000, 2_000, 4_000, 8_000]);
    sim.authenticate();
    sim.close(1006, "");
    assert_eq!(sim.log().last().unwrap(), "reconnecting 1000");
}

#[test]
fn c3_a_close_with_1008_is_a_refusal_even_without_a_frame() {
    let mut sim = Sim::connected(config());
    sim.close(1008, "userId mismatch");
    let log = sim.log();
    assert_eq!(log[0], "auth_failed userId mismatch");
    assert_eq!(log.last().unwrap(), "done auth_failed auth_failed");
    assert_eq!(sim.deadline_in(), None);
}

#[test]
fn c4_a_terminal_status_change_ends_the_session() {
    for status in ["completed", "error", "interrupted"] {
        let mut sim = Sim::connected(config());
        sim.receive(&status_change(1, status));
        assert_eq!(
            sim.log(),
            [
                format!("session_complete status_change {status}"),
                HANGUP.to_owned(),
                "status disconnected".to_owned(),
                "disconnected".to_owned(),
                format!("done {status} status_change"),
            ]
        );
    }
}

#[test]
fn c4_any_other_status_change_is_told_once() {
    let mut sim = Sim::connected(config());
    for (id, status) in [(1, "waiting_input"), (2, "running"), (3, "waiting_confirmation"), (4, "cancelled")] {
        sim.receive(&status_change(id, status));
        sim.receive(&status_change(id, status));
        assert_eq!(sim.log(), [format!("status_change {status}")]);
    }
}

#[test]
fn c4_the_echo_of_a_failed_member_is_paid_by_either_signal_once() {
    for first in [session_complete(2), status_change(2, "error")] {
        let mut sim = Sim::connected(config());
        sim.receive(&end(1, "member", "error"));
        sim.log();
        sim.receive(&first);
        assert_eq!(sim.log(), [""; 0]);
        sim.receive(&status_change(3, "error"));
        assert_eq!(sim.log()[0], "session_complete status_change error");
    }
}

#[test]
fn c6_disconnect_inside_a_replay_skips_nothing() {
    let mut sim = Sim::connected(Config { resume_on_connect: true, ..config() });
    sim.chunk(1, "1");
    sim.chunk(2, "2");
    sim.disconnect();
    assert_eq!(sim.events(), [""; 0]);
    sim.connect();
    sim.authenticate();
    assert!(sim.log().contains(&resume_from("")));
}

#[test]
fn c7_a_drop_inside_a_replay_forgets_what_was_not_delivered() {
    let mut sim = Sim::connected(Config { resume_on_connect: true, ..config() });
    sim.chunk(1, "1");
    replace_socket(&mut sim);
    sim.chunk(1, "1");
    sim.receive(&resume_complete("running"));
    assert_eq!(sim.events(), ["1"]);
}

#[test]
fn c10_disconnected_is_told_once_per_connection() {
    let mut sim = Sim::connected(config());
    sim.disconnect();
    sim.disconnect();
    assert_eq!(sim.log().iter().filter(|line| *line == "disconnected").count(), 1);
    sim.connect();
    sim.disconnect();
    assert_eq!(sim.log().iter().filter(|line| *line == "disconnected").count(), 1);
}

#[test]
fn a_members_end_before_a_drop_does_not_end_the_supervisor_after_it() {
    let mut sim = Sim::connected(config());
    sim.receive(&end(1, "member", "done"));
    sim.receive(&session_complete(2));
    replace_socket(&mut sim);
    sim.receive(&resume_complete("completed"));
    assert_eq!(sim.log(), ["resume_complete completed"], "the status is the member's");
    sim.receive(&end(3, "op", "done"));
    assert_eq!(sim.log().last().unwrap(), "done completed agent_event");
}

#[test]
fn an_echo_that_a_drop_swallowed_is_still_an_echo_in_the_replay() {
    let mut sim = Sim::connected(config());
    sim.receive(&end(1, "member", "done"));
    replace_socket(&mut sim);
    sim.receive(&session_complete(2));
    sim.receive(&resume_complete("completed"));
    assert_eq!(sim.log(), ["resume_complete completed"]);
}

#[test]
fn an_echo_that_the_replay_does_not_bring_is_not_owed_any_more() {
    let mut sim = Sim::connected(config());
    sim.receive(&end(1, "member", "done"));
    replace_socket(&mut sim);
    sim.receive(&resume_complete("running"));
    sim.log();
    sim.receive(&session_complete(2));
    assert_eq!(sim.log()[0], "session_complete raw_session_complete");
}

#[test]
fn an_error_that_a_waiting_client_can_repair_does_not_end_the_run() {
    let mut sim = Sim::connected(config());
    let data = json!({"errorType": "ClientLlmExecutorUnavailable", "body": {"reason": "claim_timeout"}});
    sim.receive(&event_with(Some("1"), "op", "error", data, START));
    assert_eq!(sim.log(), ["event error"]);
    let data = json!({"message": "boom", "errorType": "ProviderError"});
    sim.receive(&event_with(Some("2"), "op", "error", data, START));
    assert_eq!(sim.log().last().unwrap(), "done error agent_event");
    assert_eq!(sim.done[0].reason.as_deref(), Some("ProviderError"));
    assert_eq!(sim.done[0].detail.as_deref(), Some("boom"));
}

#[test]
fn completion_succeeds_only_where_the_work_was_done() {
    for (reason, outcome, succeeded) in [
        ("done", "completed", true),
        ("completed", "completed", true),
        ("waiting_for_human", "completed", true),
        ("waiting_for_async_tool", "completed", false),
        ("interrupted", "interrupted", false),
        ("error", "error", false),
    ] {
        let mut sim = Sim::connected(config());
        sim.receive(&end(1, "op", reason));
        let done = &sim.done[0];
        assert_eq!((done.outcome.as_str(), done.succeeded), (outcome, succeeded), "{reason}");
        assert_eq!(done.reason.as_deref(), Some(reason));
        assert_eq!(done.detail.as_deref(), Some(format!("{reason} detail").as_str()));
    }
}

#[test]
fn completion_is_told_once_and_nothing_follows_it() {
    let mut sim = Sim::connected(config());
    let dial = sim.dial.unwrap();
    sim.receive(&end(1, "op", "done"));
    assert_eq!(sim.log().last().unwrap(), "done completed agent_event");
    sim.receive_on(dial, &session_complete(2));
    sim.receive_on(dial, &chunk_at(3, "late", START));
    sim.advance(600_000);
    assert_eq!(sim.log(), [""; 0]);
    assert_eq!(sim.done.len(), 1);
}

#[test]
fn a_gap_is_told() {
    let mut sim = after_five();
    sim.receive(r#"{"type":"resume_complete","status":"running","gap":true}"#);
    assert_eq!(sim.log(), ["continuity gap", "resume_complete running gap"]);
}

#[test]
fn requests_to_the_user_are_told_once_and_answered_over_the_socket() {
    use agent_gateway_client::v1::wire::ClientFrame;
    let mut sim = Sim::connected(config());
    let request = r#"{"type":"input_request","id":"1","requestId":"r","prompt":"Which branch?"}"#;
    sim.receive(request);
    sim.receive(request);
    assert_eq!(sim.log(), ["input_request"]);
    sim.receive(r#"{"type":"tool_confirmation_request","id":"2","toolCallId":"c","tool":{}}"#);
    assert_eq!(sim.log(), ["tool_confirmation_request"]);
    let answer = ClientFrame::UserInput { request_id: "r".to_owned(), content: "main".to_owned() };
    assert!(sim.call(|session, _| session.send(answer)));
    assert_eq!(sim.log(), [r#"send {"type":"user_input","requestId":"r","content":"main"}"#]);
}

#[test]
fn tools_a_result_given_before_the_token_was_accepted_is_sent_after_it() {
    let mut sim = Sim::new(config());
    sim.connect();
    sim.open();
    assert!(sim.send_tool_result("call_1"));
    assert!(!sim.log().iter().any(|line| line.contains("call_1")));
    sim.receive(r#"{"type":"auth_success"}"#);
    assert!(sim.log().iter().any(|line| line.contains("call_1")));
}

#[test]
fn tools_a_result_that_died_with_its_socket_is_sent_again_after_the_next_resume() {
    let mut sim = Sim::connected(config());
    sim.send_tool_result("call_1");
    sim.close(1006, "");
    sim.advance(1_000);
    sim.log();
    sim.authenticate();
    let log = sim.log();
    let resume = log.iter().position(|line| line.contains("resume")).unwrap();
    assert!(log[resume + 1].contains("call_1"));
}

#[test]
fn tools_a_result_is_confirmed_by_a_later_frame_on_its_socket() {
    let mut sim = Sim::connected(config());
    sim.send_tool_result("call_1");
    sim.chunk(1, "1");
    replace_socket(&mut sim);
    assert!(!sim.log().iter().any(|line| line.contains("call_1")));
}

#[test]
fn tools_a_result_that_nobody_waits_for_any_more_is_reported() {
    let mut sim = Sim::connected(config());
    sim.send_tool_result("call_1");
    sim.advance(119_999);
    assert!(!sim.log().contains(&"error tool_result_expired".to_owned()));
    sim.advance(1);
    assert!(sim.log().contains(&"error tool_result_expired".to_owned()));
}

#[test]
fn url_a_slash_at_the_end_of_the_base_is_dropped() {
    let mut sim = Sim::new(Config { gateway_url: "https://g/".to_owned(), ..config() });
    sim.connect();
    assert_eq!(sim.log()[1], DIAL);
}

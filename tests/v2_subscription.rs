#![cfg(not(target_family = "wasm"))]
//! The subscriptions of a mux: rows SB-01 to SB-15, the v2 side of the echo guard, and the decisions about them.

#[path = "support/mux.rs"]
mod support;

use agent_gateway_client::v2::SubscriptionId;
use serde_json::json;
use support::{MuxSim, START, config};

const FIRST: SubscriptionId = SubscriptionId(1);

/// What a subscription tells last, after why it ended.
fn ends(outcome: &str, source: &str) -> Vec<String> {
    ["1 ending", r#"send {"type":"unsubscribe","operationId":"op"}"#, "1 status disconnected", "1 disconnected"]
        .map(str::to_owned)
        .into_iter()
        .chain([format!("1 done {outcome} {source}")])
        .collect()
}

/// A subscription that delivered events 1 and 2 and was resumed on a second socket.
fn resumed_after_two() -> MuxSim {
    let mut sim = MuxSim::subscribed();
    sim.chunk("op", 1);
    sim.chunk("op", 2);
    sim.close(1006, "");
    sim.advance_to_dial();
    sim.ready();
    sim.log();
    sim
}

#[test]
fn sb_04_a_frame_with_an_id_that_is_not_above_the_cursor_is_dropped_whatever_its_type() {
    let mut sim = MuxSim::subscribed();
    sim.chunk("op", 1);
    sim.chunk("op", 1);
    sim.receive(r#"{"type":"status_change","operationId":"op","id":"1","status":"waiting_input"}"#);
    assert_eq!(sim.log(), ["1 event stream_chunk 1"]);
}

#[test]
fn sb_04_an_id_that_is_no_number_passes() {
    let mut sim = MuxSim::subscribed();
    sim.chunk("op", 1);
    sim.receive(r#"{"type":"agent_event","operationId":"op","id":"evt-1","event":{"type":"stream_chunk","data":{}}}"#);
    assert_eq!(sim.log().len(), 2);
}

#[test]
fn sb_05_an_event_without_an_operation_belongs_to_the_envelope() {
    let mut sim = MuxSim::subscribed();
    sim.terminal("op", 1, "done");
    let mut expected = vec!["1 event agent_runtime_end 1".to_owned(), "1 session_complete agent_event".to_owned()];
    expected.extend(ends("completed", "agent_event"));
    assert_eq!(sim.log(), expected);
}

#[test]
fn sb_06_session_complete_ends_the_subscription() {
    let mut sim = MuxSim::subscribed();
    sim.receive(r#"{"type":"session_complete","operationId":"op","id":"1","summary":"fine"}"#);
    let mut expected = vec!["1 session_complete raw_session_complete".to_owned()];
    expected.extend(ends("completed", "session_complete"));
    assert_eq!(sim.log(), expected);
}

#[test]
fn sb_07_a_status_that_is_no_end_is_told() {
    let mut sim = MuxSim::subscribed();
    sim.receive(r#"{"type":"status_change","operationId":"op","id":"1","status":"waiting_input"}"#);
    assert_eq!(sim.log(), ["1 status_change waiting_input"]);
}

#[test]
fn sb_07_a_terminal_status_is_told_and_ends_the_subscription() {
    let mut sim = MuxSim::subscribed();
    sim.receive(r#"{"type":"status_change","operationId":"op","id":"1","status":"error"}"#);
    let mut expected = vec!["1 status_change error".to_owned(), "1 session_complete status_change error".to_owned()];
    expected.extend(ends("error", "status_change"));
    assert_eq!(sim.log(), expected);
}

#[test]
fn sb_08_a_terminal_status_after_the_replay_ends_the_subscription() {
    let mut sim = MuxSim::new(config());
    sim.subscribe("op");
    sim.ready();
    sim.log();
    sim.resumed("op", "interrupted");
    let mut expected =
        vec!["1 resume_complete interrupted".to_owned(), "1 session_complete resume_status interrupted".to_owned()];
    expected.extend(ends("interrupted", "resume_status"));
    assert_eq!(sim.log(), expected);
}

#[test]
fn sb_08_an_operation_that_has_not_begun_is_pending_and_goes_on_when_it_has() {
    let mut sim = MuxSim::new(config());
    sim.subscribe("op");
    sim.ready();
    sim.log();
    sim.receive(r#"{"type":"resume_complete","operationId":"op","gap":false,"pending":true}"#);
    sim.lifecycle("op", "running");
    sim.resumed("op", "running");
    sim.chunk("op", 1);
    assert_eq!(
        sim.log(),
        [
            "1 resume_complete none pending",
            "mux lifecycle op running",
            "1 resume_complete running",
            "1 event stream_chunk 1"
        ]
    );
}

#[test]
fn sb_09_requests_of_the_agent_are_told_with_the_whole_frame() {
    let mut sim = MuxSim::subscribed();
    sim.receive(r#"{"type":"tool_confirmation_request","operationId":"op","id":"1","toolCallId":"c","tool":{}}"#);
    sim.receive(r#"{"type":"input_request","operationId":"op","id":"2","requestId":"r","prompt":"?"}"#);
    assert_eq!(sim.log(), ["1 tool_confirmation_request", "1 input_request"]);
    assert!(sim.call(|mux, _| mux.send_tool_confirmation(FIRST, "c".to_owned(), false)));
    assert!(sim.call(|mux, _| mux.send_user_input(FIRST, "r".to_owned(), "main".to_owned())));
    assert_eq!(
        sim.log(),
        [
            r#"send {"type":"tool_confirmation","operationId":"op","toolCallId":"c","approved":false}"#,
            r#"send {"type":"user_input","operationId":"op","requestId":"r","content":"main"}"#
        ]
    );
}

#[test]
fn sb_10_an_operation_that_the_user_may_not_have_ends_without_a_completion_of_the_session() {
    let mut sim = MuxSim::subscribed();
    sim.receive(r#"{"type":"subscribe_failed","operationId":"op","reason":"forbidden"}"#);
    let mut expected = vec!["1 auth_failed forbidden".to_owned()];
    expected.extend(ends("auth_failed", "auth_failed"));
    assert_eq!(sim.log(), expected);
}

#[test]
fn sb_11_an_error_does_not_end_the_subscription() {
    let mut sim = MuxSim::subscribed();
    sim.receive(r#"{"type":"error","code":"forward_failed","message":"No","operationId":"op"}"#);
    sim.chunk("op", 1);
    assert_eq!(sim.log(), ["1 error gateway_error forward_failed: No", "1 event stream_chunk 1"]);
}

#[test]
fn sb_03_sb_15_a_subscription_that_is_over_is_deaf_and_mute() {
    let mut sim = MuxSim::subscribed();
    sim.unsubscribe(FIRST);
    sim.log();
    sim.chunk("op", 1);
    assert!(!sim.send_tool_result(FIRST, "call_1"));
    assert!(!sim.call(|mux, _| mux.send_user_input(FIRST, "r".to_owned(), "x".to_owned())));
    sim.unsubscribe(FIRST);
    assert!(sim.log().is_empty());
}

#[test]
fn a_replay_then_live_events_come_once_and_in_order() {
    let mut sim = resumed_after_two();
    for id in [3, 4, 4, 5] {
        sim.chunk("op", id);
    }
    sim.resumed("op", "running");
    sim.chunk("op", 6);
    let events: Vec<_> = sim.log().into_iter().filter(|line| line.contains("event")).collect();
    assert_eq!(events, [3, 4, 5, 6].map(|id| format!("1 event stream_chunk {id}")));
}

#[test]
fn a_gap_before_the_replay_is_told() {
    let mut sim = resumed_after_two();
    sim.chunk("op", 502);
    sim.receive(r#"{"type":"resume_complete","operationId":"op","status":"running","gap":true}"#);
    let log = sim.log();
    assert!(
        log.contains(&"1 event stream_chunk 502".to_owned()) && log.contains(&"1 continuity gap".to_owned()),
        "{log:?}"
    );
}

#[test]
fn a_hole_in_a_live_stream_is_told_with_its_range() {
    let mut sim = MuxSim::subscribed();
    sim.chunk("op", 1);
    sim.chunk("op", 4);
    assert_eq!(sim.log(), ["1 event stream_chunk 1", "1 continuity gap 2-3", "1 event stream_chunk 4"]);
}

#[test]
fn v2_c3_a_pending_answer_to_a_cursor_means_that_the_gateway_lost_its_memory() {
    let mut sim = resumed_after_two();
    sim.receive(r#"{"type":"resume_complete","operationId":"op","gap":false,"pending":true}"#);
    assert_eq!(
        sim.log(),
        ["1 resume_complete none pending", "1 continuity reset", r#"send {"type":"subscribe","operationId":"op"}"#]
    );
    sim.receive(r#"{"type":"resume_complete","operationId":"op","gap":false,"pending":true}"#);
    sim.event("op", 1, json!({"type": "stream_chunk", "stepIndex": 0, "timestamp": START + 100, "data": {}}));
    sim.resumed("op", "running");
    assert!(sim.log().contains(&"1 event stream_chunk 100".to_owned()), "the new ids count");
}

#[test]
fn v2_c3_a_low_id_with_a_later_time_on_a_new_socket_proves_a_new_sequence() {
    let mut sim = resumed_after_two();
    sim.event("op", 1, json!({"type": "stream_chunk", "stepIndex": 0, "timestamp": START + 100, "data": {}}));
    let log = sim.log();
    assert_eq!(log[0], "1 continuity reset");
    assert_eq!(log[1], r#"send {"type":"subscribe","operationId":"op"}"#);
    sim.resumed("op", "running");
    sim.event("op", 1, json!({"type": "stream_chunk", "stepIndex": 0, "timestamp": START + 100, "data": {}}));
    sim.resumed("op", "running");
    let events = sim.log().into_iter().filter(|line| line == "1 event stream_chunk 100").count();
    assert_eq!(events, 1, "it is delivered once");
}

#[test]
fn an_operation_that_stays_silent_after_a_resume_is_asked_from_the_start_once() {
    let mut sim = resumed_after_two();
    sim.resumed("op", "running");
    sim.log();
    sim.advance(15_000);
    assert_eq!(sim.log(), [r#"send {"type":"subscribe","operationId":"op"}"#]);
    sim.chunk("op", 1);
    sim.chunk("op", 2);
    sim.resumed("op", "running");
    assert_eq!(sim.log(), ["1 resume_complete running"], "known events prove the sequence and are not repeated");
    sim.advance(20_000);
    assert!(sim.log().iter().all(|line| !line.contains("subscribe")), "once");
}

#[test]
fn gd_02_the_echo_of_a_completed_member_ends_nothing() {
    let mut sim = MuxSim::subscribed();
    sim.mirrored("op", 1, "done");
    sim.receive(r#"{"type":"session_complete","operationId":"op","id":"2","summary":""}"#);
    sim.receive(r#"{"type":"status_change","operationId":"op","id":"3","status":"completed"}"#);
    sim.chunk("op", 4);
    assert_eq!(sim.log(), ["1 event agent_runtime_end 1", "1 event stream_chunk 4"]);
}

#[test]
fn either_echo_of_a_failed_member_is_paid_for_and_a_real_end_is_not() {
    for echo in [
        r#"{"type":"session_complete","operationId":"op","id":"2","summary":""}"#,
        r#"{"type":"status_change","operationId":"op","id":"2","status":"error"}"#,
    ] {
        let mut sim = MuxSim::subscribed();
        sim.mirrored("op", 1, "error");
        sim.receive(echo);
        assert_eq!(sim.log(), ["1 event agent_runtime_end 1"], "{echo}");
        sim.receive(r#"{"type":"status_change","operationId":"op","id":"3","status":"error"}"#);
        assert!(sim.log().contains(&"1 done error status_change".to_owned()), "{echo}");
    }
}

#[test]
fn gd_06_the_status_of_a_member_after_a_replay_ends_nothing() {
    let mut sim = MuxSim::subscribed();
    sim.mirrored("op", 1, "done");
    sim.close(1006, "");
    sim.advance_to_dial();
    sim.ready();
    sim.log();
    sim.resumed("op", "completed");
    assert_eq!(sim.log(), ["1 resume_complete completed"]);
}

#[test]
fn a_member_that_ends_in_its_own_way_ends_nothing() {
    let mut sim = MuxSim::subscribed();
    sim.event(
        "op",
        1,
        json!({"type": "member_runtime_end", "operationId": "member", "stepIndex": 0, "timestamp": 1, "data": {}}),
    );
    sim.chunk("op", 2);
    assert_eq!(sim.log().len(), 2);
}

#[test]
fn v2_c4_an_end_in_the_feed_ends_nothing_while_the_stream_tells_its_own() {
    let mut sim = MuxSim::subscribed();
    sim.lifecycle("op", "completed");
    assert_eq!(sim.log(), ["mux lifecycle op completed"]);
    sim.advance(9_000);
    sim.log();
    sim.terminal("op", 1, "done");
    assert!(sim.log().contains(&"1 done completed agent_event".to_owned()));
}

#[test]
fn v2_c4_an_end_that_only_the_feed_tells_is_asked_for_and_then_believed() {
    let mut sim = MuxSim::subscribed();
    sim.chunk("op", 1);
    sim.lifecycle("op", "error");
    sim.log();
    sim.advance(10_000);
    assert_eq!(
        sim.log(),
        [r#"send {"type":"subscribe","operationId":"op","lastEventId":"1"}"#, r#"send {"type":"heartbeat"}"#]
    );
    sim.receive(r#"{"type":"heartbeat_ack"}"#);
    sim.resumed("op", "running");
    sim.log();
    sim.advance(5_000);
    let mut expected = vec!["1 session_complete lifecycle error".to_owned()];
    expected.extend(ends("error", "lifecycle"));
    assert_eq!(sim.log()[..6], expected);
}

#[test]
fn v2_c4_silence_is_no_end_when_the_socket_may_be_dead() {
    let mut sim = MuxSim::subscribed();
    sim.lifecycle("op", "completed");
    sim.advance(14_000);
    let log = sim.log();
    assert!(log.last().is_some_and(|line| line.starts_with("dial ")), "the socket does not answer: {log:?}");
    sim.advance(60_000);
    assert!(sim.log().iter().all(|line| !line.contains("session_complete")));
}

#[test]
fn v2_c4_an_event_of_the_run_itself_shows_that_the_feed_spoke_of_something_else() {
    let mut sim = MuxSim::subscribed();
    sim.lifecycle("op", "completed");
    sim.chunk("op", 1);
    sim.log();
    sim.advance(16_000);
    assert!(sim.log().iter().all(|line| !line.contains("session_complete")));
}

#[test]
fn v2_c4_the_end_of_a_member_in_the_feed_ends_nothing() {
    let mut sim = MuxSim::subscribed();
    sim.mirrored("op", 1, "done");
    sim.lifecycle("op", "completed");
    sim.log();
    sim.advance(16_000);
    assert!(sim.log().is_empty());
}

#[test]
fn v2_c4_an_operation_that_is_gone_ends_at_once() {
    let mut sim = MuxSim::subscribed();
    sim.lifecycle("op", "interrupted");
    sim.lifecycle("op", "gone");
    sim.log();
    sim.advance(0);
    assert_eq!(sim.log()[0], "1 session_complete lifecycle interrupted");
}

#[test]
fn v2_c6_two_subscriptions_of_one_operation_are_one_on_the_wire_from_the_lowest_cursor() {
    let mut sim = MuxSim::new(config());
    sim.subscribe_from("op", "5", false);
    sim.subscribe_from("op", "3", true);
    sim.log();
    sim.ready();
    let log = sim.log();
    let sent: Vec<_> = log.iter().filter(|line| line.starts_with("send")).collect();
    assert_eq!(sent, [r#"send {"type":"subscribe","operationId":"op","lastEventId":"3","executor":true}"#]);
    for id in [4, 5, 6] {
        sim.chunk("op", id);
    }
    sim.resumed("op", "running");
    let events: Vec<_> = sim.log().into_iter().filter(|line| line.contains("event")).collect();
    assert_eq!(
        events,
        ["2 event stream_chunk 4", "2 event stream_chunk 5", "1 event stream_chunk 6", "2 event stream_chunk 6"]
    );
}

#[test]
fn v2_c6_the_wire_is_unsubscribed_when_the_last_one_leaves() {
    let mut sim = MuxSim::subscribed();
    let second = sim.subscribe("op");
    sim.log();
    sim.unsubscribe(FIRST);
    assert!(sim.log().iter().all(|line| !line.contains("unsubscribe")));
    sim.unsubscribe(second);
    assert!(sim.log().iter().any(|line| line.contains(r#""unsubscribe""#)));
}

#[test]
fn v2_c6_a_run_that_ends_ends_every_subscription_of_it() {
    let mut sim = MuxSim::subscribed();
    sim.subscribe("op");
    sim.log();
    sim.terminal("op", 1, "done");
    let log = sim.log();
    assert!(log.contains(&"1 done completed agent_event".to_owned()), "{log:?}");
    assert!(log.contains(&"2 done completed agent_event".to_owned()), "{log:?}");
}

#[test]
fn events_that_arrive_after_the_unsubscription_are_dropped() {
    let mut sim = MuxSim::subscribed();
    sim.unsubscribe(FIRST);
    sim.subscribe("other");
    sim.log();
    sim.chunk("op", 1);
    assert!(sim.log().is_empty());
}

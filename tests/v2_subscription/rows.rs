//! What a subscription tells and how it ends.

use agent_gateway_client::link::Status;
use agent_gateway_client::v2::MuxConfig;

use crate::support::{MuxSim, config};
use crate::{FIRST, ends};

#[test]
fn sb_01_it_is_taken_up_on_each_socket_from_its_cursor_and_told_so_before_any_answer() {
    let mut sim = MuxSim::new(config());
    sim.subscribe_from("op", "41", true);
    assert!(sim.log().iter().all(|line| !line.contains("subscribe") && !line.contains("connected")));
    for (cursor, delivered) in [("41", 42), ("42", 43)] {
        sim.ready();
        let expected =
            format!(r#"send {{"type":"subscribe","operationId":"op","lastEventId":"{cursor}","executor":true}}"#);
        assert_eq!(sim.log()[1..4], [expected.as_str(), "1 status connected", "1 connected"]);
        sim.resumed("op", "running");
        sim.chunk("op", delivered);
        sim.close(1006, "");
        sim.advance_to_dial();
        sim.log();
    }
}

#[test]
fn sb_02_a_status_is_told_on_change_only() {
    let mut sim = MuxSim::new(config());
    let id = sim.subscribe("op");
    assert_eq!(sim.mux.subscription(id).expect("it exists").status, Status::Connecting);
    sim.ready();
    for _ in 0..3 {
        sim.close(1006, "");
        sim.advance_to_dial();
    }
    sim.ready();
    sim.disconnect();
    sim.disconnect();
    let log = sim.log();
    let told: Vec<_> = log.iter().filter_map(|line| line.strip_prefix("1 status ")).collect();
    assert_eq!(told, ["connected", "reconnecting", "connected", "disconnected"]);
    assert_eq!(log.iter().filter(|line| *line == "1 reconnecting").count(), 3, "each attempt is told");
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
fn sb_12_the_end_of_the_session_is_told_once_and_before_the_end_whatever_comes_first() {
    let signals = [
        r#"{"type":"agent_event","operationId":"op","id":"1","event":{"type":"agent_runtime_end","data":{}}}"#,
        r#"{"type":"session_complete","operationId":"op","id":"2"}"#,
        r#"{"type":"status_change","operationId":"op","id":"3","status":"completed"}"#,
        r#"{"type":"resume_complete","operationId":"op","status":"completed","gap":false}"#,
        r#"{"type":"op_lifecycle","operationId":"op","status":"gone","at":1}"#,
    ];
    for first in signals {
        let mut sim = MuxSim::new(MuxConfig { keep_alive: true, ..config() });
        sim.subscribe("op");
        sim.ready();
        sim.resumed("op", "running");
        sim.receive(first);
        if first.contains("gone") {
            sim.advance(5_000);
        }
        for later in signals {
            sim.receive(later);
        }
        sim.advance(16_000);
        let log = sim.log();
        let place = log.iter().position(|line| line.starts_with("1 session_complete")).expect("the end is told");
        assert_eq!(log[place + 1], "1 ending", "{first}");
        let count = |word: &str| log.iter().filter(|line| line.starts_with(word)).count();
        assert_eq!((count("1 session_complete"), count("1 done")), (1, 1), "{first}");
    }
}

#[test]
fn sb_13_without_a_socket_the_end_sends_nothing() {
    let mut sim = MuxSim::subscribed();
    sim.close(1006, "");
    sim.log();
    sim.unsubscribe(FIRST);
    let expected = ["1 ending", "1 status disconnected", "1 disconnected", "1 done disconnected disconnect"];
    assert_eq!(sim.log(), expected);
    sim.advance(0);
    assert_eq!(sim.log(), ["mux status disconnected", "mux disconnected"]);
    assert_eq!(sim.deadline_in(), None);
}

#[test]
fn sb_13_a_status_that_was_told_is_not_repeated_by_the_end() {
    let mut sim = MuxSim::subscribed();
    sim.disconnect();
    sim.log();
    sim.unsubscribe(FIRST);
    assert_eq!(sim.log(), ["1 ending", "1 disconnected", "1 done disconnected disconnect"]);
    assert_eq!(sim.deadline_in(), None);
}

#[test]
fn sb_13_sb_14_unsubscribe_ends_it_once_and_without_a_completion_of_the_session() {
    let mut sim = MuxSim::subscribed();
    sim.unsubscribe(FIRST);
    assert_eq!(sim.log(), ends("disconnected", "disconnect"));
    assert_eq!(sim.mux.last_event_id(FIRST), None);
    assert_eq!(sim.mux.subscription(FIRST), None);
    sim.unsubscribe(FIRST);
    assert_eq!(sim.log(), [""; 0]);
}

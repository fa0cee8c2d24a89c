//! Order, duplicates, gaps, and gateways that count anew.

use serde_json::json;

use crate::resumed_after_two;
use crate::support::{MuxSim, START};

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

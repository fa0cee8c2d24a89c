//! The end of a group member does not end its supervisor.

use serde_json::json;

use crate::support::MuxSim;

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

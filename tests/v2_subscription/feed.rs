//! An end that only the feed tells (V2-C4).

use crate::ends;
use crate::support::{MuxSim, config};

const PENDING: &str = r#"{"type":"resume_complete","operationId":"op","gap":false,"pending":true}"#;
const WITHOUT_STATUS: &str = r#"{"type":"resume_complete","operationId":"op","gap":false}"#;

/// The feed told that the run completed, and nothing came of it for 10 s.
fn asked_again() -> MuxSim {
    let mut sim = MuxSim::subscribed();
    sim.lifecycle("op", "completed");
    sim.advance(10_000);
    sim.receive(r#"{"type":"heartbeat_ack"}"#);
    sim.log();
    sim
}

/// Whether the run is taken for ended within a minute of a gateway that answers heartbeats.
fn ends_within_a_minute(sim: &mut MuxSim) -> bool {
    for _ in 0..60 {
        sim.advance(1_000);
        sim.receive(r#"{"type":"heartbeat_ack"}"#);
    }
    sim.log().iter().any(|line| line.contains(" done "))
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
    sim.receive(WITHOUT_STATUS);
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
fn v2_c4_an_answer_that_says_that_the_run_goes_on_ends_the_matter() {
    let mut sim = asked_again();
    sim.resumed("op", "running");
    assert!(!ends_within_a_minute(&mut sim));
    let mut sim = asked_again();
    sim.receive(WITHOUT_STATUS);
    sim.advance(3_000);
    sim.subscribe("op");
    sim.resumed("op", "waiting_input");
    assert!(!ends_within_a_minute(&mut sim), "another's answer says so, too");
}

#[test]
fn v2_c4_an_answer_to_an_earlier_question_may_be_older_than_the_end() {
    let mut sim = MuxSim::subscribed();
    sim.subscribe("op");
    sim.lifecycle("op", "completed");
    sim.resumed("op", "running");
    sim.log();
    sim.advance(10_000);
    assert_eq!(sim.log()[0], r#"send {"type":"subscribe","operationId":"op"}"#);
    sim.receive(WITHOUT_STATUS);
    assert!(ends_within_a_minute(&mut sim));
}

#[test]
fn v2_c4_a_run_that_asks_its_user_or_changes_its_status_goes_on() {
    for frame in [
        r#"{"type":"status_change","operationId":"op","id":"1","status":"waiting_input"}"#,
        r#"{"type":"input_request","operationId":"op","id":"1","requestId":"r","prompt":"?"}"#,
        r#"{"type":"tool_confirmation_request","operationId":"op","id":"1","toolCallId":"c","tool":{}}"#,
    ] {
        let mut sim = MuxSim::subscribed();
        sim.lifecycle("op", "completed");
        sim.receive(frame);
        assert!(!ends_within_a_minute(&mut sim), "{frame}");
        let mut sim = asked_again();
        sim.receive(frame);
        sim.receive(WITHOUT_STATUS);
        assert!(!ends_within_a_minute(&mut sim), "{frame}");
    }
}

#[test]
fn v2_c4_a_second_subscription_does_not_settle_the_matter() {
    let mut sim = MuxSim::subscribed();
    sim.lifecycle("op", "completed");
    sim.subscribe("op");
    sim.receive(WITHOUT_STATUS);
    sim.advance(10_000);
    sim.receive(WITHOUT_STATUS);
    assert!(ends_within_a_minute(&mut sim));
}

#[test]
fn v2_c4_an_operation_that_is_gone_is_asked_for_at_once_and_ends_as_the_feed_told() {
    let mut sim = MuxSim::subscribed();
    sim.chunk("op", 1);
    sim.lifecycle("op", "interrupted");
    sim.log();
    sim.lifecycle("op", "gone");
    assert_eq!(
        sim.log(),
        [r#"send {"type":"subscribe","operationId":"op","lastEventId":"1"}"#, "mux lifecycle op gone"]
    );
    sim.receive(PENDING);
    sim.advance(0);
    let mut expected = vec!["1 session_complete lifecycle interrupted".to_owned()];
    expected.extend(ends("interrupted", "lifecycle"));
    assert_eq!(sim.log()[..6], expected);
}

#[test]
fn v2_c4_an_operation_that_is_gone_and_of_which_nothing_comes_ends() {
    for answer in [None, Some(WITHOUT_STATUS)] {
        let mut sim = MuxSim::subscribed();
        sim.lifecycle("op", "completed");
        sim.lifecycle("op", "gone");
        if let Some(answer) = answer {
            sim.receive(answer);
        }
        sim.advance(4_999);
        assert!(sim.log().iter().all(|line| !line.contains(" done ")));
        sim.advance(1);
        assert!(sim.log().contains(&"1 done completed lifecycle".to_owned()), "{answer:?}");
    }
}

#[test]
fn v2_c4_an_operation_that_is_gone_without_a_word_about_its_end_is_not_called_completed() {
    let mut sim = MuxSim::subscribed();
    sim.lifecycle("op", "gone");
    sim.log();
    sim.receive(PENDING);
    sim.advance(0);
    let mut expected = vec!["1 session_complete lifecycle none".to_owned()];
    expected.extend(ends("disconnected", "lifecycle"));
    assert_eq!(sim.log()[..6], expected);
}

#[test]
fn v2_c4_an_end_in_the_feed_is_remembered_while_the_stream_tells_more() {
    let mut sim = MuxSim::subscribed();
    sim.lifecycle("op", "error");
    sim.chunk("op", 1);
    sim.chunk("op", 2);
    sim.lifecycle("op", "gone");
    sim.receive(PENDING);
    sim.advance(0);
    assert!(sim.log().contains(&"1 done error lifecycle".to_owned()));
}

#[test]
fn v2_c4_the_end_of_a_member_is_no_word_about_the_end_of_an_operation_that_is_gone() {
    for goes_on in [false, true] {
        let mut sim = MuxSim::subscribed();
        sim.lifecycle("op", "completed");
        sim.mirrored("op", 1, "done");
        if goes_on {
            sim.chunk("op", 2);
        }
        sim.advance(9_000);
        sim.lifecycle("op", "gone");
        sim.receive(PENDING);
        sim.advance(0);
        sim.advance(0);
        assert!(sim.log().contains(&"1 done disconnected lifecycle".to_owned()), "{goes_on}");
    }
}

#[test]
fn v2_c4_what_is_held_is_delivered_before_an_operation_that_is_gone_ends() {
    let mut sim = MuxSim::new(config());
    sim.subscribe("op");
    sim.ready();
    sim.lifecycle("op", "completed");
    sim.chunk("op", 2);
    sim.mirrored("op", 3, "done");
    sim.lifecycle("op", "gone");
    sim.receive(PENDING);
    sim.log();
    sim.receive(PENDING);
    sim.advance(0);
    let log = sim.log();
    assert_eq!(log[..2], ["1 event stream_chunk 2", "1 event agent_runtime_end 3"]);
    assert!(log.contains(&"1 done disconnected lifecycle".to_owned()), "a member ended: {log:?}");
}

#[test]
fn v2_c4_an_answer_that_came_early_counts_when_no_other_comes() {
    let mut sim = MuxSim::new(config());
    sim.connect();
    sim.ready();
    let first = sim.subscribe("op");
    sim.unsubscribe(first);
    sim.resumed("op", "running");
    sim.subscribe("op");
    sim.lifecycle("op", "completed");
    sim.lifecycle("op", "gone");
    sim.resumed("op", "running");
    sim.resumed("op", "running");
    sim.receive(r#"{"type":"heartbeat_ack"}"#);
    sim.log();
    assert!(!ends_within_a_minute(&mut sim));
}

#[test]
fn v2_c4_an_operation_that_the_hub_knows_after_all_is_not_gone() {
    let mut sim = MuxSim::subscribed();
    sim.lifecycle("op", "completed");
    sim.lifecycle("op", "gone");
    sim.resumed("op", "running");
    assert!(!ends_within_a_minute(&mut sim));
    for sign in ["op_lifecycle", "agent_event"] {
        let mut sim = MuxSim::subscribed();
        sim.lifecycle("op", "gone");
        match sign {
            "op_lifecycle" => sim.lifecycle("op", "running"),
            _ => sim.chunk("op", 1),
        }
        assert!(!ends_within_a_minute(&mut sim), "{sign}");
    }
}

#[test]
fn v2_c4_an_operation_that_is_gone_is_not_forgotten_with_the_socket() {
    let mut sim = MuxSim::subscribed();
    sim.chunk("op", 1);
    sim.lifecycle("op", "completed");
    sim.lifecycle("op", "gone");
    sim.close(1006, "");
    sim.advance_to_dial();
    sim.ready();
    sim.receive(PENDING);
    sim.advance(0);
    assert!(sim.log().contains(&"1 done completed lifecycle".to_owned()));
}

//! V1-14 to V1-16, V1-18, V1-19, V1-25: what the gateway tells of the run.

use agent_gateway_client::v1::Config;

use crate::HANGUP;
use crate::support::{START, Sim, config, end, event_with, resume_complete, session_complete};

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

fn resuming() -> Sim {
    Sim::connected(Config { resume_on_connect: true, ..config() })
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

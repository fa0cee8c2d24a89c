//! A run that is said to go on and stays silent.

use agent_gateway_client::v1::Config;

use crate::support::{START, Sim, chunk_at, config, resume_complete};
use crate::{after_five, resume_from};

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
fn audit_without_an_answer_proves_nothing_and_the_next_frame_below_the_cursor_is_asked_about() {
    for (frame, told) in [
        (r#"{"type":"status_change","id":"1","status":"error"}"#, "session_complete status_change error"),
        (r#"{"type":"session_complete","id":"1"}"#, "session_complete raw_session_complete"),
    ] {
        let mut sim = after_five();
        sim.receive(&resume_complete("running"));
        sim.advance(15_000);
        sim.receive(&resume_complete("running"));
        sim.log();
        sim.receive(frame);
        assert_eq!(sim.log(), [resume_from("")]);
        sim.receive(&resume_complete("running"));
        assert_eq!(sim.log()[..2], ["continuity reset", told]);
    }
}

#[test]
fn audit_of_a_given_cursor_follows_the_first_frame_below_it() {
    let mut sim = Sim::connected(Config { last_event_id: "42".to_owned(), ..config() });
    sim.receive(&resume_complete("waiting_input"));
    sim.log();
    sim.receive(&chunk_at(1, "new 1", START + 100));
    assert_eq!(sim.log(), [resume_from("")]);
    sim.receive(&chunk_at(1, "new 1", START + 100));
    sim.receive(&chunk_at(2, "new 2", START + 101));
    sim.receive(&resume_complete("running"));
    assert_eq!(sim.log(), ["continuity reset", "event new 1", "event new 2", "resume_complete running"]);
}

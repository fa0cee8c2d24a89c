//! How a run ends, and what does not end it.

use serde_json::json;

use crate::support::{START, Sim, chunk_at, config, end, event_with, resume_complete, session_complete, status_change};
use crate::{HANGUP, replace_socket};

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

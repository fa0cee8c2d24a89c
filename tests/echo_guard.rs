#![cfg(not(target_family = "wasm"))]
//! The echo guard, row by row (GD-01 to GD-07) and with the vectors that the TypeScript helpers are held to as well.

use agent_gateway_client::agent::{EchoSignal, EventHead, MirroredTerminalEchoGuard, Protocol, SessionStatus};
use agent_gateway_client::v1::json::decode;
use agent_gateway_client::v1::wire::ServerFrame;
use serde::Deserialize;
use serde_json::{Value, json};

const COMPLETED: SessionStatus = SessionStatus::Completed;
const FAILED: SessionStatus = SessionStatus::Error;
const STOPPED: SessionStatus = SessionStatus::Interrupted;
const SESSION_COMPLETE: EchoSignal<'_> = EchoSignal::SessionComplete;
const BOTH: [Protocol; 2] = [Protocol::V1, Protocol::V2];

#[test]
fn gd_01_an_own_event_settles_every_debt() {
    for protocol in BOTH {
        for own in [Some("op"), Some(""), None] {
            let mut guard = owing(protocol, "done");
            guard.observe(&event("stream_chunk", own, json!({})));
            assert!(!guard.consume_echo(SESSION_COMPLETE), "{protocol:?} {own:?}");
            assert!(!guard.consume_echo(EchoSignal::StatusChange(&COMPLETED)), "{protocol:?} {own:?}");
        }
    }
}

#[test]
fn gd_01_an_own_end_makes_the_status_of_the_replay_the_runs_own() {
    for protocol in BOTH {
        for (ends, stale) in
            [("agent_runtime_end", false), ("error", false), ("stream_chunk", true), ("step_complete", true)]
        {
            let mut guard = owing(protocol, "done");
            guard.observe(&event(ends, Some("op"), json!({})));
            assert_eq!(guard.is_stale_resume_status(&COMPLETED, false), stale, "{protocol:?} {ends}");
        }
    }
}

#[test]
fn gd_01_after_an_own_event_an_echo_has_no_status_to_leave_behind() {
    let mut guard = owing(Protocol::V2, "done");
    guard.begin_replay();
    guard.observe(&event("stream_chunk", Some("op"), json!({})));
    assert!(!guard.consume_echo(SESSION_COMPLETE));
    assert!(!guard.is_stale_resume_status(&COMPLETED, false));
}

#[test]
fn gd_02_on_v1_the_end_of_a_member_owes_one_session_complete_whatever_its_reason() {
    for reason in ["done", "error", "interrupted", "waiting_for_human"] {
        let mut guard = owing(Protocol::V1, reason);
        for status in [COMPLETED, FAILED, STOPPED] {
            assert!(!guard.consume_echo(EchoSignal::StatusChange(&status)), "{reason}");
        }
        assert!(guard.consume_echo(SESSION_COMPLETE), "{reason}");
        assert!(!guard.consume_echo(SESSION_COMPLETE), "{reason}");
    }
}

#[test]
fn gd_02_on_v2_a_completed_member_owes_both_signals_and_any_other_its_status_alone() {
    for (reason, status, session_completes) in [
        ("done", COMPLETED, true),
        ("waiting_for_human", COMPLETED, true),
        ("error", FAILED, false),
        ("interrupted", STOPPED, false),
    ] {
        let mut guard = owing(Protocol::V2, reason);
        assert_eq!(guard.consume_echo(SESSION_COMPLETE), session_completes, "{reason}");
        for other in [COMPLETED, FAILED, STOPPED].iter().filter(|other| **other != status) {
            assert!(!guard.consume_echo(EchoSignal::StatusChange(other)), "{reason}");
        }
        assert!(guard.consume_echo(EchoSignal::StatusChange(&status)), "{reason}");
        assert!(!guard.consume_echo(EchoSignal::StatusChange(&status)), "{reason}");
    }
}

#[test]
fn gd_02_debts_add_up_and_the_newest_member_leaves_its_status() {
    for protocol in BOTH {
        let mut guard = owing(protocol, "error");
        guard.observe(&event("agent_runtime_end", Some("another"), json!({"reason": "done"})));
        guard.observe(&event("agent_runtime_end", Some("third"), json!({"reason": "done"})));
        assert!(guard.is_stale_resume_status(&COMPLETED, false), "{protocol:?}");
        assert!(!guard.is_stale_resume_status(&FAILED, false), "{protocol:?}");
        let owed = if protocol == Protocol::V1 { 3 } else { 2 };
        let paid = (0..5).filter(|_| guard.consume_echo(SESSION_COMPLETE)).count();
        assert_eq!(paid, owed, "{protocol:?}");
    }
}

#[test]
fn gd_03_any_other_event_of_a_member_changes_nothing() {
    for protocol in BOTH {
        for harmless in ["stream_chunk", "member_runtime_end", "error", "no_such_type"] {
            let mut guard = MirroredTerminalEchoGuard::new(protocol);
            guard.observe(&event(harmless, Some("member"), json!({"reason": "done"})));
            assert!(!guard.consume_echo(SESSION_COMPLETE), "{protocol:?} {harmless}");
            assert!(!guard.is_stale_resume_status(&COMPLETED, false), "{protocol:?} {harmless}");
            let mut guard = owing(protocol, "done");
            guard.observe(&event(harmless, Some("member"), json!({"reason": "error"})));
            assert!(guard.is_stale_resume_status(&COMPLETED, false), "{protocol:?} {harmless}");
            assert!(guard.consume_echo(SESSION_COMPLETE), "{protocol:?} {harmless}");
        }
    }
}

#[test]
fn gd_04_a_replay_forgets_the_debts_of_v1_and_keeps_those_of_v2() {
    for (protocol, kept) in [(Protocol::V1, false), (Protocol::V2, true)] {
        let mut guard = owing(protocol, "done");
        guard.begin_replay();
        assert!(!guard.is_stale_resume_status(&COMPLETED, false), "{protocol:?}: no member's status is left");
        assert_eq!(guard.consume_echo(SESSION_COMPLETE), kept, "{protocol:?}");
    }
}

#[test]
fn gd_05_only_the_end_of_a_replay_settles_what_the_replay_did_not_bring() {
    for protocol in BOTH {
        let mut guard = owing(protocol, "done");
        guard.end_replay();
        assert!(guard.consume_echo(SESSION_COMPLETE), "{protocol:?}: there was no replay");
    }
    let mut guard = owing(Protocol::V2, "done");
    guard.begin_replay();
    guard.end_replay();
    assert!(!guard.consume_echo(SESSION_COMPLETE));
    assert!(!guard.consume_echo(EchoSignal::StatusChange(&COMPLETED)));
    let mut guard = MirroredTerminalEchoGuard::new(Protocol::V1);
    guard.begin_replay();
    guard.observe(&event("agent_runtime_end", Some("member"), json!({"reason": "done"})));
    guard.end_replay();
    assert!(guard.consume_echo(SESSION_COMPLETE), "on v1 the echo may follow the replay");
}

#[test]
fn gd_05_a_replay_from_a_cursor_keeps_the_debts_until_it_is_over() {
    for protocol in BOTH {
        let mut guard = owing(protocol, "done");
        guard.begin_replay_from_cursor();
        assert!(guard.is_stale_resume_status(&COMPLETED, false), "{protocol:?}: what lies before the cursor counts");
        assert!(guard.consume_echo(SESSION_COMPLETE), "{protocol:?}: the echo comes inside the replay");
        let mut guard = owing(protocol, "done");
        guard.begin_replay_from_cursor();
        guard.end_replay();
        assert!(!guard.consume_echo(SESSION_COMPLETE), "{protocol:?}: the replay did not bring it");
    }
}

#[test]
fn gd_06_the_status_of_a_replay_is_stale_if_it_is_that_of_the_last_member_and_nothing_is_missing() {
    for protocol in BOTH {
        for (reason, status) in [("done", COMPLETED), ("error", FAILED), ("interrupted", STOPPED)] {
            let guard = owing(protocol, reason);
            for other in [COMPLETED, FAILED, STOPPED, SessionStatus::Running] {
                assert_eq!(guard.is_stale_resume_status(&other, false), other == status, "{protocol:?} {reason}");
                assert!(
                    !guard.is_stale_resume_status(&other, true),
                    "{protocol:?} {reason}: after a gap nothing is stale"
                );
            }
        }
        let guard = MirroredTerminalEchoGuard::new(protocol);
        assert!(!guard.is_stale_resume_status(&COMPLETED, false), "{protocol:?}: there was no member");
    }
}

#[test]
fn gd_07_an_echo_is_paid_for_once_and_nothing_is_owed_at_the_start() {
    for protocol in BOTH {
        let mut guard = MirroredTerminalEchoGuard::new(protocol);
        assert!(!guard.consume_echo(SESSION_COMPLETE), "{protocol:?}");
        for status in
            [COMPLETED, FAILED, STOPPED, SessionStatus::Running, SessionStatus::Unknown("cancelled".to_owned())]
        {
            assert!(!guard.consume_echo(EchoSignal::StatusChange(&status)), "{protocol:?} {status:?}");
        }
    }
}

#[test]
fn gd_07_an_echo_inside_a_replay_makes_the_status_at_its_end_stale() {
    let mut guard = owing(Protocol::V2, "error");
    guard.begin_replay();
    assert!(!guard.is_stale_resume_status(&FAILED, false));
    assert!(guard.consume_echo(EchoSignal::StatusChange(&FAILED)));
    assert!(guard.is_stale_resume_status(&FAILED, false));
}

#[test]
fn one_of_the_two_signals_pays_for_a_member_that_failed() {
    let mut guard = owing(Protocol::V1, "error");
    assert!(!guard.consume_either(&STOPPED), "another status is no echo");
    assert!(guard.consume_either(&FAILED));
    assert!(!guard.consume_echo(SESSION_COMPLETE), "it is paid for");
    assert!(!guard.consume_either(&FAILED));
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    name: String,
    operation_id: Option<String>,
    protocol: Option<String>,
    steps: Vec<Step>,
    expect: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    call: Option<String>,
    event: Option<Value>,
    signal: Option<String>,
    status: Option<String>,
    #[serde(default)]
    gap: bool,
}

#[test]
fn the_shared_vectors_of_the_guard_agree() {
    let vectors = vectors(include_str!("vectors/echo-guard.json"));
    assert!(vectors.len() >= 33, "{}", vectors.len());
    for vector in vectors {
        let operation_id = vector.operation_id.as_deref().expect("an operation");
        let protocol = match vector.protocol.as_deref() {
            Some("v1") => Protocol::V1,
            Some("v2") => Protocol::V2,
            other => panic!("{other:?} is no protocol"),
        };
        let mut guard = MirroredTerminalEchoGuard::new(protocol);
        let answers: Vec<_> = vector.steps.iter().filter_map(|step| take(&mut guard, step, operation_id)).collect();
        assert_eq!(json!(answers), vector.expect, "{}", vector.name);
    }
}

#[test]
fn the_shared_vectors_of_terminal_events_agree() {
    let vectors = vectors(include_str!("vectors/terminal.json"));
    assert!(vectors.len() >= 21, "{}", vectors.len());
    for vector in vectors {
        let [Step { event: Some(event), .. }] = vector.steps.as_slice() else {
            panic!("{} has one event", vector.name)
        };
        assert_eq!(json!(head(event, "op_1").is_session_terminal()), vector.expect, "{}", vector.name);
    }
}

/// Takes a step; the answer where it is a question.
fn take(guard: &mut MirroredTerminalEchoGuard, step: &Step, operation_id: &str) -> Option<bool> {
    let status = SessionStatus::from_name(step.status.as_deref().unwrap_or_default());
    match step.call.as_deref().expect("a call") {
        "observe" => guard.observe(&head(step.event.as_ref().expect("an event"), operation_id)),
        "beginReplay" => guard.begin_replay(),
        "endReplay" => guard.end_replay(),
        "isStaleResumeStatus" => return Some(guard.is_stale_resume_status(&status, step.gap)),
        "consumeEcho" => {
            return Some(guard.consume_echo(match step.signal.as_deref() {
                Some("session_complete") => SESSION_COMPLETE,
                Some("status_change") => EchoSignal::StatusChange(&status),
                other => panic!("{other:?} is no signal"),
            }));
        }
        other => panic!("{other} is no call"),
    }
    None
}

fn vectors(text: &str) -> Vec<Vector> {
    serde_json::from_str(text).expect("the vectors are JSON")
}

/// A guard that saw a member's run end.
fn owing(protocol: Protocol, reason: &str) -> MirroredTerminalEchoGuard {
    let mut guard = MirroredTerminalEchoGuard::new(protocol);
    guard.observe(&event("agent_runtime_end", Some("member"), json!({"reason": reason})));
    guard
}

/// An event on the channel of operation `op`.
fn event(event_type: &str, operation_id: Option<&str>, data: Value) -> EventHead {
    let mut event = json!({"type": event_type, "data": data});
    if let Some(operation_id) = operation_id {
        event["operationId"] = json!(operation_id);
    }
    head(&event, "op")
}

/// The head that a session of this operation reads.
fn head(event: &Value, operation_id: &str) -> EventHead {
    let frame = json!({"type": "agent_event", "event": event}).to_string();
    match decode(&frame, operation_id) {
        Ok(ServerFrame::AgentEvent { head, .. }) => head,
        other => panic!("{other:?} is no event"),
    }
}

//! Questions of the agent to the user.

use agent_gateway_client::agent::SessionStatus;
use agent_gateway_client::run::{Answer, InterventionKind, Phase, Timer, Told, WaitingFor};

use crate::sim::RunSim;

#[test]
fn a_question_for_input_is_asked_and_its_answer_sent() {
    let mut sim = RunSim::streaming();
    sim.ask_user("q1", InterventionKind::Input);
    assert_eq!((sim.phase(), sim.waiting_for()), (Phase::WaitingInput, Some(WaitingFor::User)));
    sim.answer("user q1", Answer::Replied("main"));
    assert_eq!(sim.log(), ["waiting_input stop", "ask user q1", "streaming stop", "answer q1 main"]);
}

#[test]
fn a_question_for_consent_has_a_phase_of_its_own() {
    for kind in [InterventionKind::ToolConfirmation, InterventionKind::Permission, InterventionKind::Plan] {
        let mut sim = RunSim::streaming();
        sim.ask_user("call_a", kind);
        assert_eq!(sim.phase(), Phase::WaitingConfirmation);
    }
}

#[test]
fn an_answer_waits_for_the_connection() {
    let mut sim = RunSim::streaming();
    sim.ask_user("q1", InterventionKind::Input);
    sim.lose();
    sim.log();
    sim.answer("user q1", Answer::Replied("main"));
    assert_eq!(sim.log(), Vec::<String>::new());
    sim.connect();
    assert_eq!(sim.log(), ["streaming stop", "answer q1 main"]);
}

#[test]
fn the_users_turn_outlives_the_connection() {
    let mut sim = RunSim::streaming();
    sim.ask_user("q1", InterventionKind::Input);
    sim.lose();
    assert_eq!(sim.phase(), Phase::Reconnecting);
    sim.connect();
    assert_eq!(sim.phase(), Phase::WaitingInput);
}

#[test]
fn an_answer_that_the_host_submits_is_over_when_its_producer_says_so() {
    let mut sim = RunSim::streaming();
    sim.ask_user("call_a", InterventionKind::Question);
    sim.answer("user call_a", Answer::Replied("submitted"));
    assert_eq!((sim.phase(), sim.waiting_for()), (Phase::WaitingInput, Some(WaitingFor::Agent)));
    sim.log();
    sim.tell(Told::Resolved { id: "call_a".into() });
    assert_eq!(sim.log(), ["streaming stop"]);
}

#[test]
fn a_question_that_is_resolved_elsewhere_is_withdrawn() {
    let mut sim = RunSim::streaming();
    sim.ask_user("call_a", InterventionKind::Permission);
    sim.log();
    sim.tell(Told::Resolved { id: "call_a".into() });
    assert_eq!(sim.log(), ["streaming stop", "abort user call_a"]);
    sim.answer("user call_a", Answer::Replied("late"));
    assert_eq!(sim.log(), Vec::<String>::new());
}

#[test]
fn a_question_is_over_at_its_deadline() {
    let mut sim = RunSim::streaming();
    sim.ask_user_within("call_a", InterventionKind::Plan, Some(60_000));
    assert_eq!(sim.snapshot().deadline.map(|(_, timer)| timer), Some(Timer::Intervention));
    sim.log();
    sim.advance(60_000);
    assert_eq!(sim.log(), ["streaming stop", "abort user call_a"]);
}

#[test]
fn a_question_that_is_replayed_after_its_deadline_is_not_asked() {
    let mut sim = RunSim::streaming();
    sim.ask_user_within("call_a", InterventionKind::Plan, Some(0));
    assert_eq!(sim.log(), Vec::<String>::new());
}

#[test]
fn a_question_that_is_open_is_not_asked_again() {
    let mut sim = RunSim::streaming();
    sim.ask_user("q1", InterventionKind::Input);
    sim.log();
    sim.ask_user("q1", InterventionKind::Input);
    assert_eq!(sim.log(), Vec::<String>::new());
}

#[test]
fn a_host_that_asks_nobody_leaves_the_run_to_the_agent() {
    let mut sim = RunSim::streaming();
    sim.ask_user("q1", InterventionKind::Input);
    sim.fail("user q1");
    assert_eq!((sim.phase(), sim.waiting_for()), (Phase::Streaming, Some(WaitingFor::Agent)));
}

#[test]
fn the_agents_next_message_closes_a_question_that_the_gateway_gave_up_on() {
    let mut sim = RunSim::streaming();
    sim.ask_user("q1", InterventionKind::Input);
    sim.log();
    sim.event("stream_start");
    assert_eq!(sim.log(), ["streaming stop", "abort user q1"]);
}

#[test]
fn a_status_that_runs_closes_the_gateways_questions_and_leaves_those_of_a_producer() {
    let mut sim = RunSim::streaming();
    sim.ask_user("q1", InterventionKind::Input);
    sim.ask_user("call_a", InterventionKind::Permission);
    sim.log();
    sim.status(SessionStatus::Running);
    assert_eq!(sim.log(), ["waiting_confirmation stop", "abort user q1"]);
}

#[test]
fn a_question_comes_before_a_tool_that_runs() {
    let mut sim = RunSim::streaming();
    sim.run_tool("call_a");
    sim.ask_user("q1", InterventionKind::Input);
    assert_eq!(sim.phase(), Phase::WaitingInput);
    sim.answer("user q1", Answer::Replied("main"));
    assert_eq!(sim.phase(), Phase::RunningTools);
}

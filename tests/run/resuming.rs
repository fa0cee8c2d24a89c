//! A run that is taken up after a reload.

use agent_gateway_client::link::{Reason, Status};
use agent_gateway_client::run::{Answer, Phase, Resume, Timer, Told, WaitingFor};
use agent_gateway_client::time::Timestamp;

use crate::sim::{RunSim, START};

#[test]
fn the_token_is_asked_for_before_anything_is_opened() {
    let mut sim = RunSim::new();
    assert!(sim.resume());
    assert_eq!(sim.log(), ["refreshing_auth stop", "ask token op initial"]);
    assert_eq!(sim.waiting_for(), Some(WaitingFor::Token));
    sim.answer_token("t2");
    assert_eq!(sim.log(), ["connecting stop", r#"open op t2 after "7" resume"#]);
}

#[test]
fn it_began_when_its_marker_says() {
    let mut sim = RunSim::new();
    let began = Timestamp::from_millis(START - 60_000);
    let resume =
        Resume { operation_id: "op".into(), last_event_id: String::new(), started_at: Some(began), gateway_url: None };
    sim.call(|run, now| run.resume(resume, now));
    assert_eq!(sim.snapshot().started_at, Some(began));
    assert_eq!(sim.snapshot().since, Timestamp::from_millis(START));
}

#[test]
fn the_operation_is_known_at_once_so_that_a_second_one_can_share_it() {
    let mut sim = RunSim::new();
    sim.resume();
    assert_eq!(sim.run.operation_id().map(|id| &**id), Some("op"));
    assert!(!sim.resume());
    assert_eq!(sim.log().len(), 2, "one token is asked for");
}

#[test]
fn a_token_that_could_not_be_had_is_asked_for_again() {
    let mut sim = RunSim::new();
    sim.resume();
    sim.fail("token");
    assert_eq!(sim.snapshot().deadline.map(|(_, timer)| timer), Some(Timer::TokenRetry));
    sim.log();
    sim.advance(2_000);
    assert_eq!(sim.log(), ["ask token op initial"]);
    sim.answer_token("t2");
    assert_eq!(sim.phase(), Phase::Connecting);
}

#[test]
fn it_ends_where_the_host_no_longer_knows_the_operation_once_its_connection_is_lost() {
    let mut sim = RunSim::reconnecting();
    sim.link(Status::Reconnecting, Some(Reason::TokenPending));
    sim.tell(Told::UnknownOperation);
    assert_eq!(sim.ending(), "unknown_operation unknown assumed");
}

#[test]
fn it_goes_on_where_the_host_does_not_know_the_operation_while_its_events_come() {
    let mut sim = RunSim::streaming();
    sim.tell(Told::UnknownOperation);
    assert_eq!(sim.phase(), Phase::Streaming);
}

#[test]
fn a_host_that_does_not_answer_is_asked_three_times() {
    let mut sim = RunSim::new();
    sim.resume();
    sim.log();
    sim.advance(15_000 + 2_000 + 15_000 + 4_000 + 14_999);
    assert_eq!(sim.log(), ["abort token", "ask token op initial", "abort token", "ask token op initial"]);
    sim.advance(1);
    assert_eq!(sim.ending(), "refresh_failed unknown assumed");
}

#[test]
fn an_answer_of_the_wrong_kind_counts_as_none() {
    let mut sim = RunSim::new();
    sim.resume();
    sim.answer("token", Answer::Claimed(true));
    assert_eq!(sim.snapshot().deadline.map(|(_, timer)| timer), Some(Timer::TokenRetry));
}

#[test]
fn a_newer_run_takes_its_place_before_and_after_the_token() {
    let mut sim = RunSim::new();
    sim.resume();
    sim.log();
    assert!(sim.supersede());
    assert_eq!(sim.log(), ["settled send", "abort token", "outcome superseded unknown"]);
    sim.answer_token("late");
    assert_eq!(sim.log(), Vec::<String>::new());

    let mut sim = RunSim::new();
    sim.resume();
    sim.answer_token("t2");
    sim.log();
    assert!(sim.supersede());
    assert_eq!(sim.log(), ["settled send", "close", "outcome superseded unknown"]);
}

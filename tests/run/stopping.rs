//! The two ways to leave a run: `stop` ends it at the server, `detach` leaves it alone.

use agent_gateway_client::agent::{CompletionSource, Outcome};
use agent_gateway_client::run::{Answer, Phase, Timer, Told, WaitingFor};

use crate::sim::RunSim;

#[test]
fn stop_asks_the_server_and_waits_for_the_runs_own_end() {
    let mut sim = RunSim::streaming();
    assert!(sim.stop());
    assert_eq!(sim.log(), ["stopping send", "ask interrupt op"]);
    assert_eq!((sim.waiting_for(), sim.run.deadline().unwrap().1), (Some(WaitingFor::Stop), Timer::Stop));
    sim.answer("interrupt", Answer::Interrupted(true));
    assert_eq!(sim.phase(), Phase::Stopping);
    sim.end(Outcome::Interrupted);
    assert_eq!(sim.ending(), "agent_event interrupted known");
}

#[test]
fn a_stopped_run_holds_up_no_new_message() {
    let mut sim = RunSim::streaming();
    sim.stop();
    let snapshot = sim.snapshot();
    assert_eq!((snapshot.loading, snapshot.can_send, snapshot.can_stop), (false, true, false));
    assert!(!sim.stop(), "it is being stopped");
}

#[test]
fn a_run_that_completes_while_it_is_stopped_completed() {
    let mut sim = RunSim::streaming();
    sim.stop();
    sim.end(Outcome::Completed);
    assert_eq!(sim.ending(), "agent_event completed known");
}

#[test]
fn a_confirmed_stop_ends_after_ten_seconds_without_the_runs_own_end() {
    let mut sim = RunSim::streaming();
    sim.stop();
    sim.answer("interrupt", Answer::Interrupted(true));
    sim.advance(9_999);
    assert_eq!(sim.phase(), Phase::Stopping);
    sim.advance(1);
    assert_eq!(sim.ending(), "stopped interrupted known");
}

#[test]
fn a_stop_that_nobody_confirms_ends_after_ten_seconds_and_says_so() {
    let mut sim = RunSim::streaming();
    sim.stop();
    sim.fail("interrupt");
    sim.log();
    sim.advance(10_000);
    assert_eq!(sim.log(), ["settled send", "close", "outcome stop_unconfirmed interrupted"]);
    assert_eq!(sim.ending(), "stop_unconfirmed interrupted assumed");
}

#[test]
fn a_refused_stop_goes_on_with_the_run() {
    let mut sim = RunSim::streaming();
    sim.stop();
    sim.log();
    sim.answer("interrupt", Answer::Interrupted(false));
    assert_eq!(sim.log(), ["streaming stop", "stop refused"]);
    sim.advance(60_000);
    assert_eq!(sim.phase(), Phase::Streaming);
    assert!(sim.stop(), "it can be stopped again");
}

#[test]
fn a_refused_stop_while_the_connection_is_away_waits_for_the_connection() {
    let mut sim = RunSim::reconnecting();
    sim.stop();
    sim.answer("interrupt", Answer::Interrupted(false));
    assert_eq!(sim.phase(), Phase::Reconnecting);
}

#[test]
fn a_server_that_knows_no_such_run_any_more_may_still_send_its_end() {
    let mut sim = RunSim::streaming();
    sim.stop();
    sim.answer("interrupt", Answer::NotFound);
    assert_eq!(sim.phase(), Phase::Stopping);
    sim.end(Outcome::Completed);
    assert_eq!(sim.ending(), "agent_event completed known");
}

#[test]
fn a_lost_transport_leaves_the_stop_to_the_host() {
    let mut sim = RunSim::streaming();
    sim.stop();
    sim.done(Outcome::Disconnected, CompletionSource::ConnectionLost);
    assert_eq!(sim.phase(), Phase::Stopping);
    sim.answer("interrupt", Answer::Interrupted(true));
    assert_eq!(sim.ending(), "stopped interrupted known");
}

#[test]
fn a_refused_stop_without_a_transport_knows_nothing() {
    let mut sim = RunSim::streaming();
    sim.stop();
    sim.tell(Told::Unavailable { last_event_id: String::new() });
    sim.answer("interrupt", Answer::Interrupted(false));
    assert_eq!(sim.ending(), "connection_lost unknown assumed");
}

#[test]
fn a_stop_before_the_run_exists_aborts_the_start() {
    let mut sim = RunSim::new();
    sim.submit();
    sim.log();
    sim.stop();
    assert_eq!(sim.log(), ["stopping send", "abort start"]);
    sim.answer("start", Answer::Aborted);
    assert_eq!(sim.ending(), "stopped_before_start interrupted assumed");
}

#[test]
fn a_run_that_was_created_all_the_same_is_stopped_and_never_followed() {
    let mut sim = RunSim::new();
    sim.submit();
    sim.stop();
    sim.log();
    sim.start();
    assert_eq!(sim.log(), ["ask interrupt op"]);
    sim.answer("interrupt", Answer::Interrupted(true));
    assert_eq!(sim.log(), ["settled send", "outcome stopped interrupted"]);
}

#[test]
fn a_run_that_was_created_after_the_stop_ended_is_stopped_in_silence() {
    let mut sim = RunSim::new();
    sim.submit();
    sim.stop();
    sim.advance(10_000);
    assert_eq!(sim.ending(), "stop_unconfirmed interrupted assumed");
    sim.log();
    sim.start();
    assert_eq!(sim.log(), ["ask interrupt op"]);
    sim.answer("interrupt", Answer::Interrupted(true));
    assert_eq!(sim.log(), Vec::<String>::new());
}

#[test]
fn a_run_that_was_created_and_cannot_be_stopped_is_followed() {
    let mut sim = RunSim::new();
    sim.submit();
    sim.stop();
    sim.start();
    sim.log();
    sim.answer("interrupt", Answer::Interrupted(false));
    assert_eq!(sim.log(), ["refreshing_auth stop", "stop refused", "ask token op initial"]);
    sim.answer_token("t2");
    assert_eq!(sim.log(), ["connecting stop", r#"open op t2 after "" executor"#]);
}

#[test]
fn a_stop_while_a_token_is_awaited_asks_for_none() {
    let mut sim = RunSim::new();
    sim.resume();
    sim.log();
    sim.stop();
    assert_eq!(sim.log(), ["stopping send", "abort token", "ask interrupt op"]);
    sim.answer_token("late");
    assert_eq!(sim.log(), Vec::<String>::new());
    sim.answer("interrupt", Answer::NotFound);
    assert_eq!(sim.ending(), "unknown_operation unknown assumed");
}

#[test]
fn a_server_that_answers_the_stop_after_the_outcome_changes_nothing() {
    let mut sim = RunSim::streaming();
    sim.stop();
    sim.advance(10_000);
    sim.log();
    sim.answer("interrupt", Answer::Interrupted(false));
    assert_eq!(sim.log(), Vec::<String>::new());
}

#[test]
fn detach_closes_and_stops_nothing() {
    let mut sim = RunSim::streaming();
    assert!(sim.detach());
    assert_eq!(sim.log(), ["settled send", "close", "outcome detached unknown"]);
}

#[test]
fn a_start_that_is_under_way_is_left_alone_by_detach() {
    let mut sim = RunSim::new();
    sim.submit();
    sim.log();
    sim.detach();
    assert_eq!(sim.log(), ["settled send", "outcome detached unknown"]);
    sim.start();
    assert_eq!(sim.log(), Vec::<String>::new());
}

#[test]
fn a_detach_after_a_stop_leaves_no_run_behind() {
    let mut sim = RunSim::new();
    sim.submit();
    sim.stop();
    sim.detach();
    sim.log();
    sim.start();
    assert_eq!(sim.log(), ["ask interrupt op"]);
}

#[test]
fn nothing_is_stopped_or_left_twice() {
    let mut sim = RunSim::new();
    assert!(!sim.stop());
    assert!(!sim.detach());
    sim.submit();
    sim.detach();
    assert!(!sim.stop());
    assert!(!sim.detach());
    assert!(!sim.supersede());
}

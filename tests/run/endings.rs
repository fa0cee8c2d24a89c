//! Every way a run can end, each with an outcome that says what happened and whether that is known.

use agent_gateway_client::agent::{CompletionSource, Outcome, SessionStatus};
use agent_gateway_client::link::Status;
use agent_gateway_client::run::{Answer, Ending, Limits, Phase, Told, WaitingFor};

use crate::sim::RunSim;

#[test]
fn the_runs_own_end_says_what_became_of_it() {
    let cases = [
        (Outcome::Completed, "agent_event completed known"),
        (Outcome::Error, "agent_event failed known"),
        (Outcome::Interrupted, "agent_event interrupted known"),
    ];
    for (outcome, ending) in cases {
        let mut sim = RunSim::streaming();
        sim.end(outcome);
        assert_eq!(sim.ending(), ending);
        let told = sim.outcome.unwrap();
        assert_eq!((told.terminal_received, told.succeeded), (true, outcome == Outcome::Completed));
        assert_eq!(told.reason.as_deref(), Some(outcome.as_str()));
    }
}

#[test]
fn every_word_of_the_gateway_about_the_end_is_known() {
    let cases = [
        (CompletionSource::ResumeStatus, "resume_status completed known"),
        (CompletionSource::StatusChange, "status_change completed known"),
        (CompletionSource::Lifecycle, "lifecycle completed known"),
    ];
    for (source, ending) in cases {
        let mut sim = RunSim::streaming();
        sim.done(Outcome::Completed, source);
        assert_eq!(sim.ending(), ending);
    }
}

#[test]
fn that_the_session_is_over_does_not_tell_how_the_run_ended() {
    let mut sim = RunSim::streaming();
    sim.done(Outcome::Completed, CompletionSource::SessionComplete);
    assert_eq!(sim.ending(), "session_complete unknown assumed");
}

#[test]
fn an_operation_that_the_gateway_forgot_ended_nobody_knows_how() {
    let mut sim = RunSim::streaming();
    sim.done(Outcome::Disconnected, CompletionSource::Lifecycle);
    assert_eq!(sim.ending(), "lifecycle unknown assumed");
}

#[test]
fn a_watchdogs_status_ends_a_run_that_nobody_works_on() {
    let mut sim = RunSim::streaming();
    sim.done(Outcome::Error, CompletionSource::StatusChange);
    assert_eq!(sim.ending(), "status_change failed known");
}

#[test]
fn a_refused_token_ends_what_this_client_knows_but_not_the_run() {
    let mut sim = RunSim::reconnecting();
    sim.done(Outcome::AuthFailed, CompletionSource::AuthFailed);
    assert_eq!(sim.ending(), "auth_failed unknown assumed");
    assert!(sim.outcome.unwrap().ending.is_about_credentials());
}

#[test]
fn a_host_that_is_signed_out_ends_it_without_another_question() {
    let mut sim = RunSim::new();
    sim.resume();
    sim.answer("token", Answer::Unauthorized { detail: "signed out".to_owned() });
    assert_eq!(sim.ending(), "unauthorized unknown assumed");
    assert_eq!(sim.outcome.unwrap().detail.as_deref(), Some("signed out"));
}

#[test]
fn a_refresh_that_fails_three_times_ends_it() {
    let mut sim = RunSim::new();
    sim.resume();
    sim.fail("token");
    sim.advance(2_000);
    sim.fail("token");
    sim.advance(4_000);
    sim.log();
    sim.fail("token");
    assert_eq!(sim.log(), ["settled send", "outcome refresh_failed unknown"]);
    assert_eq!(sim.outcome.unwrap().detail.as_deref(), Some("no luck"));
}

#[test]
fn an_operation_that_the_server_does_not_know_settles_at_once() {
    let mut sim = RunSim::new();
    sim.resume();
    sim.answer("token", Answer::NotFound);
    assert_eq!(sim.ending(), "unknown_operation unknown assumed");
    assert!(!sim.outcome.unwrap().ending.is_resumable(), "every revisit would end like this");
}

#[test]
fn a_connection_that_never_stands_is_given_two_minutes() {
    let mut sim = RunSim::connecting();
    sim.advance(119_999);
    assert_eq!(sim.phase(), Phase::Connecting);
    sim.advance(1);
    assert_eq!(sim.ending(), "connect_limit unknown assumed");
}

#[test]
fn a_connection_that_does_not_come_back_is_given_ten_minutes_and_never_called_completed() {
    let mut sim = RunSim::reconnecting();
    sim.advance(599_999);
    assert_eq!(sim.phase(), Phase::Reconnecting);
    sim.advance(1);
    assert_eq!(sim.log(), ["settled send", "close", "outcome reconnect_limit unknown"]);
    assert!(sim.outcome.unwrap().ending.is_resumable());
}

#[test]
fn a_gateway_that_says_nothing_of_the_operation_is_given_ten_minutes_after_a_connection() {
    let mut sim = RunSim::streaming();
    sim.lose();
    sim.link(Status::Connected, None);
    assert_eq!(sim.waiting_for(), Some(WaitingFor::Agent));
    sim.advance(599_999);
    assert_eq!(sim.phase(), Phase::Streaming);
    sim.advance(1);
    assert_eq!(sim.ending(), "pending_limit unknown assumed");
    assert!(sim.outcome.unwrap().ending.is_resumable());
}

#[test]
fn connections_that_come_and_go_without_a_word_of_the_operation_are_no_reason_to_wait_for_ever() {
    for pending in [false, true] {
        let mut sim = RunSim::reconnecting();
        let mut minutes = 0;
        while sim.phase() != Phase::Settled && minutes < 60 {
            sim.link(Status::Connected, None);
            if pending {
                sim.tell(Told::Replayed { pending });
            }
            sim.advance(60_000);
            if sim.phase() != Phase::Settled {
                sim.lose();
            }
            minutes += 1;
        }
        assert!((10..=12).contains(&minutes), "settled after {minutes} minutes");
        assert_eq!(sim.outcome.unwrap().ending, Ending::PendingLimit);
    }
}

#[test]
fn a_gateway_that_is_back_after_a_long_silence_has_a_moment_for_its_first_word() {
    let mut sim = RunSim::reconnecting();
    sim.link(Status::Connected, None);
    sim.advance(300_000);
    sim.lose();
    sim.advance(400_000);
    sim.link(Status::Connected, None);
    sim.advance(29_999);
    assert_eq!(sim.phase(), Phase::Streaming);
    sim.event("stream_chunk");
    sim.advance(3_600_000);
    assert_eq!(sim.phase(), Phase::Streaming);
}

#[test]
fn the_first_word_of_the_operation_gives_the_agent_all_the_time_it_takes() {
    let words: [fn(&mut RunSim); 4] = [
        |sim| sim.event("step_start"),
        |sim| sim.members_event("stream_chunk"),
        |sim| sim.status(SessionStatus::Running),
        |sim| sim.tell(Told::Replayed { pending: false }),
    ];
    for word in words {
        let mut sim = RunSim::connecting();
        sim.link(Status::Connected, None);
        word(&mut sim);
        sim.advance(3_600_000);
        assert_eq!((sim.phase(), sim.waiting_for()), (Phase::Streaming, Some(WaitingFor::Agent)));
    }
}

#[test]
fn an_operation_that_stays_pending_is_given_ten_minutes() {
    let mut sim = RunSim::streaming();
    sim.tell(Told::Replayed { pending: true });
    sim.advance(600_000);
    assert_eq!(sim.ending(), "pending_limit unknown assumed");
}

#[test]
fn a_transport_that_is_not_served_and_has_no_other_ends_it() {
    let mut sim = RunSim::with_fallback();
    sim.submit();
    sim.start();
    sim.tell(Told::Unavailable { last_event_id: String::new() });
    assert_eq!(sim.phase(), Phase::Connecting);
    sim.tell(Told::Unavailable { last_event_id: String::new() });
    assert_eq!(sim.ending(), "unavailable unknown assumed");
}

#[test]
fn a_transport_that_gives_up_leaves_the_run_unknown() {
    let mut sim = RunSim::streaming();
    sim.done(Outcome::Disconnected, CompletionSource::ConnectionLost);
    assert_eq!(sim.ending(), "connection_lost unknown assumed");

    let mut sim = RunSim::streaming();
    sim.done(Outcome::Disconnected, CompletionSource::Disconnect);
    assert_eq!(sim.ending(), "transport_closed unknown assumed");
}

#[test]
fn a_start_that_fails_never_was_a_run() {
    let mut sim = RunSim::new();
    sim.submit();
    sim.fail("start");
    assert_eq!(sim.ending(), "start_failed failed known");
    assert_eq!(sim.outcome.unwrap().detail.as_deref(), Some("no luck"));
}

#[test]
fn a_start_without_an_operation_failed() {
    let mut sim = RunSim::new();
    sim.submit();
    let started = agent_gateway_client::run::Started { operation_id: "".into(), token: None, gateway_url: None };
    sim.answer("start", Answer::Started(started));
    assert_eq!(sim.ending(), "start_failed failed known");
}

#[test]
fn a_start_that_is_not_answered_in_a_minute_ends_and_what_it_creates_later_is_stopped() {
    let mut sim = RunSim::new();
    sim.submit();
    sim.log();
    sim.advance(60_000);
    assert_eq!(sim.log(), ["settled send", "abort start", "outcome start_timeout unknown"]);
    sim.start();
    assert_eq!(sim.log(), ["ask interrupt op"]);
}

#[test]
fn the_limits_are_options() {
    let mut sim = RunSim::with(Limits { start: 5_000, ..Limits::default() }, false);
    sim.submit();
    sim.advance(5_000);
    assert_eq!(sim.ending(), "start_timeout unknown assumed");
}

#[test]
fn nothing_follows_the_outcome() {
    let mut sim = RunSim::streaming();
    sim.call_tool("call_a");
    sim.end(Outcome::Completed);
    let settled = sim.snapshot();
    assert_eq!((settled.waiting_for, settled.deadline, sim.run.deadline()), (None, None, None));
    assert_eq!((settled.can_send, settled.can_stop, settled.outcome.is_some()), (true, false, true));
    sim.log();
    sim.lose();
    sim.end(Outcome::Error);
    sim.answer("claim call_a", Answer::Claimed(true));
    sim.advance(3_600_000);
    assert_eq!(sim.log(), Vec::<String>::new());
}

#[test]
fn what_is_open_is_closed_before_the_outcome_is_told() {
    let mut sim = RunSim::streaming();
    sim.run_tool("call_a");
    sim.ask_user("q1", agent_gateway_client::run::InterventionKind::Input);
    sim.log();
    sim.detach();
    let log = ["settled send", "abort tool call_a", "abort user q1", "close", "outcome detached unknown"];
    assert_eq!(sim.log(), log);
}

//! The phases of a run that goes well, and what the button shows.

use agent_gateway_client::agent::{Outcome, SessionStatus};
use agent_gateway_client::link::{Reason, Status};
use agent_gateway_client::machine::Wake;
use agent_gateway_client::run::{Answer, Phase, Started, Timer, Told, WaitingFor};

use crate::sim::RunSim;

#[test]
fn a_run_is_announced_before_it_is_asked_for_and_reads_like_a_log() {
    let mut sim = RunSim::new();
    assert!(sim.submit());
    assert_eq!(sim.log(), ["submitting stop", "ask start"]);
    sim.start();
    assert_eq!(sim.log(), ["connecting stop", r#"open op t1 after "" executor"#]);
    sim.connect();
    assert_eq!(sim.log(), ["streaming stop"]);
    sim.end(Outcome::Completed);
    assert_eq!(sim.log(), ["settled send", "outcome agent_event completed"]);
}

#[test]
fn an_idle_run_sends_and_waits_for_nobody() {
    let sim = RunSim::new();
    let idle = sim.snapshot();
    assert_eq!((idle.phase, idle.can_send, idle.can_stop, idle.loading), (Phase::Idle, true, false, false));
    assert_eq!((idle.waiting_for, idle.deadline, sim.run.deadline()), (None, None, None));
}

#[test]
fn a_run_is_used_once() {
    let mut sim = RunSim::new();
    assert!(sim.submit());
    assert!(!sim.submit());
    assert!(!sim.resume());
}

#[test]
fn the_visible_end_gives_the_button_back_while_the_run_still_finishes() {
    let mut sim = RunSim::streaming();
    sim.event("stream_chunk");
    sim.event("visible_output_end");
    let snapshot = sim.snapshot();
    assert_eq!((snapshot.phase, snapshot.loading), (Phase::Streaming, true), "a new message is queued");
    assert_eq!((snapshot.visibly_loading, snapshot.can_send, snapshot.can_stop), (false, true, false));
}

#[test]
fn the_next_message_of_the_agent_takes_the_button_back() {
    let mut sim = RunSim::streaming();
    sim.event("stream_chunk");
    sim.event("visible_output_end");
    sim.event("stream_start");
    assert!(sim.snapshot().can_stop);
}

#[test]
fn output_that_nobody_saw_does_not_give_the_button_back() {
    let mut sim = RunSim::streaming();
    sim.event("stream_chunk");
    sim.event("stream_start");
    sim.event("visible_output_end");
    assert!(sim.snapshot().can_stop);
}

#[test]
fn a_members_visible_end_does_not_give_the_button_back() {
    let mut sim = RunSim::streaming();
    sim.event("stream_chunk");
    sim.members_event("visible_output_end");
    assert!(sim.snapshot().can_stop);
}

#[test]
fn chunks_announce_nothing() {
    let mut sim = RunSim::streaming();
    for _ in 0..3 {
        sim.event("stream_chunk");
        sim.members_event("stream_chunk");
    }
    assert_eq!(sim.log(), Vec::<String>::new());
}

#[test]
fn a_lost_connection_keeps_the_button_and_says_until_when_it_is_waited_for() {
    let mut sim = RunSim::streaming();
    sim.lose();
    let snapshot = sim.snapshot();
    assert_eq!((snapshot.phase, snapshot.can_stop), (Phase::Reconnecting, true));
    assert_eq!((snapshot.waiting_for, snapshot.connection), (Some(WaitingFor::Connection), Some(Status::Reconnecting)));
    assert_eq!(
        snapshot.deadline.map(|(at, timer)| (at.as_millis() - sim.now, timer)),
        Some((600_000, Timer::Reconnect))
    );
    sim.connect();
    assert_eq!(sim.log(), ["reconnecting stop", "streaming stop"]);
}

#[test]
fn another_attempt_to_connect_does_not_begin_the_wait_anew() {
    let mut sim = RunSim::reconnecting();
    let deadline = sim.snapshot().deadline;
    sim.advance(60_000);
    sim.link(Status::Connecting, Some(Reason::TokenPending));
    assert_eq!((sim.phase(), sim.snapshot().deadline), (Phase::RefreshingAuth, deadline));
    sim.link(Status::Authenticating, None);
    assert_eq!((sim.phase(), sim.snapshot().deadline), (Phase::Reconnecting, deadline));
}

#[test]
fn a_transport_that_waits_for_its_token_before_it_ever_stood_is_connecting_afterwards() {
    let mut sim = RunSim::connecting();
    sim.link(Status::Connecting, Some(Reason::TokenPending));
    assert_eq!((sim.phase(), sim.waiting_for()), (Phase::RefreshingAuth, Some(WaitingFor::Token)));
    sim.link(Status::Connecting, None);
    assert_eq!(sim.phase(), Phase::Connecting);
}

#[test]
fn a_gateway_that_does_not_know_the_operation_yet_is_given_time() {
    let mut sim = RunSim::streaming();
    sim.event("stream_chunk");
    sim.tell(Told::Replayed { pending: true });
    assert_eq!((sim.phase(), sim.waiting_for()), (Phase::Streaming, Some(WaitingFor::Operation)));
    assert_eq!(sim.snapshot().deadline.map(|(_, timer)| timer), Some(Timer::Pending));
    sim.event("stream_chunk");
    assert_eq!((sim.waiting_for(), sim.run.deadline()), (Some(WaitingFor::Agent), None));
}

#[test]
fn before_the_first_word_of_an_operation_the_agent_is_waited_for_and_not_for_ever() {
    let mut sim = RunSim::streaming();
    sim.link(Status::Reconnecting, None);
    sim.link(Status::Connected, None);
    assert_eq!((sim.phase(), sim.waiting_for()), (Phase::Streaming, Some(WaitingFor::Agent)));
    assert_eq!(sim.snapshot().deadline.map(|(_, timer)| timer), Some(Timer::Pending));
    sim.tell(Told::Replayed { pending: false });
    assert_eq!((sim.waiting_for(), sim.run.deadline()), (Some(WaitingFor::Agent), None));
}

#[test]
fn a_status_that_waits_shows_without_a_question() {
    let mut sim = RunSim::streaming();
    sim.status(SessionStatus::WaitingConfirmation);
    assert_eq!((sim.phase(), sim.waiting_for()), (Phase::WaitingConfirmation, Some(WaitingFor::User)));
    sim.status(SessionStatus::WaitingInput);
    assert_eq!(sim.phase(), Phase::WaitingInput);
    sim.status(SessionStatus::Running);
    assert_eq!(sim.phase(), Phase::Streaming);
}

#[test]
fn what_an_older_transport_tells_is_ignored() {
    let mut sim = RunSim::with_fallback();
    sim.submit();
    sim.start();
    let first = sim.transport;
    sim.tell(Told::Unavailable { last_event_id: String::new() });
    sim.connect();
    sim.transport = first;
    sim.end(Outcome::Completed);
    assert_eq!(sim.phase(), Phase::Streaming);
}

#[test]
fn a_transport_that_is_not_available_is_replaced_from_where_it_stood() {
    let mut sim = RunSim::with_fallback();
    sim.submit();
    sim.start();
    sim.connect();
    sim.log();
    sim.tell(Told::Unavailable { last_event_id: "12".to_owned() });
    assert_eq!(sim.log(), ["reconnecting stop", "close", r#"open op no token after "12" resume executor fallback"#]);
    let deadline = sim.snapshot().deadline.map(|(at, timer)| (at.as_millis() - sim.now, timer));
    assert_eq!(deadline, Some((600_000, Timer::Reconnect)));
}

#[test]
fn a_wait_that_was_slept_through_goes_on_a_moment() {
    let mut sim = RunSim::reconnecting();
    sim.sleep(8 * 3_600_000);
    assert_eq!(sim.phase(), Phase::Reconnecting);
    sim.connect();
    assert_eq!(sim.phase(), Phase::Streaming);
}

#[test]
fn a_wait_is_extended_once() {
    let mut sim = RunSim::reconnecting();
    sim.sleep(8 * 3_600_000);
    sim.sleep(8 * 3_600_000);
    assert_eq!(sim.ending(), "reconnect_limit unknown assumed");
}

#[test]
fn a_page_that_comes_back_gives_the_network_a_moment_once() {
    let mut sim = RunSim::reconnecting();
    sim.advance(599_000);
    sim.wake(Wake::Hidden);
    assert_eq!(sim.run.deadline().map(|(at, _)| at.as_millis() - sim.now), Some(1_000));
    sim.wake(Wake::Online);
    assert_eq!(sim.run.deadline().map(|(at, _)| at.as_millis() - sim.now), Some(30_000));
    sim.advance(29_999);
    sim.wake(Wake::Visible);
    sim.advance(1);
    assert_eq!(sim.ending(), "reconnect_limit unknown assumed");
}

#[test]
fn a_run_that_starts_without_a_token_leaves_it_to_the_transport() {
    let mut sim = RunSim::new();
    sim.submit();
    let started = Started { operation_id: "op".into(), token: None, gateway_url: Some("https://g".into()) };
    sim.answer("start", Answer::Started(started));
    assert_eq!(sim.log()[2..], ["connecting stop", r#"open op no token after "" executor"#]);
}

//! An end that only the feed tells (V2-C4).

use crate::ends;
use crate::support::MuxSim;

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
    sim.resumed("op", "running");
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
fn v2_c4_an_operation_that_is_gone_ends_at_once() {
    let mut sim = MuxSim::subscribed();
    sim.lifecycle("op", "interrupted");
    sim.lifecycle("op", "gone");
    sim.log();
    sim.advance(0);
    assert_eq!(sim.log()[0], "1 session_complete lifecycle interrupted");
}

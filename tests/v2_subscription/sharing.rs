//! Several subscriptions of one operation (V2-C6), and what comes after the last has left.

use crate::FIRST;
use crate::support::{MuxSim, config};

#[test]
fn v2_c6_two_subscriptions_of_one_operation_are_one_on_the_wire_from_the_lowest_cursor() {
    let mut sim = MuxSim::new(config());
    sim.subscribe_from("op", "5", false);
    sim.subscribe_from("op", "3", true);
    sim.log();
    sim.ready();
    let log = sim.log();
    let sent: Vec<_> = log.iter().filter(|line| line.starts_with("send")).collect();
    assert_eq!(sent, [r#"send {"type":"subscribe","operationId":"op","lastEventId":"3","executor":true}"#]);
    for id in [4, 5, 6] {
        sim.chunk("op", id);
    }
    sim.resumed("op", "running");
    let events: Vec<_> = sim.log().into_iter().filter(|line| line.contains("event")).collect();
    assert_eq!(
        events,
        ["2 event stream_chunk 4", "2 event stream_chunk 5", "1 event stream_chunk 6", "2 event stream_chunk 6"]
    );
}

#[test]
fn v2_c6_the_wire_is_unsubscribed_when_the_last_one_leaves() {
    let mut sim = MuxSim::subscribed();
    let second = sim.subscribe("op");
    sim.log();
    sim.unsubscribe(FIRST);
    assert!(sim.log().iter().all(|line| !line.contains("unsubscribe")));
    sim.unsubscribe(second);
    assert!(sim.log().iter().any(|line| line.contains(r#""unsubscribe""#)));
}

#[test]
fn v2_c6_a_run_that_ends_ends_every_subscription_of_it() {
    let mut sim = MuxSim::subscribed();
    sim.subscribe("op");
    sim.log();
    sim.terminal("op", 1, "done");
    let log = sim.log();
    assert!(log.contains(&"1 done completed agent_event".to_owned()), "{log:?}");
    assert!(log.contains(&"2 done completed agent_event".to_owned()), "{log:?}");
}

#[test]
fn events_that_arrive_after_the_unsubscription_are_dropped() {
    let mut sim = MuxSim::subscribed();
    sim.unsubscribe(FIRST);
    sim.subscribe("other");
    sim.log();
    sim.chunk("op", 1);
    assert!(sim.log().is_empty());
}

/// The numbers of the events that a subscription delivered.
fn delivered(log: &[String], subscription: u32) -> Vec<u64> {
    let prefix = format!("{subscription} event stream_chunk ");
    log.iter().filter_map(|line| line.strip_prefix(&prefix)?.parse().ok()).collect()
}

/// The answers to a `subscribe` from 50 and to one from the start, the second of which came when 55 events were told.
fn two_answers(sim: &mut MuxSim) -> Vec<String> {
    for id in 51..=55 {
        sim.chunk("op", id);
    }
    sim.resumed("op", "running");
    for id in 1..=55 {
        sim.chunk("op", id);
    }
    sim.resumed("op", "running");
    sim.log()
}

#[test]
fn v2_c6_one_that_joins_with_a_lower_cursor_is_told_everything_while_another_answer_is_owed() {
    let mut sim = MuxSim::new(config());
    sim.connect();
    sim.ready();
    sim.subscribe_from("op", "50", false);
    sim.subscribe("op");
    let log = two_answers(&mut sim);
    assert_eq!(delivered(&log, 1), (51..=55).collect::<Vec<_>>());
    assert_eq!(delivered(&log, 2), (1..=55).collect::<Vec<_>>());
}

#[test]
fn v2_c6_one_that_joins_after_the_last_one_left_is_told_everything_although_that_ones_answer_is_owed() {
    let mut sim = MuxSim::new(config());
    sim.connect();
    sim.ready();
    let first = sim.subscribe_from("op", "50", false);
    sim.unsubscribe(first);
    sim.subscribe("op");
    let log = two_answers(&mut sim);
    assert_eq!(delivered(&log, 2), (1..=55).collect::<Vec<_>>());
}

#[test]
fn v2_c6_one_that_joins_while_the_operation_is_asked_for_again_is_told_everything() {
    let mut sim = MuxSim::new(config());
    sim.connect();
    sim.ready();
    sim.subscribe_from("op", "50", false);
    sim.resumed("op", "running");
    sim.lifecycle("op", "completed");
    sim.advance(10_000);
    sim.subscribe("op");
    let log = two_answers(&mut sim);
    assert_eq!(delivered(&log, 2), (1..=55).collect::<Vec<_>>());
}

#[test]
fn v2_c6_an_answer_that_never_comes_is_not_waited_for() {
    let mut sim = MuxSim::new(config());
    sim.connect();
    sim.ready();
    let first = sim.subscribe_from("op", "50", false);
    sim.unsubscribe(first);
    // Nobody was there to take it.
    sim.resumed("op", "running");
    sim.subscribe("op");
    sim.log();
    sim.resumed("op", "completed");
    assert_eq!(sim.log(), [r#"send {"type":"heartbeat"}"#], "it may be the answer to the one before");
    sim.receive(r#"{"type":"heartbeat_ack"}"#);
    assert!(sim.log().contains(&"2 done completed resume_status".to_owned()));
}

#[test]
fn v2_c6_an_answer_that_a_socket_owed_is_not_waited_for_on_the_next() {
    let mut sim = MuxSim::new(config());
    sim.connect();
    sim.ready();
    let first = sim.subscribe("op");
    sim.unsubscribe(first);
    sim.subscribe("other");
    sim.close(1006, "");
    sim.advance_to_dial();
    sim.ready();
    sim.subscribe("op");
    sim.log();
    sim.resumed("op", "completed");
    assert!(sim.log().contains(&"3 done completed resume_status".to_owned()));
}

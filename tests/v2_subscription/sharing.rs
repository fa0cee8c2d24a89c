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

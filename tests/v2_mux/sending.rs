//! What is sent later, again, or not at all.

use agent_gateway_client::machine::Wake;
use agent_gateway_client::v2::SubscriptionId;

use crate::support::{MuxSim, config};

#[test]
fn mx_45_mx_46_a_result_that_cannot_be_sent_now_is_sent_with_the_next_ready() {
    let mut sim = MuxSim::new(config());
    let id = sim.subscribe_from("op", "", true);
    assert!(sim.send_tool_result(id, "call_1"));
    sim.log();
    sim.ready();
    let log = sim.log();
    let sent = log.iter().position(|line| line.contains("call_1")).expect("the result is sent");
    assert!(log[sent - 1] == "1 connected" && log[sent + 1] == "mux connected", "{log:?}");
}

#[test]
fn mx_44_pending_results_are_handed_out_once() {
    let mut sim = MuxSim::subscribed();
    let id = SubscriptionId(1);
    sim.send_tool_result(id, "call_1");
    sim.close(1006, "");
    sim.send_tool_result(id, "call_2");
    let taken = sim.call(|mux, now| mux.take_pending_tool_results("op", now));
    let calls: Vec<_> = taken.iter().map(|result| &*result.tool_call_id).collect();
    assert_eq!(calls, ["call_1", "call_2"]);
    assert!(sim.call(|mux, now| mux.take_pending_tool_results("op", now)).is_empty());
}

#[test]
fn mx_47_nothing_else_is_kept_for_later() {
    let mut sim = MuxSim::new(config());
    let id = sim.subscribe("op");
    assert!(!sim.mux.send_tool_confirmation(id, "call_1".to_owned(), true));
    assert!(!sim.mux.send_user_input(id, "request_1".to_owned(), "yes".to_owned()));
    assert!(!sim.mux.send_document("{}".to_owned()));
}

#[test]
fn a_result_written_into_a_socket_that_died_unconfirmed_is_sent_again() {
    let mut sim = MuxSim::subscribed();
    let id = SubscriptionId(1);
    sim.send_tool_result(id, "call_1");
    sim.close(1006, "");
    sim.advance_to_dial();
    sim.log();
    sim.ready();
    assert_eq!(sim.log().iter().filter(|line| line.contains("call_1")).count(), 1);
    sim.chunk("op", 1);
    sim.close(1006, "");
    sim.advance_to_dial();
    sim.log();
    sim.ready();
    assert_eq!(sim.log().iter().filter(|line| line.contains("call_1")).count(), 0, "a later frame confirmed it");
}

#[test]
fn a_result_nobody_waits_for_any_more_is_told_as_expired() {
    let mut sim = MuxSim::subscribed();
    let id = SubscriptionId(1);
    sim.wake(Wake::Offline);
    sim.close(1006, "");
    sim.send_tool_result(id, "call_1");
    sim.log();
    sim.advance(120_000);
    assert_eq!(sim.log(), ["1 error tool_result_expired Not delivered within 120 s: the result of tool call call_1"]);
}

/// A result that was kept through a sleep in which no timer ran.
fn overslept() -> MuxSim {
    let mut sim = MuxSim::new(config());
    let id = sim.subscribe("op");
    sim.send_tool_result(id, "call_1");
    sim.now += 60_000;
    sim.send_tool_result(id, "call_2");
    sim.now += 60_000;
    sim.log();
    sim
}

const EXPIRED: &str = "1 error tool_result_expired Not delivered within 120 s: the result of tool call call_1";

#[test]
fn mx_44_a_result_nobody_waits_for_any_more_is_not_handed_out() {
    let mut sim = overslept();
    let taken = sim.call(|mux, now| mux.take_pending_tool_results("op", now));
    assert_eq!(taken.iter().map(|result| &*result.tool_call_id).collect::<Vec<_>>(), ["call_2"]);
    sim.advance(0);
    assert!(sim.log().contains(&EXPIRED.to_owned()));
}

#[test]
fn mx_46_a_result_nobody_waits_for_any_more_is_not_sent() {
    let mut sim = overslept();
    sim.ready();
    assert!(sim.log().iter().all(|line| !line.starts_with("send") || !line.contains("call_1")));
    sim.advance(0);
    assert!(sim.log().contains(&EXPIRED.to_owned()));
}

#[test]
fn mx_42_what_a_subscription_queued_goes_with_it() {
    let mut sim = MuxSim::new(config());
    let id = sim.subscribe("op");
    sim.send_tool_result(id, "call_1");
    sim.unsubscribe(id);
    sim.subscribe("op");
    sim.ready();
    assert!(sim.log().iter().all(|line| !line.contains("call_1")));
}

//! What arrives on a ready socket, and whom it is told.

use crate::support::MuxSim;

#[test]
fn mx_12_the_feed_is_told_for_every_operation_of_the_user() {
    let mut sim = MuxSim::subscribed();
    sim.lifecycle("unknown", "running");
    assert_eq!(sim.log(), ["mux lifecycle unknown running"]);
}

#[test]
fn mx_13_an_error_goes_to_its_operation_or_to_the_mux() {
    let mut sim = MuxSim::subscribed();
    sim.receive(r#"{"type":"error","code":"not_subscribed","message":"No","operationId":"op"}"#);
    sim.receive(r#"{"type":"error","code":"unknown_type","message":"What"}"#);
    assert_eq!(sim.log(), ["1 error gateway_error not_subscribed: No", "mux error gateway_error unknown_type: What"]);
}

#[test]
fn mx_14_a_frame_of_an_operation_that_is_not_subscribed_is_dropped() {
    let mut sim = MuxSim::subscribed();
    sim.chunk("other", 1);
    sim.receive(r#"{"type":"something_new","operationId":"op"}"#);
    assert!(sim.log().is_empty());
}

#[test]
fn mx_15_what_is_no_frame_is_told_and_the_socket_stays() {
    let mut sim = MuxSim::subscribed();
    for text in ["nonsense", "null", r#"{"type":"agent_event","operationId":"op","id":"1"}"#] {
        sim.receive(text);
        assert!(sim.log()[0].starts_with("mux error protocol"), "{text}");
    }
    sim.chunk("op", 1);
    assert_eq!(sim.log(), ["1 event stream_chunk 1"]);
}

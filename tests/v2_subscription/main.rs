#![cfg(not(target_family = "wasm"))]
//! The subscriptions of a mux: rows SB-01 to SB-15, the v2 side of the echo guard, and the decisions about them.

mod feed;
mod members;
mod replay;
mod rows;
mod sharing;
#[path = "../support/mux.rs"]
mod support;

use agent_gateway_client::v2::SubscriptionId;

use support::MuxSim;

const FIRST: SubscriptionId = SubscriptionId(1);

/// What a subscription tells last, after why it ended.
fn ends(outcome: &str, source: &str) -> Vec<String> {
    ["1 ending", r#"send {"type":"unsubscribe","operationId":"op"}"#, "1 status disconnected", "1 disconnected"]
        .map(str::to_owned)
        .into_iter()
        .chain([format!("1 done {outcome} {source}")])
        .collect()
}

/// A subscription that delivered events 1 and 2 and was resumed on a second socket.
fn resumed_after_two() -> MuxSim {
    let mut sim = MuxSim::subscribed();
    sim.chunk("op", 1);
    sim.chunk("op", 2);
    sim.close(1006, "");
    sim.advance_to_dial();
    sim.ready();
    sim.log();
    sim
}

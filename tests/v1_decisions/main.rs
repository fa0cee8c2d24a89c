#![cfg(not(target_family = "wasm"))]
//! The corners of v1, where this client does better than the one it replaces, or where sources disagree.

mod audit;
mod connection;
mod endings;
mod sequence;
#[path = "../support/mod.rs"]
mod support;
mod tools;

use support::{Sim, config, resume_complete};

const DIAL: &str = "dial wss://g/ws?operationId=op";
const HANGUP: &str = "hangup 1000 Client disconnect";

/// Closes the socket and brings the next one up to its `resume`.
fn replace_socket(sim: &mut Sim) {
    sim.close(1006, "");
    sim.advance(1_000);
    sim.authenticate();
    sim.log();
}

fn resume_from(id: &str) -> String {
    format!(r#"send {{"type":"resume","lastEventId":"{id}","wantStatus":true}}"#)
}

/// A session that delivered events 1 to 5 and has a new socket.
fn after_five() -> Sim {
    let mut sim = Sim::connected(config());
    sim.receive(&resume_complete("running"));
    for id in 1..=5 {
        sim.chunk(id, &id.to_string());
    }
    replace_socket(&mut sim);
    sim
}

#![cfg(not(target_family = "wasm"))]
//! The session against every order of events that a gateway, a network, a host and a page can produce.

mod gateway;
mod schedule;
#[path = "../support/schedules.rs"]
mod schedules;
mod world;

#[test]
fn every_schedule_keeps_the_promises() {
    schedules::run_schedules("model", schedule::schedule(), world::run);
}

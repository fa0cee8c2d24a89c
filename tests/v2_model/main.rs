#![cfg(not(target_family = "wasm"))]
//! The mux against every order of events that a hub, a network, a host and a page can produce.

mod hub;
mod schedule;
#[path = "../support/schedules.rs"]
mod schedules;
mod world;

#[test]
fn every_schedule_of_several_operations_keeps_the_promises() {
    schedules::run_schedules("model of v2", schedule::schedule(), world::run);
}

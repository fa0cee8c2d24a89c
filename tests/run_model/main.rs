#![cfg(not(target_family = "wasm"))]
//! A chat's run against every order of what its host, its transport, its user and the clock can do.

mod host;
mod promises;
mod schedule;
#[path = "../support/schedules.rs"]
mod schedules;
mod server;
mod world;

#[test]
fn every_schedule_keeps_the_promises() {
    schedules::run_schedules("run_model", schedule::schedule(), world::run);
}

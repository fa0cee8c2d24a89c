#![cfg(not(target_family = "wasm"))]
//! An OpenClaw client against every order of what a gateway, a network, a host and a person can do.

#[path = "../support/schedules.rs"]
mod schedules;
mod step;
mod world;

#[test]
fn every_schedule_keeps_the_promises() {
    schedules::run_schedules("openclaw_model", step::steps(), world::run);
}

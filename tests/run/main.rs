#![cfg(not(target_family = "wasm"))]
//! What a chat knows of a run: phases and the button, stopping, tools, questions to the user, every ending.

mod document;
mod endings;
mod interventions;
mod phases;
mod resuming;
#[path = "../support/run.rs"]
mod sim;
mod stopping;
mod table;
mod tools;

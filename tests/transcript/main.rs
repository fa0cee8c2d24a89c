#![cfg(not(target_family = "wasm"))]
//! The messages of a page (§6.1), from events as a gateway sends them.

mod cost;
mod ends;
mod fixtures;
mod held;
mod joins;
mod members;
mod properties;
#[path = "../support/recording.rs"]
mod recording;
mod rows;
mod streams;
mod support;
mod tools;

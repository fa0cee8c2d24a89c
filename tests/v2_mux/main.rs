#![cfg(not(target_family = "wasm"))]
//! The connection of the mux: rows MX-01 to MX-47 and the decisions about it.

mod connection;
mod frames;
mod liveness;
mod loss;
mod need;
mod sending;
#[path = "../support/mux.rs"]
mod support;

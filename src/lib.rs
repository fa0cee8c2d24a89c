//! A client for AI-agent gateways that decides without I/O.

pub mod agent;
pub mod link;
pub mod machine;
pub mod time;
pub mod v1;
#[cfg(target_family = "wasm")]
pub mod web;

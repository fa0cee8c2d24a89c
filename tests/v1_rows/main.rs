#![cfg(not(target_family = "wasm"))]
//! The rows V1-01 to V1-27: what each input does in each state, as the client that this one replaces did it.

mod authentication;
mod commands;
mod events;
mod socket;
#[path = "../support/mod.rs"]
mod support;

const DIAL: &str = "dial wss://g/ws?operationId=op";
const AUTH: &str = r#"send {"type":"auth","token":"t1"}"#;
const RESUME: &str = r#"send {"type":"resume","lastEventId":"","wantStatus":true}"#;
const HANGUP: &str = "hangup 1000 Client disconnect";

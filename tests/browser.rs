#![cfg(target_family = "wasm")]
//! The web layer in a real page: against a running gateway, and frame by frame against a scripted WebSocket.

#[cfg(feature = "run")]
#[path = "browser/chat_run.rs"]
mod chat_run;
#[path = "browser/disposal.rs"]
mod disposal;
#[path = "browser/follower.rs"]
mod follower;
#[path = "browser/frames.rs"]
mod frames;
#[path = "browser/gateway.rs"]
mod gateway;
#[path = "browser/listeners.rs"]
mod listeners;
#[path = "browser/page.rs"]
mod page;
#[cfg(feature = "run")]
#[path = "browser/readme.rs"]
mod readme;
#[cfg(feature = "run")]
#[path = "browser/review.rs"]
mod review;
#[path = "browser/streaming.rs"]
mod streaming;
#[path = "browser/wake.rs"]
mod wake;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

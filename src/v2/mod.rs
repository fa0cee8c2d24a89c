//! Agent Gateway v2: one WebSocket per user, every operation subscribed by name.

mod config;
mod ending;
mod event;
mod feed;
#[cfg(not(target_family = "wasm"))]
pub mod json;
mod mux;
mod places;
mod receive;
mod subscription;
pub mod wire;

pub use config::MuxConfig;
pub use event::{MuxEvent, SubscriptionId};
pub use mux::Mux;

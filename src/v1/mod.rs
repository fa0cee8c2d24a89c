//! Agent Gateway v1: one WebSocket per operation.

mod address;
mod finish;
#[cfg(not(target_family = "wasm"))]
pub mod json;
mod receive;
mod session;
pub mod wire;

pub use crate::operation::{Continuity, ErrorCode, Event, SessionCompletion};
pub use address::socket_url;
pub use session::{Config, Session};

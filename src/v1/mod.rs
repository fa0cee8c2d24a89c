//! Agent Gateway v1: one WebSocket per operation.

mod address;
mod event;
mod finish;
#[cfg(not(target_family = "wasm"))]
pub mod json;
mod receive;
mod replay;
mod sequence;
mod session;
pub mod wire;

pub use address::socket_url;
pub use event::{Continuity, ErrorCode, Event, SessionCompletion};
pub use session::{Config, Session};

//! The browser side: carries out what a session decides, over the platform's WebSocket.
//!
//! Rust front ends use [`AgentStream`]. The npm package is a TypeScript facade over the classes in `exports`.

mod agent_stream;
mod alarm;
#[cfg(feature = "npm")]
mod allocator;
mod codec;
mod driver;
#[cfg(feature = "npm")]
mod exports;
mod host;
mod port;
#[cfg(feature = "npm")]
mod shape;
mod socket;
mod wake;

pub use agent_stream::AgentStream;
pub use host::{Host, LogLevel, TokenQuestion};

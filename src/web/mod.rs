//! The browser side: carries out what a session decides, over the platform's WebSocket.
//!
//! Rust front ends use [`AgentStream`]. The npm package is a TypeScript facade over the classes in `exports`.

mod agent_stream;
mod alarm;
#[cfg(feature = "npm")]
mod allocator;
mod codec;
mod driver;
mod engine;
#[cfg(feature = "npm")]
mod exports;
#[cfg(feature = "npm")]
mod facade;
#[cfg(feature = "mux")]
mod gateway_mux;
mod host;
#[cfg(all(feature = "npm", feature = "mux"))]
mod mux_exports;
mod port;
#[cfg(all(feature = "npm", feature = "run"))]
mod run;
#[cfg(feature = "npm")]
mod shape;
mod socket;
mod wake;

pub use agent_stream::AgentStream;
#[cfg(feature = "mux")]
pub use gateway_mux::GatewayMux;
pub use host::{Host, LogLevel, TokenQuestion};

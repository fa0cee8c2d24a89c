//! The browser side: carries out what a session decides, over the platform's WebSocket.
//!
//! Rust front ends use `AgentStream`. The npm package is a TypeScript facade over the classes in `exports` and `openclaw`.

#[cfg(feature = "stream")]
mod agent_gateway;
#[cfg(feature = "stream")]
mod agent_stream;
#[cfg(any(feature = "stream", feature = "openclaw"))]
mod alarm;
#[cfg(feature = "npm")]
mod allocator;
#[cfg(feature = "stream")]
mod codec;
#[cfg(feature = "stream")]
mod commands;
#[cfg(any(feature = "stream", feature = "openclaw"))]
mod driver;
#[cfg(all(feature = "npm", feature = "stream"))]
mod exports;
#[cfg(all(feature = "npm", feature = "stream"))]
mod facade;
#[cfg(feature = "mux")]
mod gateway_mux;
#[cfg(any(feature = "stream", feature = "openclaw"))]
mod host;
#[cfg(all(feature = "npm", feature = "mux"))]
mod mux_exports;
#[cfg(all(feature = "npm", feature = "openclaw"))]
mod openclaw;
#[cfg(any(feature = "stream", feature = "openclaw"))]
mod platform;
#[cfg(feature = "stream")]
mod port;
#[cfg(feature = "run")]
mod run;
#[cfg(all(feature = "npm", feature = "stream"))]
mod shape;
#[cfg(all(feature = "npm", feature = "signer"))]
mod signer;
#[cfg(any(feature = "stream", feature = "openclaw"))]
mod socket;
#[cfg(any(feature = "stream", feature = "openclaw"))]
mod wake;

#[cfg(feature = "stream")]
pub use agent_stream::AgentStream;
#[cfg(feature = "mux")]
pub use gateway_mux::GatewayMux;
#[cfg(feature = "stream")]
pub use host::TokenQuestion;
#[cfg(any(feature = "stream", feature = "openclaw"))]
pub use host::{Host, LogLevel};
#[cfg(feature = "run")]
pub use run::{
    Carriage, ChatEvent, ChatMessage, ChatRun, ChatRunOptions, ChatView, EngineText, HostError, InterventionRequest,
    SharedMux, TokenRequest, ToolContext,
};

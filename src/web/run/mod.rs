//! A run in the browser: the machine and the messages of [`crate::run`], with one timer and the page's signals.
//!
//! One [`Runner`](runner::Runner) for two hosts: the facade of the npm package, and the shell of Rust front ends.

#[cfg(feature = "npm")]
mod answer;
mod chat_event;
mod chat_run;
mod claims;
#[cfg(feature = "npm")]
mod exports;
#[cfg(feature = "npm")]
mod facade;
#[cfg(feature = "npm")]
mod mirror;
#[cfg(feature = "npm")]
mod named;
mod options;
mod port;
mod read;
mod review;
mod runner;
#[cfg(feature = "npm")]
mod shape;
mod shared_mux;
mod shell;
mod text;
mod tokens;
mod told;
mod transport;
mod view;

pub use chat_event::ChatEvent;
pub use chat_run::ChatRun;
pub use options::{Carriage, ChatRunOptions, HostError, InterventionRequest, TokenRequest, ToolContext};
pub use shared_mux::SharedMux;
pub use text::EngineText;
pub use view::{ChatMessage, ChatView};

//! The OpenClaw gateway: a signed handshake, calls and events, the fleet of agents.

pub mod approvals;
mod calls;
pub mod chat;
mod client;
mod config;
mod connect;
mod credential;
pub mod device;
pub mod fleet;
mod hello;
#[cfg(not(target_family = "wasm"))]
pub mod json;
mod loss;
mod payload;
mod receive;
pub mod refusal;
mod session;
mod state;
mod watch;
pub mod wire;

pub use calls::{ANSWER_WITHIN, Answers, CallError, CallId, NotCalled};
pub use client::{Client, ClientEvent, Message};
pub use config::{Application, Config};
pub use credential::{Auth, Secret, StoredToken};
pub use hello::{Hello, Policy};
pub use payload::Payload;
pub use session::{Session, ToDo};
pub use state::{Event, State, Trouble};

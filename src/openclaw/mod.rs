//! The OpenClaw gateway: a signed handshake, calls and events, the fleet of agents, chats and approvals.
//!
//! [`Session`] is the connection; [`Client`] is a session that keeps a [`fleet::Fleet`], [`chat::Chat`]s and
//! [`approvals::Approvals`] up to date, and that runs the gateway's [commands](node). What goes over the wire, the states, the codes and their next steps are described
//! in `docs/openclaw.md`.

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
pub mod node;
mod payload;
mod piece;
mod queue;
mod receive;
pub mod refusal;
mod retry;
mod session;
mod state;
mod table;
mod watch;
pub mod wire;

pub use calls::{ANSWER_WITHIN, Answers, CallError, CallId, NotCalled};
pub use client::{Client, ClientEvent, Message};
pub use config::{Application, Config};
pub use credential::{Auth, Secret, StoredToken};
pub use hello::{Hello, Policy};
pub use payload::Payload;
pub use piece::{Piece, READ};
pub use session::{Session, ToDo};
pub use state::{Event, State, Trouble};

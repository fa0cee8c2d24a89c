//! A development Agent Gateway: v1 over WebSocket and SSE, v2 over WebSocket, the control API of a
//! product server, and — with `--dev` — scripted agents and faults on demand.

mod app;
mod auth;
mod config;
mod connection;
mod control;
mod dev;
mod frames;
mod gateway;
mod http;
mod link;
mod lobe;
mod operation;
mod sse;
mod v2;
mod watchdog;
mod writer;

pub use app::{ServeError, Server, start};
pub use config::{Config, Timers};

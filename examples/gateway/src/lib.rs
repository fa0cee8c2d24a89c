//! A development Agent Gateway: the v1 protocol over WebSocket and SSE, the control API of a product
//! server, and — with `--dev` — scripted agents and faults on demand.

mod app;
mod auth;
mod config;
mod connection;
mod control;
mod dev;
mod frames;
mod gateway;
mod http;
mod lobe;
mod operation;
mod sse;
mod watchdog;
mod writer;

pub use app::{ServeError, Server, start};
pub use config::{Config, Timers};

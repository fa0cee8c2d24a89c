//! The v2 protocol: one WebSocket per user, shared by all of the user's operations (§2).

mod connection;
mod frames;
mod hub;
mod rooms;

pub(crate) use connection::accept;
pub(crate) use frames::DocumentFrame;
pub(crate) use hub::{Hub, Refusal, Standing, Subscribe};

//! The machine inside a driver: one operation over v1, or all of them over v2.

use std::convert::Infallible;

use wasm_bindgen::JsValue;

use super::codec;
use crate::link::{Reason, Status};
use crate::machine::{Input, Machine, Output};
use crate::time::Timestamp;
use crate::v1::{Event, Session};
use crate::v2::wire::Channel;
use crate::v2::{Mux, MuxEvent};
use crate::{v1, v2};

/// One of the two machines.
#[cfg_attr(not(feature = "mux"), expect(dead_code, reason = "a build without the mux makes none"))]
pub(super) enum Engine {
    Stream(Session<JsValue>),
    Mux(Mux<JsValue>, WithMux),
}

/// Proof that the mux is part of this build. Without one the compiler drops everything that only a mux reaches.
#[cfg(feature = "mux")]
#[derive(Clone, Copy)]
pub(super) struct WithMux;
#[cfg(not(feature = "mux"))]
#[derive(Clone, Copy)]
pub(super) enum WithMux {}

/// What a driver's sockets carry.
pub(super) enum Carries {
    /// One operation, by its id.
    One(String),
    /// All operations of a user.
    All(WithMux),
}

/// What an engine tells the application.
pub(super) enum Told {
    Stream(Event<JsValue>),
    Mux(MuxEvent<JsValue>, WithMux),
}

/// A frame of the client, and what it changes about where frames are routed to.
pub(super) enum Command {
    Stream(v1::wire::ClientFrame),
    Mux(v2::wire::ClientFrame, WithMux),
}

/// What happens to a machine besides frames.
pub(super) type Signal = Input<Infallible>;

impl Engine {
    pub(super) fn carries(&self) -> Carries {
        match self {
            Self::Stream(session) => Carries::One(session.operation_id().to_owned()),
            Self::Mux(_, with) => Carries::All(*with),
        }
    }

    pub(super) fn handle(&mut self, signal: Signal, now: Timestamp) {
        match self {
            Self::Stream(session) => session.handle(signal.of_any_frame(), now),
            Self::Mux(mux, _) => mux.handle(signal.of_any_frame(), now),
        }
    }

    pub(super) fn poll(&mut self) -> Option<Output<Command, Told>> {
        match self {
            Self::Stream(session) => Some(session.poll()?.map(Command::Stream, Told::Stream)),
            Self::Mux(mux, with) => {
                let with = *with;
                Some(mux.poll()?.map(|command| Command::Mux(command, with), |event| Told::Mux(event, with)))
            }
        }
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        let deadline = match self {
            Self::Stream(session) => session.deadline(),
            Self::Mux(mux, _) => mux.deadline(),
        };
        deadline.map(|(at, _)| at)
    }

    pub(super) fn is_idle(&self) -> bool {
        match self {
            Self::Stream(session) => session.is_idle(),
            Self::Mux(mux, _) => mux.is_idle(),
        }
    }

    pub(super) fn reason(&self) -> Option<Reason> {
        match self {
            Self::Stream(session) => session.snapshot().reason,
            Self::Mux(mux, _) => mux.snapshot().reason,
        }
    }
}

impl Told {
    /// The event of a stream.
    pub(super) fn of_stream(self) -> Option<Event<JsValue>> {
        match self {
            Self::Stream(event) => Some(event),
            Self::Mux(..) => None,
        }
    }

    /// The new status of the connection, where that is what is told.
    pub(super) fn status(&self) -> Option<Status> {
        match self {
            Self::Stream(Event::StatusChanged(status)) | Self::Mux(MuxEvent::StatusChanged(status), _) => Some(*status),
            _ => None,
        }
    }

    /// What went wrong, where that is what is told: a title and a detail.
    pub(super) fn trouble(&self) -> Option<(&'static str, &str)> {
        let event = match self {
            Self::Mux(MuxEvent::Error { code, message }, _) => return Some((code.as_str(), message)),
            Self::Mux(MuxEvent::Unavailable { reason }, _) => return Some(("the gateway does not serve v2", reason)),
            Self::Mux(MuxEvent::Operation { event, .. }, _) | Self::Stream(event) => event,
            Self::Mux(..) => return None,
        };
        match event {
            Event::Error { code, message } => Some((code.as_str(), message)),
            Event::AuthFailed { reason } => Some(("the credentials were refused", reason)),
            Event::Continuity(kind) => Some(("the event stream is broken", kind.as_str())),
            _ => None,
        }
    }
}

impl Command {
    pub(super) fn encode(&self) -> String {
        match self {
            Self::Stream(command) => command.encode(&codec::quote),
            Self::Mux(command, _) => command.encode(&codec::quote),
        }
    }

    /// An operation and where its frames are to be routed to from here on; nowhere after an unsubscription.
    pub(super) fn route(&self) -> Option<(&str, Option<Channel>)> {
        match self {
            Self::Mux(v2::wire::ClientFrame::Subscribe { operation_id, channel, .. }, _) => {
                Some((operation_id, Some(*channel)))
            }
            Self::Mux(v2::wire::ClientFrame::Unsubscribe { operation_id }, _) => Some((operation_id, None)),
            _ => None,
        }
    }
}

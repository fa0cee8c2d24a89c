//! What the application sees of a connection.

use std::borrow::Cow;

use super::calls::{CallError, CallId};
use super::credential::{Secret, StoredToken};
use super::hello::Hello;
use super::wire::Notice;
use crate::time::Timestamp;

/// The state of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing is connected and nothing is planned.
    Closed,
    /// A socket is being opened, or the gateway owes its challenge.
    Connecting,
    /// The challenge is there; the device signs, or the gateway judges the credential.
    Authenticating,
    /// Calls may be made.
    Ready,
    /// The gateway accepted the connection and granted nothing.
    Degraded(Trouble),
    /// Another attempt follows.
    Waiting {
        /// When; `None`: once the network or the page is back.
        until: Option<Timestamp>,
        /// Why there is no connection.
        why: Trouble,
    },
    /// A person must do something first.
    Blocked(Trouble),
}

impl State {
    /// The stable name.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Connecting => "connecting",
            Self::Authenticating => "authenticating",
            Self::Ready => "ready",
            Self::Degraded(_) => "degraded",
            Self::Waiting { .. } => "waiting",
            Self::Blocked(_) => "blocked",
        }
    }
}

/// What is wrong and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The code of the gateway, as `AUTH_TOKEN_MISMATCH`, or of this client, in lower case.
    pub code: String,
    /// The gateway's words, or the reason of the close.
    pub message: String,
    /// What to do, for people.
    pub next_step: Cow<'static, str>,
    /// The command, or the line of the gateway's configuration, where there is one.
    pub remedy: Option<String>,
    /// The milliseconds after which the gateway wants to be asked again.
    pub retry_after: Option<u64>,
}

/// What the application is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<P> {
    /// The state changed.
    StateChanged(State),
    /// The gateway accepted the connection.
    Hello(Box<Hello<P>>),
    /// An event of the gateway.
    Notice(Notice<P>),
    /// Events were lost; there is no replay, so what was read of the gateway must be read again.
    Gap {
        /// The number of the first one.
        from: u64,
        /// The number of the last one.
        to: u64,
    },
    /// The gateway gave the device a token, to be kept for the next time.
    TokenGranted(StoredToken),
    /// The gateway refused this token; where the host keeps it still, it is to be forgotten. Another that is kept by now is
    /// for [`Session::renew_token`](super::Session::renew_token).
    TokenRefused(Secret),
    /// The gateway accepted a call; its result follows.
    CallAccepted {
        /// The call.
        call: CallId,
        /// What the gateway said.
        payload: P,
    },
    /// A call is over.
    CallSettled {
        /// The call.
        call: CallId,
        /// The answer, or why there is none.
        outcome: Result<P, CallError<P>>,
    },
    /// The gateway sent something that is no frame, or refused a frame that is none.
    Protocol {
        /// What is wrong with it.
        detail: String,
    },
}

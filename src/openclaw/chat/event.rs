//! What a chat tells, and what it wants done.

use super::super::fleet::Activity;
use super::super::wire::Json;
use super::run::TextChange;

/// What a chat tells.
#[derive(Clone, Debug, PartialEq)]
pub enum ChatEvent<P> {
    /// The history was read: its messages replace what is shown.
    History(P),
    /// A message was written down.
    Message(P),
    /// The state of a run changed.
    Run {
        /// The run.
        run: String,
        /// The message that came with it, where there is one.
        message: Option<P>,
    },
    /// The text of a run changed.
    Text {
        /// The run.
        run: String,
        /// How.
        change: TextChange<P>,
    },
    /// The session became busy or idle.
    Activity(Activity),
    /// Something that was asked of the gateway was refused, or not answered.
    Failed {
        /// What.
        purpose: Purpose,
        /// The code.
        code: String,
        /// The gateway's words, where it refused it.
        message: String,
    },
}

/// What a chat calls the gateway for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// From now on messages of the session are told.
    Subscribe,
    /// The history, with the run under way.
    History,
    /// A message, by the id of its run.
    Send(String),
    /// The end of a run, or of all of them.
    Abort,
}

/// What a chat wants done.
#[derive(Debug, PartialEq)]
pub enum ChatOutput<P> {
    /// Call a method, and say how with [`called`](super::Chat::called).
    Call {
        /// What for.
        purpose: Purpose,
        /// The method.
        method: &'static str,
        /// Its parameters.
        params: Json,
    },
    /// Tell the application.
    Event(ChatEvent<P>),
}

/// What a busy session does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueMode {
    /// The run under way takes it up; the message's own run is handed over.
    Steer,
    /// It is answered after the run under way, by a run with another id.
    FollowUp,
    /// Several are answered together.
    Collect,
    /// It ends the run under way and is answered under its own id.
    Interrupt,
}

impl QueueMode {
    /// The gateway's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Steer => "steer",
            Self::FollowUp => "followup",
            Self::Collect => "collect",
            Self::Interrupt => "interrupt",
        }
    }
}

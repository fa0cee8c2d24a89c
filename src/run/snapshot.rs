//! What the input of a chat needs to know, at one moment.

use std::rc::Rc;

use super::limits::Timer;
use super::outcome::Outcome;
use super::phase::{Phase, WaitingFor};
use crate::link::Status;
use crate::time::Timestamp;

/// A run at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Where the run is.
    pub phase: Phase,
    /// When that phase began.
    pub since: Timestamp,
    /// When the run began: when it was submitted, or as the host said that resumed it.
    pub started_at: Option<Timestamp>,
    /// Whether a message that is sent now has to wait for this run.
    pub loading: bool,
    /// Whether the user sees the run at work: as `loading`, but over once the visible output is complete.
    pub visibly_loading: bool,
    /// Whether the button sends. Exactly one of this and `can_stop` holds.
    pub can_send: bool,
    /// Whether the button stops.
    pub can_stop: bool,
    /// The transport's connection, once there is a transport.
    pub connection: Option<Status>,
    /// Who owes the next word; `None` while idle and when settled.
    pub waiting_for: Option<WaitingFor>,
    /// Until when it is owed, and what happens then. `None`: it may take any time, see [`WaitingFor::is_patient`].
    pub deadline: Option<(Timestamp, Timer)>,
    /// How the run ended.
    pub outcome: Option<Rc<Outcome>>,
}

//! What a chat keeps in mind about one run of an agent, from the message that was sent to the one outcome.
//!
//! [`ChatRun`] decides whether the input is busy, whether the user may stop, when a token is due, which tool runs, and
//! when nothing more is to be hoped for. It owns no socket: a *transport* (v1, v2, server-sent events) is opened by the
//! shell and tells it what happens. `docs/run-states.md` is made from its table of transitions.
//!
//! [`transcript`] is the messages of the page, [`notify`] when it paints them, [`dispatch`] where tools run.

pub mod dispatch;
pub mod notify;
pub mod transcript;

mod answers;
mod chat_run;
mod contract;
mod deadlines;
mod ending;
mod intervention;
mod ledger;
mod limits;
mod outcome;
mod phase;
mod snapshot;
mod telling;
mod tools;
mod transitions;

pub use chat_run::ChatRun;
pub use contract::{Answer, Event, Input, Opening, Output, Question, Resume, Started, Told, ToolAnswer, TransportId};
pub use intervention::{Intervention, InterventionKind};
pub use ledger::Ledger;
pub use limits::{Limits, Timer};
pub use outcome::{Ending, Outcome, Verdict};
pub use phase::{Phase, WaitingFor};
pub use snapshot::Snapshot;
pub(crate) use tools::Tools;
pub use tools::{ToolError, ToolReply};
pub use transitions::{Cause, next};

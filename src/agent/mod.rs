//! What an agent run is, whatever carries it: events and their ends, echoes, the cursor, the outcome.

mod completion;
mod cursor;
mod echo_guard;
mod event;
mod outbox;

pub use completion::{Completion, CompletionSource, Outcome};
pub use cursor::{Cursor, EventId, EventKey};
pub use echo_guard::{EchoSignal, MirroredTerminalEchoGuard, Protocol};
pub use event::{EVENT_TYPE_NAMES, Ending, EventHead, EventType, SESSION_STATUSES, SessionStatus};
pub use outbox::{Outbox, ToolResult};

//! How a run ended, told once.

use super::event::SessionStatus;

/// The outcome of one connection cycle: from `connect()` to the moment after which nothing is emitted any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What became of the run, as far as this client knows.
    pub outcome: Outcome,
    /// What told so.
    pub source: CompletionSource,
    /// Whether the run's own terminal event was delivered.
    pub terminal_received: bool,
    /// Whether the run did what it was asked to.
    pub succeeded: bool,
    /// The raw `reason` of the terminal event, or the gateway's reason for a refusal.
    pub reason: Option<String>,
    /// The text that came with it.
    pub detail: Option<String>,
}

impl Completion {
    /// An outcome of which nothing more is known.
    pub fn of(outcome: Outcome, source: CompletionSource) -> Self {
        Self { outcome, source, terminal_received: false, succeeded: false, reason: None, detail: None }
    }
}

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ended.
    Completed,
    /// It failed.
    Error,
    /// It was stopped.
    Interrupted,
    /// The credentials were refused; the run may go on.
    AuthFailed,
    /// The client left or lost the run; it may go on.
    Disconnected,
}

impl Outcome {
    /// The name on the public surface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Error => "error",
            Self::Interrupted => "interrupted",
            Self::AuthFailed => "auth_failed",
            Self::Disconnected => "disconnected",
        }
    }

    /// The outcome of a terminal status.
    pub fn of_terminal(status: &SessionStatus) -> Self {
        match status {
            SessionStatus::Error => Self::Error,
            SessionStatus::Interrupted => Self::Interrupted,
            _ => Self::Completed,
        }
    }
}

/// What told that a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionSource {
    /// The run's own terminal event.
    AgentEvent,
    /// A `session_complete` frame.
    SessionComplete,
    /// The status at the end of a replay.
    ResumeStatus,
    /// A `status_change` frame.
    StatusChange,
    /// The hub's feed of all operations, when the stream kept silent.
    Lifecycle,
    /// Refused credentials.
    AuthFailed,
    /// The application called `disconnect()`.
    Disconnect,
    /// The connection was lost and the application wants no other.
    ConnectionLost,
}

impl CompletionSource {
    /// The name on the public surface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AgentEvent => "agent_event",
            Self::SessionComplete => "session_complete",
            Self::ResumeStatus => "resume_status",
            Self::StatusChange => "status_change",
            Self::Lifecycle => "lifecycle",
            Self::AuthFailed => "auth_failed",
            Self::Disconnect => "disconnect",
            Self::ConnectionLost => "connection_lost",
        }
    }
}

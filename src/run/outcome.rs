//! How a run ended, as far as this client knows.

use crate::agent::{self, Completion, CompletionSource};

/// What made a run end here. The codes are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The run's own terminal event.
    AgentEvent,
    /// The gateway completed the session.
    SessionComplete,
    /// The status at the end of a replay.
    ResumeStatus,
    /// A terminal status in the stream, also that of a watchdog.
    StatusChange,
    /// The feed of all operations, when the stream kept silent.
    Lifecycle,
    /// The host confirmed the stop, and the run's own end did not come.
    Stopped,
    /// The run was stopped before the host knew of it. A request that was aborted may have begun one all the same.
    StoppedBeforeStart,
    /// The user stopped the run, and nobody confirmed it in time.
    StopUnconfirmed,
    /// The application left the run alone.
    Detached,
    /// A newer run took its place.
    Superseded,
    /// The host could not start the run.
    StartFailed,
    /// The host did not say in time whether the run began.
    StartTimeout,
    /// The server does not know the operation.
    UnknownOperation,
    /// The gateway refused the credentials.
    AuthFailed,
    /// The host said that there will be no token.
    Unauthorized,
    /// The host gave no token, several times.
    RefreshFailed,
    /// The connection never stood.
    ConnectLimit,
    /// The connection was gone for too long.
    ReconnectLimit,
    /// The gateway does not know the operation, or said nothing of it.
    PendingLimit,
    /// The gateway does not serve the transport, and there is no other.
    Unavailable,
    /// The transport lost its connection and wants no other.
    ConnectionLost,
    /// Somebody else closed the transport.
    TransportClosed,
}

/// What became of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It ended.
    Completed,
    /// It failed, or never began.
    Failed,
    /// It was stopped.
    Interrupted,
    /// Nobody here can tell; it may go on.
    Unknown,
}

/// The one outcome of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What made it end.
    pub ending: Ending,
    /// What became of it.
    pub verdict: Verdict,
    /// Whether the verdict is somebody's word, not an assumption.
    pub known: bool,
    /// Whether the run did what it was asked to.
    pub succeeded: bool,
    /// Whether the run's own terminal event was delivered.
    pub terminal_received: bool,
    /// The raw reason of the end, or of a refusal.
    pub reason: Option<String>,
    /// The text that came with it.
    pub detail: Option<String>,
}

impl Ending {
    /// All endings.
    pub const ALL: [Self; 22] = [
        Self::AgentEvent,
        Self::SessionComplete,
        Self::ResumeStatus,
        Self::StatusChange,
        Self::Lifecycle,
        Self::Stopped,
        Self::StoppedBeforeStart,
        Self::StopUnconfirmed,
        Self::Detached,
        Self::Superseded,
        Self::StartFailed,
        Self::StartTimeout,
        Self::UnknownOperation,
        Self::AuthFailed,
        Self::Unauthorized,
        Self::RefreshFailed,
        Self::ConnectLimit,
        Self::ReconnectLimit,
        Self::PendingLimit,
        Self::Unavailable,
        Self::ConnectionLost,
        Self::TransportClosed,
    ];

    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AgentEvent => "agent_event",
            Self::SessionComplete => "session_complete",
            Self::ResumeStatus => "resume_status",
            Self::StatusChange => "status_change",
            Self::Lifecycle => "lifecycle",
            Self::Stopped => "stopped",
            Self::StoppedBeforeStart => "stopped_before_start",
            Self::StopUnconfirmed => "stop_unconfirmed",
            Self::Detached => "detached",
            Self::Superseded => "superseded",
            Self::StartFailed => "start_failed",
            Self::StartTimeout => "start_timeout",
            Self::UnknownOperation => "unknown_operation",
            Self::AuthFailed => "auth_failed",
            Self::Unauthorized => "unauthorized",
            Self::RefreshFailed => "refresh_failed",
            Self::ConnectLimit => "connect_limit",
            Self::ReconnectLimit => "reconnect_limit",
            Self::PendingLimit => "pending_limit",
            Self::Unavailable => "unavailable",
            Self::ConnectionLost => "connection_lost",
            Self::TransportClosed => "transport_closed",
        }
    }

    /// Whether the gateway told that the run is over.
    pub const fn is_told(self) -> bool {
        matches!(
            self,
            Self::AgentEvent | Self::SessionComplete | Self::ResumeStatus | Self::StatusChange | Self::Lifecycle
        )
    }

    /// Whether the gateway told how the run ended. A session is completed of a run that failed, too.
    pub const fn tells_how(self) -> bool {
        self.is_told() && !matches!(self, Self::SessionComplete)
    }

    /// What it says of a run of which nothing else is known. Silence never says that a run completed.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Stopped | Self::StoppedBeforeStart | Self::StopUnconfirmed => Verdict::Interrupted,
            Self::StartFailed => Verdict::Failed,
            _ => Verdict::Unknown,
        }
    }

    /// Whether [`Outcome::verdict`] is somebody's word.
    pub const fn is_known(self) -> bool {
        self.tells_how() || matches!(self, Self::Stopped | Self::StartFailed)
    }

    /// Whether credentials were the reason.
    pub const fn is_about_credentials(self) -> bool {
        matches!(self, Self::AuthFailed | Self::Unauthorized | Self::RefreshFailed)
    }

    /// Whether the run can be taken up again by a later [`ChatRun::resume`](super::ChatRun::resume).
    pub const fn is_resumable(self) -> bool {
        matches!(
            self,
            Self::StopUnconfirmed
                | Self::Detached
                | Self::AuthFailed
                | Self::Unauthorized
                | Self::RefreshFailed
                | Self::ConnectLimit
                | Self::ReconnectLimit
                | Self::PendingLimit
                | Self::Unavailable
                | Self::ConnectionLost
                | Self::TransportClosed
        )
    }

    pub(super) const fn of(source: CompletionSource) -> Self {
        match source {
            CompletionSource::AgentEvent => Self::AgentEvent,
            CompletionSource::SessionComplete => Self::SessionComplete,
            CompletionSource::ResumeStatus => Self::ResumeStatus,
            CompletionSource::StatusChange => Self::StatusChange,
            CompletionSource::Lifecycle => Self::Lifecycle,
            CompletionSource::AuthFailed => Self::AuthFailed,
            CompletionSource::Disconnect => Self::TransportClosed,
            CompletionSource::ConnectionLost => Self::ConnectionLost,
        }
    }
}

impl Verdict {
    /// The name on the public surface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Unknown => "unknown",
        }
    }

    const fn of(outcome: agent::Outcome) -> Self {
        match outcome {
            agent::Outcome::Completed => Self::Completed,
            agent::Outcome::Error => Self::Failed,
            agent::Outcome::Interrupted => Self::Interrupted,
            agent::Outcome::AuthFailed | agent::Outcome::Disconnected => Self::Unknown,
        }
    }
}

impl Outcome {
    pub(super) fn of(ending: Ending, detail: Option<String>) -> Self {
        Self {
            ending,
            verdict: ending.verdict(),
            known: ending.is_known(),
            succeeded: false,
            terminal_received: false,
            reason: None,
            detail,
        }
    }

    /// What the transport told when it was done.
    pub(super) fn told(completion: Completion) -> Self {
        let Completion { outcome, source, terminal_received, succeeded, reason, detail } = completion;
        let ending = Ending::of(source);
        let verdict = if ending.tells_how() { Verdict::of(outcome) } else { Verdict::Unknown };
        let known = verdict != Verdict::Unknown;
        Self { ending, verdict, known, succeeded, terminal_received, reason, detail }
    }
}

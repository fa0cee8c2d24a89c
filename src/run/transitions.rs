//! The table of a run: which cause leads from which phase to which. Nothing else changes a phase.

use super::limits::Timer;
use super::outcome::Ending;
use super::phase::{Phase, WaitingFor};

/// What makes a run change its phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// `submit()` was called.
    Submitted,
    /// `resume()` was called.
    Resumed,
    /// The host started the run.
    Started,
    /// A token is owed, to the run or to its transport.
    TokenNeeded,
    /// The token is there, and the transport never stood.
    TokenGiven,
    /// The transport stands.
    Connected,
    /// The transport stood before and does not now.
    LinkDown,
    /// A tool runs here.
    ToolRuns,
    /// The agent asks for words.
    InputAsked,
    /// The agent asks for consent.
    ConfirmationAsked,
    /// No tool runs and no question is open.
    AgentWorks,
    /// `stop()` was called.
    StopAsked,
    /// The server did not stop the run.
    StopRefused,
    /// It is over.
    Ended(Ending),
}

impl Cause {
    /// All causes apart from [`Cause::Ended`].
    pub const ONGOING: [Self; 13] = [
        Self::Submitted,
        Self::Resumed,
        Self::Started,
        Self::TokenNeeded,
        Self::TokenGiven,
        Self::Connected,
        Self::LinkDown,
        Self::ToolRuns,
        Self::InputAsked,
        Self::ConfirmationAsked,
        Self::AgentWorks,
        Self::StopAsked,
        Self::StopRefused,
    ];

    /// All causes.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ONGOING.into_iter().chain(Ending::ALL.into_iter().map(Self::Ended))
    }

    /// The name in `docs/run-states.md`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submit()",
            Self::Resumed => "resume()",
            Self::Started => "started",
            Self::TokenNeeded => "token needed",
            Self::TokenGiven => "token given",
            Self::Connected => "connected",
            Self::LinkDown => "link down",
            Self::ToolRuns => "tool runs",
            Self::InputAsked => "input asked",
            Self::ConfirmationAsked => "confirmation asked",
            Self::AgentWorks => "agent works",
            Self::StopAsked => "stop()",
            Self::StopRefused => "stop refused",
            Self::Ended(ending) => ending.as_str(),
        }
    }
}

/// The phase that follows. `None`: the cause changes nothing here.
pub const fn next(phase: Phase, cause: Cause) -> Option<Phase> {
    use Phase as P;
    let following = match (phase, cause) {
        (P::Idle, Cause::Submitted) => P::Submitting,
        (P::Idle, Cause::Resumed) => P::RefreshingAuth,
        (P::Submitting, Cause::Started) | (P::RefreshingAuth, Cause::TokenGiven) => P::Connecting,
        (P::Connecting | P::Reconnecting | P::RefreshingAuth, Cause::Connected) => P::Streaming,
        (P::RunningTools | P::WaitingInput | P::WaitingConfirmation, Cause::AgentWorks) => P::Streaming,
        (P::Streaming | P::WaitingInput | P::WaitingConfirmation, Cause::ToolRuns) => P::RunningTools,
        (P::Streaming | P::RunningTools | P::WaitingConfirmation, Cause::InputAsked) => P::WaitingInput,
        (P::Streaming | P::RunningTools | P::WaitingInput, Cause::ConfirmationAsked) => P::WaitingConfirmation,
        (P::Stopping, Cause::StopRefused) => P::Connecting,
        (phase, Cause::LinkDown) if phase.is_following() && !matches!(phase, P::Reconnecting) => P::Reconnecting,
        (phase, Cause::TokenNeeded) if phase.is_following() && !matches!(phase, P::RefreshingAuth) => P::RefreshingAuth,
        (phase, Cause::StopAsked) if phase.is_loading() => P::Stopping,
        (phase, Cause::Ended(ending)) if ends(phase, ending) => P::Settled,
        _ => return None,
    };
    Some(following)
}

/// Whether a run in this phase can end like that.
const fn ends(phase: Phase, ending: Ending) -> bool {
    let live = !matches!(phase, Phase::Idle | Phase::Settled);
    let stopping = matches!(phase, Phase::Stopping);
    let refreshing = matches!(phase, Phase::RefreshingAuth);
    match ending {
        Ending::Detached | Ending::Superseded => live,
        Ending::AgentEvent
        | Ending::SessionComplete
        | Ending::ResumeStatus
        | Ending::StatusChange
        | Ending::Lifecycle
        | Ending::ConnectionLost => phase.is_following() || stopping,
        Ending::AuthFailed | Ending::TransportClosed | Ending::Unavailable => phase.is_following(),
        Ending::Stopped | Ending::StopUnconfirmed => stopping,
        Ending::StoppedBeforeStart => stopping || matches!(phase, Phase::Submitting),
        Ending::StartFailed | Ending::StartTimeout => matches!(phase, Phase::Submitting),
        Ending::UnknownOperation => refreshing || stopping || matches!(phase, Phase::Connecting | Phase::Reconnecting),
        Ending::Unauthorized | Ending::RefreshFailed => refreshing,
        Ending::ConnectLimit => refreshing || matches!(phase, Phase::Connecting),
        Ending::ReconnectLimit => refreshing || matches!(phase, Phase::Reconnecting),
        Ending::PendingLimit => phase.is_up(),
    }
}

impl Phase {
    /// Who may owe the next word in this phase.
    pub const fn waits_for(self) -> &'static [WaitingFor] {
        match self {
            Self::Idle | Self::Settled => &[],
            Self::Submitting => &[WaitingFor::Start],
            Self::Connecting | Self::Reconnecting => &[WaitingFor::Connection],
            Self::Streaming => &[WaitingFor::Agent, WaitingFor::Operation],
            Self::RunningTools => &[WaitingFor::Tool],
            Self::WaitingInput | Self::WaitingConfirmation => &[WaitingFor::User, WaitingFor::Agent],
            Self::RefreshingAuth => &[WaitingFor::Token],
            Self::Stopping => &[WaitingFor::Stop],
        }
    }

    /// What may limit this phase in time. A wait that is not [patient](WaitingFor::is_patient) always has one of these.
    pub const fn timers(self) -> &'static [Timer] {
        match self {
            Self::Idle | Self::Settled => &[],
            Self::Submitting => &[Timer::Start],
            Self::Connecting => &[Timer::Connect],
            Self::Streaming => &[Timer::Pending],
            Self::RunningTools => &[Timer::Tool],
            Self::WaitingInput | Self::WaitingConfirmation => &[Timer::Intervention],
            Self::Reconnecting => &[Timer::Reconnect],
            Self::RefreshingAuth => &[Timer::Token, Timer::TokenRetry, Timer::Connect, Timer::Reconnect],
            Self::Stopping => &[Timer::Stop],
        }
    }
}

//! The head of an `AgentStreamEvent`: as much of it as routing needs. The payload is never looked into.

use crate::text::place_in;

/// The names of [`EventType`], in the order of its values and with a space before each (§6). The first value stands for
/// every other name.
pub const EVENT_TYPE_NAMES: &str = concat!(
    " agent_runtime_end",
    " error",
    " tool_execute",
    " stream_chunk",
    " stream_start",
    " stream_end",
    " step_start",
    " step_complete",
    " tool_start",
    " tool_end",
    " tool_result",
    " agent_runtime_init",
    " visible_output_end",
    " stream_retry",
    " llm_execute",
    " llm_cancel",
    " agent_intervention_request",
    " agent_intervention_response",
    " message_patch",
    " notify_update",
    " member_runtime_end",
    " human_intervention_outcome",
    " tool_confirmation_request",
    " input_request",
);

/// The names of [`SessionStatus`], in the order of its values.
pub const SESSION_STATUSES: [&str; 6] =
    ["running", "waiting_input", "waiting_confirmation", "completed", "error", "interrupted"];

/// `errorType`s of an `error` event that a waiting client can still repair.
const WAITABLE_ERROR: &str = "ClientLlmExecutorUnavailable";
/// `body.reason`s of such an error.
const WAITABLE_REASONS: [&str; 3] = ["claim_timeout", "no_executor", "not_delivered"];

/// The type of an event, as an index into [`EVENT_TYPE_NAMES`]. Most types mean nothing to a session and are only routed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventType(u8);

impl EventType {
    /// A type that this client does not know.
    pub const OTHER: Self = Self(0);
    /// The run of the event's operation is over.
    pub const AGENT_RUNTIME_END: Self = Self(1);
    /// The run of the event's operation failed.
    pub const ERROR: Self = Self(2);
    /// A piece of the answer.
    pub const STREAM_CHUNK: Self = Self(4);
    /// A message of the agent begins.
    pub const STREAM_START: Self = Self(5);
    /// The user has seen all there will be to see; the run still finishes.
    pub const VISIBLE_OUTPUT_END: Self = Self(13);

    /// The type with this index in [`EVENT_TYPE_NAMES`].
    pub const fn from_index(index: u32) -> Self {
        Self(index as u8 & 31)
    }

    /// The type with this name.
    pub fn from_name(name: &str) -> Self {
        let index = EVENT_TYPE_NAMES.split(' ').position(|known| known == name).unwrap_or(0);
        Self(index as u8)
    }

    /// The index in [`EVENT_TYPE_NAMES`], below 32.
    pub const fn index(self) -> u8 {
        self.0
    }

    /// Whether events of this type say how a run ended.
    pub fn tells_end(self) -> bool {
        self == Self::AGENT_RUNTIME_END || self == Self::ERROR
    }
}

/// What a session reads of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct EventHead {
    /// The type.
    pub event_type: EventType,
    /// Whether the event belongs to the client's own operation: its `operationId` is missing, empty or the client's.
    pub own: bool,
    /// The step it belongs to.
    pub step_index: u32,
    /// When it happened, in milliseconds of the producer's clock.
    pub timestamp: Option<u64>,
    /// The parts of `data` that tell how a run ended; read for `agent_runtime_end` and `error` only.
    pub ending: Option<Box<Ending>>,
}

/// How a run ended, from the `data` of `agent_runtime_end` and `error`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// `data.reason`.
    pub reason: Option<String>,
    /// `data.reasonDetail`, of an `error` event `data.message`.
    pub detail: Option<String>,
    /// `data.errorType`, or else `data.error` where that is text.
    pub error_type: Option<String>,
    /// `data.body.reason`.
    pub body_reason: Option<String>,
}

impl EventHead {
    /// Whether an event of this kind ends the session of its operation: `agent_runtime_end`, and `error` unless a
    /// waiting client can still repair it.
    pub fn is_session_terminal(&self) -> bool {
        self.event_type.tells_end()
            && (self.event_type == EventType::AGENT_RUNTIME_END
                || !self.ending.as_ref().is_some_and(|ending| ending.is_waitable()))
    }

    /// The status that an end of a run stands for.
    pub fn terminal_status(&self) -> SessionStatus {
        let reason = self.ending.as_ref().and_then(|ending| ending.reason.as_deref());
        match (self.event_type, reason) {
            (EventType::ERROR, _) | (_, Some("error")) => SessionStatus::Error,
            (_, Some("interrupted")) => SessionStatus::Interrupted,
            _ => SessionStatus::Completed,
        }
    }
}

impl Ending {
    fn is_waitable(&self) -> bool {
        self.error_type.as_deref() == Some(WAITABLE_ERROR)
            && self.body_reason.as_deref().is_some_and(|reason| place_in(&WAITABLE_REASONS, reason).is_some())
    }
}

/// The gateway's word on an operation. Gateways pass strings on unchecked: an unknown one is no terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// The agent works.
    Running,
    /// The agent waits for the user's text.
    WaitingInput,
    /// The agent waits for the user's consent.
    WaitingConfirmation,
    /// The run ended well.
    Completed,
    /// The run failed.
    Error,
    /// The run was stopped.
    Interrupted,
    /// A word that is not in the protocol.
    Unknown(String),
}

impl SessionStatus {
    /// The status with this name.
    pub fn from_name(name: &str) -> Self {
        match place_in(&SESSION_STATUSES, name) {
            Some(0) => Self::Running,
            Some(1) => Self::WaitingInput,
            Some(2) => Self::WaitingConfirmation,
            Some(3) => Self::Completed,
            Some(4) => Self::Error,
            Some(5) => Self::Interrupted,
            _ => Self::Unknown(name.to_owned()),
        }
    }

    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Running => SESSION_STATUSES[0],
            Self::WaitingInput => SESSION_STATUSES[1],
            Self::WaitingConfirmation => SESSION_STATUSES[2],
            Self::Completed => SESSION_STATUSES[3],
            Self::Error => SESSION_STATUSES[4],
            Self::Interrupted => SESSION_STATUSES[5],
            Self::Unknown(name) => name,
        }
    }

    /// Whether the run is over.
    pub const fn is_terminal(&self) -> bool {
        matches!(self, Self::Completed | Self::Error | Self::Interrupted)
    }
}

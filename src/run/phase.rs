//! Where a run is, and who owes the next word.

/// Where a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing was asked for yet.
    #[default]
    Idle,
    /// The host starts the run.
    Submitting,
    /// The run exists; the transport never stood.
    Connecting,
    /// The agent works.
    Streaming,
    /// The agent waits for tools that run here.
    RunningTools,
    /// The agent waits for the user's words.
    WaitingInput,
    /// The agent waits for the user's consent.
    WaitingConfirmation,
    /// The transport stood and was lost; it tries again.
    Reconnecting,
    /// The host owes a token.
    RefreshingAuth,
    /// The user stopped the run; its end is awaited.
    Stopping,
    /// The outcome was told. Nothing follows.
    Settled,
}

impl Phase {
    /// All phases.
    pub const ALL: [Self; 11] = [
        Self::Idle,
        Self::Submitting,
        Self::Connecting,
        Self::Streaming,
        Self::RunningTools,
        Self::WaitingInput,
        Self::WaitingConfirmation,
        Self::Reconnecting,
        Self::RefreshingAuth,
        Self::Stopping,
        Self::Settled,
    ];

    /// The name on the public surface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Submitting => "submitting",
            Self::Connecting => "connecting",
            Self::Streaming => "streaming",
            Self::RunningTools => "running_tools",
            Self::WaitingInput => "waiting_input",
            Self::WaitingConfirmation => "waiting_confirmation",
            Self::Reconnecting => "reconnecting",
            Self::RefreshingAuth => "refreshing_auth",
            Self::Stopping => "stopping",
            Self::Settled => "settled",
        }
    }

    /// Whether a message that is sent now has to wait for this run. A run that is being stopped holds up nobody.
    pub const fn is_loading(self) -> bool {
        !matches!(self, Self::Idle | Self::Stopping | Self::Settled)
    }

    /// Whether a run of the server is followed and not being stopped.
    pub const fn is_following(self) -> bool {
        self.is_loading() && !matches!(self, Self::Submitting)
    }

    /// Whether the transport stands.
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Streaming | Self::RunningTools | Self::WaitingInput | Self::WaitingConfirmation)
    }
}

/// Who owes the next word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitingFor {
    /// The host owes the result of starting the run.
    Start,
    /// The host owes a token.
    Token,
    /// The network or the gateway owes a connection.
    Connection,
    /// The server owes the gateway the operation: the gateway does not know it yet.
    Operation,
    /// The agent owes the next event, at last the end. The transport watches that the connection is alive.
    Agent,
    /// A tool of the host owes its result.
    Tool,
    /// The user owes an answer.
    User,
    /// The server owes the end of a run that was stopped.
    Stop,
}

impl WaitingFor {
    /// The name on the public surface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Token => "token",
            Self::Connection => "connection",
            Self::Operation => "operation",
            Self::Agent => "agent",
            Self::Tool => "tool",
            Self::User => "user",
            Self::Stop => "stop",
        }
    }

    /// Whether it may take any time: it is up to a person or to the agent's work. Everybody else has a deadline.
    pub const fn is_patient(self) -> bool {
        matches!(self, Self::Agent | Self::User)
    }
}

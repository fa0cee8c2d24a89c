//! What the application sees of a connection.

use crate::time::Timestamp;

/// The status of a connection, in the words of the package this one replaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Nothing is connected. After a socket that could not be created an attempt may still be planned (V1-06).
    #[default]
    Disconnected,
    /// A socket is being opened, or a token is awaited before it.
    Connecting,
    /// The socket is open, the gateway has not accepted the token yet.
    Authenticating,
    /// The gateway accepted the token.
    Connected,
    /// The connection was lost; another attempt follows.
    Reconnecting,
}

impl Status {
    /// The name on the public surface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disconnected => "disconnected",
            Self::Connecting => "connecting",
            Self::Authenticating => "authenticating",
            Self::Connected => "connected",
            Self::Reconnecting => "reconnecting",
        }
    }
}

/// Why a connection is in its status. The codes are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The gateway or the network closed the socket.
    ConnectionLost,
    /// The socket did not open in time.
    ConnectTimeout,
    /// The gateway did not accept the token in time.
    AuthTimeout,
    /// Heartbeats stayed unanswered.
    HeartbeatTimeout,
    /// A probe after a wake-up stayed unanswered.
    ProbeTimeout,
    /// The platform refused to create the socket.
    DialFailed,
    /// The device is offline.
    Offline,
    /// The page is in the back/forward cache.
    PageHidden,
    /// The host owes a token.
    TokenPending,
    /// The gateway called the token expired.
    TokenExpired,
    /// The host did not answer in time.
    TokenTimeout,
    /// The host could not give a token.
    TokenFailed,
    /// The credentials were refused.
    AuthFailed,
    /// The gateway does not serve the protocol.
    Unavailable,
    /// The run is over.
    RunEnded,
    /// Nobody needs the connection.
    Idle,
    /// The application disconnected.
    DisconnectCalled,
}

impl Reason {
    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConnectionLost => "connection_lost",
            Self::ConnectTimeout => "connect_timeout",
            Self::AuthTimeout => "auth_timeout",
            Self::HeartbeatTimeout => "heartbeat_timeout",
            Self::ProbeTimeout => "probe_timeout",
            Self::DialFailed => "dial_failed",
            Self::Offline => "offline",
            Self::PageHidden => "page_hidden",
            Self::TokenPending => "token_pending",
            Self::TokenExpired => "token_expired",
            Self::TokenTimeout => "token_timeout",
            Self::TokenFailed => "token_failed",
            Self::AuthFailed => "auth_failed",
            Self::Unavailable => "unavailable",
            Self::RunEnded => "run_ended",
            Self::Idle => "idle",
            Self::DisconnectCalled => "disconnect_called",
        }
    }
}

/// A change of the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub at: Timestamp,
    /// To what.
    pub status: Status,
    /// Why, where there is more to say than the status does.
    pub reason: Option<Reason>,
}

/// The last changes of a status, which explain the present one.
#[derive(Clone, Debug, Default)]
pub struct History(Vec<Transition>);

impl History {
    /// How many are remembered.
    const REMEMBERED: usize = 8;

    /// Remembers a change.
    pub fn add(&mut self, transition: Transition) {
        if self.0.len() == Self::REMEMBERED {
            self.0.remove(0);
        }
        self.0.push(transition);
    }

    /// The changes, oldest first.
    pub fn transitions(&self) -> &[Transition] {
        &self.0
    }
}

/// A connection at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The status.
    pub status: Status,
    /// When the status was entered.
    pub since: Timestamp,
    /// Attempts since the connection last stood.
    pub attempt: u32,
    /// When the next attempt is due.
    pub retry_at: Option<Timestamp>,
    /// Why, where there is more to say than the status does.
    pub reason: Option<Reason>,
}

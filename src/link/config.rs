//! What a link is told when it is made.

use super::backoff::Delays;
use super::token::Token;

/// What a connection is like.
#[derive(Debug)]
pub struct LinkConfig {
    /// The first token. Without one the host is asked.
    pub token: Option<Token>,
    /// Whether the host can be asked for tokens.
    pub host_answers: bool,
    /// Whether lost connections are replaced.
    pub auto_reconnect: bool,
    /// How the credential is presented.
    pub presents: Presents,
    /// How long to wait before the next attempt.
    pub delays: Delays,
    /// Milliseconds between two heartbeats.
    pub heartbeat_every: u64,
    /// Milliseconds after which a socket that stands is replaced by a fresh one; `None`: never.
    pub rotate_after: Option<u64>,
}

/// How the credential is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presents {
    /// In a frame on the open socket; a held token will do, and one is renewed before it expires.
    InFrame,
    /// In the URL: a fresh token is asked for before each dial, and the open socket has nothing to present.
    InUrl,
}

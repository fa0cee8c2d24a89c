//! What a mux is told when it is made.

/// What a mux is for.
#[derive(Clone, Debug)]
pub struct MuxConfig {
    /// The gateway's base URL.
    pub gateway_url: String,
    /// The tab or device.
    pub client_id: String,
    /// Whether lost connections are replaced.
    pub auto_reconnect: bool,
    /// Whether the connection stays without a subscription.
    pub keep_alive: bool,
    /// Milliseconds between two heartbeats.
    pub heartbeat_every: u64,
    /// Attempts in a row that never stood, after which the gateway counts as not serving this protocol; heeded while
    /// somebody [`watches`](super::Mux::watch_unavailable) for that.
    pub max_dial_failures: u32,
    /// Milliseconds after which a socket that stands is replaced by a fresh one; `None`: never.
    pub rotate_after: Option<u64>,
    /// What the choice of delays depends on.
    pub seed: u32,
}

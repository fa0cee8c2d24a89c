//! What a gateway is started with.

use std::net::IpAddr;
use std::time::Duration;

/// Everything a gateway needs to know before it listens.
#[derive(Clone)]
pub struct Config {
    /// Address to bind.
    pub host: IpAddr,
    /// Port to bind; 0 takes any free one.
    pub port: u16,
    /// Whether `/dev`, scripted agents and faults exist.
    pub dev: bool,
    /// The static token of the product server; also accepted from a client as the owner's.
    pub service_token: String,
    /// JSON text of a JSON Web Key Set whose RSA keys sign the JWTs of clients.
    pub jwks: Option<String>,
    /// Base URL of the product server, for tool results, abandoned operations and API keys.
    pub lobe_api_url: Option<String>,
    /// Every duration the protocols depend on.
    pub timers: Timers,
    /// Whether `/v2/ws` is left out, as on a gateway that knows v1 only.
    pub v1_only: bool,
    /// How many frames may wait for a v2 socket until it is closed.
    pub v2_queue_limit: usize,
}

/// The durations of the protocols; the defaults are those of a production gateway.
#[derive(Clone, Copy, Debug)]
pub struct Timers {
    /// From connect to a successful `auth`.
    pub auth_timeout: Duration,
    /// From `auth_success` or the last `heartbeat` to the next, on v1.
    pub heartbeat_timeout: Duration,
    /// From `ready` or the last `heartbeat` to the next, on v2.
    pub v2_heartbeat_timeout: Duration,
    /// From the end of an operation to its removal.
    pub cleanup_after: Duration,
    /// Silence after which a running operation is presumed dead.
    pub idle_watchdog: Duration,
    /// The same while a model or a tool is at work.
    pub inflight_watchdog: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            auth_timeout: Duration::from_secs(10),
            heartbeat_timeout: Duration::from_secs(90),
            v2_heartbeat_timeout: Duration::from_secs(180),
            cleanup_after: Duration::from_secs(600),
            idle_watchdog: Duration::from_secs(600),
            inflight_watchdog: Duration::from_secs(1800),
        }
    }
}

//! The gateway's welcome.

use super::payload::Payload;

/// What the gateway said when it accepted the connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Hello<P> {
    /// The gateway's version of the protocol.
    pub protocol: u64,
    /// The gateway's release.
    pub server_version: String,
    /// The gateway's start; another one means that it was restarted.
    pub boot_id: Option<String>,
    /// This connection.
    pub connection_id: String,
    /// Whether the gateway was restarted since the last welcome.
    pub restarted: bool,
    /// How the credential was accepted, as `token` or `device-token`.
    pub auth_method: String,
    /// The role that was granted.
    pub role: String,
    /// The scopes that were granted, which may be fewer than were asked for, or none.
    pub scopes: Vec<String>,
    /// The limits of this connection.
    pub policy: Policy,
    /// The methods that the gateway tells of; no list of permissions.
    pub methods: Vec<String>,
    /// What the gateway holds, as of now: presence, health, defaults of sessions.
    pub snapshot: P,
}

/// The limits of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The largest frame in bytes that the gateway reads.
    pub max_payload: u64,
    /// How many bytes it keeps for a client that does not read.
    pub max_buffered: u64,
    /// Milliseconds between two of its ticks.
    pub tick_every: u64,
}

/// What to go by where the gateway is silent about it.
const MAX_PAYLOAD: u64 = 26_214_400;
const MAX_BUFFERED: u64 = 52_428_800;
const TICK_EVERY: u64 = 30_000;
/// A tick more often than this would make a watchdog nervous, a rarer one blind.
const TICK_LIMITS: (u64, u64) = (1_000, 300_000);

impl<P: Payload> Hello<P> {
    /// Reads the payload of `hello-ok`; `None`: it is none.
    pub(super) fn read(payload: &P, last_boot: Option<&str>) -> Option<Self> {
        if payload.text("type").as_deref() != Some("hello-ok") {
            return None;
        }
        let (server, auth, policy) = (payload.object("server"), payload.object("auth"), payload.object("policy"));
        let boot_id = server.text("bootId");
        let limit =
            |name: &'static str, fallback: u64| policy.count(name).filter(|limit| *limit > 0).unwrap_or(fallback);
        Some(Self {
            protocol: payload.count("protocol").unwrap_or(0),
            server_version: server.text("version").unwrap_or_default(),
            restarted: last_boot.is_some() && boot_id.as_deref() != last_boot,
            boot_id,
            connection_id: server.text("connId").unwrap_or_default(),
            auth_method: auth.text("method").unwrap_or_default(),
            role: auth.text("role").unwrap_or_default(),
            scopes: auth.texts("scopes"),
            policy: Policy {
                max_payload: limit("maxPayload", MAX_PAYLOAD),
                max_buffered: limit("maxBufferedBytes", MAX_BUFFERED),
                tick_every: limit("tickIntervalMs", TICK_EVERY).clamp(TICK_LIMITS.0, TICK_LIMITS.1),
            },
            methods: payload.object("features").texts("methods"),
            snapshot: payload.object("snapshot"),
        })
    }
}

//! What a session is for.

use super::credential::{Auth, StoredToken};
use super::device::DeviceKey;

/// What a session is for.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the gateway is; `https` becomes `wss`. Any path will do.
    pub gateway_url: String,
    /// The origin of the page, to name the exact line of configuration when the gateway refuses it.
    pub origin: Option<String>,
    /// The lowest and the highest version of the protocol that is offered.
    pub protocols: (u64, u64),
    /// Who connects.
    pub client: Application,
    /// `operator`, `node` or `worker`.
    pub role: String,
    /// The scopes that are asked for.
    pub scopes: Vec<String>,
    /// What the client can do with, as `tool-events`.
    pub capabilities: Vec<String>,
    /// The commands that a node carries out.
    pub commands: Vec<String>,
    /// The tools of a node that agents are told of, as JSON text: an array of `{pluginId, name, description, parameters,
    /// command}`.
    pub tools: Option<String>,
    /// The device. Without one most gateways grant a browser nothing.
    pub device: Option<DeviceKey>,
    /// The credentials of the application.
    pub auth: Auth,
    /// The token that the gateway gave this device before.
    pub stored: Option<StoredToken>,
    /// Whether the endpoint may be shown a device token after it refused another one. A loopback address always may.
    pub trusts_endpoint: bool,
    /// What the delays before attempts depend on.
    pub seed: u32,
}

/// Who connects. The gateway knows a closed list of ids and modes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The kind of client; a page gets scopes as `openclaw-control-ui`, `webchat` or `webchat-ui`.
    pub id: String,
    /// How it is used, as `webchat` or `ui`.
    pub mode: String,
    /// The version of the application.
    pub version: String,
    /// The platform. The pairing is bound to it, so it must be the same in every browser.
    pub platform: String,
    /// The tab, where several of one device are to be told apart.
    pub instance_id: Option<String>,
    /// A name for people.
    pub display_name: Option<String>,
    /// The language, as `en-US`.
    pub locale: Option<String>,
    /// The browser.
    pub user_agent: Option<String>,
}

impl Default for Application {
    fn default() -> Self {
        Self {
            id: "webchat-ui".to_owned(),
            mode: "webchat".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: "web".to_owned(),
            instance_id: None,
            display_name: None,
            locale: None,
            user_agent: None,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            gateway_url: "ws://127.0.0.1:18789".to_owned(),
            origin: None,
            protocols: (3, 4),
            client: Application::default(),
            role: "operator".to_owned(),
            scopes: ["operator.read", "operator.write", "operator.approvals"].map(str::to_owned).to_vec(),
            capabilities: ["tool-events", "session-scoped-events", "exec-approvals"].map(str::to_owned).to_vec(),
            commands: Vec::new(),
            tools: None,
            device: None,
            auth: Auth::default(),
            stored: None,
            trusts_endpoint: false,
            seed: 0,
        }
    }
}

/// Whether the host of a URL is this machine.
///
/// The parser of the standard library for addresses costs the published module 4 KB. What is accepted here and is no
/// address, as `127.0.0.999`, is no host that an engine connects to.
pub(super) fn is_loopback(url: &str) -> bool {
    let schemes = ["ws://", "wss://", "http://", "https://"];
    let after_scheme = schemes.iter().find_map(|scheme| url.strip_prefix(scheme)).unwrap_or(url).as_bytes();
    let authority = first(after_scheme.split(|byte| b"/\\?#".contains(byte)));
    let host = first(authority.rsplit(|byte| *byte == b'@'));
    match host.strip_prefix(b"[") {
        Some(address) => match first(address.split(|byte| *byte == b']')) {
            [zeros @ .., b'1'] => zeros.contains(&b':') && zeros.iter().all(|byte| b"0:".contains(byte)),
            _ => false,
        },
        None => {
            let name = first(host.split(|byte| *byte == b':'));
            let is_address = name.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
            let dots = name.iter().filter(|byte| **byte == b'.').count();
            name.eq_ignore_ascii_case(b"localhost") || is_address && dots == 3 && name.starts_with(b"127.")
        }
    }
}

fn first<'a>(mut parts: impl Iterator<Item = &'a [u8]>) -> &'a [u8] {
    parts.next().unwrap_or_default()
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_this_machine_is_loopback() {
        let own = [
            "ws://127.0.0.1:18789/",
            "localhost",
            "wss://LOCALHOST/x",
            "ws://[::1]:18789",
            "http://127.8.9.1",
            "ws://[0:0::0001]/",
        ];
        assert!(own.into_iter().all(is_loopback));
        let others = [
            "ws://192.168.1.4/",
            "wss://localhost.example.org/",
            "wss://gateway.example.org/?host=127.0.0.1",
            "ws://127.0.0.1@example.org/",
            "ws://127.0.0.1.example.org/",
            "ws://example.org\\@127.0.0.1/",
            "ws://[2001::1]/",
            "ws://[::11]/",
            "ws://127.1.example/",
            "ws://128.0.0.1/",
            "",
        ];
        assert!(!others.into_iter().any(is_loopback));
    }
}

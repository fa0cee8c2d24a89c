//! Where a gateway's sockets are.

/// The schemes of a base URL and what becomes of them.
const SCHEMES: [(&str, &str); 4] =
    [("wss://", "wss://"), ("https://", "wss://"), ("ws://", "ws://"), ("http://", "ws://")];

/// A gateway's base URL as the beginning of a WebSocket URL (§1.1): `https` becomes `wss`, anything without a scheme
/// `ws`, slashes at the end are dropped, a path prefix is kept.
pub fn socket_base(gateway_url: &str) -> String {
    let (scheme, rest) = SCHEMES
        .iter()
        .find_map(|(prefix, scheme)| Some((*scheme, gateway_url.strip_prefix(prefix)?)))
        .unwrap_or(("ws://", gateway_url));
    let mut url = String::from(scheme);
    url.push_str(rest.trim_end_matches('/'));
    url
}

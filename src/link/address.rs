//! Where a gateway's sockets are.

/// The schemes of a base URL and what becomes of them.
const SCHEMES: [(&str, &str); 4] =
    [("wss://", "wss://"), ("https://", "wss://"), ("ws://", "ws://"), ("http://", "ws://")];

/// A gateway's base URL as the beginning of a WebSocket URL (§1.1): `https` becomes `wss`, anything without a scheme
/// `ws`, slashes at the end are dropped, a path prefix is kept.
pub fn socket_base(gateway_url: &str) -> String {
    let mut url = String::from("ws://");
    let mut rest = gateway_url;
    for (prefix, scheme) in SCHEMES {
        if let Some(stripped) = gateway_url.strip_prefix(prefix) {
            url = String::from(scheme);
            rest = stripped;
        }
    }
    while let Some(stripped) = rest.strip_suffix("/") {
        rest = stripped;
    }
    url.push_str(rest);
    url
}

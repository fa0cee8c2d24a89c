//! Where a gateway's sockets are.

use crate::text::said;

/// A gateway's base URL as the beginning of a WebSocket URL (§1.1): `https` becomes `wss`, anything without a scheme
/// `ws`, slashes at the end are dropped, a path prefix is kept.
pub fn socket_base(gateway_url: &str) -> String {
    let name = gateway_url.strip_prefix("http").or_else(|| gateway_url.strip_prefix("ws")).unwrap_or_default();
    let (scheme, mut rest) = match (name.strip_prefix("s://"), name.strip_prefix("://")) {
        (Some(rest), _) => ("wss://", rest),
        (_, Some(rest)) => ("ws://", rest),
        (None, None) => ("ws://", gateway_url),
    };
    while let Some(shorter) = rest.strip_suffix("/") {
        rest = shorter;
    }
    said(scheme, rest)
}

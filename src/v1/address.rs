//! Where an operation's socket is.

use crate::link::socket_base;
use crate::text::push_url_component;

/// The WebSocket URL of an operation (§1.1).
pub fn socket_url(gateway_url: &str, operation_id: &str) -> String {
    let mut url = socket_base(gateway_url);
    url.push_str("/ws?operationId=");
    push_url_component(&mut url, operation_id);
    url
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_gateway_url_leads_to_one_socket_url() {
        for (base, expected) in [
            ("ws://g", "ws://g/ws?operationId=op"),
            ("wss://g///", "wss://g/ws?operationId=op"),
            ("https://g", "wss://g/ws?operationId=op"),
            ("https://g/", "wss://g/ws?operationId=op"),
            ("http://g:8787/", "ws://g:8787/ws?operationId=op"),
            ("localhost:8787", "ws://localhost:8787/ws?operationId=op"),
            ("https://host/agent-gateway", "wss://host/agent-gateway/ws?operationId=op"),
        ] {
            assert_eq!(socket_url(base, "op"), expected, "{base}");
        }
    }

    #[test]
    fn an_operation_id_is_encoded_as_a_component() {
        assert_eq!(socket_url("ws://g", "a b/ü&(1)"), "ws://g/ws?operationId=a%20b%2F%C3%BC%26(1)");
    }
}

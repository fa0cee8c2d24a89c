//! How a session has to be configured to have a recorded connection.

use agent_gateway_client::link::Token;
use agent_gateway_client::v1::Config;

use crate::recording::{Connection, What, parsed};

/// The configuration that a recorded client's address and first `auth` and `resume` stand for.
pub fn config(connection: &Connection, resume_on_connect: bool) -> Config {
    let (gateway_url, operation_id) = address(connection.url());
    let first = connection.sent().filter_map(parsed).find(|frame| frame["type"] == "auth").unwrap_or_default();
    Config {
        gateway_url,
        operation_id,
        token: Some(Token::read(first["token"].as_str().unwrap_or("t1"))),
        host_gives_tokens: expects_another_token(connection),
        client_id: first["clientId"].as_str().map(str::to_owned),
        last_event_id: cursor(connection),
        auto_reconnect: true,
        resume_on_connect,
        rotate_after: None,
    }
}

/// Where the session of this connection resumes: what the first `resume` said, unless events had come before it.
pub fn cursor(connection: &Connection) -> String {
    for step in &connection.steps {
        match &step.what {
            What::Received(raw) if raw.contains(r#""id":"#) => break,
            What::Sent(raw) => {
                if let Some(frame) = parsed(raw).filter(|frame| frame["type"] == "resume") {
                    let id = &frame["lastEventId"];
                    return id
                        .as_str()
                        .map_or_else(|| id.as_u64().map_or(String::new(), |id| id.to_string()), str::to_owned);
                }
            }
            _ => {}
        }
    }
    String::new()
}

/// The base and the operation of a recorded address.
fn address(url: &str) -> (String, String) {
    match url.split_once("/ws?operationId=") {
        Some((base, operation_id)) => (base.to_owned(), operation_id.to_owned()),
        None => ("ws://127.0.0.1".to_owned(), "op".to_owned()),
    }
}

/// Whether the client presented another token after `auth_expired`.
fn expects_another_token(connection: &Connection) -> bool {
    let expired = connection.received().any(|raw| raw.contains(r#""auth_expired""#));
    expired && connection.sent().filter(|raw| raw.contains(r#""type":"auth""#)).count() > 1
}

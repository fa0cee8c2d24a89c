//! A gateway in this process, and what surrounds it.

#![allow(dead_code, unused_imports, reason = "each test crate uses its own part of this")]

pub mod peer;
pub mod run;
pub mod stub;
pub mod tokens;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use agent_gateway::{Config, Server, Timers};
use reqwest::redirect::Policy;
use serde_json::{Value, json};

pub use peer::{Incoming, Peer};
pub use run::Run;
pub use stub::Stub;

pub const SERVICE_TOKEN: &str = "service-token-of-the-tests";
/// Nothing these tests wait for takes longer.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// A gateway under test.
pub struct Gateway {
    pub base: String,
    pub http: reqwest::Client,
    server: Server,
}

/// The settings of a production gateway on a free port.
pub fn production(timers: Timers, lobe_api_url: Option<String>) -> Config {
    Config {
        host: IpAddr::V4(Ipv4Addr::LOCALHOST),
        port: 0,
        dev: false,
        service_token: SERVICE_TOKEN.to_owned(),
        jwks: Some(tokens::jwks()),
        lobe_api_url,
        timers,
        v1_only: false,
        v2_queue_limit: 1000,
    }
}

/// The settings of a development gateway on a free port.
pub fn development() -> Config {
    Config { dev: true, jwks: None, ..production(Timers::default(), None) }
}

impl Gateway {
    pub async fn start(config: Config) -> Self {
        let server = agent_gateway::start(config).await.expect("a gateway starts on a free port");
        let http = reqwest::Client::builder().redirect(Policy::none()).build().expect("an HTTP client without TLS");
        Self { base: format!("http://{}", server.address()), http, server }
    }

    pub async fn stop(self) {
        self.server.stop().await;
    }

    pub fn ws_base(&self) -> String {
        self.base.replacen("http", "ws", 1)
    }

    /// Opens a socket of an operation.
    pub async fn dial(&self, operation_id: &str) -> Peer {
        self.try_dial(operation_id).await.expect("the upgrade is accepted")
    }

    /// As [`Gateway::dial`]; errors with the HTTP status of a refused upgrade.
    pub async fn try_dial(&self, operation_id: &str) -> Result<Peer, u16> {
        let url = format!("{}/ws?operationId={operation_id}", self.ws_base());
        Peer::connect(&url).await.map_err(|refusal| refusal.status().as_u16())
    }

    /// Opens the v2 socket of a user and reads its `ready`.
    pub async fn dial_v2(&self, token: &str) -> Peer {
        let mut peer = self.try_dial_v2(token).await.expect("the upgrade is accepted");
        let ready = peer.frame().await;
        assert_eq!((&ready["type"], &ready["protocol"]), (&json!("ready"), &json!(2)));
        peer
    }

    /// As [`Gateway::dial_v2`], without a look at what comes; errors with the HTTP status of a refused upgrade.
    pub async fn try_dial_v2(&self, token: &str) -> Result<Peer, u16> {
        let url = format!("{}/v2/ws?token={token}&clientId=tab-1", self.ws_base());
        Peer::connect(&url).await.map_err(|refusal| refusal.status().as_u16())
    }

    /// Calls the control API with the service token.
    pub async fn control(&self, verb: &str, body: Value) -> (u16, Value) {
        let request = self.http.post(format!("{}/api/operations/{verb}", self.base)).bearer_auth(SERVICE_TOKEN);
        answer(request.json(&body)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.http.post(format!("{}{path}", self.base)).json(&body)).await
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.http.get(format!("{}{path}", self.base))).await
    }
}

/// Status and JSON body of an answer; other bodies come as a string.
pub async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.timeout(DEADLINE).send().await.expect("the gateway answers in time");
    let status = response.status().as_u16();
    let text = response.text().await.expect("the body arrives");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

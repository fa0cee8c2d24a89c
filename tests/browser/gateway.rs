//! The development gateway that the tests talk to, and its scripted runs.

use agent_gateway_client::v1::Config;
use agent_gateway_client::web::AgentStream;
use wasm_bindgen::JsValue;

use super::page::{at, now, number_at, request, sleep, text_at};

const GATEWAY_URL: Option<&str> = option_env!("AGENT_GATEWAY_URL");
const PATIENCE: u64 = 20_000;

/// A run of a scripted agent.
pub struct Run {
    pub operation_id: String,
    pub token: String,
}

/// Sockets at the gateway, over all operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    pub open: u32,
    pub accepted: u32,
}

impl Run {
    /// Starts a script that pauses between chunks for so many milliseconds.
    pub async fn start(script: &str, speed_ms: u32) -> Self {
        let run = post("/dev/runs", &format!(r#"{{"script":"{script}","speedMs":{speed_ms}}}"#)).await;
        Self { operation_id: text_at(&run, "operationId"), token: text_at(&run, "token") }
    }

    /// A client's configuration for this run.
    pub fn config(&self) -> Config {
        Config {
            gateway_url: gateway_url().to_owned(),
            operation_id: self.operation_id.clone(),
            token: Some(AgentStream::token(self.token.clone())),
            auto_reconnect: true,
            ..Config::default()
        }
    }

    /// Switches faults.
    pub async fn faults(&self, switches: &str) {
        post(&format!("/dev/runs/{}/faults", self.operation_id), switches).await;
    }

    /// Another token.
    pub async fn fresh_token(&self) -> String {
        fresh_token(&self.operation_id).await
    }

    /// Stops the script.
    pub async fn interrupt(&self) {
        interrupt(&self.operation_id).await;
    }

    /// The text that the agent has written so far.
    pub async fn text(&self) -> String {
        text_at(&self.state().await, "text")
    }

    /// How many sockets follow this run.
    pub async fn sockets(&self) -> u32 {
        number_at(&self.state().await, "connections")
    }

    /// Waits until so many sockets follow this run.
    pub async fn wait_for_sockets(&self, count: u32) {
        let start = now();
        while self.sockets().await != count {
            assert!(now() - start < PATIENCE, "waited in vain for {count} sockets");
            sleep(50).await;
        }
    }

    async fn state(&self) -> JsValue {
        get(&format!("/dev/runs/{}", self.operation_id)).await
    }
}

/// Another token for an operation.
pub async fn fresh_token(operation_id: &str) -> String {
    text_at(&post(&format!("/dev/runs/{operation_id}/token"), "{}").await, "token")
}

/// Stops the script of an operation.
pub async fn interrupt(operation_id: &str) {
    post(&format!("/dev/runs/{operation_id}/interrupt"), "{}").await;
}

/// The gateway's count of its sockets.
pub async fn connections() -> Connections {
    let counts = get("/dev/connections").await;
    Connections { open: number_at(&counts, "open"), accepted: number_at(&counts, "accepted") }
}

pub fn gateway_url() -> &'static str {
    GATEWAY_URL.expect("AGENT_GATEWAY_URL is the address of a gateway that was started with --dev, while this is built")
}

async fn get(path: &str) -> JsValue {
    told(request("GET", &[gateway_url(), path].concat(), None).await)
}

async fn post(path: &str, body: &str) -> JsValue {
    told(request("POST", &[gateway_url(), path].concat(), Some(body)).await)
}

fn told(answer: Result<JsValue, JsValue>) -> JsValue {
    answer.unwrap_or_else(|thrown| panic!("the gateway refused: {}", text_at(&thrown, "message")))
}

/// The text of a chunk of the operation's own answer; `None` for every other event.
pub fn own_text(event: &JsValue, operation_id: &str) -> Option<String> {
    let is_own_text = text_at(event, "operationId") == operation_id
        && text_at(event, "type") == "stream_chunk"
        && text_at(event, "data.chunkType") == "text";
    is_own_text.then(|| at(event, "data.content").as_string()).flatten()
}

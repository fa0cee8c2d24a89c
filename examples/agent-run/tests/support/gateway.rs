//! A development gateway on a free port.

use std::net::{IpAddr, Ipv4Addr};

use agent_gateway::{Config, Server, Timers};
use serde_json::{Value, json};

use super::DEADLINE;

pub const SERVICE_TOKEN: &str = "service-token-of-the-tests";

pub struct Gateway {
    pub url: String,
    http: reqwest::Client,
    server: Server,
}

impl Gateway {
    pub async fn start() -> Self {
        let server = agent_gateway::start(Config {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            dev: true,
            service_token: SERVICE_TOKEN.to_owned(),
            jwks: None,
            lobe_api_url: None,
            timers: Timers::default(),
            v1_only: false,
            v2_queue_limit: 1000,
        });
        let server = server.await.expect("a gateway starts on a free port");
        Self { url: format!("http://{}", server.address()), http: reqwest::Client::new(), server }
    }

    pub async fn stop(self) {
        self.server.stop().await;
    }

    /// Starts an agent; the operation and its token.
    pub async fn run(&self, request: Value) -> (String, String) {
        let run = self.post("/dev/runs", request).await;
        let text = |member: &str| run[member].as_str().expect("a text").to_owned();
        (text("operationId"), text("token"))
    }

    /// An operation that only the control API knows, and a token of its owner.
    pub async fn operation(&self, operation_id: &str) -> String {
        self.control("init", json!({ "operationId": operation_id, "userId": "somebody" })).await;
        let answer = self.post("/dev/tokens", json!({ "userId": "somebody" })).await;
        answer["token"].as_str().expect("a token").to_owned()
    }

    pub async fn push(&self, operation_id: &str, kind: &str, data: Value) {
        let event = json!({ "type": kind, "operationId": operation_id, "stepIndex": 0, "timestamp": 1, "data": data });
        self.control("push-event", json!({ "operationId": operation_id, "event": event })).await;
    }

    pub async fn control(&self, verb: &str, body: Value) {
        let request = self.http.post(format!("{}/api/operations/{verb}", self.url)).bearer_auth(SERVICE_TOKEN);
        let answer = request.timeout(DEADLINE).json(&body).send().await.expect("the gateway answers");
        assert!(answer.status().is_success(), "{verb}: {}", answer.status());
    }

    pub async fn fault(&self, operation_id: &str, switches: Value) {
        self.post(&format!("/dev/runs/{operation_id}/faults"), switches).await;
    }

    /// What the server knows of a run.
    pub async fn view(&self, operation_id: &str) -> Value {
        let request = self.http.get(format!("{}/dev/runs/{operation_id}", self.url)).timeout(DEADLINE);
        request.send().await.expect("the gateway answers").json().await.expect("JSON")
    }

    /// Waits until a run looks as `like` says.
    pub async fn view_when(&self, operation_id: &str, like: impl Fn(&Value) -> bool) -> Value {
        let waiting = async {
            loop {
                let view = self.view(operation_id).await;
                if like(&view) {
                    return view;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(DEADLINE, waiting).await.expect("the run gets there in time")
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.url)).timeout(DEADLINE).json(&body);
        let answer = request.send().await.expect("the gateway answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.expect("JSON")
    }
}

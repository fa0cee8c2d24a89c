//! Requests to the product server.

use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tracing::warn;

use crate::frames::ToolResult;

const TOOL_RESULT_TIMEOUT: Duration = Duration::from_secs(30);
const FINALIZE_TIMEOUT: Duration = Duration::from_secs(5);
const API_KEY_TIMEOUT: Duration = Duration::from_secs(5);

/// A client of the product server; does nothing where none is configured.
#[derive(Clone)]
pub(crate) struct Lobe {
    client: Client,
    base_url: Option<String>,
    service_token: String,
    any_server: bool,
}

/// What became of an operation that fell silent.
#[derive(Debug, PartialEq)]
pub(crate) enum Abandoned {
    /// It had ended; only the gateway had not heard of it.
    AlreadyFinished,
    /// It is dead, or nobody knows better.
    Dead,
}

impl Lobe {
    /// `any_server` accepts API keys of whatever server a client names; see [`Lobe::user_of_api_key`].
    pub(crate) fn new(base_url: Option<&str>, service_token: &str, any_server: bool) -> Self {
        let base_url = base_url.map(|url| url.trim_end_matches('/').to_owned());
        Self { client: Client::new(), base_url, service_token: service_token.to_owned(), any_server }
    }

    pub(crate) fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref()
    }

    /// Hands on the result of a tool; a failure is logged, since a v1 client expects no answer.
    ///
    /// Returns whether it was delivered, or nobody is there to deliver it to.
    pub(crate) async fn tool_result(&self, result: &ToolResult) -> bool {
        let Some(base_url) = &self.base_url else { return true };
        let request = self.client.post(format!("{base_url}/api/agent/tool-result")).timeout(TOOL_RESULT_TIMEOUT);
        let sent = request.bearer_auth(&self.service_token).json(result).send().await;
        if let Err(error) = sent.and_then(reqwest::Response::error_for_status) {
            warn!(tool_call_id = result.tool_call_id, %error, "tool result not delivered");
            return false;
        }
        true
    }

    /// Asks whether a silent operation is dead; any failure counts as yes.
    pub(crate) async fn finalize_abandoned(&self, operation_id: &str) -> Abandoned {
        let Some(base_url) = &self.base_url else {
            return Abandoned::Dead;
        };
        let request = self.client.post(format!("{base_url}/api/agent/finalize-abandoned")).timeout(FINALIZE_TIMEOUT);
        let body = json!({ "operationId": operation_id, "reason": "inactivity_watchdog" });
        let answer = async {
            let sent = request.bearer_auth(&self.service_token).json(&body).send().await?;
            sent.error_for_status()?.json::<Value>().await
        };
        match answer.await {
            Ok(answer) if answer["found"] == true && answer["finalized"] == false => Abandoned::AlreadyFinished,
            Ok(_) => Abandoned::Dead,
            Err(error) => {
                warn!(operation_id, %error, "finalize-abandoned failed");
                Abandoned::Dead
            }
        }
    }

    /// The user an API key belongs to, or the reason to refuse it.
    ///
    /// Outside development only the configured product server is asked: a client that may name the
    /// server could name its own and be anybody.
    pub(crate) async fn user_of_api_key(&self, server_url: &str, key: &str) -> Result<String, String> {
        let server_url = server_url.trim_end_matches('/');
        if !self.any_server && self.base_url.as_deref() != Some(server_url) {
            return Err("serverUrl is not the server of this gateway".to_owned());
        }
        let request = self.client.get(format!("{server_url}/api/v1/users/me?includeCount=0")).timeout(API_KEY_TIMEOUT);
        let Ok(response) = request.bearer_auth(key).send().await else {
            return Err("API key could not be checked".to_owned());
        };
        let status = response.status();
        let body = response.json::<Value>().await.unwrap_or_default();
        if !status.is_success() || body["success"] == false {
            let reason = body["error"].as_str().or(body["message"].as_str()).map(str::to_owned);
            return Err(reason.unwrap_or_else(|| format!("API key check failed with status {}", status.as_u16())));
        }
        let user_id = body["data"]["id"].as_str().or(body["data"]["userId"].as_str());
        user_id.map(str::to_owned).ok_or_else(|| "Missing user id".to_owned())
    }
}

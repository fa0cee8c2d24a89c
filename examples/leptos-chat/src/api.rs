//! The HTTP side of the development gateway; a product has its own server in this place.

use agent_gateway_client::run::Started;
use agent_gateway_client::web::HostError;
use gloo_net::http::Request;
use js_sys::JSON;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use web_sys::{AbortSignal, Url, UrlSearchParams};

const ANSWER_WITHIN_MS: u32 = 10_000;
const DEFAULT_GATEWAY: &str = match option_env!("GATEWAY_URL") {
    Some(url) => url,
    None => "http://127.0.0.1:8787",
};

/// A gateway, and the user of this page.
#[derive(Clone, PartialEq)]
pub struct Api {
    pub gateway_url: String,
    user_id: String,
}

/// A request that the gateway answered with an error, or did not answer (`status` 0).
#[derive(Clone, Debug)]
pub struct ApiError {
    pub status: u16,
    pub message: String,
}

/// A message of the user.
#[derive(Clone)]
pub struct NewRun {
    pub script: String,
    pub prompt: String,
    pub speed_ms: u32,
}

/// A run in the list of its user.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunSummary {
    pub operation_id: String,
    pub prompt: String,
    pub started_at: u64,
    pub outcome: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartedRun {
    operation_id: String,
    token: String,
}

#[derive(Deserialize)]
struct Runs {
    runs: Vec<RunSummary>,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

impl Api {
    /// The gateway and the user that the page's address names: `?gateway=`, `?user=`.
    ///
    /// # Errors
    ///
    /// Where the gateway's address is none.
    pub fn of_page(query: &str) -> Result<Self, String> {
        let query = UrlSearchParams::new_with_str(query).ok();
        let given = |name| query.as_ref().and_then(|query| query.get(name)).filter(|text| !text.is_empty());
        let gateway_url = given("gateway").unwrap_or_else(|| DEFAULT_GATEWAY.to_owned());
        let is_http = |url: Url| matches!(url.protocol().as_str(), "http:" | "https:");
        if !Url::new(&gateway_url).is_ok_and(is_http) {
            return Err(format!("Not an http(s) URL of a gateway: {gateway_url}"));
        }
        let gateway_url = gateway_url.trim_end_matches('/').to_owned();
        Ok(Self { gateway_url, user_id: given("user").unwrap_or_else(|| "dev-user".to_owned()) })
    }

    /// The runs of the user, oldest first.
    pub async fn runs(&self) -> Result<Vec<RunSummary>, ApiError> {
        let path = format!("/dev/users/{}/runs", self.user_id);
        Ok(self.get::<Runs>(&path).await?.runs)
    }

    /// Starts a run.
    pub async fn start(&self, run: NewRun, signal: AbortSignal) -> Result<Started, HostError> {
        let NewRun { script, prompt, speed_ms } = run;
        let body = json!({ "script": script, "prompt": prompt, "speedMs": speed_ms, "userId": self.user_id });
        let started: StartedRun = self.post("/dev/runs", &body, Some(signal)).await?;
        Ok(Started::new(&started.operation_id, Some(started.token)))
    }

    /// A token of the user, for the socket that runs share.
    pub async fn user_token(&self, signal: AbortSignal) -> Result<String, HostError> {
        let body = json!({ "userId": self.user_id });
        Ok(self.post::<Token>("/dev/tokens", &body, Some(signal)).await?.token)
    }

    /// A token of one run, for a socket of its own.
    pub async fn run_token(&self, operation_id: &str, signal: AbortSignal) -> Result<String, HostError> {
        Ok(self.post::<Token>(&run_path(operation_id, "/token"), &json!({}), Some(signal)).await?.token)
    }

    /// Stops a run at its server. Its end arrives on the socket, not here.
    pub async fn interrupt(&self, operation_id: &str) -> Result<bool, HostError> {
        self.post::<Value>(&run_path(operation_id, "/interrupt"), &json!({}), None).await?;
        Ok(true)
    }

    /// Has the server tell the gateway of a run that the gateway forgot.
    pub async fn announce(&self, operation_id: &str) -> Result<(), ApiError> {
        self.post::<Value>(&run_path(operation_id, "/announce"), &json!({}), None).await.map(drop)
    }

    /// The stored text of a run.
    pub async fn stored_text(&self, operation_id: &str) -> Result<String, ApiError> {
        Ok(self.get::<Text>(&run_path(operation_id, "")).await?.text)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        let signal = AbortSignal::timeout_with_u32(ANSWER_WITHIN_MS);
        answer(Request::get(&[&self.gateway_url, path].concat()).abort_signal(Some(&signal)).build()).await
    }

    /// The caller's signal is the only deadline, where there is one.
    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
        signal: Option<AbortSignal>,
    ) -> Result<T, ApiError> {
        let signal = signal.unwrap_or_else(|| AbortSignal::timeout_with_u32(ANSWER_WITHIN_MS));
        let request = Request::post(&[&self.gateway_url, path].concat());
        answer(request.abort_signal(Some(&signal)).json(body)).await
    }
}

/// A stored text as the stored messages that a product's server would give.
pub fn rows_of(operation_id: &str, text: &str) -> Option<JsValue> {
    let row = json!({ "id": operation_id, "role": "assistant", "content": text });
    JSON::parse(&json!([row]).to_string()).ok()
}

async fn answer<T: DeserializeOwned>(request: Result<Request, gloo_net::Error>) -> Result<T, ApiError> {
    let response = match request {
        Ok(request) => request.send().await,
        Err(error) => return Err(ApiError { status: 0, message: error.to_string() }),
    };
    let Ok(response) = response else {
        return Err(ApiError { status: 0, message: "The gateway cannot be reached.".to_owned() });
    };
    let status = response.status();
    if response.ok() {
        return response.json().await.map_err(|error| ApiError { status, message: error.to_string() });
    }
    let told: Value = response.json().await.unwrap_or_default();
    let message = told["error"]["message"].as_str().map(str::to_owned);
    Err(ApiError { status, message: message.unwrap_or_else(|| format!("HTTP {status}")) })
}

fn run_path(operation_id: &str, rest: &str) -> String {
    ["/dev/runs/", operation_id, rest].concat()
}

impl From<ApiError> for HostError {
    fn from(ApiError { status, message }: ApiError) -> Self {
        match status {
            401 => Self::Unauthorized("The server gives no new token for this run.".to_owned()),
            404 => Self::UnknownOperation,
            _ => Self::Failed(message),
        }
    }
}

//! The development side: an application API, scripted agents and faults on demand.

mod agent;
mod answers;
mod faults;
mod runs;
mod scripts;
mod tokens;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::{oneshot, watch};
use tower_http::cors::{Any, CorsLayer};

use crate::app::App;
use crate::auth::SigningKey;
use crate::frames::ToolResult;

pub(crate) use faults::{FaultSet, Faults};
use runs::Run;
use tokens::Mint;

/// Ended runs stay visible for this long.
const RUNS_KEPT_FOR: Duration = Duration::from_secs(3600);

/// The runs, their tokens, the faults of users and whoever waits for a tool.
pub(crate) struct Dev {
    mint: Mint,
    runs: Mutex<HashMap<String, Arc<Run>>>,
    users: Mutex<HashMap<String, Arc<Faults>>>,
    tools: Mutex<HashMap<String, oneshot::Sender<ToolResult>>>,
    stopping: watch::Sender<bool>,
}

impl Dev {
    pub(crate) fn new() -> Self {
        let stopping = watch::Sender::new(false);
        let (runs, users, tools) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { mint: Mint::new(), runs, users, tools, stopping }
    }

    /// The public half of the key that signs development tokens.
    pub(crate) fn signing_key(&self) -> SigningKey {
        self.mint.signing_key()
    }

    pub(crate) fn faults(&self, operation_id: &str) -> Option<Arc<Faults>> {
        Some(self.lock().get(operation_id)?.faults.clone())
    }

    /// The switches of every run of a user that is still going on.
    pub(crate) fn faults_of_runs(&self, user_id: &str) -> Vec<(String, Arc<Faults>)> {
        let runs = self.lock();
        let going_on = runs.values().filter(|run| run.user_id == user_id && run.ended_for().is_none());
        going_on.map(|run| (run.operation_id.clone(), run.faults.clone())).collect()
    }

    /// The switches of a user; the same ones for whoever asks.
    pub(crate) fn user_faults(&self, user_id: &str) -> Arc<Faults> {
        let mut users = self.users.lock().expect("no holder of the lock panics");
        users.entry(user_id.to_owned()).or_default().clone()
    }

    pub(crate) fn client_authenticated(&self, operation_id: &str) {
        if let Some(run) = self.run(operation_id) {
            run.signals.send_modify(|signals| signals.authenticated = true);
        }
    }

    pub(crate) fn client_resumed(&self, operation_id: &str) {
        if let Some(run) = self.run(operation_id) {
            run.signals.send_modify(|signals| signals.resumed = true);
        }
    }

    /// Hands a result to the script that waits for it; the first one counts. All are listed.
    pub(crate) fn tool_result(&self, operation_id: &str, result: &ToolResult) {
        if let Some(run) = self.run(operation_id) {
            run.add_tool_result(result);
        }
        let waiting = self.tools.lock().expect("no holder of the lock panics").remove(&result.tool_call_id);
        if let Some(waiting) = waiting {
            // A script that gave up waiting has no receiver any more.
            let _ = waiting.send(result.clone());
        }
    }

    /// Ends every script without a word.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    fn known_user_faults(&self, user_id: &str) -> Option<Arc<Faults>> {
        self.users.lock().expect("no holder of the lock panics").get(user_id).cloned()
    }

    fn await_tool(&self, tool_call_id: &str) -> oneshot::Receiver<ToolResult> {
        let (sender, result) = oneshot::channel();
        self.tools.lock().expect("no holder of the lock panics").insert(tool_call_id.to_owned(), sender);
        result
    }

    fn run(&self, operation_id: &str) -> Option<Arc<Run>> {
        self.lock().get(operation_id).cloned()
    }

    fn runs_of(&self, user_id: &str) -> Vec<Arc<Run>> {
        self.lock().values().filter(|run| run.user_id == user_id).cloned().collect()
    }

    fn add_run(&self, run: Arc<Run>) {
        let mut runs = self.lock();
        runs.retain(|_, run| run.ended_for().is_none_or(|age| age < RUNS_KEPT_FOR));
        runs.insert(run.operation_id.clone(), run);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Run>>> {
        self.runs.lock().expect("no holder of the lock panics")
    }
}

/// The routes below `/dev`; every origin may call them.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .merge(runs::router())
        .merge(faults::router())
        .merge(tokens::router())
        .route("/restart", post(restart))
        .route("/connections", get(connections))
        .fallback(async || Problem::not_found("not_found", "there is no such path below /dev"))
        .method_not_allowed_fallback(async || Problem::not_found("not_found", "this path takes another method"))
        .layer(CorsLayer::new().allow_origin(Any).allow_methods(Any).allow_headers(Any))
}

/// An error of the application API: `{"error":{"code","message"}}`.
#[derive(Debug)]
struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": { "code": self.code, "message": self.message } }))).into_response()
    }
}

async fn restart(State(app): State<Arc<App>>) -> Response {
    app.gateway.forget_everything();
    Json(json!({ "success": true })).into_response()
}

async fn connections(State(app): State<Arc<App>>) -> Response {
    let connections = &app.gateway.connections;
    let open = *connections.open.borrow();
    let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let v2 = json!({ "open": load(&connections.v2_open), "accepted": load(&connections.v2_accepted) });
    Json(json!({ "open": open, "accepted": load(&connections.accepted), "v2": v2 })).into_response()
}

/// Reads a JSON body; an empty one counts as `{}`.
fn parse<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, Problem> {
    let text: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
    serde_json::from_slice(text).map_err(|error| Problem::invalid(error.to_string()))
}

/// The development side of an application whose `/dev` routes are being served.
fn dev(app: &App) -> &Dev {
    app.dev.as_ref().expect("/dev is only routed in development")
}

fn known_run(app: &App, operation_id: &str) -> Result<Arc<Run>, Problem> {
    let unknown = || Problem::not_found("run_not_found", format!("there is no run {operation_id}"));
    dev(app).run(operation_id).ok_or_else(unknown)
}

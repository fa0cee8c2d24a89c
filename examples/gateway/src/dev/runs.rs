//! The application API: starts scripted agents and tells how they fare.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use super::faults::Faults;
use super::scripts::{self, MemberEcho, MemberEnd, Plan, Script};
use super::tokens::{TokenKind, lifetime};
use super::{Problem, dev, known_run, parse};
use crate::app::App;
use crate::frames::{ToolResult, now_ms};

const PAUSE_MS: u64 = 40;
const LONGEST_PAUSE_MS: u64 = 60_000;
const USER_ID: &str = "dev-user";
const BURST_COUNT: usize = 1000;
const BURST_BYTES: usize = 64;
const LARGEST_BURST_BYTES: usize = 256 * 1024 * 1024;

/// One scripted agent at work.
pub(super) struct Run {
    pub(super) operation_id: String,
    pub(super) faults: Arc<Faults>,
    pub(super) signals: watch::Sender<Signals>,
    pub(super) user_id: String,
    pub(super) member_echo: MemberEcho,
    script: Script,
    prompt: String,
    topic_id: Option<String>,
    started_at: u64,
    client_protocol: ClientProtocol,
    token_ttl_ms: i64,
    progress: Mutex<Progress>,
}

/// What a script may wait for.
#[derive(Clone, Copy, Default)]
pub(super) struct Signals {
    pub(super) authenticated: bool,
    pub(super) resumed: bool,
    pub(super) interrupted: bool,
}

#[derive(Default)]
struct Progress {
    text: String,
    outcome: Option<&'static str>,
    detail: Option<&'static str>,
    event_count: u64,
    tool_results: Vec<ToolResult>,
    ended_at: Option<Instant>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StartRun {
    script: Script,
    prompt: Option<String>,
    topic_id: Option<String>,
    speed_ms: Option<u64>,
    token_ttl_ms: Option<i64>,
    user_id: Option<String>,
    count: Option<usize>,
    bytes: Option<usize>,
    #[serde(default)]
    client_protocol: ClientProtocol,
    #[serde(default)]
    member_echo: MemberEcho,
    #[serde(default)]
    member_end: MemberEnd,
}

/// Which events a client declared to understand when it started the run (§2.6).
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(try_from = "u8")]
enum ClientProtocol {
    #[default]
    V1,
    V2,
}

impl TryFrom<u8> for ClientProtocol {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            1 => Ok(Self::V1),
            2 => Ok(Self::V2),
            _ => Err("clientProtocol must be 1 or 2"),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RefreshToken {
    ttl_ms: Option<i64>,
}

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/runs", post(start))
        .route("/runs/{operation_id}", get(show))
        .route("/runs/{operation_id}/token", post(refresh_token))
        .route("/runs/{operation_id}/interrupt", post(interrupt))
        .route("/runs/{operation_id}/announce", post(announce))
        .route("/users/{user_id}/runs", get(list))
}

impl Run {
    /// Whether messages are told by patches and a member's end as `member_runtime_end`.
    pub(super) fn speaks_v2(&self) -> bool {
        self.client_protocol == ClientProtocol::V2
    }

    /// How long ago the run ended, or `None` while it goes on.
    pub(super) fn ended_for(&self) -> Option<Duration> {
        self.lock().ended_at.map(|at| at.elapsed())
    }

    /// Counts an event about to be pushed.
    pub(super) fn count_event(&self) {
        self.lock().event_count += 1;
    }

    /// Adds to the text the supervisor streamed.
    pub(super) fn add_text(&self, content: &str) {
        self.lock().text.push_str(content);
    }

    /// Lists what a client answered, also what nobody waits for.
    pub(super) fn add_tool_result(&self, result: &ToolResult) {
        self.lock().tool_results.push(result.clone());
    }

    pub(super) fn end(&self, outcome: &'static str, detail: &'static str) {
        let mut progress = self.lock();
        progress.outcome = Some(outcome);
        progress.detail = Some(detail);
        progress.ended_at = Some(Instant::now());
    }

    /// What the gateway hands on to the user's sockets in `op_lifecycle`.
    fn meta(&self) -> Map<String, Value> {
        self.topic_id.iter().map(|topic_id| ("topicId".to_owned(), json!(topic_id))).collect()
    }

    fn summary(&self, status: Option<&str>) -> Value {
        let progress = self.lock();
        json!({
            "operationId": self.operation_id,
            "topicId": self.topic_id,
            "prompt": self.prompt,
            "script": self.script,
            "startedAt": self.started_at,
            "status": status,
            "outcome": progress.outcome,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().expect("no holder of the lock panics")
    }
}

async fn start(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<Response, Problem> {
    let request: StartRun = parse(&body)?;
    let plan = plan(&request)?;
    let token_ttl_ms = lifetime(request.token_ttl_ms)?;
    let user_id = request.user_id.filter(|id| !id.is_empty()).unwrap_or_else(|| USER_ID.to_owned());
    let operation_id = format!("op_{}", Uuid::new_v4().simple());
    let run = Arc::new(Run {
        operation_id: operation_id.clone(),
        faults: Arc::default(),
        signals: watch::Sender::default(),
        user_id: user_id.clone(),
        member_echo: request.member_echo,
        script: request.script,
        prompt: plan.prompt.clone(),
        topic_id: request.topic_id.filter(|id| !id.is_empty()),
        started_at: now_ms(),
        client_protocol: request.client_protocol,
        token_ttl_ms,
        progress: Mutex::default(),
    });
    let dev = dev(&app);
    let token = dev.mint.issue(&user_id, token_ttl_ms, TokenKind::Valid);
    dev.add_run(run.clone());
    app.gateway.init(&operation_id, &user_id, run.meta());
    scripts::spawn(app.clone(), run, plan);

    let gateway_url = gateway_url(&app, &headers);
    let started = json!({ "operationId": operation_id, "token": token, "gatewayUrl": gateway_url, "userId": user_id });
    Ok((StatusCode::CREATED, Json(started)).into_response())
}

async fn show(State(app): State<Arc<App>>, Path(operation_id): Path<String>) -> Result<Response, Problem> {
    let run = known_run(&app, &operation_id)?;
    let status = app.gateway.status(&operation_id).unwrap_or_else(|| "unknown".to_owned());
    let connections = app.gateway.sockets(&operation_id).len();
    let progress = run.lock();
    Ok(Json(json!({
        "operationId": operation_id,
        "script": run.script,
        "status": status,
        "text": progress.text,
        "outcome": progress.outcome,
        "detail": progress.detail,
        "eventCount": progress.event_count,
        "connections": connections,
        "toolResults": progress.tool_results,
    }))
    .into_response())
}

async fn refresh_token(
    State(app): State<Arc<App>>,
    Path(operation_id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let run = known_run(&app, &operation_id)?;
    let request: RefreshToken = parse(&body)?;
    let ttl_ms = lifetime(request.ttl_ms.or(Some(run.token_ttl_ms)))?;
    run.faults.token_endpoint().obey().await?;
    let token = dev(&app).mint.issue(&run.user_id, ttl_ms, TokenKind::Valid);
    Ok(Json(json!({ "token": token })).into_response())
}

async fn interrupt(State(app): State<Arc<App>>, Path(operation_id): Path<String>) -> Result<Response, Problem> {
    let run = known_run(&app, &operation_id)?;
    run.signals.send_modify(|signals| signals.interrupted = true);
    Ok(Json(json!({ "success": true })).into_response())
}

/// Tells the gateway of a run that it forgot, as a product server does.
async fn announce(State(app): State<Arc<App>>, Path(operation_id): Path<String>) -> Result<Response, Problem> {
    let run = known_run(&app, &operation_id)?;
    app.gateway.init(&operation_id, &run.user_id, run.meta());
    // Read afterwards: an agent that ends later tells the gateway so itself.
    let (outcome, detail) = {
        let progress = run.lock();
        (progress.outcome, progress.detail)
    };
    if let Some(outcome) = outcome {
        app.gateway.update_status(&operation_id, outcome, detail.unwrap_or_default());
    }
    Ok(Json(json!({ "success": true })).into_response())
}

/// Every run of a user that is still remembered, oldest first.
async fn list(State(app): State<Arc<App>>, Path(user_id): Path<String>) -> Response {
    let mut runs = dev(&app).runs_of(&user_id);
    runs.sort_by(|one, other| {
        one.started_at.cmp(&other.started_at).then_with(|| one.operation_id.cmp(&other.operation_id))
    });
    let runs: Vec<_> = runs.iter().map(|run| run.summary(app.gateway.status(&run.operation_id).as_deref())).collect();
    Json(json!({ "runs": runs })).into_response()
}

fn plan(request: &StartRun) -> Result<Plan, Problem> {
    let pause_ms = request.speed_ms.unwrap_or(PAUSE_MS);
    if pause_ms > LONGEST_PAUSE_MS {
        return Err(Problem::invalid(format!("speedMs must not exceed {LONGEST_PAUSE_MS}")));
    }
    let count = request.count.unwrap_or(BURST_COUNT);
    let bytes = request.bytes.unwrap_or(BURST_BYTES);
    if count == 0 || bytes == 0 {
        return Err(Problem::invalid("count and bytes must be at least 1"));
    }
    if count.checked_mul(bytes).is_none_or(|total| total > LARGEST_BURST_BYTES) {
        return Err(Problem::invalid(format!("count × bytes must not exceed {LARGEST_BURST_BYTES}")));
    }
    let prompt = request.prompt.clone().unwrap_or_default();
    let pause = Duration::from_millis(pause_ms);
    Ok(Plan { script: request.script, prompt, pause, count, bytes, member_end: request.member_end })
}

/// Where clients reach the gateway; a wildcard address is replaced by what the caller used.
fn gateway_url(app: &App, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    match host.filter(|_| app.address.ip().is_unspecified()) {
        Some(host) => format!("http://{host}"),
        None => format!("http://{}", app.address),
    }
}

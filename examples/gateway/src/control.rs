//! The control API a product server calls (§8).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::frames::AgentEvent;
use crate::http::{bearer, not_found};

const BODY_LIMIT_BYTES: usize = 16 * 1024 * 1024;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// No caller waits longer than this for an answer of a human.
const LONGEST_REQUEST_TIMEOUT: Duration = Duration::from_secs(3600);

/// What `op_lifecycle` may say of an operation.
const META: [&str; 9] = [
    "topicId",
    "threadId",
    "agentId",
    "groupId",
    "taskId",
    "scope",
    "parentOperationId",
    "mirrorToOperationId",
    "rootOperationId",
];

/// The routes below `/api/operations`; each needs the service token as bearer.
pub(crate) fn router(app: Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/init", post(init))
        .route("/push-event", post(push_event))
        .route("/push-events", post(push_events))
        .route("/update-status", post(update_status))
        .route("/tool-execute", post(tool_execute))
        .route("/request-confirmation", post(request_confirmation))
        .route("/request-input", post(request_input))
        .route("/status", get(status))
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .route_layer(from_fn_with_state(app, require_service_token))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    operation_id: Option<String>,
    user_id: Option<String>,
    meta: Option<Value>,
    event: Option<Box<RawValue>>,
    #[serde(default)]
    events: Vec<Box<RawValue>>,
    status: Option<String>,
    summary: Option<String>,
    data: Option<Value>,
    tool_call_id: Option<String>,
    tool: Option<Value>,
    prompt: Option<String>,
    timeout: Option<u64>,
}

type Answer = Result<Response, Refusal>;

/// A request that cannot be served, in the words of the protocol.
struct Refusal(&'static str);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, self.0).into_response()
    }
}

async fn init(State(app): State<Arc<App>>, bytes: Bytes) -> Answer {
    let body = parse(&bytes)?;
    let (Some(operation_id), Some(user_id)) = (given(body.operation_id), given(body.user_id)) else {
        return Err(Refusal("Missing operationId or userId"));
    };
    app.gateway.init(&operation_id, &user_id, known_meta(body.meta));
    Ok(success())
}

async fn push_event(State(app): State<Arc<App>>, bytes: Bytes) -> Answer {
    let body = parse(&bytes)?;
    let operation_id = given(body.operation_id).ok_or(Refusal("Missing operationId"))?;
    let event = body.event.and_then(AgentEvent::parse).ok_or(Refusal("Missing event"))?;
    app.gateway.push_events(&operation_id, vec![event]);
    Ok(success())
}

async fn push_events(State(app): State<Arc<App>>, bytes: Bytes) -> Answer {
    let body = parse(&bytes)?;
    let operation_id = given(body.operation_id).ok_or(Refusal("Missing operationId"))?;
    let events: Vec<_> = body.events.into_iter().filter_map(AgentEvent::parse).collect();
    if events.is_empty() {
        return Err(Refusal("Missing events"));
    }
    app.gateway.push_events(&operation_id, events);
    Ok(success())
}

async fn update_status(State(app): State<Arc<App>>, bytes: Bytes) -> Answer {
    let body = parse(&bytes)?;
    let operation_id = given(body.operation_id).ok_or(Refusal("Missing operationId"))?;
    let status = given(body.status).ok_or(Refusal("Missing status"))?;
    app.gateway.update_status(&operation_id, &status, body.summary.as_deref().unwrap_or_default());
    Ok(success())
}

async fn tool_execute(State(app): State<Arc<App>>, bytes: Bytes) -> Answer {
    let body = parse(&bytes)?;
    let (Some(operation_id), Some(data)) = (given(body.operation_id), body.data) else {
        return Err(Refusal("Missing operationId or data"));
    };
    app.gateway.tool_execute(&operation_id, data);
    Ok(success())
}

async fn request_confirmation(State(app): State<Arc<App>>, bytes: Bytes) -> Answer {
    let body = parse(&bytes)?;
    let operation_id = given(body.operation_id).ok_or(Refusal("Missing operationId"))?;
    let (Some(tool_call_id), Some(tool)) = (given(body.tool_call_id), body.tool) else {
        return Err(Refusal("Missing toolCallId or tool"));
    };
    let answer = app.gateway.request_confirmation(&operation_id, &tool_call_id, tool, wait(body.timeout)).await;
    Ok(match answer {
        Ok(approved) => Json(json!({ "approved": approved })).into_response(),
        Err(_) => timed_out(json!({ "approved": false, "error": "TIMEOUT" })),
    })
}

async fn request_input(State(app): State<Arc<App>>, bytes: Bytes) -> Answer {
    let body = parse(&bytes)?;
    let operation_id = given(body.operation_id).ok_or(Refusal("Missing operationId"))?;
    let prompt = given(body.prompt).ok_or(Refusal("Missing prompt"))?;
    Ok(match app.gateway.request_input(&operation_id, &prompt, wait(body.timeout)).await {
        Ok(content) => Json(json!({ "content": content })).into_response(),
        Err(_) => timed_out(json!({ "content": "", "error": "TIMEOUT" })),
    })
}

async fn status(State(app): State<Arc<App>>, Query(query): Query<HashMap<String, String>>) -> Answer {
    let operation_id = query.get("operationId").filter(|id| !id.is_empty()).ok_or(Refusal("Missing operationId"))?;
    let status = app.gateway.status(operation_id).unwrap_or_else(|| "unknown".to_owned());
    let client_connected = app.gateway.clients(operation_id) > 0;
    Ok(Json(json!({ "clientConnected": client_connected, "status": status })).into_response())
}

async fn require_service_token(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if bearer(request.headers()).is_some_and(|token| app.auth.is_service_token(token)) {
        return next.run(request).await;
    }
    (StatusCode::UNAUTHORIZED, "Unauthorized").into_response()
}

fn parse(bytes: &[u8]) -> Result<Body, Refusal> {
    serde_json::from_slice(bytes).map_err(|_| Refusal("Invalid JSON body"))
}

/// The part of `meta` that is handed on to clients.
fn known_meta(meta: Option<Value>) -> Map<String, Value> {
    let Some(Value::Object(mut meta)) = meta else {
        return Map::new();
    };
    meta.retain(|key, value| META.contains(&key.as_str()) && value.as_str().is_some_and(|text| !text.is_empty()));
    meta
}

fn given(field: Option<String>) -> Option<String> {
    field.filter(|text| !text.is_empty())
}

fn wait(timeout_ms: Option<u64>) -> Duration {
    timeout_ms.filter(|ms| *ms > 0).map_or(REQUEST_TIMEOUT, Duration::from_millis).min(LONGEST_REQUEST_TIMEOUT)
}

fn success() -> Response {
    Json(json!({ "success": true })).into_response()
}

fn timed_out(body: Value) -> Response {
    (StatusCode::GATEWAY_TIMEOUT, Json(body)).into_response()
}

//! The event stream over HTTP, oddities included (§1.6).

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::stream::{self, Stream, StreamExt};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::app::App;
use crate::auth::{Credential, Verdict};
use crate::frames::now_ms;
use crate::http::not_found;
use crate::operation::{EntryId, StreamEntry};

const HEARTBEAT_EVERY: Duration = Duration::from_secs(30);
const HISTORY_LIMIT: usize = 50;

/// `GET /api/agent/stream?operationId=&lastEventId=&includeHistory=`. Its fallback is its own, so that what is layered
/// over the router answers other methods, too: a browser asks by `OPTIONS` first.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new().route("/api/agent/stream", get(open)).method_not_allowed_fallback(not_found)
}

async fn open(
    State(app): State<Arc<App>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let Some(operation_id) = query.get("operationId").filter(|id| !id.is_empty()).cloned() else {
        let error = Json(json!({ "error": "operationId parameter is required" }));
        return (StatusCode::BAD_REQUEST, error).into_response();
    };
    if !may_read(&app, &operation_id, &headers).await {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "Unauthorized" }))).into_response();
    }
    // Only the query parameter counts; the header a browser resumes with is never read.
    let last_event_id = query.get("lastEventId").map_or("0", String::as_str).to_owned();
    let include_history = query.get("includeHistory").is_some_and(|value| value == "true");

    let (missed, live) = app.gateway.listen(&operation_id, entry_id(&last_event_id));
    let mut frames = vec![connected(&operation_id, &last_event_id)];
    if include_history {
        let all = app.gateway.entries(&operation_id);
        frames.extend(history(&all, &last_event_id).iter().map(|entry| frame(&operation_id, entry)));
    }
    let feed = Feed { operation_id, missed: missed.into_iter(), live, ended: false };
    let frames = stream::iter(frames.into_iter().map(Ok)).chain(feed.into_stream());
    let no_cache =
        [(header::CACHE_CONTROL, "no-cache, no-transform"), (HeaderName::from_static("x-accel-buffering"), "no")];
    (no_cache, Sse::new(frames)).into_response()
}

/// What is still to be sent: the missed events, then the live ones until an `agent_runtime_end`.
struct Feed {
    operation_id: String,
    missed: std::vec::IntoIter<Arc<StreamEntry>>,
    live: mpsc::UnboundedReceiver<Arc<StreamEntry>>,
    ended: bool,
}

impl Feed {
    fn into_stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, async |mut feed| {
            if feed.ended {
                return None;
            }
            let entry = match feed.missed.next() {
                Some(entry) => entry,
                None => match timeout(HEARTBEAT_EVERY, feed.live.recv()).await {
                    Ok(entry) => entry?,
                    Err(_) => return Some((Ok(heartbeat(&feed.operation_id)), feed)),
                },
            };
            feed.ended = entry.event.kind == "agent_runtime_end";
            Some((Ok(frame(&feed.operation_id, &entry)), feed))
        })
    }
}

async fn may_read(app: &App, operation_id: &str, headers: &HeaderMap) -> bool {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let credential = match (value("oidc-auth"), value("x-api-key"), app.lobe.base_url()) {
        (Some(token), _, _) => Credential::Token(token),
        (None, Some(key), Some(server_url)) => Credential::ApiKey { key, server_url: server_url.to_owned() },
        (None, Some(_), None) => return false,
        (None, None, _) => return app.dev.is_some(),
    };
    let owner = app.gateway.owner(operation_id);
    matches!(app.auth.verify(&credential, owner.as_deref()).await, Verdict::Accepted { .. })
}

fn connected(operation_id: &str, last_event_id: &str) -> Event {
    let now = now_ms();
    let data = json!({
        "type": "connected", "operationId": operation_id, "lastEventId": last_event_id, "timestamp": now,
    });
    Event::default().id(format!("conn_{now}")).event("connected").data(data.to_string())
}

/// Every event carries the operation as its id, so an `EventSource` cannot resume by it.
fn frame(operation_id: &str, entry: &StreamEntry) -> Event {
    let mut data: Value = serde_json::from_str(entry.event.raw.get()).unwrap_or_default();
    if data["operationId"].is_null() {
        data["operationId"] = json!(operation_id);
    }
    if data["timestamp"].is_null() {
        data["timestamp"] = json!(entry.id.0);
    }
    data["id"] = json!(format!("{}-{}", entry.id.0, entry.id.1));
    let kind = entry.event.kind.replace(['\r', '\n'], " ");
    Event::default().id(operation_id.replace(['\r', '\n', '\0'], " ")).event(kind).data(data.to_string())
}

/// Heartbeats have no `event` line.
fn heartbeat(operation_id: &str) -> Event {
    let data = json!({ "operationId": operation_id, "timestamp": now_ms(), "type": "heartbeat" });
    Event::default().data(data.to_string())
}

/// The newest events whose time is later than `last_event_id` *as text*.
fn history(entries: &[Arc<StreamEntry>], last_event_id: &str) -> Vec<Arc<StreamEntry>> {
    let newer = entries.iter().filter(|entry| entry.id.0.to_string().as_str() > last_event_id);
    let newer: Vec<_> = newer.cloned().collect();
    newer[newer.len().saturating_sub(HISTORY_LIMIT)..].to_vec()
}

fn entry_id(text: &str) -> EntryId {
    let (ms, serial) = text.split_once('-').unwrap_or((text, "0"));
    EntryId(ms.parse().unwrap_or(0), serial.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_silent_stream_carries_a_heartbeat_without_an_event_line_every_thirty_seconds() {
        let (_open, live) = mpsc::unbounded_channel();
        let feed = Feed { operation_id: "op_1".to_owned(), missed: Vec::new().into_iter(), live, ended: false };
        let started = tokio::time::Instant::now();
        let response = Sse::new(feed.into_stream().take(2)).into_response();
        let body = to_bytes(response.into_body(), 1000).await.expect("two frames");

        assert_eq!(started.elapsed(), 2 * HEARTBEAT_EVERY);
        let text = String::from_utf8(body.to_vec()).expect("text");
        let frames: Vec<_> = text.trim_end().split("\n\n").collect();
        assert_eq!(frames.len(), 2);
        for frame in frames {
            let data = frame.strip_prefix("data: ").expect("data and nothing else");
            let data: Value = serde_json::from_str(data).expect("JSON on one line");
            assert_eq!((&data["type"], &data["operationId"]), (&json!("heartbeat"), &json!("op_1")));
        }
    }
}

//! A server that is no development gateway.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::DEADLINE;

/// A server for one test. Dropped, it is gone.
pub struct Stub {
    pub url: String,
    asked: watch::Receiver<usize>,
    serving: JoinHandle<()>,
}

impl Stub {
    pub const API_KEY: &'static str = "lh_sk_of_somebody";

    /// A product's server, which has no development API.
    pub async fn product() -> Self {
        Self::start(Router::new().route("/api/v1/users/me", get(user))).await
    }

    /// A server that takes requests and never answers.
    pub async fn mute() -> Self {
        Self::start(Router::new().fallback(any(std::future::pending::<Response>))).await
    }

    /// A server that knows how a run ended.
    pub async fn knowing(outcome: &'static str) -> Self {
        let view = async move || axum::Json(json!({ "status": "completed", "outcome": outcome }));
        Self::start(Router::new().route("/dev/runs/{operation_id}", get(view))).await
    }

    /// A server whose event stream is each of these texts in turn, and then nothing but its end.
    pub async fn streaming(texts: &'static [&'static str]) -> Self {
        let turn = Arc::new(AtomicUsize::new(0));
        let stream = async move |uri: Uri| {
            let text = texts.get(turn.fetch_add(1, Ordering::Relaxed)).copied().unwrap_or_default();
            let position = uri.query().unwrap_or_default().to_owned();
            ([(header::CONTENT_TYPE, "text/event-stream")], text.replace("{query}", &position))
        };
        Self::start(Router::new().route("/api/agent/stream", get(stream))).await
    }

    /// Waits until the server was asked something.
    pub async fn asked(&mut self) {
        let asked = tokio::time::timeout(DEADLINE, self.asked.wait_for(|count| *count > 0)).await;
        asked.expect("it is asked in time").expect("it serves");
    }

    async fn start(router: Router) -> Self {
        let (count, asked) = watch::channel(0);
        let router = router.layer(from_fn(move |request: Request, next: Next| {
            count.send_modify(|count| *count += 1);
            next.run(request)
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { url, asked, serving }
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn user(headers: HeaderMap) -> Response {
    let expected = format!("Bearer {}", Stub::API_KEY);
    if headers.get("authorization").is_none_or(|value| value != expected.as_str()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    axum::Json(json!({ "success": true, "data": { "id": "somebody" } })).into_response()
}

//! A server that is no development gateway.

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Knows one API key, and otherwise answers as `others` does. Dropped, it is gone.
pub struct Stub {
    pub url: String,
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

    async fn start(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { url, serving }
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

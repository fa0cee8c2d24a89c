//! A product server that records what a gateway asks it.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::{Duration, Instant, sleep};

use super::{DEADLINE, SERVICE_TOKEN};

/// A running stub; it ends with the test.
pub struct Stub {
    pub url: String,
    seen: Arc<Mutex<Vec<Value>>>,
}

#[derive(Clone)]
struct Shared {
    seen: Arc<Mutex<Vec<Value>>>,
    finalize: (StatusCode, Value),
}

impl Stub {
    /// `finalize` is the answer to `finalize-abandoned`.
    pub async fn start(finalize: (u16, Value)) -> Self {
        let seen = Arc::<Mutex<Vec<Value>>>::default();
        let finalize = (StatusCode::from_u16(finalize.0).expect("a status"), finalize.1);
        let shared = Shared { seen: seen.clone(), finalize };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound address"));
        let router = Router::new().fallback(record).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, seen }
    }

    /// Everything asked so far, in the shape of a transcript's `stub` lines.
    pub fn seen(&self) -> Vec<Value> {
        self.seen.lock().expect("no holder of the lock panics").clone()
    }

    /// Waits until `count` requests came.
    pub async fn seen_at_least(&self, count: usize) -> Vec<Value> {
        let deadline = Instant::now() + DEADLINE;
        while self.seen().len() < count && Instant::now() < deadline {
            sleep(Duration::from_millis(10)).await;
        }
        self.seen()
    }
}

async fn record(State(shared): State<Shared>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let authorization = text(header::AUTHORIZATION);
    let mut request = json!({
        "method": method.as_str(),
        "path": uri.to_string(),
        "authorization": authorization.replace(SERVICE_TOKEN, "<SERVICE_TOKEN>"),
    });
    if method == Method::POST {
        request["contentType"] = json!(text(header::CONTENT_TYPE));
        request["body"] = serde_json::from_slice(&body).expect("the gateway sends JSON");
    }
    shared.seen.lock().expect("no holder of the lock panics").push(request);

    let (status, body) = match uri.path() {
        "/api/agent/finalize-abandoned" => shared.finalize,
        "/api/v1/users/me" => user(&authorization),
        _ => (StatusCode::NO_CONTENT, Value::Null),
    };
    (status, axum::Json(body)).into_response()
}

fn user(authorization: &str) -> (StatusCode, Value) {
    match authorization {
        "Bearer lh_sk_ok_alice" => (StatusCode::OK, json!({ "success": true, "data": { "id": "alice" } })),
        "Bearer lh_sk_long" => (StatusCode::UNAUTHORIZED, json!({ "success": false, "error": "x".repeat(200) })),
        _ => (StatusCode::UNAUTHORIZED, json!({ "success": false, "error": "Invalid API key" })),
    }
}

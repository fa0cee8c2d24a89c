//! A server that is no development gateway.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{DEADLINE, Gateway};

/// A server for one test. Dropped, it is gone.
pub struct Stub {
    pub url: String,
    asked: watch::Receiver<usize>,
    release: Option<watch::Sender<bool>>,
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

    /// A server that says this of every run.
    pub async fn saying(view: Value) -> Self {
        let view = async move || axum::Json(view);
        Self::start(Router::new().route("/dev/runs/{operation_id}", get(view))).await
    }

    /// A gateway's server that holds its answer to the start of a run back until [`Self::release`].
    pub async fn hesitating(gateway: &Gateway) -> Self {
        let (release, released) = watch::channel(false);
        let (url, http) = (gateway.url.clone(), reqwest::Client::new());
        let forward = async move |method: Method, uri: Uri, body: Bytes| {
            let request = http.request(method, format!("{url}{uri}")).header(header::CONTENT_TYPE, "application/json");
            let answer = request.body(body).send().await.expect("the gateway answers");
            let (status, body) = (answer.status(), answer.bytes().await.expect("a body"));
            if uri.path() == "/dev/runs" {
                released.clone().wait_for(|released| *released).await.expect("the test goes on");
            }
            (status, body)
        };
        let mut server = Self::start(Router::new().fallback(forward)).await;
        server.release = Some(release);
        server
    }

    /// Lets the answer go that was held back.
    pub fn release(&self) {
        self.release.as_ref().expect("a server that hesitates").send_replace(true);
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
        Self { url, asked, release: None, serving }
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

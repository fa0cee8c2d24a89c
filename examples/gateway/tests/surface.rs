//! What is neither in a transcript nor a fault: the event stream over HTTP, the command line, the end.

mod support;

use std::process::Stdio;
use std::time::Duration;

use agent_gateway::Timers;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;
use tokio::time::{Instant, timeout};

use support::{DEADLINE, Gateway, Run, Stub, development, production, tokens};

const BINARY: &str = env!("CARGO_BIN_EXE_agent-gateway");

#[tokio::test]
async fn the_event_stream_replays_everything_and_closes_after_the_end() {
    let run = Run::start("markdown").await;
    let frames = stream(&run.gateway, &format!("operationId={}", run.operation_id), &[]).await;

    let connected: Value = serde_json::from_str(&frames[0].data).expect("JSON");
    assert_eq!(frames[0].event, "connected");
    assert!(frames[0].id.starts_with("conn_"), "{}", frames[0].id);
    assert_eq!((&connected["type"], &connected["lastEventId"]), (&json!("connected"), &json!("0")));
    assert!(frames[1..].iter().all(|frame| frame.id == run.operation_id), "the id is the operation, always");
    let events: Vec<Value> = frames[1..].iter().map(|frame| serde_json::from_str(&frame.data).expect("JSON")).collect();
    assert!(frames[1..].iter().zip(&events).all(|(frame, event)| event["type"] == frame.event.as_str()));
    assert_eq!(frames.last().expect("frames").event, "agent_runtime_end");
    let text: String = events
        .iter()
        .filter(|event| event["data"]["chunkType"] == "text")
        .filter_map(|event| event["data"]["content"].as_str())
        .collect();
    assert_eq!(text, run.view().await["text"]);

    let seen = events[2]["id"].as_str().expect("an id of the entry");
    let by_query = stream(&run.gateway, &format!("operationId={}&lastEventId={seen}", run.operation_id), &[]).await;
    assert_eq!(by_query.len(), frames.len() - 3);
    let by_header =
        stream(&run.gateway, &format!("operationId={}", run.operation_id), &[("last-event-id", seen)]).await;
    assert_eq!(by_header.len(), frames.len(), "the header is never read");
    let query = format!("operationId={}&lastEventId={seen}&includeHistory=true", run.operation_id);
    let with_history = stream(&run.gateway, &query, &[]).await;
    assert!((by_query.len()..=by_query.len() + 50).contains(&with_history.len()));
}

#[tokio::test]
async fn the_event_stream_wants_an_operation_and_its_owner() {
    let gateway = Gateway::start(production(Timers::default(), None)).await;
    gateway.control("init", json!({ "operationId": "op_1", "userId": "alice" })).await;
    let missing = gateway.get("/api/agent/stream").await;
    assert_eq!(missing, (400, json!({ "error": "operationId parameter is required" })));
    assert_eq!(gateway.get("/api/agent/stream?operationId=op_1").await.0, 401);
    for (user, status) in [("mallory", 401), ("alice", 200)] {
        let request = gateway.http.get(format!("{}/api/agent/stream?operationId=op_1", gateway.base));
        let response = request.header("Oidc-Auth", tokens::token_of(user)).send().await.expect("an answer");
        assert_eq!(response.status(), status);
        if status == 200 {
            let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
            assert_eq!(header("content-type"), "text/event-stream");
            assert_eq!(header("cache-control"), "no-cache, no-transform");
            assert_eq!(header("x-accel-buffering"), "no");
        }
    }
}

#[tokio::test]
async fn a_page_of_another_origin_may_read_the_event_stream_with_its_token() {
    let gateway = Gateway::start(development()).await;
    let url = format!("{}/api/agent/stream?operationId=op_1", gateway.base);
    let request = gateway.http.request(reqwest::Method::OPTIONS, url).header("Origin", "https://app.example.org");
    let request =
        request.header("Access-Control-Request-Method", "GET").header("Access-Control-Request-Headers", "oidc-auth");
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let allowed = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert_eq!(allowed("access-control-allow-origin"), "*");
    assert!(allowed("access-control-allow-headers").contains("oidc-auth"));
    gateway.stop().await;
}

#[tokio::test]
async fn message_patches_take_an_id_but_never_reach_v1() {
    let gateway = Gateway::start(production(Timers::default(), None)).await;
    gateway.control("init", json!({ "operationId": "op_1", "userId": "alice" })).await;
    let mut peer = gateway.dial("op_1").await;
    peer.authenticate(&tokens::token_of("alice")).await;
    let events = ["message_patch", "step_start", "message_patch", "step_complete"]
        .map(|kind| json!({ "type": kind, "data": {} }));
    gateway.control("push-events", json!({ "operationId": "op_1", "events": events })).await;
    for (id, kind) in [("2", "step_start"), ("4", "step_complete")] {
        let frame = peer.frame().await;
        assert_eq!((&frame["id"], &frame["event"]["type"]), (&json!(id), &json!(kind)));
    }
    peer.resume("").await;
    let replay = peer.frames_until(|frame| frame["type"] == "resume_complete").await;
    assert_eq!(replay.len(), 3);
}

#[tokio::test]
async fn an_api_key_counts_only_with_the_server_of_this_gateway() {
    let trusted = Stub::start((200, Value::Null)).await;
    let foreign = Stub::start((200, Value::Null)).await;
    let gateway = Gateway::start(production(Timers::default(), Some(trusted.url.clone()))).await;
    gateway.control("init", json!({ "operationId": "op_1", "userId": "alice" })).await;
    for (server, kind) in [(&foreign.url, "auth_failed"), (&trusted.url, "auth_success")] {
        let mut peer = gateway.dial("op_1").await;
        let auth = json!({ "type": "auth", "token": "lh_sk_ok_alice", "tokenType": "apiKey", "serverUrl": server });
        peer.send(auth).await;
        assert_eq!(peer.frame().await["type"], kind);
    }
    assert!(foreign.seen().is_empty(), "a foreign server was asked");
}

#[tokio::test]
async fn development_paths_exist_only_in_development() {
    let gateway = Gateway::start(production(Timers::default(), None)).await;
    assert_eq!(gateway.post("/dev/runs", json!({ "script": "long" })).await.0, 404);
    let gateway = Gateway::start(development()).await;
    let request = gateway.http.request(reqwest::Method::OPTIONS, format!("{}/dev/runs", gateway.base));
    let preflight = request.header("origin", "http://localhost:5173").header("access-control-request-method", "POST");
    let answer = preflight.send().await.expect("an answer");
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["access-control-allow-origin"].to_str().ok()),
        (200, Some("*"))
    );
}

#[tokio::test]
async fn the_binary_names_its_address_first_and_stops_within_a_second() {
    let mut child = Command::new(BINARY)
        .args(["--dev", "--port", "0", "--log-format", "json", "--v2-queue-limit", "500"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the binary starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let line = timeout(DEADLINE, lines.next_line()).await.expect("a line in time").expect("readable").expect("a line");
    let base = line.strip_prefix("agent-gateway listening on ").expect("the address");
    assert_eq!(reqwest::get(format!("{base}/health")).await.expect("an answer").text().await.expect("a body"), "OK");

    let run = json!({ "script": "long" });
    let run: Value = reqwest::Client::new()
        .post(format!("{base}/dev/runs"))
        .json(&run)
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let token = run["token"].as_str().expect("a token").to_owned();
    let url =
        format!("{}/ws?operationId={}", base.replacen("http", "ws", 1), run["operationId"].as_str().expect("an id"));
    let mut peer = support::Peer::connect(&url).await.expect("the upgrade is accepted");
    peer.authenticate(&token).await;
    let url = format!("{}/v2/ws?token={token}&clientId=tab-1", base.replacen("http", "ws", 1));
    let mut on_v2 = support::Peer::connect(&url).await.expect("the upgrade is accepted");
    assert_eq!(on_v2.frame().await["type"], "ready");

    let asked = Instant::now();
    let id = child.id().expect("a running process").to_string();
    Command::new("kill").args(["-INT", &id]).status().await.expect("kill runs");
    let status = timeout(DEADLINE, child.wait()).await.expect("it stops in time").expect("a status");
    assert!(status.success());
    assert!(asked.elapsed() < Duration::from_secs(1), "stopped after {:?}", asked.elapsed());
    assert_eq!((peer.closed().await.0, on_v2.closed().await.0), (1001, 1001));
    let mut log = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut log).await.expect("readable");
    assert!(log.lines().count() >= 2 && log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{log}");
    assert!(!log.contains(&token), "a token was logged");
}

#[tokio::test]
async fn the_binary_says_what_is_wrong_with_its_options() {
    let gateway = Gateway::start(development()).await;
    let port = gateway.base.rsplit(':').next().expect("a port");
    let wrong = [
        (vec!["--dev", "--port", port], "--port"),
        (vec![], "--service-token"),
        (vec!["--service-token", "x"], "--jwks"),
        (vec!["--service-token", "x", "--jwks", "{}"], "JWKS"),
        (vec!["--dev", "--port", "0", "--lobe-api-url", "ftp://x"], "--lobe-api-url"),
        (vec!["--dev", "--port", "seven"], "--port"),
        (vec!["--dev", "--port", "0", "--auth-timeout-ms", "0"], "--auth-timeout-ms"),
        (vec!["--dev", "--port", "0", "--v2-heartbeat-timeout-ms", "0"], "--v2-heartbeat-timeout-ms"),
        (vec!["--dev", "--port", "0", "--v2-queue-limit", "0"], "--v2-queue-limit"),
    ];
    for (arguments, named) in wrong {
        let mut command = Command::new(BINARY);
        let command = command.args(&arguments).env_remove("GATEWAY_SERVICE_TOKEN").env_remove("JWKS_PUBLIC_KEY");
        let output = timeout(DEADLINE, command.kill_on_drop(true).output()).await.expect("it ends").expect("it runs");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && message.contains(named), "{arguments:?}: {message}");
    }
}

struct SseFrame {
    id: String,
    event: String,
    data: String,
}

/// The frames of an event stream that ends by itself.
async fn stream(gateway: &Gateway, query: &str, headers: &[(&str, &str)]) -> Vec<SseFrame> {
    let mut request = gateway.http.get(format!("{}/api/agent/stream?{query}", gateway.base));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let text = timeout(DEADLINE, response.text()).await.expect("the stream ends").expect("the stream is text");
    let field = |frame: &str, name: &str| {
        let line = frame.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_default().to_owned()
    };
    text.split("\n\n")
        .filter(|frame| !frame.trim().is_empty())
        .map(|frame| SseFrame { id: field(frame, "id"), event: field(frame, "event"), data: field(frame, "data") })
        .collect()
}

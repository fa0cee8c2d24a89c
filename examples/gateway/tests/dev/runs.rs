//! What an application learns of the runs of a user.

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::{DEADLINE, Gateway, Peer, Run, development};

#[tokio::test]
async fn the_runs_of_a_user_are_listed_with_their_topics_and_prompts_and_nobody_elses() {
    let gateway = Gateway::start(development()).await;
    let mut started = Vec::new();
    for (user_id, prompt, topic_id) in
        [("alice", "one", json!("tpc_1")), ("bob", "two", json!("tpc_1")), ("alice", "three", Value::Null)]
    {
        let request = json!({ "script": "long", "userId": user_id, "prompt": prompt, "topicId": topic_id });
        started.push(gateway.post("/dev/runs", request).await.1["operationId"].clone());
    }
    gateway.post(&format!("/dev/runs/{}/interrupt", text(&started[0])), json!({})).await;
    let runs = eventually(async || {
        let (status, answer) = gateway.get("/dev/users/alice/runs").await;
        assert_eq!(status, 200);
        (!answer["runs"][0]["outcome"].is_null()).then(|| answer["runs"].clone())
    })
    .await;
    let part = |name: &str| runs.as_array().expect("a list").iter().map(|run| run[name].clone()).collect::<Vec<_>>();
    assert_eq!(part("operationId"), [started[0].clone(), started[2].clone()]);
    assert_eq!(part("prompt"), [json!("one"), json!("three")]);
    assert_eq!(part("topicId"), [json!("tpc_1"), Value::Null]);
    assert_eq!(part("script"), [json!("long"), json!("long")]);
    assert_eq!(part("outcome"), [json!("interrupted"), Value::Null]);
    assert_eq!(runs[1]["status"], "running");
    assert!(runs[0]["startedAt"].as_u64() <= runs[1]["startedAt"].as_u64());
    assert_eq!(gateway.get("/dev/users/carol/runs").await.1, json!({ "runs": [] }));
}

#[tokio::test]
async fn the_topic_of_a_run_is_told_to_every_socket_of_its_user() {
    let run = Run::start_slow().await;
    let mut peer = run.gateway.dial_v2(&run.user_token().await).await;
    run.gateway.post("/dev/runs", json!({ "script": "long", "topicId": "tpc_1" })).await;
    assert_eq!(peer.frame().await["meta"], json!({ "topicId": "tpc_1" }));
}

#[tokio::test]
async fn a_run_that_the_gateway_forgot_goes_on_for_its_subscriptions_once_it_is_announced() {
    let run = Run::start_slow().await;
    let mut peer = forgotten(&run).await;
    assert_eq!(announce(&run).await, 200);
    let seen = peer.frames_until(|frame| frame["type"] == "resume_complete").await;
    assert_eq!((&seen[0]["type"], &seen[0]["status"]), (&json!("op_lifecycle"), &json!("running")));
    assert_eq!(seen.last().expect("a frame")["status"], "running");
}

#[tokio::test]
async fn a_run_that_ended_before_it_was_forgotten_is_announced_with_its_outcome() {
    let run = Run::start("failing").await;
    let ended = eventually(async || Some(run.view().await).filter(|view| !view["outcome"].is_null())).await;
    assert_eq!(ended["detail"], "The model provider refused the request");
    let mut peer = forgotten(&run).await;
    assert_eq!(announce(&run).await, 200);
    let seen = peer.frames_until(|frame| frame["type"] == "status_change").await;
    assert_eq!(seen.last().expect("a frame")["status"], "error");
}

#[tokio::test]
async fn a_run_that_nobody_started_cannot_be_announced() {
    let run = Run::start_slow().await;
    assert_eq!(run.gateway.post("/dev/runs/op_unknown/announce", json!({})).await.0, 404);
}

/// A subscription that is pending, because the gateway restarted.
async fn forgotten(run: &Run) -> Peer {
    run.gateway.post("/dev/restart", json!({})).await;
    let mut peer = run.gateway.dial_v2(&run.user_token().await).await;
    peer.subscribe(&run.operation_id, "").await;
    assert_eq!(peer.frame().await["pending"], true);
    peer
}

/// Asks again until there is an answer.
async fn eventually<T>(ask: impl AsyncFn() -> Option<T>) -> T {
    let answered = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    };
    timeout(DEADLINE, answered).await.expect("it comes in time")
}

async fn announce(run: &Run) -> u16 {
    run.gateway.post(&run.path("announce"), json!({})).await.0
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

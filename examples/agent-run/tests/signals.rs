//! Ctrl-C.

#![cfg(unix)]

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Gateway, Program, Stub};

fn streams(view: &Value) -> bool {
    view["connections"] == 1 && view["eventCount"].as_u64() > Some(20)
}

async fn started(gateway: &Gateway) -> String {
    gateway.run(json!({ "script": "long", "speedMs": 20 })).await.0
}

#[tokio::test]
async fn one_stops_the_run_and_its_end_is_still_shown() {
    let gateway = Gateway::start().await;
    let operation_id = started(&gateway).await;
    let program = Program::start(&gateway, &["--json", "--operation", &operation_id]);
    gateway.view_when(&operation_id, streams).await;
    program.signal("INT").await;

    let output = program.end().await;
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    let last = output.events().pop().expect("an event");
    assert_eq!((&last["type"], &last["data"]["reason"]), (&json!("agent_runtime_end"), &json!("interrupted")));
    assert_eq!(gateway.view(&operation_id).await["outcome"], "interrupted");
    gateway.stop().await;
}

#[tokio::test]
async fn a_second_one_leaves_at_once_with_what_came_so_far() {
    let gateway = Gateway::start().await;
    let server = Stub::mute().await;
    let (operation_id, token) = gateway.run(json!({ "script": "long", "speedMs": 20 })).await;
    let environment =
        [("AGENT_GATEWAY_URL", gateway.url.as_str()), ("LOBEHUB_SERVER", &server.url), ("LOBEHUB_JWT", &token)];
    let mut program = Program::start_with(&["--json", "--operation", &operation_id], &environment);
    gateway.view_when(&operation_id, streams).await;
    program.signal("INT").await;
    program.says("Ctrl-C again leaves at once").await;
    let asked = Instant::now();
    program.signal("INT").await;

    let output = program.end().await;
    // The server would be waited for for 12 s.
    assert!(asked.elapsed() < Duration::from_secs(8), "{:?}", asked.elapsed());
    assert_eq!(output.code, Some(1));
    assert!(output.events().len() > 5 && output.stderr.contains("it may go on"), "{output:?}");
    gateway.stop().await;
}

#[tokio::test]
async fn one_leaves_where_the_run_cannot_be_stopped() {
    let gateway = Gateway::start().await;
    let server = Stub::product().await;
    let (operation_id, token) = gateway.run(json!({ "script": "long", "speedMs": 20 })).await;
    let environment =
        [("AGENT_GATEWAY_URL", gateway.url.as_str()), ("LOBEHUB_SERVER", &server.url), ("LOBEHUB_JWT", &token)];
    let program = Program::start_with(&["--json", "--operation", &operation_id], &environment);
    gateway.view_when(&operation_id, streams).await;
    program.signal("INT").await;

    let output = program.end().await;
    assert_eq!(output.code, Some(1));
    assert!(output.events().len() > 5 && output.stderr.contains("could not be stopped"), "{output:?}");
    gateway.stop().await;
}

#[tokio::test]
async fn one_while_the_run_is_started_stops_it_as_soon_as_it_is_known() {
    let gateway = Gateway::start().await;
    let mut server = Stub::hesitating(&gateway).await;
    let mut program = Program::start_with(&["--json", "--agent", "long", "--server", &server.url, "x"], &[]);
    server.asked().await;
    program.signal("INT").await;
    program.says("Ctrl-C again leaves at once").await;
    server.release();

    let output = program.end().await;
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    let last = output.events().pop().expect("an event");
    assert_eq!((&last["type"], &last["data"]["reason"]), (&json!("agent_runtime_end"), &json!("interrupted")));
    let operation_id = last["operationId"].as_str().expect("a text");
    assert_eq!(gateway.view(operation_id).await["outcome"], "interrupted");
    gateway.stop().await;
}

#[tokio::test]
async fn one_while_the_run_is_started_leaves_with_an_empty_array_where_the_server_does_not_answer() {
    let mut server = Stub::mute().await;
    let program = Program::start_with(&["--json", "--server", &server.url, "x"], &[]);
    server.asked().await;
    program.signal("INT").await;

    let output = program.end().await;
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), "[]\n"), "{}", output.stderr);
    assert!(output.stderr.contains("The server did not say in time"), "{}", output.stderr);
}

#[tokio::test]
async fn a_second_one_while_the_run_is_started_leaves_at_once() {
    let mut server = Stub::mute().await;
    let mut program = Program::start_with(&["--json", "--server", &server.url, "x"], &[]);
    server.asked().await;
    program.signal("INT").await;
    program.says("Ctrl-C again leaves at once").await;
    program.signal("INT").await;

    let output = program.end().await;
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), "[]\n"), "{}", output.stderr);
    assert!(output.stderr.contains("Left before the server said which run it started"), "{}", output.stderr);
}

#[tokio::test]
async fn a_request_to_terminate_leaves_at_once_with_what_came_so_far() {
    let gateway = Gateway::start().await;
    let operation_id = started(&gateway).await;
    let program = Program::start(&gateway, &["--json", "--operation", &operation_id]);
    gateway.view_when(&operation_id, streams).await;
    program.signal("TERM").await;

    let output = program.end().await;
    assert_eq!((output.code, output.events().len() > 5), (Some(1), true), "{}", output.stderr);
    assert_eq!(gateway.view(&operation_id).await["outcome"], Value::Null, "the run goes on");
    gateway.stop().await;
}

//! What a broken network and a broken gateway do to a run: nothing that its user would notice in the answer.

mod support;

use serde_json::{Value, json};
use support::{Gateway, Program, Stub};

/// A run of about six seconds.
fn slow() -> Value {
    json!({ "script": "long", "speedMs": 10 })
}

/// Whether a run streams to somebody.
fn streams(view: &Value) -> bool {
    view["connections"] == 1 && view["eventCount"].as_u64() > Some(20)
}

#[tokio::test]
async fn a_run_goes_on_over_server_sent_events_where_sockets_are_blocked() {
    let gateway = Gateway::start().await;
    let (operation_id, _) = gateway.run(slow()).await;
    gateway.fault(&operation_id, json!({ "refuseConnections": true })).await;
    let output = Program::run(&gateway, &["--json", "--operation", &operation_id]).await;

    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stderr.contains("WebSockets do not come through (HTTP error: 503"), "{}", output.stderr);
    assert!(output.stderr.contains("following over server-sent events"), "{}", output.stderr);
    assert_eq!(json!(output.text(&operation_id)), gateway.view(&operation_id).await["text"]);
    gateway.stop().await;
}

#[tokio::test]
async fn no_event_is_lost_or_repeated_where_sockets_are_blocked_in_the_middle_of_a_run() {
    let gateway = Gateway::start().await;
    let (operation_id, _) = gateway.run(slow()).await;
    let program = Program::start(&gateway, &["--json", "--operation", &operation_id]);
    gateway.view_when(&operation_id, streams).await;
    gateway.fault(&operation_id, json!({ "refuseConnections": true, "drop": true })).await;

    let output = program.end().await;
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stderr.contains("following over server-sent events"), "{}", output.stderr);
    assert_eq!(json!(output.text(&operation_id)), gateway.view(&operation_id).await["text"]);
    gateway.stop().await;
}

#[tokio::test]
async fn a_socket_that_is_cut_in_the_middle_of_a_run_is_replaced() {
    let gateway = Gateway::start().await;
    let (operation_id, _) = gateway.run(slow()).await;
    let program = Program::start(&gateway, &["--json", "--operation", &operation_id]);
    gateway.view_when(&operation_id, streams).await;
    gateway.fault(&operation_id, json!({ "drop": true, "malformed": true, "duplicate": true })).await;

    let output = program.end().await;
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stderr.contains("No connection; trying again in 1 s"), "{}", output.stderr);
    assert_eq!(json!(output.text(&operation_id)), gateway.view(&operation_id).await["text"]);
    gateway.stop().await;
}

#[tokio::test]
async fn what_is_said_about_the_connection_is_no_part_of_the_answer() {
    let gateway = Gateway::start().await;
    let (operation_id, _) = gateway.run(slow()).await;
    let program = Program::start(&gateway, &["--operation", &operation_id]);
    gateway.view_when(&operation_id, streams).await;
    gateway.fault(&operation_id, json!({ "drop": true })).await;

    let output = program.end().await;
    assert!(output.stderr.contains("No connection"), "{}", output.stderr);
    assert_eq!(json!(output.stdout), gateway.view(&operation_id).await["text"]);
    gateway.stop().await;
}

#[tokio::test]
async fn a_token_that_expired_is_replaced_and_neither_is_printed() {
    let gateway = Gateway::start().await;
    let (operation_id, token) = gateway.run(slow()).await;
    gateway.fault(&operation_id, json!({ "expireToken": true })).await;
    let environment = [("AGENT_GATEWAY_URL", gateway.url.as_str()), ("LOBEHUB_JWT", &token)];
    let output = Program::start_with(&["--json", "--operation", &operation_id], &environment).end().await;

    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert_eq!(json!(output.text(&operation_id)), gateway.view(&operation_id).await["text"]);
    assert!(!format!("{output:?}").contains("eyJ"), "{output:?}");
    gateway.stop().await;
}

#[tokio::test]
async fn an_expired_token_is_replaced_for_server_sent_events_too() {
    let gateway = Gateway::start().await;
    let (operation_id, token) = gateway.run(json!({ "script": "markdown", "speedMs": 1, "tokenTtlMs": -1000 })).await;
    let environment = [("AGENT_GATEWAY_URL", gateway.url.as_str()), ("LOBEHUB_JWT", &token)];
    let arguments = ["--sse", "--json", "--operation", &operation_id];
    let refused = Program::start_with(&arguments, &environment).end().await;
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), "[]\n"), "every token of this run is too old");

    let (operation_id, _) = gateway.run(json!({ "script": "markdown", "speedMs": 1 })).await;
    let arguments = ["--sse", "--json", "--operation", &operation_id];
    let output = Program::start_with(&arguments, &environment).end().await;
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert_eq!(json!(output.text(&operation_id)), gateway.view(&operation_id).await["text"]);
    gateway.stop().await;
}

#[tokio::test]
async fn a_token_that_is_refused_ends_the_program_and_says_what_to_set() {
    let gateway = Gateway::start().await;
    let (operation_id, _) = gateway.run(slow()).await;
    gateway.fault(&operation_id, json!({ "refuseToken": true })).await;
    let output = Program::run(&gateway, &["--json", "--operation", &operation_id]).await;

    assert_eq!((output.code, output.stdout.as_str()), (Some(1), "[]\n"));
    assert!(output.stderr.contains("Token refused"), "{}", output.stderr);
    assert!(output.stderr.contains("Set LOBEHUB_JWT or LOBEHUB_CLI_API_KEY"), "{}", output.stderr);
    gateway.stop().await;
}

#[tokio::test]
async fn an_end_that_a_dead_socket_swallowed_is_learned_from_the_server() {
    let gateway = Gateway::start().await;
    let (operation_id, _) = gateway.run(json!({ "script": "markdown", "speedMs": 20 })).await;
    let program = Program::start(&gateway, &["--json", "--stall-after", "1", "--operation", &operation_id]);
    gateway.view_when(&operation_id, streams).await;
    gateway.fault(&operation_id, json!({ "halfOpen": true })).await;

    let output = program.end().await;
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert_eq!(json!(output.text(&operation_id)), gateway.view(&operation_id).await["text"]);
    gateway.stop().await;
}

#[tokio::test]
async fn a_run_whose_gateway_is_gone_is_given_up_as_unknown() {
    let nobody = [("AGENT_GATEWAY_URL", "http://127.0.0.1:1"), ("LOBEHUB_JWT", "a.b.c")];
    let output = Program::start_with(&["--json", "--operation", "op_1"], &nobody).end().await;

    assert_eq!((output.code, output.stdout.as_str()), (Some(3), "[]\n"), "{}", output.stderr);
    assert!(output.stderr.contains("agent-run --operation op_1"), "{}", output.stderr);
}

#[tokio::test]
async fn a_silent_run_is_not_given_up_while_the_server_does_not_say_that_it_ended() {
    let gateway = Gateway::start().await;
    let server = Stub::product().await;
    let token = gateway.operation("op_1").await;
    let environment =
        [("AGENT_GATEWAY_URL", gateway.url.as_str()), ("LOBEHUB_SERVER", &server.url), ("LOBEHUB_JWT", &token)];
    let mut program = Program::start_with(&["--operation", "op_1", "--stall-after", "1"], &environment);
    program.says("the server does not say why").await;
    gateway.push("op_1", "agent_runtime_end", json!({ "reason": "done" })).await;

    assert_eq!(program.end().await.code, Some(0));
    gateway.stop().await;
}

#[tokio::test]
async fn a_run_that_the_server_does_not_know_is_not_waited_for() {
    let gateway = Gateway::start().await;
    let token = gateway.operation("op_1").await;
    let environment = [("AGENT_GATEWAY_URL", gateway.url.as_str()), ("LOBEHUB_JWT", &token)];
    let arguments = ["--json", "--operation", "op_2", "--stall-after", "1"];
    let output = Program::start_with(&arguments, &environment).end().await;

    assert_eq!((output.code, output.stdout.as_str()), (Some(3), "[]\n"), "{}", output.stderr);
    assert!(output.stderr.contains("op_2 [run_not_known]\n  See whether --operation"), "{}", output.stderr);
    gateway.stop().await;
}

#[tokio::test]
async fn a_run_that_the_gateway_told_of_is_waited_for_although_the_server_does_not_know_it() {
    let gateway = Gateway::start().await;
    let token = gateway.operation("op_1").await;
    gateway.push("op_1", "stream_start", json!({})).await;
    let environment = [("AGENT_GATEWAY_URL", gateway.url.as_str()), ("LOBEHUB_JWT", &token)];
    let mut program = Program::start_with(&["--operation", "op_1", "--stall-after", "1"], &environment);
    program.says("the server does not say why").await;
    gateway.push("op_1", "agent_runtime_end", json!({ "reason": "done" })).await;

    assert_eq!(program.end().await.code, Some(0));
    gateway.stop().await;
}

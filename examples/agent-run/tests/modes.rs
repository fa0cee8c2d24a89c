//! What is printed in each mode.

mod support;

use serde_json::{Value, json};
use support::{Gateway, Program, Stub};

#[tokio::test]
async fn a_prompt_starts_a_run_and_standard_output_holds_the_answer_alone() {
    let gateway = Gateway::start().await;
    let output = Program::run(&gateway, &["Why?"]).await;

    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.stdout.starts_with("> Why?\n\n# How a message reaches you\n"), "{}", output.stdout);
    assert!(output.stdout.ends_with("\nThat is all there is to it.\n"), "{}", output.stdout);
    assert!(output.stderr.contains("The user wants an overview, so a heading"), "{}", output.stderr);
    assert!(output.stderr.ends_with("✓ completed\n"), "{}", output.stderr);
    assert!(!format!("{output:?}").contains("\\u{1b}"), "no colours where there is no terminal: {output:?}");
    gateway.stop().await;
}

#[tokio::test]
async fn server_sent_events_bring_the_same_answer_as_a_socket() {
    let gateway = Gateway::start().await;
    let socket = Program::run(&gateway, &["--json", "Why?"]).await.events();
    let sse = Program::run(&gateway, &["--json", "--sse", "Why?"]).await;

    assert_eq!(sse.code, Some(0), "{}", sse.stderr);
    let told = |events: &[Value]| -> Vec<(Value, Value)> {
        let told = events.iter().filter(|event| event["type"] != "stream_start");
        told.map(|event| (event["type"].clone(), event["data"].clone())).collect()
    };
    assert_eq!(told(&sse.events()), told(&socket));
    gateway.stop().await;
}

#[tokio::test]
async fn a_run_is_followed_by_its_operation_with_a_token_that_the_server_gives() {
    let gateway = Gateway::start().await;
    let (operation_id, _) = gateway.run(json!({ "script": "markdown", "speedMs": 1 })).await;
    let output = Program::run(&gateway, &["--operation", &operation_id, "a prompt that is not needed"]).await;

    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(output.stdout, gateway.view(&operation_id).await["text"].as_str().expect("a text"));
    assert!(output.stderr.contains("the prompt is not sent"), "{}", output.stderr);
    gateway.stop().await;
}

#[tokio::test]
async fn json_holds_every_event_once_and_in_order_those_of_members_included() {
    let gateway = Gateway::start().await;
    let (operation_id, _) = gateway.run(json!({ "script": "members", "speedMs": 1 })).await;
    let output = Program::run(&gateway, &["--json", "--operation", &operation_id]).await;

    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let events = output.events();
    assert_eq!(gateway.view(&operation_id).await["eventCount"], events.len());
    assert_eq!(output.text(&operation_id), gateway.view(&operation_id).await["text"]);
    assert!(events.iter().any(|event| event["operationId"] == format!("{operation_id}_critic")));
    assert_eq!(events.last().map(|event| &event["operationId"]), Some(&json!(operation_id)));
    gateway.stop().await;
}

#[tokio::test]
async fn a_recording_is_shown_as_the_run_was() {
    let gateway = Gateway::start().await;
    let (operation_id, _) = gateway.run(json!({ "script": "members", "speedMs": 1 })).await;
    let live = Program::run(&gateway, &["--operation", &operation_id]).await;
    let recorded = Program::run(&gateway, &["--json", "--operation", &operation_id]).await;
    gateway.stop().await;
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), &recorded.stdout).expect("it is written");
    let path = file.path().to_str().expect("a path in Unicode");

    let replayed = Program::start_with(&["--replay", path], &[]).end().await;
    assert_eq!((&replayed.stdout, &replayed.stderr, replayed.code), (&live.stdout, &live.stderr, Some(0)));
    let again = Program::start_with(&["--replay", path, "--json"], &[]).end().await;
    assert_eq!(again.stdout, recorded.stdout);
}

#[tokio::test]
async fn a_tool_is_shown_with_its_states_and_not_run() {
    let gateway = Gateway::start().await;
    let token = gateway.operation("op_tool").await;
    let environment =
        [("AGENT_GATEWAY_URL", gateway.url.as_str()), ("LOBEHUB_JWT", &token), ("LOBEHUB_SERVER", &gateway.url)];
    let program = Program::start_with(&["--operation", "op_tool"], &environment);
    let calling = json!({ "id": "call_1", "identifier": "demo", "apiName": "getTime" });
    gateway.push("op_tool", "tool_start", json!({ "toolCalling": calling })).await;
    gateway.push("op_tool", "tool_end", json!({ "isSuccess": true, "payload": { "toolCalling": calling } })).await;
    let failed =
        json!({ "isSuccess": false, "payload": { "toolCalling": calling }, "result": { "error": "no clock" } });
    gateway.push("op_tool", "tool_end", failed).await;
    gateway.push("op_tool", "agent_runtime_end", json!({})).await;

    let output = program.end().await;
    assert_eq!(output.stderr, "⚙ demo/getTime runs\n✓ demo/getTime\n✗ demo/getTime: no clock\n✓ completed\n");
    gateway.stop().await;
}

#[tokio::test]
async fn what_an_agent_says_cannot_move_the_cursor() {
    let gateway = Gateway::start().await;
    let token = gateway.operation("op_1").await;
    let environment = [("AGENT_GATEWAY_URL", gateway.url.as_str()), ("LOBEHUB_JWT", &token)];
    let program = Program::start_with(&["--operation", "op_1"], &environment);
    let text = "one\u{1b}[2J\u{7}\ttwo\n";
    gateway.push("op_1", "stream_chunk", json!({ "chunkType": "text", "content": text })).await;
    gateway.push("op_1", "agent_runtime_end", json!({})).await;

    assert_eq!(program.end().await.stdout, "one[2J\ttwo\n");
    gateway.stop().await;
}

#[tokio::test]
async fn an_api_key_is_named_as_one_to_the_gateway_and_never_printed() {
    let gateway = Gateway::start().await;
    let server = Stub::product().await;
    gateway.operation("op_1").await;
    gateway.push("op_1", "agent_runtime_end", json!({})).await;
    let follow = async |key: &str| {
        let environment = [
            ("AGENT_GATEWAY_URL", gateway.url.as_str()),
            ("LOBEHUB_SERVER", &server.url),
            ("LOBEHUB_CLI_API_KEY", key),
        ];
        Program::start_with(&["--operation", "op_1"], &environment).end().await
    };

    assert_eq!(follow(Stub::API_KEY).await.code, Some(0));
    let refused = follow("lh_sk_of_nobody").await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("Set LOBEHUB_JWT or LOBEHUB_CLI_API_KEY"), "{refused:?}");
    assert!(!format!("{refused:?}").contains("lh_sk_of_nobody"), "{refused:?}");
    gateway.stop().await;
}

#[tokio::test]
async fn the_program_ends_when_nobody_reads_its_output() {
    let gateway = Gateway::start().await;
    let command = format!("{} --agent long x 2>/dev/null | head -c 10", env!("CARGO_BIN_EXE_agent-run"));
    let mut shell = tokio::process::Command::new("sh");
    shell.args(["-c", &command]).env("AGENT_GATEWAY_URL", &gateway.url).env("LOBEHUB_CLI_HOME", "/nonexistent");
    let output = tokio::time::timeout(support::DEADLINE, shell.kill_on_drop(true).output()).await;

    assert_eq!(output.expect("it ends in time").expect("a shell").stdout, b"# A long a");
    gateway.stop().await;
}

//! How a run ends, and the code that says so.

mod support;

use serde_json::{Value, json};
use support::{Gateway, Output, Program, Stub};

/// Follows an operation of the control API in which one event happens.
async fn ended_with(gateway: &Gateway, operation_id: &str, kind: &str, data: Value) -> Output {
    let token = gateway.operation(operation_id).await;
    let environment = [("AGENT_GATEWAY_URL", gateway.url.as_str()), ("LOBEHUB_JWT", &token)];
    let program = Program::start_with(&["--json", "--operation", operation_id], &environment);
    gateway.push(operation_id, kind, data).await;
    program.end().await
}

#[tokio::test]
async fn the_reason_of_the_end_is_the_exit_code() {
    let gateway = Gateway::start().await;
    for (index, (reason, code)) in [
        (Value::Null, 0),
        (json!("done"), 0),
        (json!("error"), 1),
        (json!("interrupted"), 1),
        (json!("cancelled"), 1),
        (json!("waiting_for_human"), 2),
        (json!("waiting_for_async_tool"), 3),
        (json!("whatever"), 3),
    ]
    .into_iter()
    .enumerate()
    {
        let operation_id = format!("op_{index}");
        let output = ended_with(&gateway, &operation_id, "agent_runtime_end", json!({ "reason": reason })).await;
        assert_eq!((output.code, output.events().len()), (Some(code), 1), "{reason}: {output:?}");
    }
    gateway.stop().await;
}

#[tokio::test]
async fn a_run_that_fails_ends_with_what_it_said_and_one_array() {
    let gateway = Gateway::start().await;
    let output = Program::run(&gateway, &["--json", "--agent", "failing", "x"]).await;

    assert_eq!(output.code, Some(1));
    assert_eq!(output.events().last().map(|event| &event["type"]), Some(&json!("error")));
    assert_eq!(output.stderr, "failed: The model provider refused the request\n");
    gateway.stop().await;
}

#[tokio::test]
async fn a_run_that_asks_a_human_is_left_with_the_question() {
    let gateway = Gateway::start().await;
    let output = Program::run(&gateway, &["--agent", "input", "x"]).await;

    assert_eq!((output.code, output.stdout.as_str()), (Some(2), "I need to know one thing.\n\n"));
    assert!(output.stderr.contains("? waiting for a human: Which branch?\n"), "{}", output.stderr);
    let again = output.stderr.rsplit_once("agent-run --operation ").expect("the next step").1.trim();
    let later = Program::run(&gateway, &["--operation", again]).await;
    assert_eq!((later.code, &later.stdout, &later.stderr), (Some(2), &output.stdout, &output.stderr));
    gateway.stop().await;
}

#[tokio::test]
async fn a_question_that_was_answered_before_is_only_history() {
    let gateway = Gateway::start().await;
    let token = gateway.operation("op_1").await;
    for status in ["waiting_input", "running"] {
        gateway.control("update-status", json!({ "operationId": "op_1", "status": status })).await;
    }
    let environment = [("AGENT_GATEWAY_URL", gateway.url.as_str()), ("LOBEHUB_JWT", &token)];
    let program = Program::start_with(&["--operation", "op_1"], &environment);
    // Longer than a question has to stand.
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    gateway.push("op_1", "agent_runtime_end", json!({})).await;

    let output = program.end().await;
    assert_eq!(output.code, Some(0), "{output:?}");
    gateway.stop().await;
}

/// Follows an operation whose session ends with a status and without the run's own end.
async fn ended_without_its_end(gateway: &Gateway, server: &str, status: &str, arguments: &[&str]) -> Output {
    let token = gateway.operation("op_1").await;
    let environment =
        [("AGENT_GATEWAY_URL", gateway.url.as_str()), ("LOBEHUB_SERVER", server), ("LOBEHUB_JWT", &token)];
    let program = Program::start_with(&[&["--operation", "op_1"], arguments].concat(), &environment);
    gateway.control("update-status", json!({ "operationId": "op_1", "status": status })).await;
    program.end().await
}

#[tokio::test]
async fn a_status_that_is_the_end_is_the_end_of_a_run_whose_own_end_never_comes() {
    for status in ["error", "interrupted"] {
        let gateway = Gateway::start().await;
        let output = ended_without_its_end(&gateway, &gateway.url, status, &["--json"]).await;
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), "[]\n"), "{status}: {}", output.stderr);
        gateway.stop().await;
    }
}

#[tokio::test]
async fn how_a_run_fared_whose_session_just_ended_is_the_servers_word() {
    for (outcome, code) in [("completed", 0), ("error", 1), ("waiting_for_human", 2)] {
        let (gateway, server) = (Gateway::start().await, Stub::saying(json!({ "outcome": outcome })).await);
        let output = ended_without_its_end(&gateway, &server.url, "completed", &[]).await;
        assert_eq!(output.code, Some(code), "{outcome}: {}", output.stderr);
        gateway.stop().await;
    }
}

#[tokio::test]
async fn how_a_run_fared_whose_session_just_ended_is_unknown_where_the_server_does_not_say() {
    for (server, expected) in [
        (Stub::product().await, "nobody told how the run ended"),
        (Stub::saying(json!({ "status": "running" })).await, "the server says that the run goes on"),
    ] {
        let gateway = Gateway::start().await;
        let output = ended_without_its_end(&gateway, &server.url, "completed", &["--json"]).await;
        assert_eq!((output.code, output.stdout.as_str()), (Some(3), "[]\n"), "{}", output.stderr);
        assert!(output.stderr.starts_with("unknown: The gateway ended the session, "), "{}", output.stderr);
        assert!(output.stderr.contains(expected), "{}", output.stderr);
        assert!(output.stderr.contains("agent-run --operation op_1"), "{}", output.stderr);
        gateway.stop().await;
    }
}

#[tokio::test]
async fn the_end_of_a_member_does_not_end_the_run_over_either_transport() {
    let gateway = Gateway::start().await;
    for transport in [&[][..], &["--sse"]] {
        for end in ["done", "error"] {
            let request = json!({ "script": "members", "speedMs": 5, "memberEnd": end });
            let (operation_id, _) = gateway.run(request).await;
            let arguments = [&["--json", "--operation", operation_id.as_str()], transport].concat();
            let output = Program::run(&gateway, &arguments).await;
            assert_eq!(output.code, Some(0), "{transport:?} {end}: {}", output.stderr);
            assert!(!output.stderr.contains("No connection"), "{transport:?} {end}: {}", output.stderr);
            let text = output.text(&operation_id);
            assert_eq!(json!(text), gateway.view(&operation_id).await["text"], "{transport:?} {end}");
        }
    }
    gateway.stop().await;
}

#[tokio::test]
async fn a_recording_that_breaks_off_is_no_success() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().to_str().expect("a path in Unicode");
    let replay = async |text: &str| {
        std::fs::write(path, text).expect("it is written");
        Program::start_with(&["--json", "--replay", path], &[]).end().await
    };

    let event = r#"{"type":"stream_chunk","operationId":"op_1","data":{"chunkType":"text","content":"a"}}"#;
    assert_eq!(replay(&format!("[{event}]")).await.code, Some(3));
    for text in ["", "[1]", "{}", &format!("[{event}] [{event}]")] {
        let output = replay(text).await;
        assert_eq!((output.code, output.events().len()), (Some(1), 0), "{text}");
        assert!(output.stderr.contains("[bad_recording]"), "{text}: {}", output.stderr);
    }
}

#[tokio::test]
async fn what_cannot_be_started_says_what_to_do_and_prints_an_empty_array() {
    let gateway = Gateway::start().await;
    let nobody = "http://127.0.0.1:1";
    for (arguments, environment, expected) in [
        (vec!["--json"], vec![], "[nothing_to_do]"),
        (vec!["--json", "--agent", "nobody", "x"], vec![("AGENT_GATEWAY_URL", gateway.url.as_str())], "--agent"),
        (vec!["--json", "--server", nobody, "x"], vec![], "[server_unreachable]"),
        (vec!["--json", "--gateway", "localhost:1", "x"], vec![], "[bad_url]"),
        (vec!["--json", "--operation", "op_1"], vec![("AGENT_GATEWAY_URL", gateway.url.as_str())], "LOBEHUB_JWT"),
    ] {
        let output = Program::start_with(&arguments, &environment).end().await;
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), "[]\n"), "{arguments:?} {}", output.stderr);
        assert!(output.stderr.contains(expected), "{arguments:?}: {}", output.stderr);
    }
    let usage = Program::start_with(&["--no-such-option"], &[]).end().await;
    assert_eq!((usage.code, usage.stdout.as_str()), (Some(1), ""));
    gateway.stop().await;
}

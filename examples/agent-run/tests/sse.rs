//! The oddities of the event stream (§1.6), from a server that shows all of them.

mod support;

use support::{Program, Stub};

#[tokio::test]
async fn a_heartbeat_without_an_event_line_is_no_event_of_the_run() {
    let server = Stub::streaming(&[concat!(
        r#"id: op_1
event: stream_chunk
data: {"type":"stream_chunk","operationId":"op_1","id":"5-0","data":{"chunkType":"text","content":"Hi"}}

"#,
        r#"data: {"operationId":"op_1","timestamp":2,"type":"heartbeat"}

"#,
        "data: no JSON\n\n",
        r#"id: op_1
event: agent_runtime_end
data: {"type":"agent_runtime_end",
data: "operationId":"op_1","data":{"reason":"done"}}

"#,
    )])
    .await;
    let output = follow(&server).await;

    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let events = output.events();
    let types: Vec<_> = events.iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["stream_chunk", "agent_runtime_end"]);
}

#[tokio::test]
async fn the_stream_goes_on_after_the_last_event_when_the_server_closes_or_fails() {
    let server = Stub::streaming(&[
        r#"data: {"type":"stream_chunk","id":"5-0","data":{"chunkType":"text","content":"a"}}

"#,
        r#"event: error
data: {"type":"error","data":{"error":"redis","phase":"stream_subscription"}}

"#,
        r#"data: {"type":"stream_chunk","id":"6-0","data":{"chunkType":"text","content":"{query}"}}

"#,
        r#"data: {"type":"agent_runtime_end","id":"7-0","data":{}}

"#,
    ])
    .await;
    let output = follow(&server).await;

    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let events = output.events();
    let said: Vec<_> = events.iter().filter_map(|event| event["data"]["content"].as_str()).collect();
    assert_eq!(said, ["a", "operationId=op_1&lastEventId=5-0"]);
}

#[tokio::test]
async fn an_error_of_the_run_ends_it_with_its_message() {
    let server = Stub::streaming(&[r#"event: error
data: {"type":"error","operationId":"op_1","data":{"message":"out of credit"}}

"#])
    .await;
    let output = follow(&server).await;

    assert_eq!((output.code, output.events().len()), (Some(1), 1));
    assert_eq!(output.stderr, "failed: out of credit\n");
}

#[tokio::test]
async fn an_error_that_names_a_phase_of_the_run_ends_it_with_its_message() {
    let server = Stub::streaming(&[r#"event: error
data: {"type":"error","operationId":"op_1","data":{"message":"no model answers","phase":"tool_execution"}}

"#])
    .await;
    let output = follow(&server).await;

    assert_eq!((output.code, output.events().len()), (Some(1), 1));
    assert_eq!(output.stderr, "failed: no model answers\n");
}

#[tokio::test]
async fn the_stream_is_asked_again_when_the_server_cannot_load_the_history() {
    let server = Stub::streaming(&[
        r#"event: error
data: {"type":"error","data":{"error":"redis","phase":"history_loading"}}

"#,
        r#"data: {"type":"agent_runtime_end","id":"7-0","data":{}}

"#,
    ])
    .await;
    let output = follow(&server).await;

    assert_eq!((output.code, output.events().len()), (Some(0), 1), "{}", output.stderr);
}

async fn follow(server: &Stub) -> support::Output {
    let arguments = ["--sse", "--json", "--operation", "op_1"];
    Program::start_with(&arguments, &[("LOBEHUB_SERVER", &server.url)]).end().await
}

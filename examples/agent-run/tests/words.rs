//! What is shown of the words of an agent, however they are told: as pieces, as snapshots, or at the end.

mod support;

use serde_json::{Value, json};
use support::{Output, Program};

#[tokio::test]
async fn of_a_snapshot_only_what_is_new_is_shown() {
    let output = replay(vec![
        start(0),
        snapshot("Hel", 1),
        snapshot("Hello", 2),
        snapshot("Hello wor", 3),
        chunk(json!({ "chunkType": "text", "content": "ld" })),
    ])
    .await;
    assert_eq!(output.stdout, "Hello world\n");
}

#[tokio::test]
async fn a_snapshot_that_is_not_newer_than_the_last_one_is_not_shown_also_in_a_later_answer() {
    let output = replay(vec![start(0), snapshot("Hello", 2), snapshot("Bye", 1), start(1), snapshot("Bye", 2)]).await;
    assert_eq!(output.stdout, "Hello\n");
}

#[tokio::test]
async fn a_snapshot_that_contradicts_what_is_shown_is_shown_whole_on_a_line_of_its_own() {
    let output = replay(vec![start(0), snapshot("Hello", 1), snapshot("Help", 2), snapshot("Help me", 3)]).await;
    assert_eq!(output.stdout, "Hello\nHelp me\n");
}

#[tokio::test]
async fn of_reasoning_in_snapshots_only_what_is_new_is_shown() {
    let thought = |text: &str, sequence: u64| {
        let data = json!({ "chunkType": "reasoning", "reasoning": text });
        chunk(with_snapshot(data, sequence))
    };
    let output = replay(vec![start(0), thought("Let", 1), thought("Let me", 2), snapshot("Yes", 1)]).await;
    assert_eq!((output.stdout.as_str(), said_aside(&output)), ("Yes\n", "Let me\n"));
}

#[tokio::test]
async fn every_kind_of_chunk_that_holds_words_is_shown() {
    let parts =
        json!([{ "type": "text", "text": "a" }, { "type": "image", "image": "i" }, { "type": "text", "text": "b" }]);
    let output = replay(vec![
        start(0),
        chunk(json!({ "chunkType": "reasoning", "content": "one " })),
        chunk(json!({ "chunkType": "reasoning_part", "reasoningParts": [{ "type": "text", "text": "two" }] })),
        chunk(json!({ "chunkType": "content_part", "contentParts": parts })),
        chunk(json!({ "chunkType": "text", "content": "c" })),
    ])
    .await;
    assert_eq!((output.stdout.as_str(), said_aside(&output)), ("abc\n", "one two\n"));
}

#[tokio::test]
async fn the_text_that_the_end_of_an_answer_tells_is_shown_as_far_as_it_was_not_streamed() {
    for (streamed, whole, expected) in [
        (&[][..], "Hello", "Hello\n"),
        (&["Hel"], "Hello", "Hello\n"),
        (&["Hello"], "Hello", "Hello\n"),
        (&["\nHello\n"], "Hello", "\nHello\n"),
        (&["Hllo"], "Hello", "Hllo\nHello\n"),
        (&["Hello"], "", "Hello\n"),
    ] {
        let mut events = vec![start(0)];
        events.extend(streamed.iter().map(|text| chunk(json!({ "chunkType": "text", "content": text }))));
        events.push(event("stream_end", json!({ "finalContent": whole })));
        assert_eq!(replay(events).await.stdout, expected, "{streamed:?} {whole}");
    }
}

#[tokio::test]
async fn what_a_subordinate_agent_does_is_not_shown_as_the_runs_own() {
    let calling = json!({ "id": "call_1", "identifier": "demo", "apiName": "getTime" });
    let output = replay(vec![
        start(0),
        chunk(json!({ "chunkType": "text", "content": "mine" })),
        chunk(json!({ "chunkType": "text", "content": "its", "subagent": { "id": "s" } })),
        event("tool_start", json!({ "toolCalling": calling, "subagent": { "id": "s" } })),
        event("stream_end", json!({ "finalContent": "its", "subagent": { "id": "s" } })),
        chunk(json!({ "chunkType": "text", "content": " too" })),
    ])
    .await;
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("mine too\n", "✓ completed\n"));
}

#[tokio::test]
async fn members_are_understood_as_the_run_is() {
    let member = |mut event: Value| {
        event["operationId"] = json!("op_1_critic");
        event
    };
    let output = replay(vec![
        start(0),
        snapshot("Yes", 1),
        member(start(0)),
        member(snapshot("No", 1)),
        member(snapshot("No way\nat", 2)),
        member(event("stream_end", json!({ "finalContent": "No way\nat all" }))),
    ])
    .await;
    assert_eq!(output.stdout, "Yes\n");
    assert_eq!(said_aside(&output), "critic │ No way\ncritic │ at all\n");
}

#[tokio::test]
async fn an_answer_that_begins_anew_is_shown_on_a_line_of_its_own() {
    let text = |at: u64, content: &str| timed(at, chunk(json!({ "chunkType": "text", "content": content })));
    let again = replay(vec![timed(1, start(0)), text(2, "Hel"), timed(3, start(0)), text(4, "Hello")]).await;
    assert_eq!(again.stdout, "Hel\nHello\n");
    let late = replay(vec![text(2, "Hel"), timed(1, start(0)), text(3, "lo")]).await;
    assert_eq!(late.stdout, "Hello\n", "a beginning that comes late changes nothing");
}

#[tokio::test]
async fn a_piece_that_comes_after_the_end_that_told_it_is_not_shown_again() {
    let text = |at: u64, content: &str| timed(at, chunk(json!({ "chunkType": "text", "content": content })));
    let end = timed(4, event("stream_end", json!({ "finalContent": "Hello" })));
    let output = replay(vec![timed(1, start(0)), text(2, "Hel"), end, text(3, "lo"), text(5, "Bye")]).await;
    assert_eq!(output.stdout, "Hello\nBye\n");
}

/// Shows a recording of a run that is completed.
async fn replay(mut events: Vec<Value>) -> Output {
    events.push(event("agent_runtime_end", json!({ "reason": "done" })));
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), json!(events).to_string()).expect("it is written");
    let path = file.path().to_str().expect("a path in Unicode");
    let output = Program::start_with(&["--replay", path], &[]).end().await;
    assert_eq!(output.code, Some(0), "{output:?}");
    output
}

/// What is on standard error before the end of the run.
fn said_aside(output: &Output) -> &str {
    output.stderr.strip_suffix("✓ completed\n").expect("the end of the run")
}

fn start(step: u64) -> Value {
    let mut start = event("stream_start", json!({ "assistantMessage": { "id": format!("msg_{step}") } }));
    start["stepIndex"] = json!(step);
    start
}

fn snapshot(text: &str, sequence: u64) -> Value {
    chunk(with_snapshot(json!({ "chunkType": "text", "content": text }), sequence))
}

fn with_snapshot(mut data: Value, sequence: u64) -> Value {
    data["snapshotMode"] = json!("replace");
    data["snapshotSeq"] = json!(sequence);
    data
}

fn chunk(data: Value) -> Value {
    event("stream_chunk", data)
}

fn timed(at: u64, mut event: Value) -> Value {
    event["timestamp"] = json!(at);
    event
}

fn event(kind: &str, data: Value) -> Value {
    json!({ "type": kind, "operationId": "op_1", "stepIndex": 0, "data": data })
}

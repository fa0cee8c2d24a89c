//! Each scripted agent, as a client sees it.

use serde_json::{Value, json};

use crate::support::run::{in_sequence, is_own_end, kinds, text_of};
use crate::support::{Peer, Run};

#[tokio::test]
async fn markdown_thinks_and_then_answers_in_markdown_with_a_tag_in_it() {
    let run = Run::start_with(json!({ "script": "markdown", "speedMs": 1, "prompt": "What <i>is</i> this?" })).await;
    let mut peer = run.connect().await;
    let frames = to_the_end(&run, &mut peer).await;

    let expected = [
        "agent_runtime_init",
        "step_start",
        "stream_start",
        "stream_chunk:reasoning",
        "stream_chunk:text",
        "stream_end",
        "step_complete",
        "visible_output_end",
        "agent_runtime_end",
        "session_complete",
    ];
    assert_eq!(kinds(&frames), expected);
    assert!(frames.iter().any(|frame| frame["event"]["data"]["assistantMessage"]["id"].is_string()));
    let text = text_of(&frames, &run.operation_id);
    for part in ["> What <i>is</i> this?\n", "# How", "## The", "1. ", "   - ", "```js\n", "<b>this is not bold</b>"] {
        assert!(text.contains(part), "{part:?} is missing in {text}");
    }
    let end = run.view().await;
    assert_eq!(
        (&end["text"], &end["outcome"], &end["status"]),
        (&json!(text), &json!("completed"), &json!("completed"))
    );
    assert_eq!(end["eventCount"], frames.len() - 1);
    assert_eq!(end["connections"], 1);
}

#[tokio::test]
async fn tool_asks_the_client_and_uses_its_answer() {
    let run = Run::start("tool").await;
    let mut peer = run.connect().await;
    let before = peer.frames_until(|frame| frame["event"]["type"] == "tool_execute").await;
    let call = before.last().expect("a call")["event"]["data"].clone();
    assert_eq!(
        (&call["identifier"], &call["apiName"], &call["arguments"]),
        (&json!("demo"), &json!("getTime"), &json!("{}"))
    );
    assert_eq!(call["executionTimeoutMs"], 30_000);
    peer.send(json!({
        "type": "tool_result", "toolCallId": call["toolCallId"], "content": "half past nine", "success": true,
    }))
    .await;
    let after = to_the_end(&run, &mut peer).await;

    let ended = after.iter().find(|frame| frame["event"]["type"] == "tool_end").expect("the tool ends");
    assert_eq!(ended["event"]["data"]["isSuccess"], true);
    assert!(text_of(&after, &run.operation_id).contains("**half past nine**"));
    assert_eq!(run.view().await["outcome"], "completed");
}

#[tokio::test]
async fn members_end_on_the_channel_of_a_supervisor_who_goes_on() {
    let run = Run::start("members").await;
    let frames = to_the_end(&run, &mut run.connect().await).await;

    let ends: Vec<_> = frames.iter().filter(|frame| frame["event"]["type"] == "agent_runtime_end").collect();
    assert_eq!(ends.len(), 3);
    assert_eq!(ends[2]["event"]["operationId"], run.operation_id.as_str());
    assert_ne!(ends[0]["event"]["operationId"], ends[1]["event"]["operationId"]);
    assert_eq!(frames.iter().filter(|frame| frame["type"] == "session_complete").count(), 3);
    assert_eq!(run.view().await["text"], "I will ask two colleagues.\n\nBoth agree: **the plan holds**.\n");
    assert_eq!(text_of(&frames, &run.operation_id), run.view().await["text"]);
    assert!(frames.iter().any(|frame| frame["event"]["data"]["content"] == "finding 3 "));
}

#[tokio::test]
async fn failing_streams_a_bit_and_ends_with_an_error() {
    let run = Run::start("failing").await;
    let frames = to_the_end(&run, &mut run.connect().await).await;

    let expected = [
        "agent_runtime_init",
        "step_start",
        "stream_start",
        "stream_chunk:text",
        "error",
        "agent_runtime_end",
        "session_complete",
    ];
    assert_eq!(kinds(&frames), expected);
    assert_eq!(frames[frames.len() - 2]["event"]["data"]["reason"], "error");
    assert!(!text_of(&frames, &run.operation_id).is_empty());
    assert_eq!(
        (run.view().await["outcome"].as_str(), run.view().await["status"].as_str()),
        (Some("error"), Some("error"))
    );
}

#[tokio::test]
async fn input_waits_for_the_user_and_goes_on_with_what_was_said() {
    let run = Run::start("input").await;
    let mut peer = run.connect().await;
    let before = peer.frames_until(|frame| frame["type"] == "input_request").await;
    let request = before.last().expect("a request");
    assert_eq!(run.view().await["status"], "waiting_input");
    peer.send(json!({ "type": "user_input", "requestId": request["requestId"], "content": "feature-7" })).await;
    let after = to_the_end(&run, &mut peer).await;

    assert!(text_of(&after, &run.operation_id).contains("`feature-7`"));
    assert_eq!(run.view().await["outcome"], "completed");
}

#[tokio::test]
async fn approval_waits_for_consent_and_runs_only_with_it() {
    for (approved, said, ran) in [(true, "is gone", true), (false, "left the old build alone", false)] {
        let run = Run::start("approval").await;
        let mut peer = run.connect().await;
        let before = peer.frames_until(|frame| frame["type"] == "tool_confirmation_request").await;
        let request = before.last().expect("a request");
        assert_eq!(run.view().await["status"], "waiting_confirmation");
        let answer = json!({
            "type": "tool_confirmation", "toolCallId": request["toolCallId"], "approved": approved,
        });
        peer.send(answer).await;
        let after = to_the_end(&run, &mut peer).await;

        assert!(text_of(&after, &run.operation_id).contains(said));
        assert_eq!(after.iter().any(|frame| frame["event"]["type"] == "tool_start"), ran);
        assert_eq!(run.view().await["outcome"], "completed");
    }
}

#[tokio::test]
async fn long_streams_about_six_hundred_chunks() {
    let run = Run::start_with(json!({ "script": "long", "speedMs": 0 })).await;
    let frames = to_the_end(&run, &mut run.connect().await).await;

    let chunks = frames.iter().filter(|frame| frame["event"]["type"] == "stream_chunk").count();
    assert!((550..=600).contains(&chunks), "{chunks} chunks");
    assert!(run.view().await["text"] == text_of(&frames, &run.operation_id), "the texts differ");
}

#[tokio::test]
async fn burst_waits_for_a_client_and_then_pushes_as_told() {
    let run = Run::start_with(json!({ "script": "burst", "count": 3000, "bytes": 100 })).await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(run.view().await["text"], "");
    let frames = to_the_end(&run, &mut run.connect().await).await;

    let text = text_of(&frames, &run.operation_id);
    assert_eq!(text.len(), 300_000);
    assert!(text.starts_with("00000000 .") && text.contains("00002999 ."));
    assert!(run.view().await["text"] == text, "the texts differ");
}

#[tokio::test]
async fn an_interrupted_run_stops_and_says_so() {
    let run = Run::start_slow().await;
    let mut peer = run.connect().await;
    peer.frames_until(|frame| frame["event"]["data"]["chunkType"] == "text").await;
    let answer = run.gateway.post(&run.path("interrupt"), json!({})).await;
    assert_eq!(answer, (200, json!({ "success": true })));
    let frames = to_the_end(&run, &mut peer).await;

    assert_eq!(frames[frames.len() - 2]["event"]["data"]["reason"], "interrupted");
    let end = run.view().await;
    assert_eq!((&end["outcome"], &end["status"]), (&json!("interrupted"), &json!("interrupted")));
    assert_eq!(run.gateway.post(&run.path("interrupt"), json!({})).await.0, 200);
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_told_why() {
    let run = Run::start_slow().await;
    let refused = [
        (json!({ "script": "poem" }), "unknown variant `poem`"),
        (json!({}), "missing field `script`"),
        (json!({ "script": "long", "sped": 1 }), "unknown field `sped`"),
        (json!({ "script": "long", "speedMs": 90_000 }), "speedMs"),
        (json!({ "script": "burst", "count": 0 }), "at least 1"),
        (json!({ "script": "burst", "count": 1_000_000, "bytes": 1_000_000 }), "must not exceed"),
    ];
    for (request, reason) in refused {
        let (status, answer) = run.gateway.post("/dev/runs", request.clone()).await;
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert_eq!((status, answer["error"]["code"].as_str()), (400, Some("invalid_request")), "{request}");
        assert!(message.contains(reason), "{request} was refused with {message:?}");
    }
    let unknown = run.gateway.get("/dev/runs/op_nobody").await;
    assert_eq!((unknown.0, &unknown.1["error"]["code"]), (404, &json!("run_not_found")));
    assert_eq!(run.gateway.get("/dev/nothing").await.0, 404);
}

async fn to_the_end(run: &Run, peer: &mut Peer) -> Vec<Value> {
    in_sequence(&peer.frames_until(is_own_end(&run.operation_id)).await)
}

//! The scripted agents, as a client on v2 sees them, and what they say to one that declared protocol 2.

use serde_json::{Value, json};

use crate::support::run::{kinds, text_of};
use crate::support::{Peer, Run};

#[tokio::test]
async fn a_tool_and_an_answer_work_over_the_socket_of_the_user() {
    let run = Run::start("tool").await;
    let mut peer = run.connect_v2().await;
    let before = peer.frames_until(|frame| frame["event"]["type"] == "tool_execute").await;
    let call = &before.last().expect("a call")["event"]["data"]["toolCallId"];
    peer.send(json!({
        "type": "tool_result", "operationId": run.operation_id, "toolCallId": call, "content": "noon", "success": true,
    }))
    .await;
    assert!(text_of(&to_the_end(&run, &mut peer).await, &run.operation_id).contains("**noon**"));
    let view = run.view().await;
    assert_eq!((&view["connections"], &view["toolResults"][0]["content"]), (&json!(1), &json!("noon")));

    let run = Run::start("input").await;
    let mut peer = run.connect_v2().await;
    let before = peer.frames_until(|frame| frame["type"] == "input_request").await;
    peer.send(json!({
        "type": "user_input", "operationId": run.operation_id,
        "requestId": before.last().expect("a request")["requestId"], "content": "feature-7",
    }))
    .await;
    assert!(text_of(&to_the_end(&run, &mut peer).await, &run.operation_id).contains("`feature-7`"));
}

#[tokio::test]
async fn a_burst_waits_for_a_subscription_and_never_overruns_it() {
    let run = Run::start_with(json!({ "script": "burst", "count": 5000, "bytes": 200 })).await;
    // As slow as a peer on a long line: everything pushed within that time waits.
    run.faults(json!({ "delayMs": 50 })).await;
    let mut peer = run.connect_v2().await;
    let frames = to_the_end(&run, &mut peer).await;
    assert_eq!(text_of(&frames, &run.operation_id).len(), 1_000_000);
    let ids: Vec<u64> = frames.iter().filter_map(|frame| frame["id"].as_str()?.parse().ok()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] + 1 == pair[1]));
}

#[tokio::test]
async fn protocol_2_tells_the_messages_by_patches() {
    let prompt = "What time is it?";
    let run = Run::start_with(json!({ "script": "tool", "speedMs": 1, "prompt": prompt, "clientProtocol": 2 })).await;
    let mut peer = run.connect_v2().await;
    let mut frames = peer.frames_until(|frame| frame["event"]["type"] == "tool_execute").await;
    let call = &frames.last().expect("a call")["event"]["data"]["toolCallId"];
    peer.send(json!({
        "type": "tool_result", "operationId": run.operation_id, "toolCallId": call, "content": "noon", "success": true,
    }))
    .await;
    frames.extend(to_the_end(&run, &mut peer).await);

    let data = |kind: &str| {
        let of_kind = frames.iter().filter(|frame| frame["event"]["type"] == kind);
        of_kind.map(|frame| frame["event"]["data"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(data("step_start"), [json!({ "messageRevision": 0 }), json!({ "messageRevision": 1 })]);
    let end = &data("agent_runtime_end")[0];
    assert_eq!((&end["messagePatchMode"], &end["messageRevision"]), (&json!(true), &json!(2)));
    let patches = data("message_patch");
    assert_eq!(patches.iter().map(|patch| &patch["revision"]).collect::<Vec<_>>(), [&json!(1), &json!(2)]);
    let upserts: Vec<_> = patches.iter().flat_map(|patch| patch["upserts"].as_array().expect("upserts")).collect();
    assert_eq!(upserts.len(), 3);
    assert_eq!((&upserts[0]["afterId"], &upserts[0]["message"]["content"]), (&Value::Null, &json!(prompt)));
    assert_eq!(upserts[1]["afterId"], upserts[0]["message"]["id"]);
    assert_eq!(upserts[2]["afterId"], upserts[1]["message"]["id"]);
    let announced: Vec<_> = data("stream_start").iter().map(|start| start["assistantMessage"]["id"].clone()).collect();
    assert_eq!([&upserts[1]["message"]["id"], &upserts[2]["message"]["id"]], [&announced[0], &announced[1]]);
    let said = [&upserts[1], &upserts[2]].map(|upsert| upsert["message"]["content"].as_str().expect("text"));
    assert_eq!(said.concat(), run.view().await["text"]);
}

#[tokio::test]
async fn protocol_1_never_hears_of_revisions() {
    let run = Run::start("markdown").await;
    let frames = to_the_end(&run, &mut run.connect_v2().await).await;
    let text = json!(frames).to_string();
    assert!(!text.contains("message_patch") && !text.contains("messageRevision") && !text.contains("messagePatchMode"));
}

#[tokio::test]
async fn protocol_2_gets_the_end_of_a_member_under_its_own_name() {
    let run = Run::start_with(json!({ "script": "members", "speedMs": 1, "clientProtocol": 2 })).await;
    let frames = to_the_end(&run, &mut run.connect_v2().await).await;
    let count = |kind: &str| frames.iter().filter(|frame| frame["event"]["type"] == kind).count();
    assert_eq!((count("member_runtime_end"), count("agent_runtime_end")), (2, 1));
    assert_eq!(frames.iter().filter(|frame| frame["type"] == "session_complete").count(), 1);
}

#[tokio::test]
async fn the_end_of_a_member_is_echoed_in_the_way_the_run_asked_for() {
    let complete = "session_complete ";
    let expected = [
        (json!({}), vec![complete]),
        (json!({ "memberEnd": "error" }), vec![complete]),
        (json!({ "memberEcho": "sessionComplete", "memberEnd": "interrupted" }), vec![complete]),
        (json!({ "memberEcho": "statusChange" }), vec![complete, "status_change completed"]),
        (json!({ "memberEcho": "statusChange", "memberEnd": "error" }), vec!["status_change error"]),
        (json!({ "memberEcho": "statusChange", "memberEnd": "interrupted" }), vec!["status_change interrupted"]),
    ];
    for (options, echo) in expected {
        let mut request = json!({ "script": "members", "speedMs": 1 });
        request.as_object_mut().expect("an object").extend(options.as_object().expect("an object").clone());
        let run = Run::start_with(request).await;
        let frames = to_the_end(&run, &mut run.connect_v2().await).await;
        let echoes: Vec<_> = frames
            .iter()
            .filter(|frame| frame["type"] == "session_complete" || frame["type"] == "status_change")
            .map(|frame| format!("{} {}", text(&frame["type"]), text(&frame["status"])))
            .collect();
        let all: Vec<_> = [echo.clone(), echo, vec![complete]].concat();
        assert_eq!(echoes, all, "{options}");
        assert_eq!(run.view().await["outcome"], "completed");
        assert!(kinds(&frames).contains(&"visible_output_end".to_owned()), "the supervisor went on");
    }
}

#[tokio::test]
async fn options_that_make_no_sense_are_refused() {
    let run = Run::start_slow().await;
    let refused = [
        (json!({ "script": "long", "clientProtocol": 3 }), "clientProtocol must be 1 or 2"),
        (json!({ "script": "members", "memberEcho": "both" }), "unknown variant `both`"),
        (json!({ "script": "members", "memberEnd": "late" }), "unknown variant `late`"),
    ];
    for (request, reason) in refused {
        let (status, answer) = run.gateway.post("/dev/runs", request).await;
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert!(status == 400 && message.contains(reason), "{status} {message:?}");
    }
}

/// Frames to the end of the run, without `op_lifecycle`, every event with the operation it belongs to.
async fn to_the_end(run: &Run, peer: &mut Peer) -> Vec<Value> {
    let own_terminal =
        |frame: &Value| frame["event"]["type"] == "agent_runtime_end" && frame["event"]["operationId"].is_null();
    let mut frames = peer.frames_until(own_terminal).await;
    frames.push(peer.frame().await);
    frames.retain(|frame| frame["type"] != "op_lifecycle" && frame["type"] != "resume_complete");
    for frame in frames.iter_mut().filter(|frame| frame["event"]["operationId"].is_null()) {
        assert_eq!(frame["operationId"], run.operation_id.as_str());
        if frame["event"].is_object() {
            frame["event"]["operationId"] = json!(run.operation_id);
        }
    }
    frames
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

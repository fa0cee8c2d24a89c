//! Groups: members speak on the channel of the run.

use agent_gateway_client::run::transcript::{Activity, RefetchReason, ToolPhase};
use serde_json::{Value, json};

use crate::support::{Page, row};

#[test]
fn members_speak_at_once_without_mixing_their_words() {
    let mut page = Page::new();
    page.start("msg_0").text("You two!");
    page.members("op_a", "stream_start", start("msg_a")).members("op_b", "stream_start", start("msg_b"));
    for (a, b) in [("A1", "B1"), ("A2", "B2")] {
        page.members("op_a", "stream_chunk", text(a)).members("op_b", "stream_chunk", text(b));
    }
    page.text(" Go!");
    assert_eq!(page.texts(), ["You two! Go!", "A1A2", "B1B2"]);
    let members: Vec<_> = page.messages().iter().map(|message| message.member.as_deref()).collect();
    assert_eq!(members, [None, Some("op_a"), Some("op_b")]);
}

#[test]
fn the_snapshots_of_members_are_counted_apart() {
    let mut page = Page::new();
    for (member, sequence) in [("op_a", 9), ("op_b", 1)] {
        page.members(member, "stream_start", start(member));
        let data = json!({"chunkType": "text", "content": member, "snapshotMode": "replace", "snapshotSeq": sequence});
        page.members(member, "stream_chunk", data);
    }
    assert_eq!(page.texts(), ["op_a", "op_b"]);
}

#[test]
fn the_end_of_a_member_ends_neither_the_run_nor_another_member() {
    for end in ["agent_runtime_end", "member_runtime_end", "error"] {
        let mut page = Page::new();
        page.start("msg_0");
        page.members("op_a", "stream_start", start("msg_a")).members("op_b", "stream_start", start("msg_b"));
        page.calls(&["call_1"]).members("op_a", end, json!({"reason": "done"}));
        assert_eq!((page.phase("call_1"), page.activity(0)), (ToolPhase::Called, Activity::Calling), "{end}");
        page.members("op_a", "stream_chunk", text("late")).members("op_b", "stream_chunk", text("B"));
        page.text("on");
        assert_eq!(page.texts(), ["on", "", "B"], "{end}");
        let activities: Vec<_> = page.messages().iter().map(|message| message.activity).collect();
        assert_eq!(activities, [Activity::Writing, Activity::Settled, Activity::Writing], "{end}");
        assert_eq!(page.needs_refetch(), None, "{end}");
    }
}

#[test]
fn a_member_that_waits_for_its_user_needs_a_refetch() {
    let mut page = Page::new();
    page.members("op_a", "member_runtime_end", json!({"reason": "waiting_for_human"}));
    assert_eq!(page.needs_refetch(), Some(RefetchReason::MemberWaits));
}

#[test]
fn a_member_that_fails_shows_it_in_its_own_message() {
    let mut page = Page::new();
    page.start("msg_0").members("op_a", "stream_start", start("msg_a"));
    page.members("op_a", "error", json!({"message": "boom"}));
    assert_eq!((page.parts(0).len(), page.parts(1)), (0, vec![r#"error {"message":"boom"}"#.to_owned()]));
}

#[test]
fn the_end_of_the_run_is_that_of_its_members() {
    let mut page = Page::new();
    page.members("op_a", "stream_start", start("msg_a")).runtime_end("interrupted");
    assert_eq!(page.activity(0), Activity::Settled);
}

#[test]
fn the_tools_of_a_member_that_waits_are_stopped_by_the_end_of_the_run_unless_that_waits_too() {
    for (reason, phase) in [("interrupted", ToolPhase::Stopped), ("waiting_for_human", ToolPhase::Running)] {
        let mut page = Page::new();
        page.members("op_a", "stream_start", start("msg_a")).members("op_a", "stream_chunk", calls("call_1", "a"));
        page.members("op_a", "tool_start", tool("msg_a", "call_1"));
        page.members("op_a", "member_runtime_end", json!({"reason": "waiting_for_human"}));
        assert_eq!(page.phase("call_1"), ToolPhase::Running);
        page.runtime_end(reason);
        assert_eq!(page.phase("call_1"), phase, "{reason}");
    }
}

#[test]
fn members_may_give_their_calls_the_same_ids() {
    let mut page = Page::new();
    page.start("msg_0").event("stream_chunk", calls("call_1", "run"));
    for (member, message) in [("op_a", "msg_a"), ("op_b", "msg_b")] {
        page.members(member, "stream_start", start(message)).members(member, "stream_chunk", calls("call_1", member));
        page.members(member, "tool_start", tool(message, "call_1"));
    }
    page.members("op_a", "tool_end", json!({"isSuccess": true, "toolCallId": "call_1"}));
    let shown: Vec<_> = (0..3).flat_map(|message| page.parts(message)).collect();
    assert_eq!(shown, ["tool call_1 called", "tool call_1 succeeded", "tool call_1 running"]);
    page.members("op_b", "tool_end", json!({"isSuccess": false, "toolCallId": "call_1"}));
    page.members("op_c", "tool_end", json!({"isSuccess": true, "toolCallId": "call_1"}));
    assert_eq!(page.parts(0), ["tool call_1 called"]);
    assert_eq!(page.parts(2), ["tool call_1 failed"]);
}

#[test]
fn an_own_member_runtime_end_ends_nothing() {
    let mut page = Page::new();
    page.start("msg_0").event("member_runtime_end", json!({"reason": "done"})).text("on");
    assert_eq!(page.texts(), ["on"]);
}

#[test]
fn a_member_does_not_tell_the_messages_of_the_conversation() {
    let mut page = Page::showing(json!([row("msg_0", "user", "Hi")]));
    page.members("op_a", "step_start", json!({"uiMessages": []}));
    page.members("op_a", "message_patch", json!({"revision": 1, "deletes": ["msg_0"], "upserts": []}));
    assert_eq!((page.ids(), page.needs_refetch()), (vec!["msg_0"], None));
}

#[test]
fn a_message_without_an_owner_is_the_runs() {
    let mut page = Page::new();
    for owner in [json!(null), json!(""), json!("op_1")] {
        page.take(&json!({"type": "stream_chunk", "operationId": owner, "data": text("x")}));
    }
    assert_eq!(page.texts(), ["xxx"]);
}

fn start(id: &str) -> Value {
    json!({"assistantMessage": {"id": id}})
}

fn text(text: &str) -> Value {
    json!({"chunkType": "text", "content": text})
}

fn calls(id: &str, arguments: &str) -> Value {
    json!({"chunkType": "tools_calling", "toolsCalling": [{"id": id, "arguments": arguments}]})
}

fn tool(parent: &str, id: &str) -> Value {
    json!({"parentMessageId": parent, "toolCalling": {"id": id}})
}

//! Calls of tools.

use agent_gateway_client::operation::Continuity;
use agent_gateway_client::run::transcript::{RefetchReason, ToolPhase, json as read};
use serde_json::{Value, json};

use crate::support::{Page, row};

#[test]
fn a_call_is_named_runs_and_succeeds() {
    let mut page = Page::new();
    page.start("msg_1").text("Let me look.").calls(&["call_1"]).end("Let me look.");
    assert_eq!(page.phase("call_1"), ToolPhase::Called);
    page.step(1).event("tool_start", started("call_1"));
    assert_eq!(page.phase("call_1"), ToolPhase::Running);
    page.event("tool_end", ended("call_1", true));
    assert_eq!(page.phase("call_1"), ToolPhase::Succeeded);
    assert_eq!(page.tool("call_1").result, Some(json!({"content": "found"})));
    assert_eq!(page.needs_refetch(), None);
}

#[test]
fn a_call_that_failed_shows_so() {
    let mut page = Page::new();
    page.start("msg_1").calls(&["call_1"]).event("tool_end", ended("call_1", false));
    assert_eq!(page.phase("call_1"), ToolPhase::Failed);
}

#[test]
fn every_order_of_the_events_of_a_call_shows_the_same() {
    let orders = permutations(4);
    for order in orders {
        let mut page = Page::new();
        page.at(1).start("msg_1");
        for event in &order {
            page.at(10 * (*event as u64 + 1));
            match event {
                0 => page.step(0).calls(&["call_1"]),
                1 => page.step(1).event("tool_start", started("call_1")),
                2 => page.step(1).event("stream_chunk", state("call_1", 1)),
                _ => page.step(1).event("tool_end", ended("call_1", true)),
            };
        }
        assert_eq!(page.parts(0), ["tool call_1 succeeded"], "{order:?}");
        let tool = page.tool("call_1");
        assert_eq!(tool.result, Some(json!({"content": "found"})), "{order:?}");
        assert_eq!(tool.calling.as_ref().expect("named")["id"], "call_1", "{order:?}");
        assert_eq!(page.needs_refetch(), None, "{order:?}");
    }
}

#[test]
fn a_call_belongs_to_the_message_that_its_start_names() {
    let mut page = Page::new();
    page.start("msg_1").end("a").step(2).start("msg_2").end("b");
    page.step(1).event("tool_start", started("call_1"));
    assert_eq!(
        (page.parts(0), page.parts(1)),
        (vec!["text a".into(), "tool call_1 running".into()], vec!["text b".into()])
    );
}

#[test]
fn a_call_of_a_message_that_is_not_there_yet_waits_in_it() {
    let mut page = Page::new();
    page.at(10).step(1).event("tool_start", started("call_1"));
    page.at(1).step(0).start("msg_1").text("Let me look.");
    assert_eq!(
        (page.ids(), page.parts(0)),
        (vec!["msg_1"], vec!["text Let me look.".into(), "tool call_1 running".into()])
    );
}

#[test]
fn the_calls_of_an_answer_keep_their_order_whichever_runs_first() {
    let mut page = Page::new();
    page.start("msg_1").event("tool_start", started("call_2")).calls(&["call_1", "call_2", "call_3"]);
    assert_eq!(page.parts(0), ["tool call_1 called", "tool call_2 running", "tool call_3 called"]);
}

#[test]
fn an_older_list_of_calls_withdraws_nothing() {
    let mut page = Page::new();
    page.start("msg_1").at(20).calls(&["call_1", "call_2"]).at(10).calls(&["call_1"]);
    assert_eq!(page.parts(0).len(), 2);
    page.at(30).calls(&["call_1"]);
    assert_eq!(page.parts(0), ["tool call_1 called"], "a newer one does");
}

#[test]
fn a_state_counts_only_above_the_last_one_of_its_call() {
    let mut page = Page::new();
    page.start("msg_1").calls(&["call_1", "call_2"]).event("tool_start", started("call_1"));
    for sequence in [2, 1, 2] {
        page.event("stream_chunk", state("call_1", sequence));
    }
    page.event("stream_chunk", state("call_2", 1));
    assert_eq!(page.tool("call_1").state, Some(json!({"progress": 2})));
    assert_eq!(page.tool("call_2").state, Some(json!({"progress": 1})));
    assert_eq!(page.phase("call_2"), ToolPhase::Running, "whatever became of its start");
}

#[test]
fn a_state_without_a_number_is_ignored() {
    let mut page = Page::new();
    page.start("msg_1").calls(&["call_1"]);
    let without = json!({"chunkType": "tool_state", "toolCallId": "call_1", "pluginState": {"progress": 1}});
    page.event("stream_chunk", without).event("stream_chunk", state("call_1", 0));
    assert_eq!(page.tool("call_1").state, None);
}

#[test]
fn a_state_after_the_end_is_ignored_until_the_call_runs_again() {
    let mut page = Page::new();
    page.start("msg_1").event("tool_start", started("call_1")).event("stream_chunk", state("call_1", 1));
    page.event("tool_end", ended("call_1", true)).event("stream_chunk", state("call_1", 2));
    assert_eq!(page.tool("call_1").state, Some(json!({"progress": 1})));
    page.event("tool_start", started("call_1")).event("stream_chunk", state("call_1", 3));
    let tool = page.tool("call_1");
    assert_eq!((tool.phase, &tool.result), (ToolPhase::Running, &None));
    assert_eq!(tool.state, Some(json!({"progress": 3})));
}

#[test]
fn a_start_that_comes_after_its_end_does_not_run_the_call_again() {
    for at in [10, 20] {
        let mut page = Page::new();
        page.start("msg_1").at(20).event("tool_end", ended("call_1", true));
        page.at(at).event("tool_start", started("call_1"));
        assert_eq!((page.phase("call_1"), page.needs_refetch()), (ToolPhase::Succeeded, None), "{at}");
    }
}

#[test]
fn an_end_of_an_earlier_run_does_not_end_the_one_under_way() {
    let mut page = Page::new();
    page.start("msg_1").at(10).event("tool_start", started("call_1")).at(20).event("tool_end", ended("call_1", false));
    page.at(30).event("tool_start", started("call_1")).at(20).event("tool_end", ended("call_1", false));
    assert_eq!(page.phase("call_1"), ToolPhase::Running);
}

#[test]
fn a_start_without_a_time_after_an_end_cannot_be_told_from_a_late_one() {
    let mut page = Page::new();
    page.start("msg_1").event("tool_end", ended("call_1", true));
    page.take(&json!({"type": "tool_start", "data": started("call_1")}));
    assert_eq!(
        (page.phase("call_1"), page.needs_refetch()),
        (ToolPhase::Succeeded, Some(RefetchReason::ToolUncertain))
    );
}

#[test]
fn a_tool_that_a_client_is_asked_to_run_runs_whatever_the_step() {
    let mut page = Page::new();
    page.step(3).start("msg_1").calls(&["call_1"]).step(0).event("tool_execute", execute("call_1"));
    assert_eq!(page.phase("call_1"), ToolPhase::Running);
    page.event("tool_execute", execute("call_2"));
    assert_eq!(page.parts(0), ["tool call_1 running", "tool call_2 running"]);
}

#[test]
fn a_question_to_run_a_tool_that_comes_after_its_end_changes_nothing() {
    let mut page = Page::new();
    page.start("msg_1").event("tool_end", ended("call_1", true)).event("tool_execute", execute("call_1"));
    assert_eq!(page.phase("call_1"), ToolPhase::Succeeded);
}

#[test]
fn a_state_before_any_answer_needs_a_refetch() {
    let mut page = Page::new();
    page.event("stream_chunk", state("call_1", 1));
    assert_eq!(page.needs_refetch(), Some(RefetchReason::ToolUnknown));
}

#[test]
fn the_progress_of_a_subordinate_agent_shows_at_the_call_whose_message_it_names() {
    let mut page = Page::new();
    page.start("msg_1");
    let calls = json!([{"id": "call_1"}, {"id": "call_2", "result_msg_id": "msg_t2"}]);
    let ids = json!({"call_1": "msg_t1"});
    page.event("stream_chunk", json!({"chunkType": "tools_calling", "toolsCalling": calls, "toolMessageIds": ids}));
    for id in ["msg_t1", "msg_t2", "msg_t3"] {
        page.event("step_complete", json!({"phase": "subagent_progress", "toolMessageId": id, "totalToolCalls": 4}));
    }
    for id in ["call_1", "call_2"] {
        assert_eq!(page.tool(id).progress.as_ref().expect("progress")["totalToolCalls"], 4);
    }
}

#[test]
fn a_stored_message_does_not_make_its_calls_forget_how_far_they_got() {
    let mut page = Page::new();
    page.start("msg_1").calls(&["call_1"]).end("").event("tool_start", started("call_1"));
    page.event("stream_chunk", state("call_1", 4));
    let mut stored = row("msg_1", "assistant", "");
    stored["tools"] = json!([{"id": "call_1", "apiName": "renamed"}, {"id": "call_2"}]);
    page.event("step_start", json!({"uiMessages": [stored]}));
    assert_eq!(page.parts(0), ["tool call_1 running", "tool call_2 recorded"]);
    assert_eq!(page.tool("call_1").state, Some(json!({"progress": 4})));
    assert_eq!(page.tool("call_1").calling.as_ref().expect("named")["apiName"], "renamed");
    page.event("stream_chunk", state("call_1", 3));
    assert_eq!(page.tool("call_1").state, Some(json!({"progress": 4})), "nor which state was the last");
}

#[test]
fn a_stored_message_names_the_messages_of_its_tools_also_while_it_is_streamed() {
    for is_complete in [true, false] {
        let mut page = Page::new();
        page.start("msg_1").calls(&["call_1"]);
        if is_complete {
            page.end("");
        }
        let upserts = json!([{"afterId": null, "message": stored("call_1")}]);
        page.event("message_patch", json!({"revision": 1, "deletes": [], "upserts": upserts}));
        page.event("tool_start", started("call_1"));
        let progress = json!({"phase": "subagent_progress", "toolMessageId": "msg_t", "totalToolCalls": 3});
        page.event("step_complete", progress);
        let tool = page.tool("call_1");
        assert_eq!((tool.phase, tool.message_id.as_deref()), (ToolPhase::Running, Some("msg_t")), "{is_complete}");
        assert_eq!(tool.progress.as_ref().expect("progress")["totalToolCalls"], 3, "{is_complete}");
    }
}

#[test]
fn what_was_known_of_a_call_before_a_gap_gives_way_to_what_is_stored() {
    let mut page = Page::new();
    page.start("msg_1").calls(&["call_1", "call_2", "call_3"]).end("");
    page.event("tool_start", started("call_1")).event("tool_end", ended("call_2", true));
    page.transcript.broken(Continuity::Gap);
    page.event("tool_start", started("call_3"));
    let mut stored = stored("call_1");
    stored["tools"] = json!([{"id": "call_1", "result_msg_id": "msg_t"}, {"id": "call_2"}, {"id": "call_3"}]);
    assert!(page.refetch(json!([stored])));
    assert_eq!(page.parts(0), ["tool call_1 recorded", "tool call_2 succeeded", "tool call_3 running"]);
    page.event("stream_chunk", state("call_1", 1));
    assert_eq!(page.phase("call_1"), ToolPhase::Running, "it tells that it runs");
}

#[test]
fn a_call_that_is_known_from_a_stored_message_alone_goes_on_there() {
    let mut page = Page::new();
    page.start("msg_1").text("first").end("first");
    page.transcript.broken(Continuity::Gap);
    let mut second = row("msg_2", "assistant", "second");
    second["tools"] = json!([{"id": "call_1"}]);
    assert!(page.refetch(json!([row("msg_1", "assistant", "first"), second])));
    page.event("stream_chunk", state("call_1", 1));
    assert_eq!(page.parts(0), ["text first"]);
    assert_eq!(page.phase("call_1"), ToolPhase::Running);
    assert_eq!(page.messages().len(), 2);
}

#[test]
fn what_becomes_of_a_call_while_stored_messages_are_asked_for_keeps_no_stored_text_away() {
    let mut page = Page::new();
    page.start("msg_1").calls(&["call_1"]).end("").event("tool_start", started("call_1"));
    let fetch = page.transcript.begin_refetch();
    page.event("tool_end", ended("call_1", true));
    let mut stored = stored("call_1");
    stored["content"] = json!("What was said before.");
    assert!(page.transcript.refetched(fetch, read::rows(&json!([stored])).expect("rows")));
    page.apply_changes();
    assert_eq!(page.parts(0), ["text What was said before.", "tool call_1 succeeded"]);
}

#[test]
fn a_call_that_was_stopped_gives_way_to_what_is_stored() {
    let mut page = Page::new();
    page.start("msg_1").calls(&["call_1"]).end("").event("tool_start", started("call_1"));
    page.runtime_end("done");
    assert_eq!(page.phase("call_1"), ToolPhase::Stopped);
    page.refetch(json!([stored("call_1")]));
    assert_eq!(page.phase("call_1"), ToolPhase::Recorded);
}

#[test]
fn a_call_of_an_earlier_run_with_the_same_id_is_another_one() {
    for starts_first in [true, false] {
        let mut page = Page::showing(json!([stored("call_1"), row("msg_2", "user", "")]));
        let tool = json!({"parentMessageId": "msg_3", "toolCalling": {"id": "call_1"}});
        if starts_first {
            page.at(20).step(1).event("tool_start", tool.clone()).at(0).step(0);
        }
        page.start("msg_3").calls(&["call_1"]).at(20).step(1).event("tool_start", tool);
        page.event("tool_end", json!({"isSuccess": true, "toolCallId": "call_1"}));
        assert_eq!(page.parts(0), ["tool call_1 recorded"], "{starts_first}");
        assert_eq!(page.parts(2), ["tool call_1 succeeded"], "{starts_first}");
    }
}

#[test]
fn a_call_of_a_stored_message_goes_on_where_no_answer_began_yet() {
    let mut page = Page::showing(json!([stored("call_1")]));
    page.event("stream_chunk", state("call_1", 1)).event("tool_end", ended("call_1", true));
    page.step(2).start("msg_2").event("tool_end", json!({"toolCallId": "call_1"}));
    assert_eq!((page.parts(0), page.parts(1).len()), (vec!["tool call_1 succeeded".to_owned()], 0));
}

#[test]
fn an_end_in_another_shape_is_that_of_its_call() {
    for data in [
        json!({"isSuccess": true, "toolCallId": "call_1"}),
        json!({"isSuccess": true, "toolCalling": {"id": "call_1"}}),
        json!({"isSuccess": true, "payload": {"id": "call_1"}}),
    ] {
        let mut page = Page::new();
        page.start("msg_1").calls(&["call_1"]).event("tool_end", data.clone());
        assert_eq!(page.phase("call_1"), ToolPhase::Succeeded, "{data}");
    }
}

/// The stored message with a call whose tool has the stored message `msg_t`.
fn stored(id: &str) -> Value {
    json!({"id": "msg_1", "role": "assistant", "content": "", "tools": [{"id": id, "result_msg_id": "msg_t"}]})
}

fn started(id: &str) -> Value {
    json!({"parentMessageId": "msg_1", "toolCalling": {"id": id, "apiName": "search"}})
}

fn ended(id: &str, succeeded: bool) -> Value {
    let payload = json!({"parentMessageId": "msg_1", "toolCalling": {"id": id, "apiName": "search"}});
    json!({"isSuccess": succeeded, "payload": payload, "result": {"content": "found"}})
}

fn state(id: &str, sequence: u64) -> Value {
    let state = json!({"progress": sequence});
    json!({
        "chunkType": "tool_state", "toolCallId": id, "pluginState": state, "snapshotMode": "replace",
        "snapshotSeq": sequence
    })
}

fn execute(id: &str) -> Value {
    json!({"toolCallId": id, "identifier": "local-system", "apiName": "readFile", "arguments": "{}"})
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(count - 1);
    let inserted = |order: &Vec<usize>| -> Vec<Vec<usize>> {
        (0..count).map(|at| [&order[..at], &[count - 1], &order[at..]].concat()).collect()
    };
    shorter.iter().flat_map(inserted).collect()
}

//! How runs end.

use agent_gateway_client::run::transcript::{Activity, RefetchReason, ToolPhase};
use serde_json::json;

use crate::support::{Page, row};

#[test]
fn nothing_counts_after_the_runs_own_end() {
    let mut page = Page::new();
    page.start("msg_1").text("Hello").runtime_end("done").text(" again").start("msg_2");
    page.event("message_patch", json!({"revision": 1, "deletes": ["msg_1"], "upserts": []}));
    page.members("op_2", "stream_start", json!({"assistantMessage": {"id": "msg_3"}}));
    assert_eq!((page.ids(), page.texts()), (vec!["msg_1"], vec!["Hello".to_owned()]));
    assert!(page.transcript.has_ended());
}

#[test]
fn an_end_settles_what_was_streamed_and_stops_the_tools() {
    let mut page = Page::new();
    page.start("msg_1").text("Hello").calls(&["call_1", "call_2"]);
    page.event("tool_end", json!({"isSuccess": true, "toolCallId": "call_1"})).runtime_end("done");
    assert_eq!(page.activity(0), Activity::Settled);
    assert_eq!((page.phase("call_1"), page.phase("call_2")), (ToolPhase::Succeeded, ToolPhase::Stopped));
}

#[test]
fn an_end_that_waits_stops_no_tool() {
    for reason in ["waiting_for_async_tool", "waiting_for_human"] {
        let mut page = Page::new();
        page.start("msg_1").calls(&["call_1"]).runtime_end(reason);
        assert_eq!(page.phase("call_1"), ToolPhase::Called, "{reason}");
    }
}

#[test]
fn an_end_without_messages_needs_a_refetch_unless_the_run_was_left_in_the_middle_of_something() {
    for (reason, expected) in [
        ("done", Some(RefetchReason::EndWithoutMessages)),
        ("waiting_for_human", Some(RefetchReason::EndWithoutMessages)),
        ("interrupted", None),
        ("waiting_for_async_tool", None),
    ] {
        let mut page = Page::new();
        page.start("msg_1").text("Hello").runtime_end(reason);
        assert_eq!(page.needs_refetch(), expected, "{reason}");
    }
    let mut page = Page::new();
    page.runtime_end("interrupted");
    assert_eq!(page.needs_refetch(), Some(RefetchReason::EndWithoutMessages), "nothing was streamed");
}

#[test]
fn an_end_brings_all_messages() {
    let mut page = Page::new();
    page.start("msg_1").text("Helo");
    page.event("agent_runtime_end", json!({"reason": "done", "uiMessages": [row("msg_1", "assistant", "Hello")]}));
    assert_eq!((page.texts(), page.needs_refetch()), (vec!["Hello".to_owned()], None));
}

#[test]
fn an_end_names_the_revision_that_the_patches_add_up_to() {
    for (revision, expected) in [
        (json!(1), None),
        (json!(2), Some(RefetchReason::RevisionDiffers)),
        (json!(null), Some(RefetchReason::RevisionDiffers)),
    ] {
        let mut page = Page::new();
        page.event("message_patch", json!({"revision": 1, "deletes": [], "upserts": []}));
        page.event("agent_runtime_end", json!({"messagePatchMode": true, "messageRevision": revision}));
        assert_eq!(page.needs_refetch(), expected);
    }
}

#[test]
fn a_failure_shows_in_the_last_message_or_in_one_of_its_own() {
    let mut page = Page::new();
    page.start("msg_1").text("Hel").event("error", json!({"message": "boom"}));
    assert_eq!(page.parts(0), ["text Hel", r#"error {"message":"boom"}"#]);
    assert!(page.transcript.has_ended());
    let mut page = Page::new();
    page.event("agent_runtime_end", json!({"reason": "error", "reasonDetail": "boom"}));
    assert_eq!(page.parts(0), [r#"error {"reason":"error","reasonDetail":"boom"}"#]);
}

#[test]
fn a_failure_that_is_stored_is_shown_once() {
    let stored = || {
        let mut stored = row("msg_1", "assistant", "Hel");
        stored["error"] = json!({"type": "E"});
        stored
    };
    let patch = || json!({"revision": 1, "deletes": [], "upserts": [{"afterId": null, "message": stored()}]});
    let whole = json!({"reason": "error", "uiMessages": [stored()]});
    let revision = json!({"reason": "error", "messagePatchMode": true, "messageRevision": 1});
    for is_streamed in [true, false] {
        for end in [&whole, &revision] {
            let mut page = Page::new();
            if is_streamed {
                page.start("msg_1").text("Hel").end("");
            }
            if end["uiMessages"].is_null() {
                page.event("message_patch", patch());
            }
            page.event("agent_runtime_end", end.clone());
            assert_eq!(page.messages().len(), 1, "{is_streamed} {end}");
            assert_eq!(page.parts(0), ["text Hel", r#"error {"type":"E"}"#], "{is_streamed} {end}");
        }
    }
}

#[test]
fn a_failure_is_shown_where_an_earlier_run_failed_too() {
    let mut stored = row("msg_0", "assistant", "");
    stored["error"] = json!({"type": "E"});
    let mut page = Page::showing(json!([stored.clone()]));
    page.runtime_end("error");
    assert_eq!((page.parts(0).len(), page.parts(1).len()), (1, 1));
    let mut page = Page::showing(json!([stored]));
    page.start("msg_0").runtime_end("error");
    assert_eq!(page.parts(0), [r#"error {"reason":"error"}"#], "in the same message, the last one counts");
}

#[test]
fn an_error_that_a_client_can_repair_ends_nothing() {
    let mut page = Page::new();
    page.start("msg_1").text("Hel");
    page.event("error", json!({"errorType": "ClientLlmExecutorUnavailable", "body": {"reason": "no_executor"}}));
    page.text("lo");
    assert_eq!((page.texts(), page.needs_refetch()), (vec!["Hello".to_owned()], Some(RefetchReason::RowsChanged)));
}

#[test]
fn a_run_that_another_frame_ended_is_settled_and_needs_a_refetch() {
    let mut page = Page::new();
    page.start("msg_1").text("Hello").calls(&["call_1"]);
    page.transcript.close();
    page.apply_changes();
    assert_eq!((page.activity(0), page.phase("call_1")), (Activity::Settled, ToolPhase::Stopped));
    assert_eq!(page.needs_refetch(), Some(RefetchReason::EndWithoutMessages));
    assert!(page.refetch(json!([row("msg_1", "assistant", "Hello!")])), "the answer is taken after the end");
    assert_eq!(page.texts(), ["Hello!"]);
    page.transcript.close();
    assert_eq!(page.needs_refetch(), None, "an end is one");
}

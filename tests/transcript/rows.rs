//! Stored messages: snapshots, patches, refetches.

use agent_gateway_client::run::transcript::{RefetchReason, json as read};
use serde_json::{Value, json};

use crate::support::{Page, row};

#[test]
fn a_patch_replaces_in_place_inserts_after_its_anchor_and_at_the_front() {
    let mut page = page();
    page.event("message_patch", patch(1, &[], &[(Some("b"), "b2"), (Some("a"), "n"), (None, "f"), (Some("n"), "m")]));
    assert_eq!(page.ids(), ["f", "a", "n", "m", "b", "b2", "c"]);
    page.event("message_patch", patch(2, &[], &[(Some("nowhere"), "a")]));
    assert_eq!(page.texts()[1], "patched", "a message that is there needs no anchor");
    assert_eq!(page.needs_refetch(), None);
}

#[test]
fn a_patch_deletes_first() {
    let mut page = page();
    page.event("message_patch", patch(1, &["b", "unknown"], &[(Some("a"), "x")]));
    assert_eq!(page.ids(), ["a", "x", "c"]);
}

#[test]
fn a_patch_that_lacks_an_anchor_is_given_up_as_a_whole() {
    for anchor in ["nowhere", "b"] {
        let mut page = page();
        page.event("message_patch", patch(1, &["b"], &[(Some("a"), "x"), (Some(anchor), "y")]));
        assert_eq!(page.ids(), ["a", "b", "c"]);
        assert_eq!(page.needs_refetch(), Some(RefetchReason::AnchorMissing));
    }
}

#[test]
fn a_patch_that_is_known_is_ignored() {
    let mut page = page();
    page.event("message_patch", patch(1, &["c"], &[])).event("message_patch", patch(1, &["b"], &[]));
    assert_eq!((page.ids(), page.needs_refetch()), (vec!["a", "b"], None));
}

#[test]
fn a_patch_that_skips_a_revision_needs_a_refetch_and_the_next_one_counts_from_it() {
    let mut page = page();
    page.event("message_patch", patch(2, &["c"], &[]));
    assert_eq!((page.ids().len(), page.needs_refetch()), (3, Some(RefetchReason::RevisionSkipped)));
    page.refetch(json!([row("a", "user", ""), row("b", "assistant", "")]));
    page.event("message_patch", patch(3, &["a"], &[]));
    assert_eq!((page.ids(), page.needs_refetch()), (vec!["b"], None));
}

#[test]
fn a_step_that_names_another_revision_needs_a_refetch() {
    let mut page = page();
    page.event("message_patch", patch(1, &[], &[])).event("step_start", json!({"messageRevision": 1}));
    assert_eq!(page.needs_refetch(), None);
    page.event("step_start", json!({"messageRevision": 2}));
    assert_eq!(page.needs_refetch(), Some(RefetchReason::RevisionDiffers));
}

#[test]
fn a_step_brings_all_messages() {
    let mut page = page();
    page.event("step_start", json!({"uiMessages": [row("b", "assistant", "new"), row("d", "user", "")]}));
    assert_eq!((page.ids(), page.texts()[0].as_str()), (vec!["b", "d"], "new"));
}

#[test]
fn a_message_keeps_its_key_when_it_is_told_again() {
    let mut page = page();
    let key = page.message("b").key;
    page.event("step_start", json!({"uiMessages": [row("d", "user", ""), row("b", "assistant", "new")]}));
    page.event("message_patch", patch(1, &[], &[(None, "b")]));
    assert_eq!(page.message("b").key, key);
    assert_ne!(page.message("d").key, key);
}

#[test]
fn what_is_being_streamed_is_newer_than_what_is_stored() {
    let mut page = page();
    page.start("d").text("Hel");
    page.event("step_start", json!({"uiMessages": [row("a", "user", "")]}));
    assert_eq!(page.ids(), ["a", "d"], "it may not be stored yet");
    page.event("message_patch", patch(1, &[], &[(None, "d")]));
    page.text("lo");
    assert_eq!(page.texts(), ["", "Hello"]);
    page.end("Hello").event("message_patch", patch(2, &[], &[(None, "d")]));
    assert_eq!(page.texts(), ["", "patched"], "what is complete is not");
}

#[test]
fn a_stored_text_shows_until_the_stream_has_one() {
    let mut page = page();
    page.start("d").event("message_patch", patch(1, &[], &[(None, "d")]));
    assert_eq!(page.texts().last().map(String::as_str), Some("patched"));
    page.event("step_start", json!({"uiMessages": [row("d", "assistant", "all")]}));
    assert_eq!(page.texts(), ["all"]);
    page.text("Hello");
    assert_eq!(page.texts(), ["Hello"]);
}

#[test]
fn what_was_streamed_after_the_question_is_newer_than_the_answer() {
    let mut page = page();
    page.start("d").text("old").end("old");
    page.event("notify_update", json!({}));
    let fetch = page.transcript.begin_refetch();
    page.step(1).start("e").text("new").end("new");
    let stored = json!([row("a", "user", ""), row("d", "assistant", "stored")]);
    assert!(page.transcript.refetched(fetch, read::rows(&stored).expect("rows")));
    page.apply_changes();
    assert_eq!((page.ids(), page.texts()), (vec!["a", "d", "e"], vec!["".into(), "stored".into(), "new".to_owned()]));
}

#[test]
fn an_answer_that_went_on_after_the_question_is_newer_than_what_was_stored_of_it() {
    let mut page = page();
    page.start("d").text("Hel");
    let fetch = page.transcript.begin_refetch();
    page.text("lo").end("");
    assert!(page.transcript.refetched(fetch, read::rows(&json!([row("d", "assistant", "Hel")])).expect("rows")));
    page.apply_changes();
    assert_eq!(page.texts(), ["Hello"]);
}

#[test]
fn an_answer_that_was_under_way_at_the_question_is_newer_than_what_was_stored_of_it() {
    for end in ["stream_end", "agent_runtime_end"] {
        let mut page = page();
        page.start("d").reasoning("Hm").text("Hello");
        page.event("notify_update", json!({}));
        let fetch = page.transcript.begin_refetch();
        page.event(end, json!({"reason": "interrupted"}));
        assert!(page.transcript.refetched(fetch, read::rows(&json!([row("d", "assistant", "")])).expect("rows")));
        page.apply_changes();
        assert_eq!((page.texts(), page.needs_refetch()), (vec!["Hello".to_owned()], None), "{end}");
        page.refetch(json!([row("d", "assistant", "stored")]));
        assert_eq!(page.texts(), ["stored"], "{end}: what was complete at the question is not");
    }
}

#[test]
fn a_message_of_which_nothing_was_streamed_yet_at_the_question_shows_what_is_stored() {
    let mut page = page();
    page.start("b");
    let fetch = page.transcript.begin_refetch();
    page.event("stream_end", json!({}));
    assert!(page.transcript.refetched(fetch, read::rows(&json!([row("b", "assistant", "stored")])).expect("rows")));
    page.apply_changes();
    assert_eq!(page.texts(), ["stored"]);
}

#[test]
fn a_step_that_began_before_an_answer_does_not_take_it_away() {
    let mut page = page();
    page.at(10).start("d").text("one").end("one");
    page.step(1).at(30).start("e").text("two").end("two");
    page.at(20).event("step_start", json!({"uiMessages": [row("a", "user", ""), row("d", "assistant", "one")]}));
    assert_eq!((page.ids().len(), page.needs_refetch()), (5, Some(RefetchReason::RowsChanged)));
    page.step(2).at(40).event("step_start", json!({"uiMessages": [row("e", "assistant", "two")]}));
    assert_eq!((page.ids(), page.needs_refetch()), (vec!["e"], None), "a newer one does");
}

#[test]
fn the_revision_never_goes_back() {
    let mut page = page();
    page.event("message_patch", patch(1, &[], &[])).event("message_patch", patch(2, &["b"], &[]));
    page.event("step_start", json!({"messageRevision": 1}));
    assert_eq!(page.needs_refetch(), Some(RefetchReason::RevisionDiffers));
    page.refetch(json!([row("a", "user", ""), row("c", "tool", "")]));
    page.event("message_patch", patch(3, &["c"], &[]));
    assert_eq!((page.ids(), page.needs_refetch()), (vec!["a"], None));
}

#[test]
fn an_answer_that_was_asked_for_before_a_newer_snapshot_is_not_used() {
    let newer = [
        ("step_start", json!({"uiMessages": [row("new", "user", "")]})),
        ("message_patch", patch(1, &["a", "b", "c"], &[(None, "new")])),
    ];
    for (event_type, data) in newer {
        let mut page = page();
        page.event("notify_update", json!({}));
        let fetch = page.transcript.begin_refetch();
        page.event(event_type, data);
        assert!(!page.transcript.refetched(fetch, read::rows(&json!([row("old", "user", "")])).expect("rows")));
        page.apply_changes();
        assert_eq!(page.ids(), ["new"]);
        let still_needed = (event_type == "message_patch").then_some(RefetchReason::RowsChanged);
        assert_eq!(page.needs_refetch(), still_needed, "{event_type}");
    }
}

#[test]
fn a_refetch_is_needed_until_it_is_answered() {
    let mut page = page();
    page.event("notify_update", json!({}));
    assert_eq!(page.needs_refetch(), Some(RefetchReason::RowsChanged));
    let fetch = page.transcript.begin_refetch();
    assert_eq!(page.needs_refetch(), None, "somebody asks");
    page.transcript.refetch_failed(fetch);
    assert_eq!(page.needs_refetch(), Some(RefetchReason::RowsChanged));
    assert!(page.refetch(json!([])));
    assert_eq!(page.needs_refetch(), None);
}

#[test]
fn what_changes_after_the_question_needs_another_one() {
    let mut page = page();
    page.event("notify_update", json!({}));
    let fetch = page.transcript.begin_refetch();
    page.event("step_complete", json!({"phase": "execution_complete"}));
    assert!(page.transcript.refetched(fetch, Vec::new()));
    page.apply_changes();
    assert_eq!(page.needs_refetch(), Some(RefetchReason::RowsChanged));
}

#[test]
fn only_the_last_of_two_questions_is_answered() {
    let mut page = page();
    page.event("notify_update", json!({}));
    let first = page.transcript.begin_refetch();
    let second = page.transcript.begin_refetch();
    assert!(!page.transcript.refetched(first, Vec::new()));
    page.transcript.refetch_failed(first);
    assert_eq!(page.needs_refetch(), None, "the second is under way");
    assert!(page.transcript.refetched(second, Vec::new()));
    page.apply_changes();
    assert!(page.messages().is_empty());
}

#[test]
fn one_new_stored_answer_and_one_answer_without_a_name_are_the_same() {
    let mut page = page();
    page.event("stream_start", json!({"newStep": true})).text("Hel");
    page.refetch(json!([row("a", "user", ""), row("d", "assistant", ""), row("e", "tool", "")]));
    page.text("lo");
    assert_eq!((page.ids(), page.texts()), (vec!["a", "d", "e"], vec!["".into(), "Hello".into(), "".to_owned()]));
}

#[test]
fn a_failure_is_not_taken_for_an_answer_without_a_name() {
    let mut page = page();
    let fetch = page.transcript.begin_refetch();
    page.event("error", json!({"message": "boom"}));
    let stored = json!([row("a", "user", ""), row("d", "assistant", "Hello")]);
    assert!(page.transcript.refetched(fetch, read::rows(&stored).expect("rows")));
    page.apply_changes();
    assert_eq!((page.ids(), page.texts()[1].as_str()), (vec!["a", "d", "-"], "Hello"));
}

#[test]
fn an_answer_without_a_name_stays_one_where_two_could_be_its() {
    let mut page = page();
    page.event("stream_start", json!({"newStep": true})).text("Hello");
    page.refetch(json!([row("d", "assistant", ""), row("e", "assistant", "")]));
    assert_eq!(page.ids(), ["d", "e", "-"]);
}

#[test]
fn an_answer_of_which_the_name_never_came_may_be_a_stored_one() {
    let mut page = page();
    page.text("Hello").end("Hello");
    page.event("message_patch", patch(1, &[], &[(Some("c"), "d")]));
    assert_eq!(page.needs_refetch(), Some(RefetchReason::MessageUnnamed));
    page.refetch(json!([row("a", "user", ""), row("d", "assistant", "Hello")]));
    assert_eq!(page.ids(), ["a", "d"]);
}

#[test]
fn an_answer_to_a_question_of_the_agent_changes_the_messages_once_it_arrived() {
    for (data, reason) in [
        (json!({"toolCallId": "c", "resolutionRequestId": "r"}), None),
        (json!({"toolCallId": "c", "resolutionRequestId": "r", "producerAck": true}), Some(RefetchReason::RowsChanged)),
        (json!({"toolCallId": "c"}), Some(RefetchReason::RowsChanged)),
    ] {
        let mut page = page();
        page.event("agent_intervention_response", data);
        assert_eq!(page.needs_refetch(), reason);
    }
    let mut page = page();
    page.event("agent_intervention_request", json!({"toolCallId": "c"}));
    assert_eq!(page.needs_refetch(), Some(RefetchReason::RowsChanged));
}

#[test]
fn a_stored_message_shows_its_reasoning_its_text_its_tools_and_its_error() {
    let stored = json!({
        "id": "a", "role": "assistant", "content": "Hello", "reasoning": {"content": "Hm"}, "error": {"type": "E"},
        "imageList": [{"id": "i", "url": "u"}], "tools": [{"id": "call_1"}]
    });
    let page = Page::showing(json!([stored]));
    let parts = ["reasoning Hm", "text Hello", "image i", "tool call_1 recorded", r#"error {"type":"E"}"#];
    assert_eq!(page.parts(0), parts);
    assert_eq!(page.messages()[0].row, Some(stored));
}

#[test]
fn a_message_that_is_listed_twice_is_shown_once() {
    let page = Page::showing(json!([row("a", "user", "one"), row("a", "user", "two")]));
    assert_eq!(page.texts(), ["one"]);
}

#[test]
fn a_list_of_messages_without_ids_cannot_be_read() {
    let mut page = page();
    page.event("step_start", json!({"uiMessages": [{"role": "user"}]}));
    assert_eq!((page.ids(), page.needs_refetch()), (vec!["a", "b", "c"], Some(RefetchReason::Unreadable)));
}

#[test]
fn more_changes_than_anybody_waits_for_are_read_at_once() {
    let mut page = page();
    assert!(page.refetch(json!([])));
    for revision in 1..=300 {
        let event = json!({
            "type": "message_patch", "timestamp": revision,
            "data": patch(revision, &[], &[(None, &format!("m{revision}"))])
        });
        page.transcript.handle(read::event(&event, "op_1").expect("a patch"));
    }
    assert_eq!(page.apply_changes(), ["everything"]);
    assert_eq!(page.messages().len(), 300);
}

/// A page with a user's message and two others.
fn page() -> Page {
    Page::showing(json!([row("a", "user", ""), row("b", "assistant", ""), row("c", "tool", "")]))
}

/// Upserts as the anchor and the id of an assistant's message that says `patched`.
fn patch(revision: u64, deletes: &[&str], upserts: &[(Option<&str>, &str)]) -> Value {
    let upserts: Vec<_> = upserts
        .iter()
        .map(|(after, id)| json!({"afterId": after, "message": row(id, "assistant", "patched")}))
        .collect();
    json!({"revision": revision, "deletes": deletes, "upserts": upserts})
}

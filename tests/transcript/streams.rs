//! Answers.

use agent_gateway_client::operation::Continuity;
use agent_gateway_client::run::transcript::{Activity, RefetchReason, Transcript};
use serde_json::json;

use crate::support::{Page, row};

#[test]
fn an_answer_grows_piece_by_piece_in_the_message_that_its_start_names() {
    let mut page = Page::new();
    page.start("msg_1").reasoning("Hm").reasoning("m.").text("Hel").text("lo").end("Hello");
    assert_eq!((page.ids(), page.parts(0)), (vec!["msg_1"], vec!["reasoning Hmm.".into(), "text Hello".into()]));
    assert_eq!(page.messages()[0].role, "assistant");
    assert_eq!(page.needs_refetch(), None);
}

#[test]
fn what_is_streamed_shows_in_the_activity() {
    let mut page = Page::new();
    let mut shown = Vec::new();
    for event in ["start", "reasoning", "text", "calls", "end"] {
        match event {
            "start" => page.start("msg_1"),
            "reasoning" => page.reasoning("Hm"),
            "text" => page.text("Hi"),
            "calls" => page.calls(&["call_1"]),
            _ => page.end("Hi"),
        };
        shown.push(page.activity(0));
    }
    use Activity::{Calling, Reasoning, Settled, Started, Writing};
    assert_eq!(shown, [Started, Reasoning, Writing, Calling, Settled]);
}

#[test]
fn an_answer_whose_end_never_came_is_settled_by_the_next_one() {
    let mut page = Page::new();
    page.start("msg_1").text("Hel").step(1).start("msg_2");
    assert_eq!([page.activity(0), page.activity(1)], [Activity::Settled, Activity::Started]);
}

#[test]
fn a_chunk_appends_and_copies_nothing_else() {
    let mut page = Page::new();
    page.start("msg_1").text("Hel");
    page.text("lo");
    let event = json!({"type": "stream_chunk", "timestamp": 9, "data": {"chunkType": "text", "content": "!"}});
    let read = agent_gateway_client::run::transcript::json::event(&event, "op_1").expect("a chunk");
    page.transcript.handle(read.clone());
    page.transcript.handle(read);
    assert_eq!(page.apply_changes(), ["text appended"], "appended in a row, told at once");
}

#[test]
fn a_snapshot_is_the_whole_text_so_far_and_an_older_one_is_dropped() {
    let mut page = Page::new();
    page.start("msg_1").snapshot("Hello", 2).snapshot("Hel", 1).snapshot("Hello", 2);
    assert_eq!(page.texts(), ["Hello"]);
    page.snapshot("Hello world", 3);
    assert_eq!(page.texts(), ["Hello world"]);
}

#[test]
fn snapshots_of_text_and_of_reasoning_are_counted_apart() {
    let mut page = Page::new();
    page.start("msg_1").snapshot("Hello", 7);
    let reasoning = |text: &str, sequence: u64| json!({"chunkType": "reasoning", "reasoning": text, "snapshotMode": "replace", "snapshotSeq": sequence});
    page.event("stream_chunk", reasoning("Hm", 1)).event("stream_chunk", reasoning("H", 1));
    assert_eq!(page.parts(0), ["reasoning Hm", "text Hello"]);
}

#[test]
fn snapshots_are_counted_on_across_answers() {
    let mut page = Page::new();
    page.start("msg_1").snapshot("one", 5).end("one").step(1).start("msg_2").snapshot("late", 4).snapshot("two", 6);
    assert_eq!(page.texts(), ["one", "two"]);
}

#[test]
fn a_snapshot_without_a_number_always_counts() {
    let mut page = Page::new();
    page.start("msg_1").snapshot("Hello", 9);
    page.event("stream_chunk", json!({"chunkType": "text", "content": "Bye", "snapshotMode": "replace"}));
    assert_eq!(page.texts(), ["Bye"]);
}

#[test]
fn the_end_of_an_answer_tells_the_whole_text_and_an_empty_one_tells_nothing() {
    let mut page = Page::new();
    page.start("msg_1").text("Helo").end("Hello");
    page.step(1).start("msg_2").text("kept").end("");
    assert_eq!(page.texts(), ["Hello", "kept"]);
}

#[test]
fn an_event_whose_number_is_not_above_the_last_one_is_dropped() {
    let mut page = Page::new();
    page.start("msg_1");
    for number in [1, 2, 2, 1, 3, 0, 1] {
        if number == 0 {
            page.transcript.broken(Continuity::Reset);
            continue;
        }
        let event = json!({"type": "stream_chunk", "timestamp": 5, "data": {"chunkType": "text", "content": "x"}});
        let mut event = agent_gateway_client::run::transcript::json::event(&event, "op_1").expect("a chunk");
        event.number = Some(number);
        page.transcript.handle(event);
    }
    page.apply_changes();
    assert_eq!(page.texts(), ["xxxx"], "and the numbers of a new sequence start anew");
}

#[test]
fn a_start_that_comes_after_its_first_chunk_names_the_message() {
    let mut page = Page::new();
    page.at(10).text("Hel").at(5).start("msg_1").at(11).text("lo");
    assert_eq!((page.ids(), page.texts()), (vec!["msg_1"], vec!["Hello".to_owned()]));
    assert_eq!(page.needs_refetch(), None);
}

#[test]
fn a_start_that_comes_after_the_end_names_the_message_and_leaves_it_complete() {
    let mut page = Page::new();
    page.at(10).text("Hello").end("Hello").at(5).start("msg_1");
    assert_eq!((page.ids(), page.texts()), (vec!["msg_1"], vec!["Hello".to_owned()]));
    assert_eq!(page.activity(0), Activity::Settled);
}

#[test]
fn a_start_that_comes_after_a_patch_with_its_message_joins_the_two() {
    let mut page = Page::new();
    page.at(10).text("Hello").calls(&["call_1"]);
    page.event(
        "message_patch",
        json!({"revision": 1, "deletes": [], "upserts": [{"afterId": null, "message": row("msg_1", "assistant", "")}]}),
    );
    page.at(5).start("msg_1");
    assert_eq!((page.ids(), page.parts(0)), (vec!["msg_1"], vec!["text Hello".into(), "tool call_1 called".into()]));
}

#[test]
fn a_start_from_after_a_chunk_is_not_that_of_its_answer() {
    let mut page = Page::new();
    page.at(10).text("one").at(20).start("msg_2").text("two");
    assert_eq!((page.ids(), page.texts()), (vec!["-", "msg_2"], vec!["one".to_owned(), "two".to_owned()]));
}

#[test]
fn a_start_that_is_repeated_changes_nothing() {
    let mut page = Page::new();
    page.at(5).start("msg_1").text("Hel").at(5).start("msg_1").at(8).text("lo");
    assert_eq!(page.texts(), ["Hello"]);
}

#[test]
fn a_start_that_comes_again_later_begins_the_answer_anew() {
    let mut page = Page::new();
    page.start("msg_1").text("Sorry, I ").calls(&["call_1"]).start("msg_1");
    assert_eq!(page.texts(), ["Sorry, I "], "until there is something else to show");
    page.text("Hel").text("lo").calls(&["call_2"]);
    assert_eq!(page.parts(0), ["text Hello", "tool call_2 called"]);
}

#[test]
fn a_chunk_of_an_attempt_that_was_given_up_is_dropped() {
    let mut page = Page::new();
    page.at(5).start("msg_1").text("Sorry").at(20).start("msg_1").text("Hel").at(10).text(", I ").at(22).text("lo");
    assert_eq!(page.texts(), ["Hello"]);
    page.end("Hello");
    assert_eq!(page.needs_refetch(), None, "the end told the whole text");
}

#[test]
fn a_chunk_of_an_earlier_step_goes_to_the_answer_of_that_step() {
    let mut page = Page::new();
    page.at(1).start("msg_1").text("on").at(10).step(1).start("msg_2").text("two").at(4).step(0).text("e");
    assert_eq!(page.texts(), ["one", "two"]);
    assert_eq!(page.needs_refetch(), None);
}

#[test]
fn an_answer_of_an_earlier_step_stands_before_that_of_a_later_one() {
    let mut page = Page::new();
    page.at(10).step(1).start("msg_2").text("two").at(1).step(0).start("msg_1").text("one");
    assert_eq!(page.ids(), ["msg_1", "msg_2"]);
}

#[test]
fn a_chunk_that_comes_after_the_end_that_told_all_changes_nothing() {
    let mut page = Page::new();
    page.at(10).start("msg_1").text("Hel").at(20).end("Hello").at(15).text("lo");
    assert_eq!(page.texts(), ["Hello"]);
    assert_eq!(page.needs_refetch(), None);
}

#[test]
fn a_last_chunk_that_comes_after_an_end_without_text_is_appended() {
    let mut page = Page::new();
    page.at(10).start("msg_1").text("Hel").at(20).end("").at(15).text("lo");
    assert_eq!((page.texts(), page.activity(0)), (vec!["Hello".to_owned()], Activity::Settled));
    assert_eq!(page.needs_refetch(), None);
}

#[test]
fn a_chunk_from_after_the_end_begins_another_answer() {
    let mut page = Page::new();
    page.start("msg_1").text("one").end("one").text("two");
    assert_eq!((page.ids(), page.texts()), (vec!["msg_1", "-"], vec!["one".to_owned(), "two".to_owned()]));
}

#[test]
fn chunks_that_were_mixed_up_need_a_refetch_unless_the_end_tells_all() {
    for (end, reason) in [("Hello", None), ("", Some(RefetchReason::TextUncertain))] {
        let mut page = Page::new();
        page.start("msg_1").at(10).text("Hel").at(30).text("o").at(20).text("l");
        assert_eq!(page.needs_refetch(), None, "a fetch would not tell more yet");
        page.at(40).end(end);
        assert_eq!(page.needs_refetch(), reason);
    }
}

#[test]
fn chunks_without_times_are_taken_as_they_come() {
    let mut page = Page::new();
    for text in ["Hel", "lo"] {
        page.take(&json!({"type": "stream_chunk", "data": {"chunkType": "text", "content": text}}));
    }
    assert_eq!((page.texts(), page.needs_refetch()), (vec!["Hello".to_owned()], None));
}

#[test]
fn a_chunk_without_a_time_after_an_end_cannot_be_placed() {
    let mut page = Page::new();
    page.start("msg_1").text("Hello").end("Hello");
    page.take(&json!({"type": "stream_chunk", "data": {"chunkType": "text", "content": "?"}}));
    assert_eq!((page.texts(), page.needs_refetch()), (vec!["Hello".to_owned()], Some(RefetchReason::TextUncertain)));
}

#[test]
fn text_that_races_with_a_tool_is_not_torn_apart() {
    let mut page = Page::new();
    page.start("msg_1").text("Hel").calls(&["call_1"]).reasoning("Hm").text("lo");
    assert_eq!(page.parts(0), ["reasoning Hm", "text Hello", "tool call_1 called"]);
}

#[test]
fn an_image_stands_between_the_texts_that_it_came_between() {
    let mut page = Page::new();
    page.start("msg_1");
    let text = |text: &str| json!({"type": "text", "text": text});
    let parts = json!([text("a"), text("b"), {"type": "image", "image": "img_1"}, text("c")]);
    page.event("stream_chunk", json!({"chunkType": "content_part", "contentParts": parts})).text("d");
    assert_eq!(page.parts(0), ["text ab", "image img_1", "text cd"]);
    page.end("abcd");
    assert_eq!(page.parts(0), ["text ab", "image img_1", "text cd"], "the end tells the same text");
    page.end("other");
    assert_eq!(page.parts(0), ["text other", "image img_1"]);
}

#[test]
fn an_image_that_is_listed_again_is_shown_once() {
    let mut page = Page::new();
    page.start("msg_1");
    let image = |id: &str| json!({"id": id, "data": "data:image/png;base64,AA=="});
    page.event("stream_chunk", json!({"chunkType": "base64_image", "images": [image("i1")]}));
    page.event("stream_chunk", json!({"chunkType": "base64_image", "images": [image("i1"), image("i2")]}));
    page.event("stream_end", json!({"imageList": [image("i1"), image("i2")]}));
    assert_eq!(page.parts(0), ["image i1", "image i2"]);
}

#[test]
fn the_sources_are_the_last_that_were_told() {
    let mut page = Page::new();
    page.start("msg_1").text("Hello");
    page.event("stream_chunk", json!({"chunkType": "grounding", "grounding": [1]}));
    page.event("stream_end", json!({"grounding": [1, 2], "finalContent": "Hello"}));
    assert_eq!(page.parts(0), ["text Hello", "sources [1,2]"]);
}

#[test]
fn reasoning_in_parts_is_one_reasoning() {
    let mut page = Page::new();
    let parts = json!([{"type": "text", "text": "H"}, {"type": "text", "text": "m"}]);
    page.start("msg_1").event("stream_chunk", json!({"chunkType": "reasoning_part", "reasoningParts": parts}));
    assert_eq!(page.parts(0), ["reasoning Hm"]);
}

#[test]
fn the_first_answer_goes_to_the_message_that_the_start_of_the_run_named() {
    let stored = json!([row("msg_0", "user", "Hi"), row("msg_1", "assistant", "")]);
    let rows = agent_gateway_client::run::transcript::json::rows(&stored).expect("rows");
    let mut page = Page::of(Transcript::new(rows, Some("msg_1".to_owned())));
    page.text("Hello");
    assert_eq!((page.ids(), page.texts()), (vec!["msg_0", "msg_1"], vec!["Hi".to_owned(), "Hello".to_owned()]));
    page.step(1).text("Next");
    assert_eq!(page.ids(), ["msg_0", "msg_1", "-"], "the first answer alone");
}

#[test]
fn the_answer_takes_the_place_of_what_its_message_showed_before() {
    let mut page = Page::showing(json!([row("msg_1", "assistant", "an old try")]));
    page.start("msg_1");
    assert_eq!(page.texts(), ["an old try"]);
    page.text("Hel").text("lo");
    assert_eq!(page.texts(), ["Hello"]);
}

#[test]
fn an_answer_that_nobody_named_needs_a_refetch() {
    let mut page = Page::new();
    page.event("stream_start", json!({"newStep": true}));
    assert_eq!(page.needs_refetch(), Some(RefetchReason::MessageUnnamed));
}

#[test]
fn a_gap_needs_a_refetch_and_the_text_under_way_stays_uncertain() {
    let mut page = Page::new();
    page.start("msg_1").text("Hel");
    page.transcript.broken(Continuity::Gap);
    assert_eq!(page.needs_refetch(), Some(RefetchReason::Gap));
    assert!(page.refetch(json!([row("msg_1", "assistant", "")])));
    assert_eq!((page.texts(), page.needs_refetch()), (vec!["Hel".to_owned()], None));
    page.text("rld").end("");
    assert_eq!(page.needs_refetch(), Some(RefetchReason::TextUncertain));
}

#[test]
fn events_of_subordinate_agents_and_of_unknown_types_show_nothing() {
    let mut page = Page::new();
    page.event("stream_chunk", json!({"chunkType": "text", "content": "x", "subagent": {"id": 1}}));
    for event_type in ["agent_runtime_init", "stream_retry", "tool_result", "llm_execute", "unheard_of"] {
        page.event(event_type, json!({"content": "x", "id": "y"}));
    }
    assert!(page.messages().is_empty());
    assert_eq!(page.needs_refetch(), None);
}

#[test]
fn an_event_of_another_shape_shows_nothing_and_breaks_nothing() {
    let mut page = Page::new();
    let shapes = [json!(null), json!("text"), json!([1]), json!({"assistantMessage": 1, "toolCalling": [], "id": {}})];
    for shape in shapes {
        for event_type in ["stream_chunk", "stream_end", "tool_start", "tool_execute", "tool_end", "step_complete"] {
            page.event(event_type, shape.clone());
        }
    }
    assert!(page.messages().is_empty());
    page.event("message_patch", json!({"revision": 1, "upserts": [{"message": {}}]}));
    assert_eq!(page.needs_refetch(), Some(RefetchReason::Unreadable));
}

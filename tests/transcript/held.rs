//! Pieces that the host holds back: each is taken in later, and nothing else is different.

use agent_gateway_client::run::transcript::Piece;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Page, RUN};

#[test]
fn pieces_that_go_on_the_text_are_taken_in_as_one() {
    let mut page = page_that_writes();
    assert!(page.transcript.goes_on(Piece::Text, 0, Some(4)) && page.transcript.goes_on(Piece::Text, 0, Some(5)));
    assert!(page.transcript.holds());
    assert_eq!(page.parts(0), ["reasoning Hm.", "text Hel"], "the host has the rest");
    page.transcript.take_in("lo world".to_owned());
    assert_eq!(page.apply_changes(), ["text appended"]);
    assert_eq!(page.parts(0), ["reasoning Hm.", "text Hello world"]);
    assert!(!page.transcript.holds());
}

#[test]
fn a_piece_that_comes_late_or_before_the_first_is_not_held() {
    let mut page = Page::new();
    assert!(!page.transcript.goes_on(Piece::Text, 0, Some(2)), "there is no answer yet");
    page.start("msg_1");
    assert!(!page.transcript.goes_on(Piece::Text, 0, Some(2)), "the first piece begins a part");
    page.text("Hel");
    assert!(page.transcript.goes_on(Piece::Text, 0, Some(9)));
    assert!(!page.transcript.goes_on(Piece::Text, 0, Some(8)), "what is held counts, too");
    assert!(!page.transcript.goes_on(Piece::Text, 1, Some(9)), "another step");
}

#[test]
fn a_piece_of_another_kind_than_those_before_is_not_held() {
    let mut page = page_that_writes();
    assert!(!page.transcript.goes_on(Piece::Reasoning, 0, Some(9)), "the activity would change");
    page.reasoning(" Well.");
    assert!(page.transcript.goes_on(Piece::Reasoning, 0, Some(9)));
}

#[test]
fn after_the_end_of_an_answer_or_of_the_run_nothing_is_held() {
    let mut page = page_that_writes();
    page.end("Hello");
    assert!(!page.transcript.goes_on(Piece::Text, 0, Some(9)));
    let mut page = page_that_writes();
    page.runtime_end("interrupted");
    assert!(!page.transcript.goes_on(Piece::Text, 0, Some(9)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn whoever_holds_pieces_back_shows_the_same(events in vec(event(), 0..24)) {
        let (mut all, mut holding) = (Page::new(), Page::new());
        let mut held = String::new();
        for event in &events {
            all.take(event);
            if let Some((piece, text)) = piece(event) {
                let (step, at) = (event["stepIndex"].as_u64().unwrap_or_default() as u32, event["timestamp"].as_u64());
                if holding.transcript.goes_on(piece, step, at) {
                    held.push_str(text);
                    continue;
                }
            }
            holding.transcript.take_in(std::mem::take(&mut held));
            holding.take(event);
            prop_assert_eq!(holding.messages(), all.messages());
            prop_assert_eq!(holding.needs_refetch(), all.needs_refetch());
        }
        holding.transcript.take_in(held);
        holding.apply_changes();
        prop_assert_eq!(holding.messages(), all.messages());
        prop_assert_eq!(holding.needs_refetch(), all.needs_refetch());
    }
}

fn page_that_writes() -> Page {
    let mut page = Page::new();
    page.start("msg_1").reasoning("Hm.").text("Hel");
    page
}

/// What a host reads of a delta of the run's own answer.
fn piece(event: &Value) -> Option<(Piece, &str)> {
    let data = &event["data"];
    let is_delta = event["operationId"] == RUN && data["snapshotMode"].is_null();
    match data["chunkType"].as_str().filter(|_| is_delta)? {
        "text" => Some((Piece::Text, data["content"].as_str()?)),
        "reasoning" => Some((Piece::Reasoning, data["reasoning"].as_str()?)),
        _ => None,
    }
}

/// Mostly pieces of two steps, of the run or a member, at times that often meet.
fn event() -> impl Strategy<Value = Value> {
    let piece = |kind: &'static str, name: &'static str| {
        "[a-c]{0,2}".prop_map(move |text| ("stream_chunk", json!({"chunkType": kind, name: text})))
    };
    let id = || prop_oneof![Just(json!({})), Just(json!({"id": "msg_1"})), Just(json!({"id": "msg_2"}))];
    let rows = json!([{"id": "msg_1", "role": "assistant", "content": "stored"}]);
    let happened = prop_oneof![
        10 => piece("text", "content"),
        6 => piece("reasoning", "reasoning"),
        2 => (id(), any::<bool>())
            .prop_map(|(message, new)| ("stream_start", json!({"assistantMessage": message, "newStep": new}))),
        1 => Just(("stream_end", json!({}))),
        1 => Just(("stream_end", json!({"finalContent": "all"}))),
        1 => Just(("stream_chunk", json!({"chunkType": "text", "content": "so far", "snapshotMode": "replace"}))),
        1 => Just(("stream_chunk", json!({"chunkType": "image", "imageList": ["https://images.example/1"]}))),
        1 => Just(("stream_chunk", json!({"chunkType": "tools_calling", "toolsCalling": [{"id": "call_1"}]}))),
        1 => Just(("step_start", json!({"uiMessages": rows}))),
        1 => Just(("agent_runtime_end", json!({"reason": "interrupted"}))),
    ];
    let operation = prop_oneof![8 => Just(RUN), 1 => Just("op_member")];
    (happened, operation, 0..2_u32, option::weighted(0.9, 0..6_u64)).prop_map(
        |((event_type, data), operation, step, at)| {
            json!({"type": event_type, "operationId": operation, "stepIndex": step, "timestamp": at, "data": data})
        },
    )
}

//! What holds for every answer, however it is cut up and mixed up.

use agent_gateway_client::run::transcript::{Activity, json as read};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::support::{Page, RUN};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_of_a_text_gives_the_text_and_what_is_repeated_is_dropped(
        text in "\\PC{0,60}",
        cuts in vec(any::<Index>(), 0..12),
        repeated in vec(any::<Index>(), 0..12),
    ) {
        let chunks = split(&text, &cuts);
        let mut numbers: Vec<usize> = (0..chunks.len()).collect();
        for index in repeated {
            // A repeat comes after what it repeats, at any distance.
            let place = index.index(numbers.len() + 1);
            if place > 0 {
                numbers.insert(place, numbers[index.index(place)]);
            }
        }
        let mut page = Page::new();
        for number in numbers {
            let data = json!({"chunkType": "text", "content": chunks[number]});
            let mut event = read::event(&event("stream_chunk", number as u64, 0, data), RUN).expect("a chunk");
            event.number = Some(number as u64 + 1);
            page.transcript.handle(event);
            page.apply_changes();
        }
        prop_assert_eq!(page.texts().concat(), text);
        prop_assert_eq!(page.needs_refetch(), None);
    }

    #[test]
    fn snapshots_in_any_order_and_number_leave_the_newest(
        text in "\\PC{1,60}",
        cuts in vec(any::<Index>(), 0..12),
        order in vec(any::<Index>(), 1..30),
    ) {
        let chunks = split(&text, &cuts);
        let so_far: Vec<String> = (1..=chunks.len()).map(|count| chunks[..count].concat()).collect();
        let order: Vec<usize> = order.iter().map(|index| index.index(so_far.len())).collect();
        let mut page = Page::new();
        for number in &order {
            let data = json!({
                "chunkType": "text", "content": so_far[*number], "snapshotMode": "replace", "snapshotSeq": number + 1
            });
            page.take(&event("stream_chunk", 10 + *number as u64, 0, data));
        }
        let newest = *order.iter().max().expect("at least one");
        prop_assert_eq!(page.texts().concat(), so_far[newest].clone());
        prop_assert_eq!(page.needs_refetch(), None);
    }

    /// The events of a run of two answers with two tools. Deltas of one text keep their order, as nothing tells it but
    /// they; every other event may come at any time, and any number of times.
    #[test]
    fn a_run_shows_the_same_in_every_order_that_leaves_the_deltas_in_theirs(
        order in Just((0..run().len()).collect::<Vec<_>>()).prop_shuffle(),
        repeated in vec((0..run().len(), any::<Index>()), 0..6),
    ) {
        let events = run();
        let mut order = order;
        for (index, place) in repeated.into_iter().filter(|(index, _)| !is_delta(&events[*index])) {
            order.insert(place.index(order.len() + 1), index);
        }
        let mut deltas: Vec<usize> = order.iter().copied().filter(|index| is_delta(&events[*index])).collect();
        deltas.sort_unstable();
        let mut deltas = deltas.into_iter();
        for index in &mut order {
            if is_delta(&events[*index]) {
                *index = deltas.next().expect("as many as there are");
            }
        }
        let mut page = Page::new();
        for index in &order {
            page.take(&events[*index]);
        }
        prop_assert_eq!(page.ids(), ["msg_1", "msg_2"], "{:?}", order);
        let first = ["reasoning Hmm.", "text Let me look.", "tool call_1 succeeded", "tool call_2 failed"];
        prop_assert_eq!(page.parts(0), first, "{:?}", order);
        prop_assert_eq!(page.parts(1), ["text Found it."], "{:?}", order);
        prop_assert!((0..2).all(|index| page.activity(index) == Activity::Settled), "{:?}", order);
        prop_assert_eq!(page.needs_refetch(), None, "{:?}", order);
    }
}

/// Two answers, the first of which calls two tools.
fn run() -> Vec<Value> {
    let text = |text: &str| json!({"chunkType": "text", "content": text});
    let tool = |id: &str| json!({"parentMessageId": "msg_1", "toolCalling": {"id": id}});
    let ended = |id: &str, succeeded: bool| json!({"isSuccess": succeeded, "payload": tool(id)});
    let calls = json!({"chunkType": "tools_calling", "toolsCalling": [{"id": "call_1"}, {"id": "call_2"}]});
    let events = [
        ("stream_start", 0, json!({"assistantMessage": {"id": "msg_1"}})),
        ("stream_chunk", 0, json!({"chunkType": "reasoning", "reasoning": "Hm"})),
        ("stream_chunk", 0, json!({"chunkType": "reasoning", "reasoning": "m."})),
        ("stream_chunk", 0, text("Let me ")),
        ("stream_chunk", 0, text("look.")),
        ("stream_chunk", 0, calls),
        ("stream_end", 0, json!({"finalContent": "Let me look."})),
        ("tool_start", 1, tool("call_1")),
        ("tool_end", 1, ended("call_1", true)),
        ("tool_start", 1, tool("call_2")),
        ("tool_end", 1, ended("call_2", false)),
        ("stream_start", 2, json!({"assistantMessage": {"id": "msg_2"}})),
        ("stream_chunk", 2, text("Found ")),
        ("stream_chunk", 2, text("it.")),
        ("stream_end", 2, json!({"finalContent": "Found it."})),
    ];
    let events = events.into_iter().zip(1..);
    events.map(|((event_type, step, data), at)| event(event_type, at, step, data)).collect()
}

fn is_delta(event: &Value) -> bool {
    matches!(event["data"]["chunkType"].as_str(), Some("text" | "reasoning"))
}

fn event(event_type: &str, at: u64, step: u32, data: Value) -> Value {
    json!({"type": event_type, "operationId": RUN, "stepIndex": step, "timestamp": at, "data": data})
}

/// A text in pieces, cut between characters.
fn split(text: &str, cuts: &[Index]) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(characters.len() + 1)).collect();
    places.extend([0, characters.len()]);
    places.sort_unstable();
    places.windows(2).map(|place| characters[place[0]..place[1]].iter().collect()).collect()
}

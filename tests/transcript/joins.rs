//! Pages that join a run in the middle of an answer.

use agent_gateway_client::operation::Continuity;
use agent_gateway_client::run::transcript::{RefetchReason, json as read};
use serde_json::{Value, json};

use crate::support::{Page, row};

#[test]
fn an_answer_that_began_before_is_that_of_the_last_stored_message() {
    for joins in [resumed, broken_before, broken_after] {
        let mut page = page();
        joins(&mut page);
        assert_eq!(page.ids(), ["msg_u", "msg_1", "-"]);
        assert!(page.needs_refetch().is_some());
        let key = page.messages()[2].key;
        assert!(page.refetch(stored("The first half of the")));
        assert_eq!((page.ids(), page.needs_refetch()), (vec!["msg_u", "msg_1"], None));
        assert_eq!(page.messages()[1].key, key, "it goes on in the same message");
        page.text(" answer").end("");
        assert_eq!(page.texts()[1], "of the answer");
        assert_eq!(page.needs_refetch(), Some(RefetchReason::TextUncertain), "its beginning is missing");
        page.refetch(stored("The first half of the answer"));
        assert_eq!(page.texts()[1], "The first half of the answer");
    }
}

#[test]
fn an_answer_whose_end_tells_the_text_is_whole() {
    let mut page = page();
    resumed(&mut page);
    assert_eq!(page.needs_refetch(), Some(RefetchReason::MessageUnnamed));
    page.refetch(stored("The first half"));
    page.end("The first half of the answer");
    assert_eq!(page.texts(), ["Hi", "The first half of the answer"]);
}

#[test]
fn a_new_stored_message_is_that_of_the_answer_before_a_known_one_is() {
    let mut page = page();
    resumed(&mut page);
    page.refetch(json!([row("msg_u", "user", "Hi"), row("msg_1", "assistant", "Yes."), row("msg_2", "assistant", "")]));
    assert_eq!(page.texts(), ["Hi", "Yes.", "of the"]);
}

#[test]
fn an_answer_without_a_name_that_goes_on_the_message_of_the_run_is_that_of_the_last_stored_one() {
    let mut page = page();
    page.transcript.resumed(false);
    page.event("stream_start", json!({})).text("Hello");
    assert_eq!(page.needs_refetch(), Some(RefetchReason::MessageUnnamed));
    page.refetch(stored("Hello"));
    page.text(" you").end("");
    assert_eq!((page.texts(), page.needs_refetch()), (vec!["Hi".into(), "Hello you".to_owned()], None));
}

#[test]
fn an_answer_is_not_taken_for_one_of_an_earlier_turn_or_step() {
    let earlier = json!([row("msg_0", "assistant", "old"), row("msg_u", "user", "Hi")]);
    let called = json!([row("msg_u", "user", "Hi"), row("msg_0", "assistant", "old"), row("msg_t", "tool", "")]);
    for rows in [earlier, called] {
        let mut page = Page::showing(rows.clone());
        resumed(&mut page);
        page.refetch(rows);
        assert_eq!(page.ids().last(), Some(&"-"));
    }
    let mut page = page();
    page.transcript.resumed(false);
    page.event("stream_start", json!({"newStep": true})).text("Next").refetch(stored("old"));
    assert_eq!(page.texts(), ["Hi", "old", "Next"]);
    let mut page = self::page();
    page.start("msg_1").text("old").end("old");
    page.transcript.broken(Continuity::Gap);
    page.step(1).text("Next").refetch(stored("old"));
    assert_eq!(page.texts(), ["Hi", "old", "Next"], "it is that of another answer");
}

#[test]
fn an_answer_of_which_only_the_start_was_lost_is_uncertain() {
    let mut page = page();
    page.start("msg_1").text("one").end("one");
    page.transcript.broken(Continuity::Gap);
    page.step(1).text("wo");
    page.refetch(json!([row("msg_1", "assistant", "one"), row("msg_2", "assistant", "")]));
    assert_eq!((page.texts(), page.needs_refetch()), (vec!["one".into(), "wo".to_owned()], None));
    page.end("");
    assert_eq!(page.needs_refetch(), Some(RefetchReason::TextUncertain));
}

#[test]
fn an_answer_of_which_all_is_replayed_is_certain_whatever_comes_first() {
    let mut page = page();
    page.transcript.resumed(false);
    page.at(10).text("Hel").at(5).start("msg_1").at(11).text("lo").end("");
    assert_eq!((page.texts(), page.needs_refetch()), (vec!["Hi".into(), "Hello".to_owned()], None));
}

#[test]
fn an_answer_without_a_name_that_ended_after_the_question_needs_another_one() {
    let mut page = page();
    page.event("stream_start", json!({"newStep": true})).text("Next");
    let fetch = page.transcript.begin_refetch();
    page.end("Next");
    assert!(page.transcript.refetched(fetch, read::rows(&stored("old")).expect("rows")));
    page.apply_changes();
    assert_eq!((page.texts().len(), page.needs_refetch()), (3, Some(RefetchReason::MessageUnnamed)));
    page.refetch(json!([row("msg_1", "assistant", "old"), row("msg_2", "assistant", "Next")]));
    assert_eq!((page.ids(), page.needs_refetch()), (vec!["msg_1", "msg_2"], None));
}

fn page() -> Page {
    Page::showing(stored("The first half"))
}

fn stored(text: &str) -> Value {
    json!([row("msg_u", "user", "Hi"), row("msg_1", "assistant", text)])
}

fn resumed(page: &mut Page) {
    page.transcript.resumed(true);
    page.text("of the");
}

fn broken_before(page: &mut Page) {
    page.transcript.broken(Continuity::Gap);
    page.text("of the");
}

fn broken_after(page: &mut Page) {
    page.text("of the").transcript.broken(Continuity::Gap);
    page.apply_changes();
}

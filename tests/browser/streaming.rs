//! A run arrives whole, whatever happens to its socket and its token.

use std::cell::RefCell;
use std::rc::Rc;

use agent_gateway_client::machine::{Answer, TokenReason};
use agent_gateway_client::v1::{Config, Event};
use agent_gateway_client::web::{AgentStream, Host, TokenQuestion};
use futures::StreamExt;
use wasm_bindgen_test::wasm_bindgen_test;

use super::follower::Follower;
use super::gateway::{Run, connections, fresh_token, own_text};

#[wasm_bindgen_test]
async fn a_run_arrives_whole_and_completes_once() {
    let run = Run::start("markdown", 5).await;
    let follower = Follower::connecting(&run);
    follower.diary.wait_for_completion().await;
    let expected = run.text().await;
    assert!(expected.len() > 100, "the agent wrote something: {expected}");
    assert_eq!(follower.diary.text(), expected);
    follower.diary.assert_ids_ascend();
    follower.diary.assert_completed_once();
    assert!(follower.diary.completions()[0].terminal_received);
}

#[wasm_bindgen_test]
async fn the_stream_of_events_ends_with_the_client() {
    let run = Run::start("markdown", 5).await;
    let (stream, mut events) = AgentStream::streaming(run.config());
    stream.connect();
    let mut text = String::new();
    loop {
        match events.next().await.expect("a completion comes before the end") {
            Event::AgentEvent(event) => text.push_str(&own_text(&event, &run.operation_id).unwrap_or_default()),
            Event::Done(completion) => {
                assert!(completion.succeeded, "{completion:?}");
                break;
            }
            _ => {}
        }
    }
    assert_eq!(text, run.text().await);
    drop(stream);
    assert!(events.next().await.is_none());
}

#[wasm_bindgen_test]
async fn a_cut_connection_loses_and_repeats_nothing() {
    let run = Run::start("markdown", 20).await;
    let follower = Follower::connecting(&run);
    for cut in 1..=2 {
        follower.diary.wait_for_connection(cut).await;
        follower.diary.wait_for_text(40 * cut as usize).await;
        run.faults(r#"{"drop":true}"#).await;
    }
    follower.diary.wait_for_completion().await;
    assert_eq!(follower.diary.connections(), 3, "each cut was noticed");
    assert_eq!(follower.diary.text(), run.text().await);
    follower.diary.assert_ids_ascend();
    follower.diary.assert_completed_once();
}

#[wasm_bindgen_test]
async fn a_client_that_comes_late_resumes_after_the_event_it_names() {
    let run = Run::start("markdown", 1).await;
    let first = Follower::connecting(&run);
    first.diary.wait_for_completion().await;
    let delivered = first.diary.cursors.borrow().len();
    let cursor = first.diary.cursors.borrow()[delivered / 2].clone();
    let late = Follower::new(Config { last_event_id: cursor.clone(), resume_on_connect: true, ..run.config() });
    late.stream.connect();
    late.diary.wait_for_completion().await;
    late.diary.assert_completed_once();
    let expected = first.diary.events_after(&cursor);
    assert!(expected > 0);
    assert_eq!(late.diary.count(|event| matches!(event, Event::AgentEvent(_))), expected);
    assert!(first.diary.text().ends_with(&late.diary.text()));
}

#[wasm_bindgen_test]
async fn an_expired_token_is_replaced_on_the_same_socket() {
    let run = Run::start("markdown", 5).await;
    run.faults(r#"{"expireToken":true}"#).await;
    let before = connections().await.accepted;
    let reasons = Rc::new(RefCell::new(Vec::new()));
    let config = Config { host_gives_tokens: true, ..run.config() };
    let follower = Follower::with(config, answering(&run, &reasons), |_, _| {});
    follower.stream.connect();
    follower.diary.wait_for_completion().await;
    assert_eq!(*reasons.borrow(), [TokenReason::Expired]);
    assert_eq!(connections().await.accepted - before, 1, "one socket was enough");
    assert_eq!(follower.diary.connections(), 1);
    assert_eq!(follower.diary.text(), run.text().await);
    follower.diary.assert_completed_once();
}

#[wasm_bindgen_test]
async fn a_client_without_a_token_asks_for_one_before_it_dials() {
    let run = Run::start("markdown", 1).await;
    let before = connections().await.accepted;
    let reasons = Rc::new(RefCell::new(Vec::new()));
    let config = Config { token: None, host_gives_tokens: true, ..run.config() };
    let follower = Follower::with(config, answering(&run, &reasons), |_, _| {});
    follower.stream.connect();
    follower.diary.wait_for_completion().await;
    assert_eq!(*reasons.borrow(), [TokenReason::Initial]);
    assert_eq!(connections().await.accepted - before, 1);
    follower.diary.assert_completed_once();
}

#[wasm_bindgen_test]
async fn frames_that_are_none_are_told_and_stepped_over() {
    let run = Run::start("markdown", 20).await;
    let follower = Follower::connected(&run).await;
    run.faults(r#"{"malformed":true}"#).await;
    follower.diary.wait_for_completion().await;
    assert!(follower.diary.count(|event| matches!(event, Event::Error { .. })) > 0);
    assert_eq!(follower.diary.connections(), 1);
    assert_eq!(follower.diary.text(), run.text().await);
    follower.diary.assert_completed_once();
}

/// Gives fresh tokens of the gateway, and notes why it was asked.
fn answering(run: &Run, reasons: &Rc<RefCell<Vec<TokenReason>>>) -> impl FnOnce(&mut Host) {
    let (operation_id, reasons) = (run.operation_id.clone(), reasons.clone());
    move |host| {
        host.on_token = Some(Box::new(move |question: TokenQuestion| {
            reasons.borrow_mut().push(question.reason());
            let operation_id = operation_id.clone();
            question.answer_with(async move { Answer::Token(AgentStream::token(fresh_token(&operation_id).await)) });
        }));
    }
}

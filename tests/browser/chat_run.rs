//! A run of a Rust front end, whatever carries it.

use std::cell::RefCell;
use std::rc::Rc;

use agent_gateway_client::link::{Reason, Status};
use agent_gateway_client::run::transcript::Part;
use agent_gateway_client::run::{Ending, Limits, Outcome, Phase, Resume, Started, Verdict};
use agent_gateway_client::web::{
    Carriage, ChatRun, ChatRunOptions, ChatView, HostError, InterventionRequest, TokenRequest,
};
use futures::StreamExt;
use serde::Deserialize;
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::wasm_bindgen_test;

use super::gateway::{Run, connections, fresh_token, gateway_url, interrupt};
use super::page::{empty_storage, text_at, wait_for, web_socket_without_v2};

#[wasm_bindgen_test]
async fn an_answer_arrives_whole_and_the_button_comes_back() {
    let (chat, run, diary) = started("markdown", 5, |options| options).await;
    assert_completed(&chat).await;
    assert_eq!(text(&chat.view()), run.text().await);
    assert_eq!(diary.buttons(), ["send", "stop", "send"]);
    let connection = chat.view().connection.expect("it is known also after the end");
    assert_eq!((connection.status, connection.reason), (Status::Disconnected, Some(Reason::RunEnded)));
    assert!(!chat.cursor().is_empty());
}

#[wasm_bindgen_test]
async fn a_cut_socket_of_its_own_loses_nothing_of_an_answer() {
    cut_in_the_middle(|options| options.carriage(Carriage::V1)).await;
}

#[wasm_bindgen_test]
async fn a_cut_shared_socket_loses_nothing_of_an_answer() {
    cut_in_the_middle(|options| options.carriage(Carriage::V2)).await;
}

#[wasm_bindgen_test]
async fn runs_share_one_socket() {
    let (first, ..) = started("markdown", 20, |options| options).await;
    wait_for("an answer", || text(&first.view()).len() > 20).await;
    let before = connections().await.accepted;
    let (second, run, _) = started("markdown", 5, |options| options).await;
    assert_completed(&second).await;
    assert_eq!(text(&second.view()), run.text().await);
    assert_eq!(connections().await.accepted, before);
    assert_completed(&first).await;
}

#[wasm_bindgen_test]
async fn a_gateway_without_v2_is_followed_over_a_socket_for_each_run() {
    // An address of its own, because what is found out about a gateway stays known in this page.
    let url = gateway_url().replace("127.0.0.1", "localhost");
    let limits = Limits { connect: 20_000, ..Limits::default() };
    let without_v2 = |_| options_for(&url).limits(limits).web_socket(web_socket_without_v2());
    let (chat, run, _) = started("long", 15, without_v2).await;
    assert_completed(&chat).await;
    assert_eq!(text(&chat.view()), run.text().await);
}

#[wasm_bindgen_test]
async fn a_stop_ends_the_run_at_the_server() {
    let (chat, _, diary) = started("long", 20, |options| options).await;
    wait_for("an answer", || text(&chat.view()).len() > 20).await;
    assert!(chat.stop());
    assert!(!chat.stop(), "it is being stopped");
    let outcome = chat.done().await.expect("an outcome");
    assert_eq!((outcome.verdict, outcome.known), (Verdict::Interrupted, true), "{outcome:?}");
    assert_eq!(diary.buttons(), ["send", "stop", "stopping", "send"]);
}

#[derive(Deserialize)]
struct Nothing {}

#[wasm_bindgen_test]
async fn a_tool_runs_once_also_where_its_call_comes_again() {
    let ran = Rc::new(RefCell::new(0));
    let counting = ran.clone();
    let storage = empty_storage();
    let with_tool = move |options: ChatRunOptions| {
        let counting = counting.clone();
        options.storage(storage.clone()).executor(true).tool("demo", "getTime", move |_: Nothing, _| {
            *counting.borrow_mut() += 1;
            async { Ok("noon".to_owned()) }
        })
    };
    let (chat, run, _) = started("tool", 20, with_tool.clone()).await;
    wait_for("the result", || *ran.borrow() == 1).await;
    drop(chat);
    let chat = ChatRun::resume(with_tool(options()), resume(&run));
    assert_completed(&chat).await;
    assert_eq!(*ran.borrow(), 1);
    assert_eq!(text(&chat.view()), run.text().await);
    assert!(text(&chat.view()).contains("noon"), "the agent read the result: {}", text(&chat.view()));
}

#[wasm_bindgen_test]
async fn a_question_waits_for_the_user_and_takes_the_answer() {
    let asking = |options: ChatRunOptions| {
        options.on_intervention(|InterventionRequest { request, .. }| async move {
            assert!(!text_at(&request, "prompt").is_empty());
            Ok("the second one".into())
        })
    };
    let (chat, run, _) = started("input", 10, asking).await;
    assert_completed(&chat).await;
    assert!(run.text().await.contains("the second one"));
}

#[wasm_bindgen_test]
async fn a_run_that_is_taken_up_shows_what_was_missed() {
    let (chat, run, _) = started("long", 10, |options| options).await;
    wait_for("an answer", || text(&chat.view()).len() > 100).await;
    drop(chat);
    let chat = ChatRun::resume(options(), resume(&run));
    assert_completed(&chat).await;
    assert_eq!(text(&chat.view()), run.text().await);
}

#[wasm_bindgen_test]
async fn a_refused_start_is_the_outcome() {
    let chat = ChatRun::new(options());
    assert!(chat.submit(|_| async { Err(HostError::from("the server is closed")) }));
    let outcome = chat.done().await.expect("an outcome");
    assert_eq!((outcome.ending, outcome.verdict), (Ending::StartFailed, Verdict::Failed));
    assert_eq!(outcome.detail.as_deref(), Some("the server is closed"));
    assert!(!chat.submit(|_| async { Err(HostError::UnknownOperation) }), "it was used already");
}

#[wasm_bindgen_test]
async fn a_run_that_is_dropped_ends_its_streams_and_its_socket() {
    let (chat, run, _) = started("long", 20, |options| options.carriage(Carriage::V1)).await;
    wait_for("an answer", || text(&chat.view()).len() > 20).await;
    let (mut changes, mut events, done) = (chat.changes(), chat.events(), chat.done());
    drop(chat);
    while changes.next().await.is_some() {}
    while events.next().await.is_some() {}
    assert_eq!(done.await, None);
    run.wait_for_sockets(0).await;
    run.interrupt().await;
}

async fn cut_in_the_middle(adapt: impl FnOnce(ChatRunOptions) -> ChatRunOptions) {
    let (chat, run, diary) = started("markdown", 20, adapt).await;
    for cut in 1..=2 {
        wait_for("an answer", || text(&chat.view()).len() > 40 * cut).await;
        run.faults(r#"{"drop":true}"#).await;
        wait_for("the loss", || chat.snapshot().phase == Phase::Reconnecting).await;
    }
    assert_completed(&chat).await;
    assert_eq!(text(&chat.view()), run.text().await);
    assert_eq!(diary.buttons(), ["send", "stop", "send"]);
}

/// What the button of the input showed.
#[derive(Clone, Default)]
struct Diary(Rc<RefCell<Vec<&'static str>>>);

impl Diary {
    fn buttons(&self) -> Vec<&'static str> {
        self.0.borrow().clone()
    }

    fn note(&self, view: &ChatView) {
        let button = match view.run.phase {
            Phase::Stopping => "stopping",
            _ if view.run.can_stop => "stop",
            _ => "send",
        };
        if self.0.borrow().last() != Some(&button) {
            self.0.borrow_mut().push(button);
        }
    }
}

fn options() -> ChatRunOptions {
    options_for(gateway_url())
}

fn options_for(url: &str) -> ChatRunOptions {
    ChatRunOptions::new(
        url,
        |TokenRequest { operation_id, .. }| async move { Ok(fresh_token(&operation_id).await) },
        |operation_id| async move {
            interrupt(&operation_id).await;
            Ok(true)
        },
    )
}

/// A run of this script, which is followed, and what its button shows.
async fn started(
    script: &'static str,
    speed_ms: u32,
    adapt: impl FnOnce(ChatRunOptions) -> ChatRunOptions,
) -> (ChatRun, Rc<Run>, Diary) {
    let chat = ChatRun::new(adapt(options()));
    let diary = Diary::default();
    diary.note(&chat.view());
    let (mut changes, notes) = (chat.changes(), diary.clone());
    spawn_local(async move {
        while let Some(view) = changes.next().await {
            notes.note(&view);
        }
    });
    let run = Rc::new(RefCell::new(None));
    let beginning = run.clone();
    assert!(chat.submit(move |_| async move {
        let run = Rc::new(Run::start(script, speed_ms).await);
        let started = Started::new(&run.operation_id, Some(run.token.clone()));
        beginning.replace(Some(run));
        Ok(started)
    }));
    wait_for("the start", || run.borrow().is_some()).await;
    let run = run.borrow().clone().expect("a run");
    (chat, run, diary)
}

fn resume(run: &Run) -> Resume {
    let operation_id = run.operation_id.as_str().into();
    Resume { operation_id, last_event_id: String::new(), started_at: None, gateway_url: None }
}

async fn assert_completed(chat: &ChatRun) {
    let outcome: Rc<Outcome> = chat.done().await.expect("an outcome");
    assert!(outcome.succeeded && outcome.verdict == Verdict::Completed && outcome.known, "{outcome:?}");
}

/// The text of the agent itself.
fn text(view: &ChatView) -> String {
    let own = view.messages.iter().filter(|message| message.member.is_none());
    let parts = own.flat_map(|message| message.parts.iter());
    parts
        .filter_map(|part| match part {
            Part::Text(text) => Some(text.to_string()),
            _ => None,
        })
        .collect()
}

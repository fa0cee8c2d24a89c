//! A client that was dropped tells nothing, holds no socket, no listener on the page and no memory.

use std::cell::RefCell;
use std::rc::Rc;

use agent_gateway_client::machine::Answer;
use agent_gateway_client::v1::Config;
use agent_gateway_client::web::{AgentStream, TokenQuestion};
use wasm_bindgen_test::wasm_bindgen_test;

use super::follower::Follower;
use super::gateway::{Run, connections};
use super::page::{
    count_listeners, dispatch_on_window, listener_count, memory_size, sleep, stop_counting_listeners, wait_for,
};

const CLIENTS: usize = 1_000;
/// Chromium delays a connection by seconds while 16 others are pending.
const BATCH: usize = 10;
/// What memory grows by. One page is 131 bytes a client, far less than any of its parts, and may be no more than the
/// order in which sockets happened to close.
const PAGE: u32 = 65_536;
/// The listeners of one client: online, offline, pagehide, pageshow, visibilitychange, resume.
const LISTENERS_OF_A_CLIENT: i32 = 6;

#[wasm_bindgen_test]
async fn an_answer_for_a_client_that_is_gone_does_nothing() {
    let run = Run::start("long", 20).await;
    let before = connections().await.accepted;
    let questions: Rc<RefCell<Vec<TokenQuestion>>> = Rc::default();
    let asked = questions.clone();
    let config = Config { token: None, host_gives_tokens: true, ..run.config() };
    let follower = Follower::with(
        config,
        |host| host.on_token = Some(Box::new(move |question| asked.borrow_mut().push(question))),
        |_, _| {},
    );
    follower.stream.connect();
    let diary = follower.diary.clone();
    let told = diary.len();
    assert_eq!(questions.borrow().len(), 1);
    drop(follower);
    let question = questions.borrow_mut().pop().expect("a question");
    question.answer(Answer::Token(AgentStream::token(run.token.clone())));
    sleep(300).await;
    assert_eq!(diary.len(), told, "nothing was told");
    assert_eq!(connections().await.accepted, before, "nothing was dialled");
    run.interrupt().await;
}

#[wasm_bindgen_test]
async fn an_answer_on_its_way_when_the_client_goes_does_nothing() {
    let run = Run::start("long", 20).await;
    let before = connections().await.accepted;
    let answered = Rc::new(RefCell::new(false));
    let (token, done) = (run.token.clone(), answered.clone());
    let config = Config { token: None, host_gives_tokens: true, ..run.config() };
    let adapt = |host: &mut agent_gateway_client::web::Host| {
        host.on_token = Some(Box::new(move |question: TokenQuestion| {
            let (token, done) = (token.clone(), done.clone());
            question.answer_with(async move {
                sleep(100).await;
                done.replace(true);
                Answer::Token(AgentStream::token(token))
            });
        }));
    };
    let follower = Follower::with(config, adapt, |_, _| {});
    follower.stream.connect();
    let diary = follower.diary.clone();
    let told = diary.len();
    drop(follower);
    wait_for("the answer", || *answered.borrow()).await;
    sleep(200).await;
    assert_eq!((diary.len(), connections().await.accepted), (told, before));
    run.interrupt().await;
}

#[wasm_bindgen_test]
async fn a_client_dropped_while_its_socket_opens_leaves_nothing_behind() {
    let run = Run::start("long", 20).await;
    let follower = Follower::connecting(&run);
    let diary = follower.diary.clone();
    let told = diary.len();
    drop(follower);
    sleep(300).await;
    run.wait_for_sockets(0).await;
    assert_eq!((diary.len(), diary.connections()), (told, 0), "nothing was told");
    run.interrupt().await;
}

#[wasm_bindgen_test]
async fn a_disposed_client_is_deaf_and_mute() {
    let run = Run::start("long", 5).await;
    let follower = Follower::connected(&run).await;
    follower.stream.dispose();
    let told = follower.diary.len();
    follower.stream.connect();
    follower.stream.reconnect();
    follower.stream.disconnect();
    follower.stream.update_token(run.fresh_token().await);
    follower.stream.dispose();
    dispatch_on_window("online");
    run.wait_for_sockets(0).await;
    sleep(300).await;
    assert_eq!(follower.diary.len(), told);
    assert_eq!(run.sockets().await, 0);
    run.interrupt().await;
}

#[wasm_bindgen_test]
async fn a_client_listens_to_the_page_only_while_it_has_something_to_keep() {
    let run = Run::start("long", 20).await;
    count_listeners();
    let follower = Follower::new(run.config());
    assert_eq!(listener_count(), 0, "nothing happens before connect()");
    follower.stream.connect();
    assert_eq!(listener_count(), LISTENERS_OF_A_CLIENT);
    follower.diary.wait_for_connection(1).await;
    assert_eq!(listener_count(), LISTENERS_OF_A_CLIENT);
    follower.stream.disconnect();
    assert_eq!(listener_count(), 0);
    stop_counting_listeners();
    run.interrupt().await;
}

#[wasm_bindgen_test]
async fn a_thousand_clients_leave_no_listener_no_socket_and_no_memory_behind() {
    let run = Run::start("long", 1_000).await;
    let before = connections().await.accepted;
    count_listeners();
    let mut half_way = 0;
    for created in (BATCH..=CLIENTS).step_by(BATCH) {
        connect_and_drop(&run, BATCH).await;
        run.wait_for_sockets(0).await;
        assert_eq!(listener_count(), 0);
        if created == CLIENTS / 2 {
            half_way = memory_size();
        }
    }
    stop_counting_listeners();
    let growth = memory_size() - half_way;
    assert!(growth <= PAGE, "the second half of the clients took {growth} bytes more than the first had left");
    let accepted = connections().await.accepted - before;
    assert_eq!(accepted as usize, CLIENTS, "each of them had a socket");
    run.interrupt().await;
}

async fn connect_and_drop(run: &Run, count: usize) {
    let followers: Vec<_> = (0..count).map(|_| Follower::connecting(run)).collect();
    assert_eq!(listener_count(), LISTENERS_OF_A_CLIENT * count as i32);
    for follower in &followers {
        follower.diary.wait_for_connection(1).await;
    }
}

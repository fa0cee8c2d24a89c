//! What the page and the network do is noticed at once.

use agent_gateway_client::link::{Reason, Status};
use wasm_bindgen_test::wasm_bindgen_test;

use super::follower::Follower;
use super::gateway::{Run, connections};
use super::page::{dispatch_on_document, dispatch_on_window, dispatch_transition, now, sleep, wait_for};

#[wasm_bindgen_test]
async fn a_dead_socket_is_replaced_four_seconds_after_the_page_became_visible_and_the_status_stays() {
    let run = Run::start("long", 20).await;
    let before = connections().await.accepted;
    let follower = Follower::connected(&run).await;
    follower.diary.wait_for_text(50).await;
    run.faults(r#"{"halfOpen":true}"#).await;
    let start = now();
    dispatch_on_document("visibilitychange");
    sleep(3_500).await;
    assert_eq!(connections().await.accepted - before, 1, "the first has four seconds to answer");
    let heard = follower.diary.text().len();
    follower.diary.wait_for_text(heard + 50).await;
    let replaced = now() - start;
    assert!(replaced < 5_500, "{replaced} ms");
    assert_eq!(connections().await.accepted - before, 2);
    assert_eq!(follower.status(), Status::Connected);
    assert_eq!(follower.diary.connections(), 1, "nobody is told of another connection");
    assert_nothing_is_missing(&run, &follower).await;
    follower.diary.assert_ids_ascend();
    run.interrupt().await;
}

#[wasm_bindgen_test]
async fn a_living_socket_survives_every_wake_up() {
    let run = Run::start("long", 20).await;
    let before = connections().await.accepted;
    let follower = Follower::connected(&run).await;
    dispatch_on_document("visibilitychange");
    dispatch_on_document("resume");
    dispatch_on_window("online");
    dispatch_transition("pageshow", true);
    sleep(4_500).await;
    assert_eq!(follower.status(), Status::Connected);
    assert_eq!(connections().await.accepted - before, 1);
    run.interrupt().await;
}

#[wasm_bindgen_test]
async fn nothing_is_dialled_while_the_device_is_offline() {
    let run = Run::start("long", 20).await;
    let before = connections().await.accepted;
    let follower = Follower::connected(&run).await;
    dispatch_on_window("offline");
    assert_eq!(follower.status(), Status::Connected, "the socket may well live");
    run.faults(r#"{"drop":true}"#).await;
    wait_for("the loss", || follower.status() == Status::Reconnecting).await;
    let snapshot = follower.stream.snapshot();
    assert_eq!((snapshot.reason, snapshot.retry_at), (Some(Reason::Offline), None));
    sleep(2_500).await;
    assert_eq!(connections().await.accepted - before, 1);

    let start = now();
    dispatch_on_window("online");
    follower.diary.wait_for_connection(2).await;
    assert!(now() - start < 1_000, "it is dialled at once");
    run.interrupt().await;
}

#[wasm_bindgen_test]
async fn a_page_that_goes_into_the_cache_lets_its_socket_go_and_dials_when_it_is_back() {
    let run = Run::start("long", 20).await;
    let follower = Follower::connected(&run).await;
    follower.diary.wait_for_text(50).await;
    dispatch_transition("pagehide", true);
    assert_eq!(follower.stream.snapshot().reason, Some(Reason::PageHidden));
    run.wait_for_sockets(0).await;
    let heard = follower.diary.text().len();
    sleep(1_500).await;
    assert_eq!((run.sockets().await, follower.diary.text().len()), (0, heard), "the page is asleep");

    dispatch_transition("pageshow", true);
    follower.diary.wait_for_connection(2).await;
    follower.diary.wait_for_text(heard + 50).await;
    assert_nothing_is_missing(&run, &follower).await;
    follower.diary.assert_ids_ascend();
    run.interrupt().await;
}

#[wasm_bindgen_test]
async fn a_page_that_is_left_for_good_changes_nothing() {
    let run = Run::start("long", 20).await;
    let follower = Follower::connected(&run).await;
    dispatch_transition("pagehide", false);
    sleep(200).await;
    assert_eq!((follower.status(), run.sockets().await), (Status::Connected, 1));
    run.interrupt().await;
}

/// Reads what the client told first: the run goes on.
async fn assert_nothing_is_missing(run: &Run, follower: &Follower) {
    let told = follower.diary.text();
    assert!(run.text().await.starts_with(&told), "nothing is missing");
}

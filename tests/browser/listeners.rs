//! A listener may throw, and may call anything on any client.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use agent_gateway_client::agent::{CompletionSource, Outcome};
use agent_gateway_client::link::Status;
use agent_gateway_client::v1::Event;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::follower::Follower;
use super::gateway::{Run, own_text};
use super::page::{at, sleep, stop_watching, throwing, wait_for, watch_errors};

#[wasm_bindgen_test]
async fn a_listener_that_throws_does_not_stop_the_stream() {
    let run = Run::start("markdown", 5).await;
    let listener = throwing();
    let adapt = {
        let listener = listener.clone();
        |host: &mut agent_gateway_client::web::Host| host.deliver = Some(listener)
    };
    let watch = watch_errors();
    let follower = Follower::with(run.config(), adapt, |_, _| {});
    follower.stream.connect();
    follower.diary.wait_for_completion().await;
    let uncaught = stop_watching(&watch).length();
    let thrown = js_sys::Array::from(&at(&listener, "calls"));
    assert!(thrown.length() > 10, "live events went to the function");
    assert_eq!(uncaught, thrown.length(), "no error was swallowed");
    assert_eq!(follower.diary.connections(), 1, "the socket outlived every throw");
    assert_eq!(delivered_text(&run, &follower, &thrown), run.text().await);
    follower.diary.assert_completed_once();
}

#[wasm_bindgen_test]
async fn nothing_is_delivered_after_a_disconnect_from_inside_an_event() {
    let run = Run::start("long", 5).await;
    let follower = Follower::with(
        run.config(),
        |_| {},
        |this, event| {
            if matches!(event, Event::AgentEvent(_)) && this.diary.cursors.borrow().len() == 5 {
                this.stream.disconnect();
            }
        },
    );
    follower.stream.connect();
    follower.diary.wait_for_completion().await;
    let told = follower.diary.len();
    sleep(300).await;
    assert_eq!(follower.diary.len(), told, "nothing follows");
    assert_eq!(follower.diary.cursors.borrow().len(), 5);
    let completions = follower.diary.completions();
    assert_eq!(completions.len(), 1);
    assert_eq!((completions[0].outcome, completions[0].source), (Outcome::Disconnected, CompletionSource::Disconnect));
    assert_eq!(follower.diary.count(|event| matches!(event, Event::Disconnected)), 1);
    assert_eq!(follower.status(), Status::Disconnected);
    run.wait_for_sockets(0).await;
    run.interrupt().await;
}

#[wasm_bindgen_test]
async fn a_client_may_be_dropped_from_inside_its_own_event() {
    let run = Run::start("long", 5).await;
    let slot: Rc<RefCell<Option<Rc<Follower>>>> = Rc::default();
    let held = slot.clone();
    let follower = Follower::with(
        run.config(),
        |_| {},
        move |this, event| {
            if matches!(event, Event::AgentEvent(_)) && this.diary.cursors.borrow().len() == 5 {
                held.take();
            }
        },
    );
    let diary = follower.diary.clone();
    follower.stream.connect();
    slot.replace(Some(follower));
    wait_for("the drop", || slot.borrow().is_none()).await;
    let told = diary.len();
    run.wait_for_sockets(0).await;
    sleep(300).await;
    assert_eq!((diary.len(), diary.cursors.borrow().len()), (told, 5), "nothing follows");
    run.interrupt().await;
}

#[wasm_bindgen_test]
async fn a_client_disposed_from_inside_a_change_of_its_status_is_told_nothing_more() {
    let run = Run::start("long", 5).await;
    let follower = Follower::with(
        run.config(),
        |_| {},
        |this, event| {
            if matches!(event, Event::StatusChanged(Status::Connected)) {
                this.stream.dispose();
            }
        },
    );
    follower.stream.connect();
    wait_for("the acceptance", || follower.status() == Status::Connected).await;
    run.wait_for_sockets(0).await;
    sleep(300).await;
    run.interrupt().await;
    let told = follower.diary.events.borrow();
    assert!(matches!(told.last(), Some(Event::StatusChanged(Status::Connected))), "{told:?}");
}

#[wasm_bindgen_test]
async fn a_client_may_reconnect_from_inside_an_event() {
    let run = Run::start("markdown", 10).await;
    let follower = Follower::with(
        run.config(),
        |_| {},
        |this, event| {
            if matches!(event, Event::AgentEvent(_)) && this.diary.cursors.borrow().len() == 10 {
                this.stream.reconnect();
            }
        },
    );
    follower.stream.connect();
    follower.diary.wait_for_completion().await;
    assert_eq!(follower.diary.connections(), 2);
    assert_eq!(follower.diary.text(), run.text().await);
    follower.diary.assert_ids_ascend();
    follower.diary.assert_completed_once();
}

#[wasm_bindgen_test]
async fn a_listener_may_connect_another_client() {
    let (run, other_run) = (Run::start("markdown", 5).await, Run::start("markdown", 5).await);
    let other = Follower::new(other_run.config());
    let inner = other.clone();
    let follower = Follower::with(run.config(), |_| {}, on_event_number(5, move || inner.stream.connect()));
    follower.stream.connect();
    for (follower, run) in [(&follower, &run), (&other, &other_run)] {
        follower.diary.wait_for_completion().await;
        assert_eq!(follower.diary.text(), run.text().await);
        follower.diary.assert_completed_once();
    }
}

#[wasm_bindgen_test]
async fn a_listener_may_create_clients() {
    let run = Run::start("markdown", 5).await;
    let created: Rc<RefCell<Vec<Rc<Follower>>>> = Rc::default();
    let (config, inner) = (run.config(), created.clone());
    let create = move || {
        for _ in 0..3 {
            let another = Follower::new(config.clone());
            another.stream.connect();
            inner.borrow_mut().push(another);
        }
    };
    let follower = Follower::with(run.config(), |_| {}, on_event_number(5, create));
    follower.stream.connect();
    follower.diary.wait_for_completion().await;
    let created = created.take();
    assert_eq!(created.len(), 3);
    for follower in created.iter().chain([&follower]) {
        follower.diary.wait_for_completion().await;
        assert_eq!(follower.diary.text(), run.text().await);
        follower.diary.assert_completed_once();
    }
}

/// Does something once, from inside the event of this number.
fn on_event_number(number: usize, act: impl Fn() + 'static) -> impl Fn(&Rc<Follower>, &Event<JsValue>) + 'static {
    let acted = Cell::new(false);
    move |this, _| {
        if this.diary.len() >= number && !acted.replace(true) {
            act();
        }
    }
}

/// The text of what was replayed to the host's handler, and then of what was delivered live.
fn delivered_text(run: &Run, follower: &Follower, live: &js_sys::Array) -> String {
    let live = live.iter().filter_map(|event| own_text(&event, &run.operation_id));
    [follower.diary.text()].into_iter().chain(live).collect()
}

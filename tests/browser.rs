#![cfg(target_family = "wasm")]
//! The web layer in a browser, with real sockets, against the development gateway at `AGENT_GATEWAY_URL`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use agent_gateway_client::agent::{Completion, Outcome};
use agent_gateway_client::link::Status;
use agent_gateway_client::machine::Answer;
use agent_gateway_client::v1::{Config, Event};
use agent_gateway_client::web::{AgentStream, Host, TokenQuestion};
use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::*;

wasm_bindgen_test_configure!(run_in_browser);

const GATEWAY: &str = match option_env!("AGENT_GATEWAY_URL") {
    Some(url) => url,
    None => "http://127.0.0.1:8787",
};

#[wasm_bindgen(inline_js = r#"
    export async function request(method, url, body) {
      const response = await fetch(url, { method, body: body || undefined, headers: { 'content-type': 'application/json' } });
      if (!response.ok) throw new Error(`${method} ${url}: ${response.status}`);
      return response.json();
    }
    export const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
    export const signal = (target, name, persisted) =>
      (target === 'document' ? document : window).dispatchEvent(Object.assign(new Event(name), { persisted }));
    let listeners = 0;
    for (const target of [window, document]) {
      const { addEventListener, removeEventListener } = target;
      target.addEventListener = (...args) => (listeners++, addEventListener.apply(target, args));
      target.removeEventListener = (...args) => (listeners--, removeEventListener.apply(target, args));
    }
    export const listenerCount = () => listeners;
    export const recorder = (sent) => class {
      readyState = 0;
      constructor() {
        queueMicrotask(() => {
          this.readyState = 1;
          this.onopen({});
          this.onmessage({ data: '{"type":"auth_success"}' });
        });
      }
      send(text) { sent.push(text); }
      close() {}
    };
"#)]
extern "C" {
    #[wasm_bindgen(catch)]
    async fn request(method: &str, url: &str, body: &str) -> Result<JsValue, JsValue>;
    async fn pause(millis: u32);
    fn signal(target: &str, name: &str, persisted: bool);
    #[wasm_bindgen(js_name = listenerCount)]
    fn listener_count() -> i32;
    fn recorder(sent: &js_sys::Array) -> Function;
}

/// A run at the gateway, the client that follows it and what that client told.
struct Followed {
    operation_id: String,
    token: String,
    stream: Rc<AgentStream>,
    heard: Rc<Heard>,
}

#[derive(Default)]
struct Heard {
    text: RefCell<String>,
    events: Cell<u32>,
    done: RefCell<Vec<Completion>>,
    status: Cell<Status>,
    dials: Cell<u32>,
}

impl Heard {
    fn hear(&self, event: &Event<JsValue>) {
        match event {
            Event::AgentEvent(event) => {
                self.events.set(self.events.get() + 1);
                let data = member(event, "data");
                if member(&data, "chunkType").as_string().as_deref() == Some("text") {
                    self.text.borrow_mut().push_str(&member(&data, "content").as_string().unwrap_or_default());
                }
            }
            Event::StatusChanged(status) => {
                if *status == Status::Authenticating {
                    self.dials.set(self.dials.get() + 1);
                }
                self.status.set(*status);
            }
            Event::Done(completion) => self.done.borrow_mut().push(completion.clone()),
            _ => {}
        }
    }

    fn is_done(&self) -> bool {
        !self.done.borrow().is_empty()
    }
}

async fn start(script: &str, configure: impl FnOnce(&str, &mut Config, &mut Host)) -> Followed {
    let body = format!(r#"{{"script":"{script}","speedMs":15}}"#);
    let run = request("POST", &format!("{GATEWAY}/dev/runs"), &body).await.expect("a run");
    let text = |name: &str| member(&run, name).as_string().expect(name);
    let (operation_id, token) = (text("operationId"), text("token"));
    let heard = Rc::new(Heard::default());
    let hearing = heard.clone();
    let mut host = Host::listening(move |event| hearing.hear(&event));
    let mut config = config(&operation_id, Some(&token));
    configure(&operation_id, &mut config, &mut host);
    let stream = Rc::new(AgentStream::new(config, host));
    Followed { operation_id, token, stream, heard }
}

fn config(operation_id: &str, token: Option<&str>) -> Config {
    Config {
        gateway_url: GATEWAY.to_owned(),
        operation_id: operation_id.to_owned(),
        token: token.map(|token| AgentStream::token(token.to_owned())),
        auto_reconnect: true,
        ..Config::default()
    }
}

impl Followed {
    async fn fault(&self, fault: &str) {
        let url = format!("{GATEWAY}/dev/runs/{}/faults", self.operation_id);
        request("POST", &url, fault).await.expect("a fault");
    }

    async fn ends_whole(&self) {
        wait_for("the end", || self.heard.is_done()).await;
        let url = format!("{GATEWAY}/dev/runs/{}", self.operation_id);
        let truth = request("GET", &url, "").await.expect("the run");
        assert_eq!(*self.heard.text.borrow(), member(&truth, "text").as_string().unwrap());
        let done = self.heard.done.borrow();
        assert_eq!((done.len(), done[0].outcome, done[0].succeeded), (1, Outcome::Completed, true));
    }

    async fn hears(&self, events: u32) {
        wait_for("events", || self.heard.events.get() >= events).await;
    }
}

/// Answers every question for a token from the gateway.
fn answering(operation_id: &str, host: &mut Host) {
    let url = format!("{GATEWAY}/dev/runs/{operation_id}/token");
    host.on_token = Some(Box::new(move |question| {
        let url = url.clone();
        question.answer_with(async move {
            match request("POST", &url, "{}").await {
                Ok(answer) => {
                    Answer::Token(AgentStream::token(member(&answer, "token").as_string().unwrap_or_default()))
                }
                Err(_) => Answer::Failed { detail: "no token".to_owned() },
            }
        });
    }));
}

async fn wait_for(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..800 {
        if condition() {
            return;
        }
        pause(25).await;
    }
    panic!("{what} did not come in 20 s");
}

fn member(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

#[wasm_bindgen_test]
async fn a_run_streams_whole_and_ends_once() {
    let run = start("markdown", |_, _, _| ()).await;
    run.stream.connect();
    run.ends_whole().await;
}

#[wasm_bindgen_test]
async fn a_run_goes_on_where_it_was_after_a_drop() {
    let run = start("markdown", |_, _, _| ()).await;
    run.stream.connect();
    run.hears(10).await;
    run.fault(r#"{"drop":true}"#).await;
    run.ends_whole().await;
    assert_eq!(run.heard.dials.get(), 2);
}

#[wasm_bindgen_test]
async fn an_expired_token_is_replaced_on_the_same_socket() {
    let run = start("markdown", |operation_id, config, host| {
        config.host_gives_tokens = true;
        answering(operation_id, host);
    })
    .await;
    run.fault(r#"{"expireToken":true}"#).await;
    run.stream.connect();
    run.ends_whole().await;
    assert_eq!(run.heard.dials.get(), 1);
}

#[wasm_bindgen_test]
async fn a_half_open_socket_is_replaced_within_five_seconds_of_waking() {
    let run = start("long", |_, _, _| ()).await;
    run.stream.connect();
    run.hears(5).await;
    run.fault(r#"{"halfOpen":true}"#).await;
    let heard = run.heard.events.get();
    signal("document", "visibilitychange", false);
    let begun = js_sys::Date::now();
    wait_for("the replacement", || run.heard.dials.get() == 2).await;
    let taken = js_sys::Date::now() - begun;
    assert!(taken < 6_500.0, "4 s for the probe, 1 s until the dial, and the way there, not {taken} ms");
    wait_for("more events", || run.heard.events.get() > heard).await;
}

#[wasm_bindgen_test]
async fn a_page_in_the_cache_lets_go_of_its_socket_and_comes_back() {
    let run = start("markdown", |_, _, _| ()).await;
    run.stream.connect();
    run.hears(5).await;
    signal("window", "pagehide", true);
    assert_eq!(run.stream.snapshot().status, Status::Reconnecting);
    signal("window", "pageshow", true);
    run.ends_whole().await;
}

#[wasm_bindgen_test]
async fn a_listener_that_throws_stops_nothing() {
    let run = start("markdown", |_, _, host| {
        // What is thrown reaches the socket's handler and no further.
        host.deliver = Some(Function::new_no_args("throw new Error('a listener')"));
    })
    .await;
    run.stream.connect();
    wait_for("the end", || run.heard.is_done()).await;
    assert_eq!(run.heard.done.borrow()[0].outcome, Outcome::Completed);
}

#[wasm_bindgen_test]
async fn a_listener_may_disconnect_and_hears_nothing_after_it() {
    let stream: Rc<RefCell<Option<Rc<AgentStream>>>> = Rc::default();
    let (inside, told) = (stream.clone(), Rc::new(RefCell::new(Vec::new())));
    let telling = told.clone();
    let run = start("markdown", |_, _, host| {
        host.on_event = Box::new(move |event| {
            let is_event = matches!(event, Event::AgentEvent(_));
            telling.borrow_mut().push(if is_event { "event" } else { "other" });
            if is_event && let Some(stream) = inside.borrow().as_ref() {
                stream.disconnect();
                stream.disconnect();
            }
        });
    })
    .await;
    *stream.borrow_mut() = Some(run.stream.clone());
    run.stream.connect();
    wait_for("an event", || told.borrow().contains(&"event")).await;
    pause(500).await;
    assert_eq!(told.borrow().iter().filter(|told| **told == "event").count(), 1);
    assert_eq!(run.stream.snapshot().status, Status::Disconnected);
}

#[wasm_bindgen_test]
async fn a_listener_may_construct_and_connect_another_client() {
    let second = start("markdown", |_, _, _| ()).await;
    let (other, made) = (second.stream.clone(), Rc::new(RefCell::new(Vec::new())));
    let making = made.clone();
    let first = start("markdown", |operation_id, _, host| {
        let operation_id = operation_id.to_owned();
        host.on_event = Box::new(move |event| {
            if matches!(event, Event::Connected) {
                other.connect();
                let third = AgentStream::new(config(&operation_id, Some("x")), Host::listening(|_| ()));
                third.connect();
                making.borrow_mut().push(third);
            }
        });
    })
    .await;
    first.stream.connect();
    second.ends_whole().await;
    assert_eq!(made.borrow().len(), 1);
}

#[wasm_bindgen_test]
async fn a_client_that_is_gone_ignores_the_token_it_asked_for() {
    let question: Rc<RefCell<Option<TokenQuestion>>> = Rc::default();
    let asked = question.clone();
    let told = Rc::new(Cell::new(0));
    let telling = told.clone();
    let mut host = Host::listening(move |_| telling.set(telling.get() + 1));
    host.on_token = Some(Box::new(move |question| *asked.borrow_mut() = Some(question)));
    let config = Config { host_gives_tokens: true, ..config("op", None) };
    let stream = AgentStream::new(config, host);
    stream.connect();
    let before = told.get();
    drop(stream);
    let question = question.borrow_mut().take().expect("the host was asked");
    question.answer(Answer::Token(AgentStream::token("late".to_owned())));
    pause(100).await;
    assert_eq!(told.get(), before);
}

/// Chromium delays the connections that come after so many broken ones; the runner takes the tests in the reverse order
/// of their names, so this one is last.
#[wasm_bindgen_test]
async fn a_1000_clients_leave_nothing_behind() {
    let run = start("long", |_, _, _| ()).await;
    let (listeners, mut memory) = (listener_count(), 0);
    for round in 0..1_000 {
        let stream = AgentStream::new(config(&run.operation_id, Some(&run.token)), Host::listening(|_| ()));
        stream.connect();
        if round % 50 == 0 {
            pause(30).await;
        }
        drop(stream);
        if round == 500 {
            memory = memory_size();
        }
    }
    assert_eq!(memory_size(), memory, "memory grows");
    assert_eq!(listener_count(), listeners, "listeners on the page are left");
    let url = format!("{GATEWAY}/dev/connections");
    for _ in 0..200 {
        let open = request("GET", &url, "").await.map(|connections| member(&connections, "open").as_f64());
        if open == Ok(Some(0.0)) {
            return;
        }
        pause(50).await;
    }
    panic!("connections are left at the gateway");
}

#[wasm_bindgen_test]
async fn what_is_sent_is_what_the_protocol_says() {
    use agent_gateway_client::v1::wire::ClientFrame;
    let sent = js_sys::Array::new();
    let mut host = Host::listening(|_| ());
    host.web_socket = Some(recorder(&sent));
    let stream =
        AgentStream::new(Config { client_id: Some("tab \"1\"".to_owned()), ..config("op", Some("t\n")) }, host);
    stream.connect();
    pause(50).await;
    let payload = js_sys::JSON::parse(r#"{"toolCallId":"c","content":{"a":1},"success":true,"executionTimeMs":12.5}"#);
    assert_eq!(stream.send_tool_result(&payload.unwrap()), Ok(true));
    assert!(stream.send(ClientFrame::UserInput { request_id: "r".to_owned(), content: "ü\t".to_owned() }));
    let sent: Vec<String> = sent.iter().filter_map(|text| text.as_string()).collect();
    assert_eq!(
        sent,
        [
            r#"{"type":"auth","token":"t\n","clientId":"tab \"1\""}"#,
            r#"{"type":"resume","lastEventId":"","wantStatus":true}"#,
            r#"{"toolCallId":"c","content":"{\"a\":1}","success":true,"executionTimeMs":13,"type":"tool_result"}"#,
            r#"{"type":"user_input","requestId":"r","content":"ü\t"}"#,
        ]
    );
}

fn memory_size() -> u32 {
    let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    member(&memory.buffer(), "byteLength").as_f64().unwrap_or(0.0) as u32
}

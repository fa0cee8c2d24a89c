//! A client with a gateway, a network, a host and a person around it, and the promises, checked after each step.

use std::collections::BTreeMap;

use agent_gateway_client::machine::{DialId, Input, Machine, Output, RequestId};
use agent_gateway_client::openclaw::device::{Answer, DeviceKey};
use agent_gateway_client::openclaw::fleet::Freshness;
use agent_gateway_client::openclaw::wire::{Frame, Json};
use agent_gateway_client::openclaw::{
    Answers, Auth, CallId, Client, ClientEvent, Config, Event, Message, Secret, State, StoredToken, json as wire,
};
use agent_gateway_client::time::Timestamp;
use serde_json::{Value, json};

use crate::step::{Step, Welcome};

const KEY: &str = "agent:main:main";
/// Another name of the same session.
const ALIAS: &str = "main";
/// Timeouts within one step before something is taken to spin.
const MOST_TIMEOUTS: u32 = 2_000;

struct World {
    client: Client<Value>,
    now: u64,
    socket: Option<Socket>,
    question: Option<RequestId>,
    /// The application's calls, and whether each was settled.
    calls: BTreeMap<CallId, bool>,
    /// What the gateway refused since a person last did something.
    refused: Vec<Value>,
    /// A person did something since the state became `blocked`.
    is_asked_for: bool,
    boot: u32,
    tokens: u32,
    messages: u32,
}

/// A socket that was dialled and not closed by either side.
struct Socket {
    dial: DialId,
    is_challenged: bool,
    /// Requests without a final answer.
    requests: Vec<Value>,
    presented: Value,
    seq: u64,
    /// Whether changes of sessions are told on it.
    is_subscribed: bool,
}

pub fn run(steps: Vec<Step>) {
    let auth = Auth { token: secret("shared"), password: secret("word"), ..Auth::default() };
    let stored = Some(StoredToken { token: Secret("kept".to_owned()), scopes: Vec::new() });
    let device = Some(DeviceKey { id: "d".to_owned(), public_key: "p".to_owned() });
    let mut world = World {
        client: Client::new(Config { auth, stored, device, seed: 5, ..Config::default() }),
        now: 1_790_000_000_000,
        socket: None,
        question: None,
        calls: BTreeMap::new(),
        refused: Vec::new(),
        is_asked_for: true,
        boot: 0,
        tokens: 0,
        messages: 0,
    };
    world.take(Step::Connect);
    for step in steps {
        world.take(step);
    }
    // Whatever happened, with no gateway there any more every call is over in two minutes.
    world.take(Step::Advance(120_000));
    assert!(world.calls.values().all(|settled| *settled), "a call is waited for without an end");
}

impl World {
    fn take(&mut self, step: Step) {
        if std::env::var_os("MODEL_TRACE").is_some() {
            println!("{step:?}");
        }
        let before = self.now;
        match step {
            Step::Connect => {
                if matches!(self.client.session().state(), State::Closed | State::Blocked(_)) {
                    self.refused.clear();
                }
                self.is_asked_for = true;
                self.call(|client, now| client.connect(now));
            }
            Step::Disconnect => self.call(|client, now| client.disconnect(now)),
            Step::NewCredential => {
                self.refused.clear();
                self.is_asked_for = true;
                let auth = Auth { token: secret("another"), ..Auth::default() };
                self.call(|client, now| client.update_auth(auth, now));
            }
            Step::NewToken => {
                self.tokens += 1;
                let token = Secret(format!("granted-{}", self.tokens));
                let stored = StoredToken { token, scopes: Vec::new() };
                self.call(|client, now| client.renew_token(stored, now));
            }
            Step::Call(twice) => {
                let answers = match twice {
                    true => Answers::Final { within: 10_000, then_within: 30_000 },
                    false => Answers::default(),
                };
                let params = Json::Object(Vec::new());
                let called = self.client.call("status", params, answers, Timestamp::from_millis(self.now));
                assert_eq!(called.is_ok(), self.client.session().policy().is_some());
                if let Ok(call) = called {
                    assert!(self.calls.insert(call, false).is_none(), "the number of a call is used twice");
                }
                self.drain();
            }
            Step::OpenChat(alias) => self.call(|client, now| client.open_chat(key_of(alias), now)),
            Step::CloseChat(alias) => self.call(|client, now| client.close_chat(key_of(alias), now)),
            Step::SendMessage => {
                self.messages += 1;
                let message = Message { run: format!("r{}", self.messages), ..Message::default() };
                self.call(|client, now| {
                    let _ = client.send(KEY, &message, now);
                });
            }
            Step::Challenge => self.challenge(),
            Step::Sign(signs) => {
                let Some(request) = self.question.take() else { return };
                let answer = match signs {
                    true => Answer::Signed { signature: "s".to_owned() },
                    false => Answer::Failed { detail: "no".to_owned() },
                };
                self.input(Input::Answered { request, answer });
            }
            Step::Welcome(welcome) => self.welcome(&welcome),
            Step::Refuse(code) => self.refuse(code),
            Step::Answer { first, accepted } => self.answer(first, accepted),
            Step::Event { name, dropped } => self.event(name, dropped),
            Step::Garbage => {
                let Some(dial) = self.dial() else { return };
                self.input(Input::Garbled { dial, detail: "no JSON".to_owned() });
            }
            Step::Stale(closes) => self.stale(closes),
            Step::Close(code) => {
                let Some(socket) = self.socket.take() else { return };
                self.input(Input::Closed { dial: socket.dial, code, reason: String::new() });
            }
            Step::DialRefused => {
                let Some(socket) = self.socket.take_if(|socket| !socket.is_challenged) else { return };
                self.input(Input::Refused { dial: socket.dial, detail: "blocked".to_owned() });
            }
            Step::Wake(wake) => self.input(Input::Woke(wake)),
            Step::Advance(millis) => self.advance(millis),
            Step::Sleep(millis) => {
                self.now += millis;
                self.input(Input::Timeout);
            }
        }
        self.now = self.now.max(before);
        self.check();
    }

    fn challenge(&mut self) {
        let Some(socket) = self.socket.as_mut().filter(|socket| !socket.is_challenged) else { return };
        socket.is_challenged = true;
        let dial = socket.dial;
        self.input(Input::Opened { dial });
        self.receive(json!({"type": "event", "event": "connect.challenge", "payload": {"nonce": "n", "ts": 1}}));
    }

    fn welcome(&mut self, welcome: &Welcome) {
        let Some(id) = self.connect_request() else { return };
        self.tokens += 1;
        self.boot += welcome.boot / 2;
        let scopes: &[&str] = if welcome.grants { &["operator.read", "operator.approvals"] } else { &[] };
        let mut auth = json!({"method": "token", "role": "operator", "scopes": scopes});
        if welcome.gives_token {
            auth["deviceToken"] = json!(format!("granted-{}", self.tokens));
        }
        let server = json!({"version": "1", "bootId": format!("b{}", self.boot), "connId": "c"});
        self.receive(json!({"type": "res", "id": id, "ok": true,
            "payload": {"type": "hello-ok", "protocol": 4, "server": server, "auth": auth}}));
    }

    fn refuse(&mut self, code: &'static str) {
        let Some(id) = self.connect_request() else {
            let Some(request) = self.socket.as_mut().and_then(|socket| socket.requests.pop()) else { return };
            let error = json!({"code": code, "message": "no"});
            return self.receive(json!({"type": "res", "id": request["id"], "ok": false, "error": error}));
        };
        if let Some(socket) = &self.socket
            && code.ends_with("TOKEN_MISMATCH")
        {
            self.refused.push(socket.presented.clone());
        }
        let details = json!({"code": code, "canRetryWithDeviceToken": true});
        let error = json!({"code": "INVALID_REQUEST", "message": "no", "details": details});
        self.receive(json!({"type": "res", "id": id, "ok": false, "error": error}));
    }

    /// The request to connect, where it is the one that waits.
    fn connect_request(&mut self) -> Option<Value> {
        let requests = &mut self.socket.as_mut()?.requests;
        let index = requests.iter().position(|request| request["method"] == "connect")?;
        Some(requests.remove(index)["id"].clone())
    }

    fn answer(&mut self, first: bool, accepted: bool) {
        let Some(socket) = self.socket.as_mut() else { return };
        let Some(index) = (if first { Some(0) } else { socket.requests.len().checked_sub(1) }) else { return };
        let Some(request) = socket.requests.get(index).filter(|request| request["method"] != "connect").cloned() else {
            return;
        };
        if !accepted {
            socket.requests.remove(index);
        }
        socket.is_subscribed |= request["method"] == "sessions.subscribe";
        let payload = match (accepted, request["method"].as_str()) {
            (true, _) => json!({"status": "accepted"}),
            (_, Some("agents.list")) => json!({"agents": [{"id": "main"}]}),
            (_, Some("sessions.list")) => json!({"ts": self.now, "sessions": [{"key": KEY}]}),
            (_, Some("sessions.messages.subscribe")) => json!({"subscribed": true, "key": KEY}),
            (_, Some("exec.approval.list")) => json!([{"id": "a"}]),
            _ => json!({}),
        };
        self.receive(json!({"type": "res", "id": request["id"], "ok": true, "payload": payload}));
    }

    fn event(&mut self, name: &str, dropped: u64) {
        let Some(socket) = self.socket.as_mut().filter(|socket| socket.is_challenged) else { return };
        socket.seq += dropped + 1;
        let payload = match name {
            "sessions.changed" => json!({"sessionKey": KEY, "ts": self.now, "session": {"hasActiveRun": dropped > 0}}),
            "chat" => {
                let run = format!("r{}", self.messages);
                json!({"sessionKey": KEY, "runId": run, "state": "final", "message": {"content": "x"}})
            }
            _ => json!({"id": "a", "restartExpectedMs": 1_000}),
        };
        let seq = socket.seq;
        self.receive(json!({"type": "event", "event": name, "payload": payload, "seq": seq}));
    }

    fn stale(&mut self, closes: bool) {
        let current = self.dial();
        let gone = DialId(current.map_or(u32::MAX, |dial| dial.0.wrapping_sub(1)));
        let before = format!("{:?}", self.client.session().state());
        if closes {
            self.input(Input::Closed { dial: gone, code: 1008, reason: String::new() });
        } else {
            let frame = json!({"type": "event", "event": "presence", "seq": 99});
            let frame = wire::decode(&frame.to_string()).expect("a frame");
            self.input(Input::Frame { dial: gone, frame });
        }
        assert_eq!(format!("{:?}", self.client.session().state()), before, "a socket that is gone has a say");
    }

    fn advance(&mut self, millis: u64) {
        let end = self.now + millis;
        let mut timeouts = 0;
        while let Some((at, timer)) = self.client.deadline()
            && at.as_millis() <= end
        {
            timeouts += 1;
            assert!(timeouts < MOST_TIMEOUTS, "{timer:?} spins");
            self.now = self.now.max(at.as_millis());
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    fn receive(&mut self, frame: Value) {
        let Some(dial) = self.dial() else { return };
        let frame = wire::decode(&frame.to_string()).expect("a frame");
        self.input(Input::Frame { dial, frame });
    }

    fn dial(&self) -> Option<DialId> {
        self.socket.as_ref().map(|socket| socket.dial)
    }

    fn input(&mut self, input: Input<Frame<Value>, Answer>) {
        self.call(|client, now| client.handle(input, now));
    }

    fn call(&mut self, call: impl FnOnce(&mut Client<Value>, Timestamp)) {
        call(&mut self.client, Timestamp::from_millis(self.now));
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.client.poll() {
            match output {
                Output::Dial { dial, .. } => {
                    assert!(self.socket.is_none(), "two sockets");
                    assert!(self.is_asked_for, "dialled although a person must act first");
                    let presented = Value::Null;
                    self.socket = Some(Socket {
                        dial,
                        is_challenged: false,
                        requests: Vec::new(),
                        presented,
                        seq: 0,
                        is_subscribed: false,
                    });
                }
                Output::Hangup { dial, .. } => {
                    assert_eq!(self.dial(), Some(dial), "hung up on a socket that is gone");
                    self.socket = None;
                }
                Output::Send { dial, command } => {
                    let frame = serde_json::from_str(&wire::encode(&command)).expect("JSON");
                    self.sent(dial, frame);
                }
                Output::Ask { request, .. } => self.question = Some(request),
                Output::Withdraw { request } => {
                    assert_eq!(self.question, Some(request), "a question is withdrawn that is not open");
                    self.question = None;
                }
                Output::Event(event) => self.told(event),
            }
        }
    }

    fn sent(&mut self, dial: DialId, frame: Value) {
        let socket = self.socket.as_mut().filter(|socket| socket.dial == dial).expect("sent on a socket that is gone");
        assert!(socket.is_challenged, "sent before the challenge");
        let is_connect = frame["method"] == "connect";
        if is_connect {
            socket.presented = frame["params"]["auth"].clone();
            assert!(!self.refused.contains(&socket.presented), "a refused credential is presented again");
        } else {
            assert!(!socket.presented.is_null(), "called before the connection was asked for");
        }
        socket.requests.push(frame);
    }

    fn told(&mut self, event: ClientEvent<Value>) {
        match event {
            ClientEvent::Session(Event::CallSettled { call, .. }) => {
                let settled = self.calls.get_mut(&call).expect("the answer to a call of somebody else");
                assert!(!std::mem::replace(settled, true), "a call is settled twice");
            }
            ClientEvent::Session(Event::CallAccepted { call, .. }) => {
                assert_eq!(self.calls.get(&call), Some(&false), "accepted after it was settled");
            }
            ClientEvent::Session(Event::StateChanged(State::Blocked(trouble))) => {
                self.is_asked_for = false;
                assert!(!trouble.next_step.is_empty() && !trouble.code.is_empty());
            }
            ClientEvent::Session(Event::StateChanged(_)) => {}
            ClientEvent::Session(_) | ClientEvent::Fleet(_) | ClientEvent::Approval(_) | ClientEvent::Chat { .. } => {}
        }
    }

    fn check(&self) {
        let (session, fleet) = (self.client.session(), self.client.fleet());
        let stands = matches!(session.state(), State::Ready | State::Degraded(_));
        assert_eq!(stands, session.policy().is_some());
        assert!(stands || fleet.freshness() != Freshness::Live, "live without a connection");
        let is_subscribed = self.socket.as_ref().is_some_and(|socket| socket.is_subscribed);
        assert!(is_subscribed || fleet.freshness() != Freshness::Live, "live without hearing of changes");
        assert!(stands || !self.client.approvals().is_live(), "live without a connection");
        let waits_for_somebody = match session.state() {
            State::Closed | State::Blocked(_) | State::Waiting { until: None, .. } => true,
            State::Connecting | State::Authenticating | State::Ready | State::Degraded(_) => false,
            State::Waiting { until: Some(_), .. } => false,
        };
        assert_eq!(session.deadline().is_none(), waits_for_somebody, "{:?}", session.state());
        for key in [KEY, ALIAS] {
            let Some(chat) = self.client.chat(key) else { continue };
            assert!(stands || !chat.is_live(), "live without a connection");
            let is_sending = |run: &agent_gateway_client::openclaw::chat::Run<Value>| run.state.as_str() == "sending";
            assert!(stands || !chat.runs().iter().any(is_sending), "sending without a connection");
        }
        let has_socket = matches!(session.state(), State::Connecting | State::Authenticating) || stands;
        assert_eq!(has_socket, self.socket.is_some());
    }
}

fn key_of(alias: bool) -> &'static str {
    if alias { ALIAS } else { KEY }
}

fn secret(text: &str) -> Option<Secret> {
    Some(Secret(text.to_owned()))
}

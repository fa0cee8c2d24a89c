//! An OpenClaw session in virtual time, with the test in the place of the gateway. What it does is a log.
#![allow(dead_code)]

use agent_gateway_client::machine::{DialId, Input, Machine, Output, RequestId, Wake};
use agent_gateway_client::openclaw::device::{Answer, DeviceKey, Question};
use agent_gateway_client::openclaw::wire::{Frame, Json};
use agent_gateway_client::openclaw::{
    Answers, Auth, CallId, Config, Event, NotCalled, Secret, Session, State, StoredToken, json as wire,
};
use agent_gateway_client::time::Timestamp;
use serde_json::{Value, json};

/// Where the virtual clock starts.
pub const START: u64 = 1_790_000_000_000;

pub struct OpenClawSim {
    pub session: Session<Value>,
    pub now: u64,
    pub dial: Option<DialId>,
    pub request: Option<RequestId>,
    /// The text that the host was asked to sign.
    pub to_sign: String,
    /// The host signs as soon as it is asked.
    pub signs: bool,
    /// The frames of the client since the last call of `sent`.
    sent: Vec<Value>,
    log: Vec<String>,
    seq: u64,
}

pub fn device() -> DeviceKey {
    DeviceKey { id: "d1".to_owned(), public_key: "pk1".to_owned() }
}

pub fn secret(text: &str) -> Option<Secret> {
    Some(Secret(text.to_owned()))
}

pub fn stored(token: &str) -> Option<StoredToken> {
    Some(StoredToken { token: Secret(token.to_owned()), scopes: vec!["operator.read".to_owned()] })
}

pub fn config() -> Config {
    Config {
        device: Some(device()),
        auth: Auth { token: secret("shared"), ..Auth::default() },
        origin: Some("https://page.example.org".to_owned()),
        seed: 7,
        ..Config::default()
    }
}

/// A gateway's welcome.
pub fn hello() -> Value {
    json!({
        "type": "hello-ok", "protocol": 4,
        "server": {"version": "2026.9.6", "bootId": "boot-1", "connId": "c1"},
        "features": {"methods": ["health"], "events": []},
        "snapshot": {"presence": []},
        "auth": {"method": "token", "role": "operator", "scopes": ["operator.read", "operator.write"]},
        "policy": {"maxPayload": 1000, "maxBufferedBytes": 2000, "tickIntervalMs": 30000},
    })
}

/// A refusal with a code in its details.
pub fn refusal(code: &str, details: Value) -> Value {
    let mut details = details;
    details["code"] = json!(code);
    json!({"code": "INVALID_REQUEST", "message": "refused", "details": details})
}

impl OpenClawSim {
    pub fn new(config: Config) -> Self {
        Self {
            session: Session::new(config),
            now: START,
            dial: None,
            request: None,
            to_sign: String::new(),
            signs: true,
            sent: Vec::new(),
            log: Vec::new(),
            seq: 0,
        }
    }

    /// A session that waits for the answer to its `connect`, and an empty log.
    pub fn greeting(config: Config) -> Self {
        let mut sim = Self::new(config);
        sim.connect();
        sim.challenge();
        sim.log();
        sim
    }

    /// A session that stands, and an empty log.
    pub fn ready() -> Self {
        let mut sim = Self::greeting(config());
        sim.welcome(hello());
        sim.log();
        sim.sent();
        sim
    }

    pub fn connect(&mut self) {
        self.call(|session, now| session.connect(now));
    }

    pub fn open(&mut self) {
        let dial = self.dial.expect("a socket was dialled");
        self.input(Input::Opened { dial });
    }

    /// Opens the socket and sends the gateway's challenge.
    pub fn challenge(&mut self) {
        self.open();
        self.seq = 0;
        self.receive(json!({"type": "event", "event": "connect.challenge", "payload": {"nonce": "n1", "ts": START}}));
    }

    pub fn welcome(&mut self, hello: Value) {
        let id = self.last_id();
        self.receive(json!({"type": "res", "id": id, "ok": true, "payload": hello}));
    }

    pub fn refuse(&mut self, error: Value) {
        let id = self.last_id();
        self.receive(json!({"type": "res", "id": id, "ok": false, "error": error}));
    }

    pub fn answer(&mut self, call: CallId, payload: Value) {
        self.receive(json!({"type": "res", "id": call.0.to_string(), "ok": true, "payload": payload}));
    }

    pub fn event(&mut self, name: &str, payload: Value) {
        self.seq += 1;
        self.receive(json!({"type": "event", "event": name, "payload": payload, "seq": self.seq}));
    }

    /// Events that the gateway dropped.
    pub fn skip(&mut self, events: u64) {
        self.seq += events;
    }

    pub fn receive(&mut self, frame: Value) {
        self.receive_text(&frame.to_string());
    }

    pub fn receive_text(&mut self, text: &str) {
        let dial = self.dial.expect("a socket was dialled");
        match wire::decode(text) {
            Ok(frame) => self.input(Input::Frame { dial, frame }),
            Err(detail) => self.input(Input::Garbled { dial, detail }),
        }
    }

    pub fn close(&mut self, code: u16, reason: &str) {
        let dial = self.dial.expect("a socket was dialled");
        self.input(Input::Closed { dial, code, reason: reason.to_owned() });
    }

    pub fn sign(&mut self, answer: Answer) {
        let request = self.request.expect("the host was asked");
        self.input(Input::Answered { request, answer });
    }

    pub fn wake(&mut self, wake: Wake) {
        self.input(Input::Woke(wake));
    }

    /// Calls a method without parameters.
    pub fn ask(&mut self, method: &str) -> CallId {
        self.ask_for(method, Answers::default()).expect("the call is made")
    }

    pub fn ask_for(&mut self, method: &str, answers: Answers) -> Result<CallId, NotCalled> {
        self.call(|session, now| session.call(method, Json::Object(Vec::new()), answers, now))
    }

    pub fn input(&mut self, input: Input<Frame<Value>, Answer>) {
        self.call(|session, now| session.handle(input, now));
    }

    /// Lets time pass, with every deadline met to the millisecond.
    pub fn advance(&mut self, millis: u64) {
        let end = self.now + millis;
        while let Some((at, _)) = self.session.deadline()
            && at.as_millis() <= end
        {
            self.now = self.now.max(at.as_millis());
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    /// Lets time pass unwatched, as a suspended process does, and meets the deadline late.
    pub fn sleep(&mut self, millis: u64) {
        self.now += millis;
        self.input(Input::Timeout);
    }

    /// Lets the time pass until the next socket is dialled; returns how long that took.
    pub fn advance_to_dial(&mut self) -> u64 {
        let (from, before) = (self.now, self.dial);
        while self.dial == before {
            let (at, timer) = self.session.deadline().expect("something is waited for");
            assert!(at.as_millis() - from < 600_000, "no dial within ten minutes, but {timer:?}");
            self.now = self.now.max(at.as_millis());
            self.input(Input::Timeout);
        }
        self.now - from
    }

    pub fn deadline_in(&self) -> Option<(u64, &'static str)> {
        self.session.deadline().map(|(at, timer)| (at.as_millis().saturating_sub(self.now), timer.as_str()))
    }

    /// What happened since the last call.
    pub fn log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    /// The frames of the client since the last call.
    pub fn sent(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.sent)
    }

    pub fn call<R>(&mut self, call: impl FnOnce(&mut Session<Value>, Timestamp) -> R) -> R {
        let result = call(&mut self.session, Timestamp::from_millis(self.now));
        let mut asked = false;
        while let Some(output) = self.session.poll() {
            let line = match output {
                Output::Ask { request, question: Question::Sign { text } } => {
                    self.request = Some(request);
                    self.to_sign = text.0;
                    asked = true;
                    "sign".to_owned()
                }
                Output::Ask { .. } => "run".to_owned(),
                Output::Withdraw { .. } => "withdraw".to_owned(),
                Output::Dial { dial, url } => {
                    self.dial = Some(dial);
                    format!("dial {url}")
                }
                Output::Send { command, .. } => {
                    let frame: Value = serde_json::from_str(&wire::encode(&command)).expect("a frame is JSON");
                    let line = format!("send {}", command.method);
                    self.sent.push(frame);
                    line
                }
                Output::Hangup { code, reason, .. } => format!("hangup {code} {reason}"),
                Output::Event(event) => line(event),
            };
            self.log.push(line);
        }
        if asked && self.signs {
            self.sign(Answer::Signed { signature: "sig".to_owned() });
        }
        result
    }

    /// The credential of the last frame, which asks for the connection.
    pub fn presented(&self) -> Value {
        self.sent.last().expect("a frame was sent")["params"]["auth"].clone()
    }

    fn last_id(&self) -> Value {
        self.sent.last().expect("a frame was sent")["id"].clone()
    }
}

pub fn state_line(state: &State) -> String {
    match state {
        State::Waiting { until: None, why } => format!("waiting for the host: {}", why.code),
        State::Waiting { why: trouble, .. } | State::Degraded(trouble) | State::Blocked(trouble) => {
            format!("{} {}", state.as_str(), trouble.code)
        }
        State::Closed | State::Connecting | State::Authenticating | State::Ready => state.as_str().to_owned(),
    }
}

fn line(event: Event<Value>) -> String {
    match event {
        Event::StateChanged(state) => state_line(&state),
        Event::Hello(hello) => format!("hello {}{}", hello.protocol, if hello.restarted { " restarted" } else { "" }),
        Event::Notice(notice) => format!("event {}", notice.name),
        Event::Gap { from, to } => format!("gap {from}-{to}"),
        Event::TokenGranted(stored) => format!("token granted {}", stored.token.0),
        Event::TokenRefused(token) => format!("token refused {}", token.0),
        Event::CallAccepted { call, .. } => format!("accepted {}", call.0),
        Event::CallSettled { call, outcome: Ok(payload) } => format!("answer {} {payload}", call.0),
        Event::CallSettled { call, outcome: Err(error) } => format!("failed {} {}", call.0, error.as_str()),
        Event::Protocol { detail } => format!("protocol {detail}"),
    }
}

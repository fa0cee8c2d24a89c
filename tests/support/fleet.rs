//! An OpenClaw client with its fleet in virtual time, with the test in the place of the gateway.
#![allow(dead_code)]

use agent_gateway_client::machine::{DialId, Input, Machine, Output, RequestId};
use agent_gateway_client::openclaw::approvals::ApprovalChange;
use agent_gateway_client::openclaw::chat::{ChatEvent, TextChange};
use agent_gateway_client::openclaw::device::{Answer, DeviceKey, Question};
use agent_gateway_client::openclaw::fleet::{Change, Freshness};
use agent_gateway_client::openclaw::wire::Frame;
use agent_gateway_client::openclaw::{Auth, Client, ClientEvent, Config, Event, Secret, json as wire};
use agent_gateway_client::time::Timestamp;
use serde_json::{Value, json};

/// Where the virtual clock starts, that of the gateway, too.
pub const START: u64 = 1_790_000_000_000;

pub struct FleetSim {
    pub client: Client<Value>,
    pub now: u64,
    dial: Option<DialId>,
    request: Option<RequestId>,
    /// Requests without an answer: the id and the frame.
    pub open: Vec<Value>,
    log: Vec<String>,
    chat_log: Vec<String>,
    seq: u64,
    boot: u32,
    /// The commands that the host was asked to run.
    pub running: Vec<RequestId>,
    /// What the gateway grants.
    pub scopes: Vec<&'static str>,
}

impl FleetSim {
    pub fn new() -> Self {
        Self::with(Config {
            device: Some(DeviceKey { id: "d1".to_owned(), public_key: "pk1".to_owned() }),
            auth: Auth { token: Some(Secret("shared".to_owned())), ..Auth::default() },
            ..Config::default()
        })
    }

    pub fn with(config: Config) -> Self {
        Self {
            client: Client::new(config),
            now: START,
            dial: None,
            request: None,
            open: Vec::new(),
            log: Vec::new(),
            chat_log: Vec::new(),
            seq: 0,
            boot: 1,
            running: Vec::new(),
            scopes: vec!["operator.read"],
        }
    }

    /// A client whose connection stands and whose calls are not answered yet.
    pub fn welcomed() -> Self {
        let mut sim = Self::new();
        sim.call(|client, now| client.connect(now));
        sim.welcome();
        sim.log();
        sim
    }

    /// A client that knows one agent, `main`, and these sessions.
    pub fn live(sessions: Value) -> Self {
        let mut sim = Self::welcomed();
        sim.sync(sessions);
        sim.log();
        sim
    }

    pub fn welcome(&mut self) {
        self.seq = 0;
        self.open.clear();
        self.receive(json!({"type": "event", "event": "connect.challenge", "payload": {"nonce": "n", "ts": self.now}}));
        let request = self.request.expect("the host was asked");
        self.input(Input::Answered { request, answer: Answer::Signed { signature: "sig".to_owned() } });
        let auth = json!({"method": "token", "role": "operator", "scopes": self.scopes});
        let server = json!({"version": "1", "bootId": format!("b{}", self.boot), "connId": "c"});
        self.answer(
            "connect",
            json!({"type": "hello-ok", "protocol": 4, "server": server, "auth": auth,
            "policy": {"tickIntervalMs": 30000}, "snapshot": {"presence": [{"host": "gateway"}]}}),
        );
    }

    /// The gateway was started anew; told by its next welcome.
    pub fn restart(&mut self) {
        self.boot += 1;
    }

    /// Loses the connection and stands again, with nothing read yet.
    pub fn reconnect(&mut self) {
        self.close(1006);
        self.advance_to_dial();
        self.welcome();
    }

    /// What the application was told of chats.
    pub fn chat_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.chat_log)
    }

    /// Answers a whole reading with these sessions.
    pub fn sync(&mut self, sessions: Value) {
        if self.is_asked("sessions.subscribe") {
            self.answer("sessions.subscribe", json!({"subscribed": true}));
        }
        if self.is_asked("system-presence") {
            self.answer("system-presence", json!([]));
        }
        self.answer("agents.list", agents(&["main"]));
        self.answer("sessions.list", list(self.now, sessions));
    }

    pub fn is_asked(&self, method: &str) -> bool {
        self.open.iter().any(|frame| frame["method"] == method)
    }

    /// The methods of the requests without an answer.
    pub fn asked(&self) -> Vec<&str> {
        self.open.iter().filter_map(|frame| frame["method"].as_str()).collect()
    }

    pub fn answer(&mut self, method: &str, payload: Value) {
        let id = self.take(method);
        self.receive(json!({"type": "res", "id": id, "ok": true, "payload": payload}));
    }

    pub fn refuse(&mut self, method: &str, code: &str) {
        let id = self.take(method);
        self.receive(json!({"type": "res", "id": id, "ok": false, "error": {"code": code, "message": "no"}}));
    }

    /// Refuses a request for a while.
    pub fn put_off(&mut self, method: &str, retry_after: u64) {
        let id = self.take(method);
        let error = json!({"code": "UNAVAILABLE", "message": "no", "retryable": true, "retryAfterMs": retry_after});
        self.receive(json!({"type": "res", "id": id, "ok": false, "error": error}));
    }

    pub fn event(&mut self, name: &str, payload: Value) {
        self.seq += 1;
        self.receive(json!({"type": "event", "event": name, "payload": payload, "seq": self.seq}));
    }

    /// A change of a session, true at this moment of the gateway.
    pub fn changed(&mut self, key: &str, at: u64, row: Value) {
        let mut row = row;
        row["key"] = json!(key);
        row["snapshotAt"] = json!(at);
        self.event("sessions.changed", json!({"sessionKey": key, "ts": at, "reason": "patch", "session": row}));
    }

    pub fn skip(&mut self, events: u64) {
        self.seq += events;
    }

    pub fn receive(&mut self, frame: Value) {
        let dial = self.dial.expect("a socket was dialled");
        let frame = wire::decode(&frame.to_string()).expect("a frame");
        self.input(Input::Frame { dial, frame });
    }

    pub fn close(&mut self, code: u16) {
        let dial = self.dial.expect("a socket was dialled");
        self.input(Input::Closed { dial, code, reason: String::new() });
    }

    pub fn input(&mut self, input: Input<Frame<Value>, Answer>) {
        self.call(|client, now| client.handle(input, now));
    }

    /// Lets time pass, with every deadline met to the millisecond.
    pub fn advance(&mut self, millis: u64) {
        let end = self.now + millis;
        while let Some((at, _)) = self.client.deadline()
            && at.as_millis() <= end
        {
            self.now = self.now.max(at.as_millis());
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    /// The same with a gateway that ticks.
    pub fn stay(&mut self, millis: u64) {
        let end = self.now + millis;
        while self.now < end {
            self.advance((end - self.now).min(30_000));
            self.receive(json!({"type": "event", "event": "tick", "payload": {}}));
        }
    }

    /// Lets the time pass until the next socket is dialled.
    pub fn advance_to_dial(&mut self) {
        let before = self.dial;
        while self.dial == before {
            let (at, _) = self.client.deadline().expect("something is waited for");
            self.now = self.now.max(at.as_millis());
            self.input(Input::Timeout);
        }
    }

    /// What the application was told of the fleet, and the calls of its own that were settled.
    pub fn log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    /// A session's activity: `running a b`, `idle`.
    pub fn activity(&self, key: &str) -> String {
        let Some(card) = self.client.fleet().session(key) else { return "gone".to_owned() };
        match &card.activity {
            agent_gateway_client::openclaw::fleet::Activity::Running(ids) => format!("running {}", ids.join(" ")),
            other => other.as_str().to_owned(),
        }
    }

    /// The keys of the sessions in which an agent works.
    pub fn running(&self, agent: &str) -> Vec<String> {
        self.client.fleet().agent(agent).expect("the agent is there").work.running.clone()
    }

    pub fn call<R>(&mut self, call: impl FnOnce(&mut Client<Value>, Timestamp) -> R) -> R {
        let result = call(&mut self.client, Timestamp::from_millis(self.now));
        while let Some(output) = self.client.poll() {
            match output {
                Output::Ask { request, question: Question::Sign { .. } } => self.request = Some(request),
                Output::Ask { request, question: Question::Run(invocation) } => {
                    self.log.push(format!("run {} {} {}", invocation.command, invocation.key, invocation.params));
                    self.running.push(request);
                }
                Output::Withdraw { request } if self.running.contains(&request) => self.log.push("withdraw".to_owned()),
                Output::Dial { dial, .. } => self.dial = Some(dial),
                Output::Send { command, .. } => {
                    self.open.push(serde_json::from_str(&wire::encode(&command)).expect("JSON"));
                }
                Output::Event(ClientEvent::Fleet(changes)) => {
                    let changes: Vec<_> = changes.into_iter().map(change).collect();
                    self.log.push(changes.join(", "));
                }
                Output::Event(ClientEvent::Session(Event::CallSettled { call, outcome })) => {
                    self.log.push(format!("settled {} {}", call.0, outcome.is_ok()));
                }
                Output::Event(ClientEvent::Approval(change)) => self.log.push(match change {
                    ApprovalChange::Pending(id) => format!("approval {id}"),
                    ApprovalChange::Gone(id) => format!("approval {id} gone"),
                    ApprovalChange::Live => "approvals live".to_owned(),
                }),
                Output::Event(ClientEvent::Chat { event, .. }) => {
                    let line = self.chat_line(event);
                    self.chat_log.push(line);
                }
                Output::Withdraw { .. } | Output::Hangup { .. } | Output::Event(ClientEvent::Session(_)) => {}
            }
        }
        result
    }

    fn chat_line(&self, event: ChatEvent<Value>) -> String {
        match event {
            ChatEvent::History(_) => "history".to_owned(),
            ChatEvent::Message(message) => format!("message {}", message["message"]["role"].as_str().unwrap_or("?")),
            ChatEvent::Run { run, .. } => format!("run {run}"),
            ChatEvent::Text { run, change: TextChange::Appended(text) } => format!("{run} + {text}"),
            ChatEvent::Text { run, change: TextChange::Replaced(text) } => format!("{run} = {text}"),
            ChatEvent::Activity(activity) => activity.as_str().to_owned(),
            ChatEvent::Failed { purpose, code, .. } => format!("failed {purpose:?} {code}"),
        }
    }

    /// The parameters of a request, which is answered.
    pub fn accept(&mut self, method: &str) -> Value {
        let params = self.open.iter().find(|frame| frame["method"] == method).map(|frame| frame["params"].clone());
        self.answer(method, json!({"ok": true}));
        params.expect("it was asked")
    }

    fn take(&mut self, method: &str) -> Value {
        let asked = self.open.iter().position(|frame| frame["method"] == method);
        let asked = asked.unwrap_or_else(|| panic!("{method} was not called, but {:?}", self.asked()));
        self.open.remove(asked)["id"].clone()
    }
}

pub fn agents(ids: &[&str]) -> Value {
    let agents: Vec<_> = ids.iter().map(|id| json!({"id": id, "name": format!("Agent {id}")})).collect();
    json!({"defaultId": ids.first(), "agents": agents})
}

pub fn list(at: u64, sessions: Value) -> Value {
    json!({"ts": at, "sessions": sessions, "hasMore": false})
}

fn change(change: Change) -> String {
    match change {
        Change::Agent(id) => format!("agent {id}"),
        Change::AgentGone(id) => format!("agent {id} gone"),
        Change::Session(key) => format!("session {key}"),
        Change::SessionGone(key) => format!("session {key} gone"),
        Change::Presence => "presence".to_owned(),
        Change::Freshness => "freshness".to_owned(),
        Change::ReadFailed { code, retries } => format!("read failed {code}{}", if retries { ", again" } else { "" }),
    }
}

pub fn stale(at: u64) -> Freshness {
    Freshness::Stale { as_of: Timestamp::from_millis(at) }
}

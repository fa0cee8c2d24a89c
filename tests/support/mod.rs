//! A session in virtual time, with the test in the place of the gateway. What it does is a log that reads like a wire.
#![allow(dead_code)]

#[allow(clippy::duplicate_mod, reason = "a test of both protocols has it twice")]
mod lines;

use agent_gateway_client::agent::{Completion, ToolResult};
use agent_gateway_client::link::Token;
use agent_gateway_client::machine::{Answer, DialId, Input, Machine, Output, RequestId, Wake};
use agent_gateway_client::time::Timestamp;
use agent_gateway_client::v1::wire::ClientFrame;
use agent_gateway_client::v1::{Config, Event, Session, json};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Where the virtual clock starts: a wall time, because tokens carry wall times.
pub const START: u64 = 1_790_000_000_000;

/// Deadlines that may be met at one moment before something is taken to spin.
const TIMEOUTS_AT_ONCE: u32 = 20;

pub struct Sim {
    pub session: Session<Box<RawValue>>,
    pub now: u64,
    pub dial: Option<DialId>,
    pub request: Option<RequestId>,
    pub done: Vec<Completion>,
    log: Vec<String>,
}

pub fn config() -> Config {
    Config {
        gateway_url: "https://g".to_owned(),
        operation_id: "op".to_owned(),
        token: Some(Token::read("t1")),
        auto_reconnect: true,
        ..Config::default()
    }
}

/// A configuration whose host gives tokens.
pub fn asking() -> Config {
    Config { host_gives_tokens: true, ..config() }
}

/// A JSON Web Token with these dates, in seconds from [`START`].
pub fn jwt(iat: i64, exp: i64) -> String {
    use base64::Engine;
    let seconds = |offset: i64| START as i64 / 1_000 + offset;
    let claims = json!({"iat": seconds(iat), "exp": seconds(exp)}).to_string();
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims);
    format!("eyJhbGciOiJSUzI1NiJ9.{payload}.x")
}

impl Sim {
    pub fn new(config: Config) -> Self {
        Self { session: Session::new(config), now: START, dial: None, request: None, done: Vec::new(), log: Vec::new() }
    }

    /// A session whose socket is open and authenticated, with an empty log.
    pub fn connected(config: Config) -> Self {
        let mut sim = Self::new(config);
        sim.connect();
        sim.authenticate();
        sim.log();
        sim
    }

    pub fn connect(&mut self) {
        self.call(|session, now| session.connect(now));
    }

    pub fn disconnect(&mut self) {
        self.call(|session, now| session.disconnect(now));
    }

    pub fn reconnect(&mut self) {
        self.call(|session, now| session.reconnect(now));
    }

    pub fn update_token(&mut self, token: &str) {
        self.call(|session, now| session.update_token(Token::read(token), now));
    }

    pub fn send_tool_result(&mut self, tool_call_id: &str) -> bool {
        let frame = json!({"toolCallId": tool_call_id, "content": "ok", "success": true, "type": "tool_result"});
        let result = ToolResult { tool_call_id: tool_call_id.into(), frame: frame.to_string().into() };
        self.call(|session, now| session.send_tool_result(result, now))
    }

    /// Opens the socket and accepts the token.
    pub fn authenticate(&mut self) {
        self.open();
        self.receive(r#"{"type":"auth_success"}"#);
    }

    pub fn open(&mut self) {
        let dial = self.dial.expect("a socket was dialled");
        self.input(Input::Opened { dial });
    }

    pub fn receive(&mut self, text: &str) {
        let dial = self.dial.expect("a socket was dialled");
        self.receive_on(dial, text);
    }

    pub fn receive_on(&mut self, dial: DialId, text: &str) {
        match json::decode(text, self.session.operation_id()) {
            Ok(frame) => self.input(Input::Frame { dial, frame }),
            Err(detail) => self.input(Input::Garbled { dial, detail }),
        }
    }

    /// A chunk of the run's own answer, with a timestamp that grows with its id.
    pub fn chunk(&mut self, id: u64, content: &str) {
        self.receive(&chunk_at(id, content, START + id));
    }

    pub fn close(&mut self, code: u16, reason: &str) {
        let dial = self.dial.expect("a socket was dialled");
        self.input(Input::Closed { dial, code, reason: reason.to_owned() });
    }

    pub fn answer(&mut self, answer: Answer) {
        let request = self.request.expect("the host was asked");
        self.input(Input::Answered { request, answer });
    }

    pub fn answer_token(&mut self, token: &str) {
        self.answer(Answer::Token(Token::read(token)));
    }

    pub fn wake(&mut self, wake: Wake) {
        self.input(Input::Woke(wake));
    }

    pub fn input(&mut self, input: Input<agent_gateway_client::v1::wire::ServerFrame<Box<RawValue>>>) {
        self.call(|session, now| session.handle(input, now));
    }

    /// Lets time pass, with every deadline met to the millisecond.
    pub fn advance(&mut self, millis: u64) {
        let end = self.now + millis;
        let mut at_once = 0;
        while let Some((at, timer)) = self.session.deadline()
            && at.as_millis() <= end
        {
            assert!(at.as_millis() >= self.now, "a deadline that passed was not handled: {at:?}");
            at_once = if at.as_millis() == self.now { at_once + 1 } else { 0 };
            assert!(at_once <= TIMEOUTS_AT_ONCE, "a busy loop: {timer:?}");
            self.now = at.as_millis();
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    /// The process sleeps: time passes, deadlines do not fire until the end.
    pub fn sleep(&mut self, millis: u64) {
        self.now += millis;
        if self.session.deadline().is_some_and(|(at, _)| at.as_millis() <= self.now) {
            self.input(Input::Timeout);
        }
    }

    /// Everything that happened since the last call.
    pub fn log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    /// The events alone.
    pub fn events(&mut self) -> Vec<String> {
        let events = self.log().into_iter().filter_map(|line| line.strip_prefix("event ").map(str::to_owned));
        events.collect()
    }

    pub fn deadline_in(&self) -> Option<u64> {
        self.session.deadline().map(|(at, _)| at - Timestamp::from_millis(self.now))
    }

    pub fn call<R>(&mut self, call: impl FnOnce(&mut Session<Box<RawValue>>, Timestamp) -> R) -> R {
        let result = call(&mut self.session, Timestamp::from_millis(self.now));
        self.drain();
        result
    }

    pub fn drain(&mut self) {
        while let Some(output) = self.session.poll() {
            let line = self.line(output);
            self.log.push(line);
        }
    }

    fn line(&mut self, output: Output<ClientFrame, Event<Box<RawValue>>>) -> String {
        match &output {
            Output::Ask { request, .. } => self.request = Some(*request),
            Output::Dial { dial, .. } => self.dial = Some(*dial),
            Output::Event(Event::Done(completion)) => self.done.push(completion.clone()),
            Output::Withdraw { .. } | Output::Send { .. } | Output::Hangup { .. } | Output::Event(_) => {}
        }
        lines::of_output(output, json::encode, |event| match event {
            Event::Error { code, .. } => format!("error {}", code.as_str()),
            event => lines::of_event(&event, summary),
        })
    }
}

/// The content of a chunk, the type of any other event.
fn summary(event: Value) -> String {
    let text = event["data"]["content"].as_str().or(event["type"].as_str());
    text.unwrap_or_default().to_owned()
}

pub fn chunk_at(id: u64, content: &str, timestamp: u64) -> String {
    event_with(Some(&id.to_string()), "op", "stream_chunk", json!({"chunkType": "text", "content": content}), timestamp)
}

pub fn end(id: u64, operation_id: &str, reason: &str) -> String {
    let data = json!({"reason": reason, "reasonDetail": format!("{reason} detail")});
    event_with(Some(&id.to_string()), operation_id, "agent_runtime_end", data, START + id)
}

pub fn event_with(id: Option<&str>, operation_id: &str, event_type: &str, data: Value, timestamp: u64) -> String {
    let event =
        json!({"type": event_type, "operationId": operation_id, "stepIndex": 0, "timestamp": timestamp, "data": data});
    match id {
        Some(id) => json!({"type": "agent_event", "id": id, "event": event}).to_string(),
        None => json!({"type": "agent_event", "event": event}).to_string(),
    }
}

pub fn session_complete(id: u64) -> String {
    json!({"type": "session_complete", "id": id.to_string(), "summary": ""}).to_string()
}

pub fn status_change(id: u64, status: &str) -> String {
    json!({"type": "status_change", "id": id.to_string(), "status": status}).to_string()
}

pub fn resume_complete(status: &str) -> String {
    json!({"type": "resume_complete", "status": status, "gap": false}).to_string()
}

//! A mux in virtual time, with the test in the place of the hub. What it does is a log that reads like a wire.
#![allow(dead_code)]

#[allow(clippy::duplicate_mod, reason = "a test of both protocols has it twice")]
mod lines;

use agent_gateway_client::agent::ToolResult;
use agent_gateway_client::link::Token;
use agent_gateway_client::machine::{Answer, DialId, Input, Machine, Output, RequestId, Wake};
use agent_gateway_client::operation::Event;
use agent_gateway_client::time::Timestamp;
use agent_gateway_client::v2::{Mux, MuxConfig, MuxEvent, SubscriptionId, json};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Where the virtual clock starts.
pub const START: u64 = 1_790_000_000_000;

pub struct MuxSim {
    pub mux: Mux<Box<RawValue>>,
    pub now: u64,
    pub dial: Option<DialId>,
    pub request: Option<RequestId>,
    next_subscription: u32,
    tokens: u32,
    /// Tokens are given as soon as they are asked for.
    pub gives_tokens: bool,
    log: Vec<String>,
}

pub fn config() -> MuxConfig {
    MuxConfig {
        gateway_url: "https://g/".to_owned(),
        client_id: "tab".to_owned(),
        auto_reconnect: true,
        keep_alive: false,
        heartbeat_every: 30_000,
        max_dial_failures: 3,
        rotate_after: None,
        seed: 7,
    }
}

impl MuxSim {
    pub fn new(config: MuxConfig) -> Self {
        Self {
            mux: Mux::new(config),
            now: START,
            dial: None,
            request: None,
            next_subscription: 1,
            tokens: 0,
            gives_tokens: true,
            log: Vec::new(),
        }
    }

    /// A mux with a subscription of `op` on a ready socket, and an empty log.
    pub fn subscribed() -> Self {
        let mut sim = Self::new(config());
        sim.subscribe("op");
        sim.ready();
        sim.receive(r#"{"type":"resume_complete","operationId":"op","status":"running","gap":false}"#);
        sim.log();
        sim
    }

    /// A mux that found the gateway not to serve its protocol, and an empty log.
    pub fn unavailable() -> Self {
        let mut sim = Self::new(config());
        sim.mux.watch_unavailable(true);
        sim.connect();
        for _ in 0..2 {
            sim.close(1006, "");
            sim.advance_to_dial();
        }
        sim.close(1006, "");
        sim.log();
        sim
    }

    pub fn subscribe(&mut self, operation_id: &str) -> SubscriptionId {
        self.subscribe_from(operation_id, "", false)
    }

    pub fn subscribe_from(&mut self, operation_id: &str, last_event_id: &str, executor: bool) -> SubscriptionId {
        let id = SubscriptionId(self.next_subscription);
        self.next_subscription += 1;
        self.call(|mux, now| mux.subscribe(id, operation_id, last_event_id, executor, now));
        id
    }

    pub fn unsubscribe(&mut self, id: SubscriptionId) {
        self.call(|mux, now| mux.unsubscribe(id, now));
    }

    pub fn connect(&mut self) -> bool {
        self.call(|mux, now| mux.connect(now))
    }

    pub fn disconnect(&mut self) {
        self.call(|mux, now| mux.disconnect(now));
    }

    pub fn send_tool_result(&mut self, id: SubscriptionId, tool_call_id: &str) -> bool {
        let frame = json!({"content": "ok", "operationId": "op", "success": true, "toolCallId": tool_call_id,
            "type": "tool_result"});
        let result = ToolResult { tool_call_id: tool_call_id.into(), frame: frame.to_string().into() };
        self.call(|mux, now| mux.send_tool_result(id, result, now))
    }

    pub fn ready(&mut self) {
        self.open();
        self.receive(r#"{"type":"ready","userId":"u","connectionId":"c","protocol":2}"#);
    }

    pub fn open(&mut self) {
        let dial = self.dial.expect("a socket was dialled");
        self.input(Input::Opened { dial });
    }

    pub fn receive(&mut self, text: &str) {
        let dial = self.dial.expect("a socket was dialled");
        match json::decode(text, |operation_id| self.mux.channel_of(operation_id)) {
            Ok(frame) => self.input(Input::Frame { dial, frame }),
            Err(detail) => self.input(Input::Garbled { dial, detail }),
        }
    }

    pub fn event(&mut self, operation_id: &str, id: u64, event: Value) {
        let frame = json!({"type": "agent_event", "operationId": operation_id, "id": id.to_string(), "event": event});
        self.receive(&frame.to_string());
    }

    /// A chunk of the operation's own answer, with a timestamp that grows with its id.
    pub fn chunk(&mut self, operation_id: &str, id: u64) {
        self.event(
            operation_id,
            id,
            json!({"type": "stream_chunk", "stepIndex": 0, "timestamp": START + id, "data": {}}),
        );
    }

    pub fn terminal(&mut self, operation_id: &str, id: u64, reason: &str) {
        let data = json!({"reason": reason});
        self.event(
            operation_id,
            id,
            json!({"type": "agent_runtime_end", "stepIndex": 0, "timestamp": START + id, "data": data}),
        );
    }

    /// The end of a member, mirrored onto the channel of its supervisor.
    pub fn mirrored(&mut self, operation_id: &str, id: u64, reason: &str) {
        let data = json!({"reason": reason});
        self.event(
            operation_id,
            id,
            json!({"type": "agent_runtime_end", "operationId": "member", "stepIndex": 0, "timestamp": START + id, "data": data}),
        );
    }

    pub fn resumed(&mut self, operation_id: &str, status: &str) {
        self.receive(
            &json!({"type": "resume_complete", "operationId": operation_id, "status": status, "gap": false})
                .to_string(),
        );
    }

    pub fn lifecycle(&mut self, operation_id: &str, status: &str) {
        self.receive(
            &json!({"type": "op_lifecycle", "operationId": operation_id, "status": status, "at": 1}).to_string(),
        );
    }

    pub fn close(&mut self, code: u16, reason: &str) {
        let dial = self.dial.expect("a socket was dialled");
        self.input(Input::Closed { dial, code, reason: reason.to_owned() });
    }

    /// The platform does not create the socket.
    pub fn refuse(&mut self) {
        let dial = self.dial.expect("a socket was dialled");
        self.input(Input::Refused { dial, detail: "blocked".to_owned() });
    }

    pub fn answer(&mut self, answer: Answer) {
        let request = self.request.expect("the host was asked");
        self.input(Input::Answered { request, answer });
    }

    pub fn wake(&mut self, wake: Wake) {
        self.input(Input::Woke(wake));
    }

    pub fn input(&mut self, input: Input<agent_gateway_client::v2::wire::HubFrame<Box<RawValue>>>) {
        self.call(|mux, now| mux.handle(input, now));
    }

    /// Lets time pass, with every deadline met to the millisecond.
    pub fn advance(&mut self, millis: u64) {
        let end = self.now + millis;
        while let Some((at, _)) = self.mux.deadline()
            && at.as_millis() <= end
        {
            self.now = self.now.max(at.as_millis());
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    /// Lets the time pass until the next socket is dialled; returns how long that took.
    pub fn advance_to_dial(&mut self) -> u64 {
        let (from, before) = (self.now, self.dial);
        while self.dial == before {
            let (at, timer) = self.mux.deadline().expect("something is waited for");
            assert!(at.as_millis() - from < 60_000, "no dial within a minute, but {timer:?}");
            self.now = self.now.max(at.as_millis());
            self.input(Input::Timeout);
        }
        self.now - from
    }

    /// The process sleeps: time passes, deadlines do not fire until the end.
    pub fn sleep(&mut self, millis: u64) {
        self.now += millis;
        if self.mux.deadline().is_some_and(|(at, _)| at.as_millis() <= self.now) {
            self.input(Input::Timeout);
        }
    }

    pub fn deadline_in(&self) -> Option<u64> {
        self.mux.deadline().map(|(at, _)| at.as_millis().saturating_sub(self.now))
    }

    /// What happened since the last call.
    pub fn log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    pub fn call<R>(&mut self, call: impl FnOnce(&mut Mux<Box<RawValue>>, Timestamp) -> R) -> R {
        let result = call(&mut self.mux, Timestamp::from_millis(self.now));
        let mut asked = false;
        while let Some(output) = self.mux.poll() {
            match &output {
                Output::Ask { request, .. } => {
                    self.request = Some(*request);
                    asked = true;
                }
                Output::Dial { dial, .. } => self.dial = Some(*dial),
                Output::Withdraw { .. } | Output::Send { .. } | Output::Hangup { .. } | Output::Event(_) => {}
            }
            let line = lines::of_output(output, json::encode, of_mux);
            self.log.push(line);
        }
        if asked && self.gives_tokens {
            self.tokens += 1;
            let token = Token::read(format!("t{}", self.tokens));
            self.answer(Answer::Token(token));
        }
        result
    }
}

fn of_mux(event: MuxEvent<Box<RawValue>>) -> String {
    match event {
        MuxEvent::Operation { subscription, event } => format!("{} {}", subscription.0, of_operation(event)),
        MuxEvent::Ending { subscription } => format!("{} ending", subscription.0),
        MuxEvent::StatusChanged(status) => format!("mux status {}", status.as_str()),
        MuxEvent::Connected => "mux connected".to_owned(),
        MuxEvent::Disconnected => "mux disconnected".to_owned(),
        MuxEvent::Reconnecting { .. } => "mux reconnecting".to_owned(),
        MuxEvent::Error { code, message } => format!("mux error {} {message}", code.as_str()),
        MuxEvent::Lifecycle(frame) => {
            let frame: Value = serde_json::from_str(frame.get()).expect("a frame");
            format!(
                "mux lifecycle {} {}",
                frame["operationId"].as_str().unwrap_or(""),
                frame["status"].as_str().unwrap_or("")
            )
        }
        MuxEvent::Unavailable { reason } => format!("mux unavailable {reason}"),
        MuxEvent::WaitersResolved => "mux waiters_resolved".to_owned(),
        MuxEvent::WaitersRejected { message } => format!("mux waiters_rejected {message}"),
        MuxEvent::DocumentsReady => "mux documents_ready".to_owned(),
        MuxEvent::Document(frame) => format!("mux document {}", frame.get()),
    }
}

/// Delays of a mux are random and not written; of an event of the agent its type and when it was said.
fn of_operation(event: Event<Box<RawValue>>) -> String {
    match event {
        Event::Reconnecting { .. } => "reconnecting".to_owned(),
        event => lines::of_event(&event, |said| {
            let at = said["timestamp"].as_u64().map_or(0, |at| at.saturating_sub(START));
            format!("{} {at}", said["type"].as_str().unwrap_or_default())
        }),
    }
}

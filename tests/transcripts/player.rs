//! Plays the gateway's side of a recorded connection to a session and notes what the session does.

use std::collections::BTreeSet;

use agent_gateway_client::agent::{Outcome, ToolResult};
use agent_gateway_client::machine::{DialId, Input, Machine, Timer};
use agent_gateway_client::v1::json;
use agent_gateway_client::v1::wire::{ClientFrame, ServerFrame};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::differences::Difference;
use crate::opening::config;
use crate::recording::{Connection, What, is_cut, parsed};
use crate::support::Sim;

/// What a session made of a recorded connection.
pub struct Played {
    /// The ids of the delivered events, in order.
    pub delivered: Vec<u64>,
    /// Whatever else the application was told, except for statuses.
    pub told: Vec<String>,
    /// The completion, or how the connection stands when the recording is over.
    pub ending: String,
    /// Where the session did something else than what was recorded.
    pub differences: BTreeSet<Difference>,
}

/// Plays a connection from its dial to its last line.
pub fn play(connection: &Connection, resume_on_connect: bool) -> Played {
    let mut player = Player::new(connection, resume_on_connect);
    for step in &connection.steps {
        player.advance_to(step.at);
        player.step(&step.what);
        player.take_log();
    }
    player.played()
}

struct Player<'a> {
    connection: &'a Connection,
    sim: Sim,
    began: u64,
    now: u64,
    dial: Option<DialId>,
    log: Vec<String>,
    sent: Vec<Value>,
    /// The ids of the events that the session could hear.
    owed: BTreeSet<u64>,
    highest: u64,
    start: u64,
    hung_up: bool,
    refusal_heard: bool,
    closed_by_client: bool,
    closed_by_gateway: bool,
    differences: BTreeSet<Difference>,
}

impl<'a> Player<'a> {
    fn new(connection: &'a Connection, resume_on_connect: bool) -> Self {
        let config = config(connection, resume_on_connect);
        let start = config.last_event_id.parse().unwrap_or(0);
        let began = connection.steps[0].at;
        Self {
            connection,
            sim: Sim::new(config),
            began,
            now: began,
            dial: None,
            log: Vec::new(),
            sent: Vec::new(),
            owed: BTreeSet::new(),
            highest: 0,
            start,
            hung_up: false,
            refusal_heard: false,
            closed_by_client: false,
            closed_by_gateway: false,
            differences: BTreeSet::new(),
        }
    }

    fn advance_to(&mut self, at: u64) {
        assert!(at >= self.began, "{}: time goes on", self.connection.transcript);
        self.sim.advance(at - self.now);
        self.now = at;
        self.take_log();
    }

    fn step(&mut self, what: &What) {
        match what {
            What::Dialed { url } => self.dialed(url),
            What::Opened => self.input(|dial| Input::Opened { dial }),
            What::Received(raw) => self.received(raw),
            What::Sent(raw) => self.sent(raw),
            What::SentOtherwise => self.differs(Difference::TextFrames),
            What::Failed => self.input(|dial| Input::Faulted { dial }),
            What::Closed { code, reason } => self.closed(*code, reason),
            What::ClosedByClient { code, reason } => self.closed_by_client(*code, reason),
        }
    }

    fn dialed(&mut self, url: &str) {
        self.sim.connect();
        self.dial = self.sim.dial;
        let lines = self.take_log();
        let ours = lines.iter().find_map(|line| line.strip_prefix("dial ")).expect("the session dials");
        if ours == url || url.is_empty() {
            return;
        }
        assert_eq!(ours, url.replacen("//ws?", "/ws?", 1), "the address is the recorded one");
        self.differs(Difference::OneSlash);
    }

    fn received(&mut self, raw: &str) {
        let frame = json::decode(raw, self.sim.session.operation_id());
        let frame = frame.unwrap_or_else(|error| panic!("a recorded frame is no garbage: {error}: {raw}"));
        let refusal = matches!(frame, ServerFrame::AuthFailed { .. });
        let terminal_status = matches!(&frame, ServerFrame::StatusChange { status, .. } if status.is_terminal());
        if self.is_over() {
            self.differs(Difference::HangsUpAtTheEnd);
        } else if self.hung_up {
            self.differs(Difference::HandshakeDeadline);
        } else {
            self.refusal_heard |= refusal;
            self.note_id(&frame);
        }
        let frame = labelled(frame);
        let was_over = self.is_over();
        self.input(|dial| Input::Frame { dial, frame });
        if terminal_status && !was_over && self.is_over() {
            self.differs(Difference::TerminalStatusChange);
        }
    }

    fn note_id(&mut self, frame: &ServerFrame<Box<RawValue>>) {
        let Some(id) = frame.id().and_then(|id| id.number()) else {
            return;
        };
        if id <= self.start {
            return self.differs(Difference::CoveredByGivenCursor);
        }
        if id <= self.highest {
            self.differs(Difference::OnceAndInOrder);
        }
        self.highest = self.highest.max(id);
        if matches!(frame, ServerFrame::AgentEvent { .. }) {
            self.owed.insert(id);
        }
    }

    fn sent(&mut self, raw: &str) {
        let Some(frame) = parsed(raw) else {
            if !is_cut(raw) {
                self.differs(Difference::FramesOnly);
            }
            return;
        };
        let text = |name: &str| frame[name].as_str().unwrap_or_default().to_owned();
        match frame["type"].as_str().unwrap_or_default() {
            "auth" if self.sim.request.is_some() => self.sim.answer_token(&text("token")),
            "tool_result" => {
                let result = ToolResult { tool_call_id: text("toolCallId").into(), frame: raw.into() };
                assert!(self.sim.call(|session, now| session.send_tool_result(result, now)), "the result is sent");
            }
            "tool_confirmation" => {
                let approved = frame["approved"].as_bool().expect("a boolean");
                self.application_sends(ClientFrame::ToolConfirmation { tool_call_id: text("toolCallId"), approved });
            }
            "user_input" => self
                .application_sends(ClientFrame::UserInput { request_id: text("requestId"), content: text("content") }),
            "interrupt" => self.application_sends(ClientFrame::Interrupt),
            _ => {}
        }
    }

    fn application_sends(&mut self, frame: ClientFrame) {
        assert!(self.sim.call(|session, _| session.send(frame)), "the frame is sent");
    }

    fn closed(&mut self, code: u16, reason: &str) {
        if self.closed_by_client {
            self.differs(Difference::ForgetsItsClosedSocket);
        }
        let was_over = self.is_over();
        self.closed_by_gateway |= !was_over;
        self.input(|dial| Input::Closed { dial, code, reason: reason.to_owned() });
        if !was_over && self.is_over() {
            assert_eq!(self.sim.done[0].reason.as_deref(), Some(reason), "the close's reason is told");
            self.differs(Difference::RefusalWithoutFrame);
        }
    }

    fn closed_by_client(&mut self, code: u16, reason: &str) {
        let was_over = self.is_over();
        self.closed_by_client = true;
        self.sim.disconnect();
        let lines = self.take_log();
        if !was_over {
            assert!(lines.contains(&format!("hangup {code} {reason}")), "the socket is closed as recorded: {lines:?}");
        }
    }

    fn input(&mut self, input: impl FnOnce(DialId) -> Input<ServerFrame<Box<RawValue>>>) {
        let dial = self.dial.expect("a recording begins with its dial");
        self.sim.input(input(dial));
    }

    fn take_log(&mut self) -> Vec<String> {
        let lines = self.sim.log();
        for line in &lines {
            self.hung_up |= line.starts_with("hangup");
            if let Some(frame) = line.strip_prefix("send ") {
                self.sent.push(parsed(frame).expect("a frame is JSON"));
            }
        }
        self.log.extend_from_slice(&lines);
        lines
    }

    fn is_over(&self) -> bool {
        !self.sim.done.is_empty()
    }

    fn differs(&mut self, difference: Difference) {
        self.differences.insert(difference);
    }

    /// A recorded client that never resumed was told of no end of a replay. Ours asked, and so asks whether it is over.
    fn let_the_replay_settle(&mut self) {
        if !matches!(self.sim.session.deadline(), Some((_, Timer::Replay))) {
            return;
        }
        self.sim.advance(500);
        if self.sim.log().iter().any(|line| line.contains("heartbeat")) {
            self.input(|dial| Input::Frame { dial, frame: ServerFrame::HeartbeatAck });
        }
        self.take_log();
    }

    fn played(mut self) -> Played {
        self.let_the_replay_settle();
        if self.connection.two_sided {
            self.compare_sent();
        }
        let events = self.log.iter().filter_map(|line| line.strip_prefix("event "));
        let delivered: Vec<u64> = events.map(|id| id.parse().expect("an event is labelled with its id")).collect();
        let owed: Vec<u64> = self.owed.iter().copied().collect();
        assert_eq!(delivered, owed, "every event that came before the end is delivered once, in ascending order");
        if self.is_over() {
            assert!(self.hung_up || self.closed_by_gateway, "no socket is left open");
            assert_eq!(self.sim.done.len(), 1, "a cycle has one completion");
            assert!(self.log.last().is_some_and(|line| line.starts_with("done ")), "nothing follows the completion");
            assert_eq!(self.sim.deadline_in(), None, "no timer runs after the completion");
        }
        Played { delivered, told: told(&self.log), ending: self.ending(), differences: self.differences }
    }

    /// Pairs the client's recorded frames with the session's; what is left on either side is a difference.
    fn compare_sent(&mut self) {
        let mut ours = std::mem::take(&mut self.sent);
        let mut recorded: Vec<_> = self.connection.sent().filter_map(parsed).collect();
        recorded.retain(|frame| match ours.iter().position(|our| our == frame) {
            Some(place) => {
                ours.remove(place);
                false
            }
            None => true,
        });
        let beats_recorded = self.connection.sent().filter(|raw| raw.contains(r#""heartbeat""#)).count();
        let beats_answered = self.connection.received().filter(|raw| raw.contains(r#""heartbeat_ack""#)).count();
        for frame in &recorded {
            self.differs(Difference::of_recorded(frame));
        }
        for frame in &ours {
            let beats_left_out = frame["type"] == "heartbeat" && beats_answered > beats_recorded;
            if !beats_left_out {
                self.differs(Difference::of_ours(frame, &recorded));
            }
        }
    }

    fn ending(&self) -> String {
        let Some(completion) = self.sim.done.first() else {
            let snapshot = self.sim.session.snapshot();
            let status = snapshot.status.as_str();
            return snapshot.retry_at.map_or_else(
                || status.to_owned(),
                |at| format!("{status} in {}", at.as_millis().saturating_sub(self.sim.now)),
            );
        };
        if completion.outcome == Outcome::AuthFailed {
            let reason = completion.reason.clone().unwrap_or_default();
            assert!(self.log.contains(&format!("auth_failed {reason}")), "the reason is told");
            if self.refusal_heard {
                let mut frames = self.connection.received().filter_map(parsed);
                assert!(frames.any(|frame| frame["reason"] == json!(reason)), "the reason is the recorded one");
            }
            return format!("auth_failed {}", shortened(&reason));
        }
        let succeeded = if completion.succeeded { ", succeeded" } else { "" };
        format!("{} by {}{succeeded}", completion.outcome.as_str(), completion.source.as_str())
    }
}

/// The frame with the event's id in the place of its payload, which a session hands through untouched.
fn labelled(frame: ServerFrame<Box<RawValue>>) -> ServerFrame<Box<RawValue>> {
    let ServerFrame::AgentEvent { id, head, .. } = frame else {
        return frame;
    };
    let id = id.expect("recorded events have ids");
    let label = json!({"data": {"content": id.text()}}).to_string();
    ServerFrame::AgentEvent { id: Some(id), head, payload: RawValue::from_string(label).expect("JSON") }
}

fn told(log: &[String]) -> Vec<String> {
    let elsewhere =
        ["send ", "dial ", "ask ", "hangup ", "event ", "status ", "auth_failed ", "reconnecting ", "done "];
    let lines = log.iter().filter(|line| !matches!(line.as_str(), "connected" | "disconnected" | "withdraw"));
    lines.filter(|line| !elsewhere.iter().any(|prefix| line.starts_with(prefix))).cloned().collect()
}

fn shortened(reason: &str) -> String {
    match reason.chars().count() {
        length if length > 60 => format!("({length} characters)"),
        _ => reason.to_owned(),
    }
}

//! A chat's run in virtual time, with the test in the place of the host and of the transport.
#![allow(dead_code)]

use std::collections::BTreeMap;

use agent_gateway_client::agent::{Completion, CompletionSource, EventType, Outcome as RunOutcome, SessionStatus};
use agent_gateway_client::link::{Reason, Status, Token};
use agent_gateway_client::machine::{RequestId, Wake};
use agent_gateway_client::run::{
    Answer, ChatRun, Event, Input, Intervention, InterventionKind, Limits, Outcome, Output, Phase, Question, Resume,
    Snapshot, Started, Told, ToolAnswer, ToolReply, TransportId, WaitingFor,
};
use agent_gateway_client::time::Timestamp;

pub const START: u64 = 1_790_000_000_000;
/// More timeouts than this at one moment are a busy loop.
const TIMEOUTS_AT_ONCE: u32 = 8;

pub type Payload = &'static str;

pub struct RunSim {
    pub run: ChatRun<Payload>,
    pub now: u64,
    pub transport: Option<TransportId>,
    pub outcome: Option<Outcome>,
    asked: BTreeMap<String, RequestId>,
    announced: Option<Snapshot>,
    seen: Option<(Phase, bool)>,
    log: Vec<String>,
}

impl RunSim {
    pub fn new() -> Self {
        Self::with(Limits::default(), false)
    }

    pub fn with_fallback() -> Self {
        Self::with(Limits::default(), true)
    }

    pub fn with(limits: Limits, has_fallback: bool) -> Self {
        Self {
            run: ChatRun::new(limits, has_fallback),
            now: START,
            transport: None,
            outcome: None,
            asked: BTreeMap::new(),
            announced: None,
            seen: None,
            log: Vec::new(),
        }
    }

    pub fn with_executor(self, executor: Option<bool>) -> Self {
        Self { run: self.run.with_executor(executor), ..self }
    }

    /// A run that was submitted and whose transport was opened, with an empty log.
    pub fn connecting() -> Self {
        let mut sim = Self::new();
        sim.submit();
        sim.start();
        sim.log();
        sim
    }

    /// A run whose transport stands, with an empty log.
    pub fn streaming() -> Self {
        let mut sim = Self::connecting();
        sim.connect();
        sim.log();
        sim
    }

    /// A run that lost its transport, with an empty log.
    pub fn reconnecting() -> Self {
        let mut sim = Self::streaming();
        sim.lose();
        sim.log();
        sim
    }

    pub fn submit(&mut self) -> bool {
        self.call(|run, now| run.submit(now))
    }

    pub fn resume(&mut self) -> bool {
        let resume =
            Resume { operation_id: "op".into(), last_event_id: "7".into(), started_at: None, gateway_url: None };
        self.call(|run, now| run.resume(resume, now))
    }

    pub fn stop(&mut self) -> bool {
        self.call(|run, now| run.stop(now))
    }

    pub fn detach(&mut self) -> bool {
        self.call(|run, now| run.detach(now))
    }

    pub fn supersede(&mut self) -> bool {
        self.call(|run, now| run.supersede(now))
    }

    /// The host started the run.
    pub fn start(&mut self) {
        let started = Started { operation_id: "op".into(), token: Some(Token::read("t1")), gateway_url: None };
        self.answer("start", Answer::Started(started));
    }

    pub fn answer_token(&mut self, token: &str) {
        self.answer("token", Answer::Token(Token::read(token)));
    }

    pub fn fail(&mut self, question: &str) {
        self.answer(question, Answer::Failed { detail: "no luck".to_owned() });
    }

    pub fn tool_returns(&mut self, call: &str, result: Payload) {
        self.answer(&format!("tool {call}"), Answer::Tool(ToolAnswer::Returned(result)));
    }

    /// Answers the last question of that name.
    pub fn answer(&mut self, question: &str, answer: Answer<Payload>) {
        let request = *self.asked.get(question).unwrap_or_else(|| panic!("the host was not asked for {question}"));
        self.input(Input::Answered { request, answer });
    }

    /// The transport stands, and the gateway says that it knows the operation.
    pub fn connect(&mut self) {
        self.link(Status::Connected, None);
        self.tell(Told::Replayed { pending: false });
    }

    pub fn lose(&mut self) {
        self.link(Status::Reconnecting, Some(Reason::ConnectionLost));
    }

    pub fn link(&mut self, status: Status, reason: Option<Reason>) {
        self.tell(Told::Link { status, reason });
    }

    pub fn event(&mut self, name: &str) {
        self.tell(Told::Event { event_type: EventType::from_name(name), own: true });
    }

    pub fn members_event(&mut self, name: &str) {
        self.tell(Told::Event { event_type: EventType::from_name(name), own: false });
    }

    pub fn call_tool(&mut self, call: &str) {
        self.call_tool_within(call, None);
    }

    /// A call, and the host's word that it may run here.
    pub fn run_tool(&mut self, call: &str) {
        self.call_tool(call);
        self.answer(&format!("claim {call}"), Answer::Claimed(true));
    }

    pub fn call_tool_within(&mut self, call: &str, execution_timeout_ms: Option<u64>) {
        self.tell(Told::ToolExecute { tool_call_id: call.into(), execution_timeout_ms, payload: "{}" });
    }

    pub fn ask_user(&mut self, id: &str, kind: InterventionKind) {
        self.ask_user_within(id, kind, None);
    }

    pub fn ask_user_within(&mut self, id: &str, kind: InterventionKind, millis: Option<u64>) {
        let deadline = millis.map(|millis| Timestamp::from_millis(self.now + millis));
        let intervention = Intervention { id: id.into(), kind, deadline };
        self.tell(Told::Asks { intervention, payload: "which?" });
    }

    pub fn status(&mut self, status: SessionStatus) {
        self.tell(Told::Status(status));
    }

    /// The transport's last word.
    pub fn done(&mut self, outcome: RunOutcome, source: CompletionSource) {
        let known = !matches!(outcome, RunOutcome::AuthFailed | RunOutcome::Disconnected);
        let completion = Completion {
            terminal_received: source == CompletionSource::AgentEvent,
            succeeded: outcome == RunOutcome::Completed,
            reason: known.then(|| outcome.as_str().to_owned()),
            ..Completion::of(outcome, source)
        };
        self.tell(Told::Done(completion));
    }

    /// The run's own terminal event.
    pub fn end(&mut self, outcome: RunOutcome) {
        self.done(outcome, CompletionSource::AgentEvent);
    }

    pub fn tell(&mut self, told: Told<Payload>) {
        let transport = self.transport.expect("a transport was opened");
        self.input(Input::Told { transport, told });
    }

    pub fn wake(&mut self, wake: Wake) {
        self.input(Input::Woke(wake));
    }

    pub fn input(&mut self, input: Input<Payload>) {
        self.call(|run, now| run.handle(input, now));
    }

    /// Lets time pass, with every deadline met to the millisecond.
    pub fn advance(&mut self, millis: u64) {
        let end = self.now + millis;
        let mut timeouts = 0;
        while let Some((at, timer)) = self.run.deadline()
            && at.as_millis() <= end
        {
            assert!(at.as_millis() >= self.now, "a deadline that passed was not handled: {timer:?}");
            timeouts = if self.now == at.as_millis() { timeouts + 1 } else { 0 };
            assert!(timeouts < TIMEOUTS_AT_ONCE, "a busy loop: {timer:?}");
            self.now = at.as_millis();
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    /// The process sleeps: time passes, deadlines do not fire until the end.
    pub fn sleep(&mut self, millis: u64) {
        self.now += millis;
        if self.run.deadline().is_some_and(|(at, _)| at.as_millis() <= self.now) {
            self.input(Input::Timeout);
        }
    }

    pub fn snapshot(&self) -> Snapshot {
        self.run.snapshot()
    }

    pub fn phase(&self) -> Phase {
        self.snapshot().phase
    }

    pub fn waiting_for(&self) -> Option<WaitingFor> {
        self.snapshot().waiting_for
    }

    /// The name of the outcome and what became of the run.
    pub fn ending(&self) -> String {
        let Some(outcome) = &self.outcome else { return "none".to_owned() };
        let known = if outcome.known { "known" } else { "assumed" };
        format!("{} {} {known}", outcome.ending.as_str(), outcome.verdict.as_str())
    }

    /// Everything that happened since the last call.
    pub fn log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    pub fn call<R>(&mut self, call: impl FnOnce(&mut ChatRun<Payload>, Timestamp) -> R) -> R {
        let result = call(&mut self.run, Timestamp::from_millis(self.now));
        while let Some(output) = self.run.poll() {
            if let Some(line) = self.line(output) {
                self.log.push(line);
            }
        }
        result
    }

    fn line(&mut self, output: Output<Payload>) -> Option<String> {
        Some(match output {
            Output::Ask { request, question } => {
                let (name, line) = self.question(question);
                self.asked.insert(name, request);
                line
            }
            Output::Abort { request } => {
                let name = self.asked.iter().find(|(_, asked)| **asked == request).map(|(name, _)| name.clone());
                format!("abort {}", name.expect("only what was asked is aborted"))
            }
            Output::Open { transport, opening } => {
                self.transport = Some(transport);
                let token = opening.token.map_or("no token".to_owned(), |token| token.secret);
                let after = format!(" after {:?}", opening.last_event_id);
                let resume = if opening.resume { " resume" } else { "" };
                let executor = if opening.executor { " executor" } else { "" };
                let fallback = if opening.fallback { " fallback" } else { "" };
                format!("open {} {token}{after}{resume}{executor}{fallback}", opening.operation_id)
            }
            Output::Close { .. } => "close".to_owned(),
            Output::SendToolResult { tool_call_id, reply: ToolReply::Given(result), .. } => {
                format!("result {tool_call_id} {result}")
            }
            Output::SendToolResult { tool_call_id, reply: ToolReply::Failed { error, message }, .. } => {
                format!("result {tool_call_id} {}: {message}", error.as_str())
            }
            Output::SendAnswer { intervention, reply, .. } => format!("answer {} {reply}", intervention.id),
            Output::Event(Event::Changed(snapshot)) => {
                assert_ne!(self.announced.as_ref(), Some(&*snapshot), "nothing changed");
                let seen = (snapshot.phase, snapshot.can_stop);
                self.announced = Some((*snapshot).clone());
                if self.seen.replace(seen) == Some(seen) {
                    return None;
                }
                format!("{} {}", snapshot.phase.as_str(), if snapshot.can_stop { "stop" } else { "send" })
            }
            Output::Event(Event::StopRefused) => "stop refused".to_owned(),
            Output::Event(Event::ToolResultExpired { tool_call_id }) => format!("expired {tool_call_id}"),
            Output::Event(Event::Settled(outcome)) => {
                assert_eq!(self.outcome, None, "a run has one outcome");
                let line = format!("outcome {} {}", outcome.ending.as_str(), outcome.verdict.as_str());
                self.outcome = Some((*outcome).clone());
                line
            }
        })
    }

    fn question(&self, question: Question<Payload>) -> (String, String) {
        match question {
            Question::Start => ("start".to_owned(), "ask start".to_owned()),
            Question::Token { operation_id, reason } => {
                ("token".to_owned(), format!("ask token {operation_id} {}", reason.as_str()))
            }
            Question::Interrupt { operation_id } => ("interrupt".to_owned(), format!("ask interrupt {operation_id}")),
            Question::ClaimTool { tool_call_id, may_run } => {
                let name = format!("claim {tool_call_id}");
                let line = format!("ask {name}{}", if may_run { "" } else { " if it was left" });
                (name, line)
            }
            Question::RunTool { tool_call_id, deadline, .. } => {
                let name = format!("tool {tool_call_id}");
                (name.clone(), format!("ask {name} for {} ms", deadline - Timestamp::from_millis(self.now)))
            }
            Question::Intervene { intervention, .. } => {
                let name = format!("user {}", intervention.id);
                (name.clone(), format!("ask {name}"))
            }
        }
    }
}

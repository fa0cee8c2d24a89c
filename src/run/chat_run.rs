//! The machine: what the application calls, and what is true at one moment.

use std::rc::Rc;

use super::contract::{Event, Input, Opening, Output, Question, Resume, TransportId};
use super::deadlines::{Asking, Link, Standing, Stop, Transport};
use super::intervention::Interventions;
use super::limits::{Limit, Limits};
use super::outcome::{Ending, Outcome};
use super::phase::{Phase, WaitingFor};
use super::snapshot::Snapshot;
use super::tools::Tools;
use super::transitions::{Cause, next};
use crate::link::{Status, Token};
use crate::machine::{RequestId, TokenReason};
use crate::time::Timestamp;

/// One run of an agent, from `submit` or `resume` to the one outcome, after which nothing is told.
///
/// Every phase but idle and settled has a deadline or is [patient](WaitingFor::is_patient) with somebody it names, and
/// no outcome is a guess: a run that was lost is [`Verdict::Unknown`](super::Verdict::Unknown). `P` is a payload handed
/// through untouched.
#[derive(Debug)]
pub struct ChatRun<P> {
    pub(super) limits: Limits,
    pub(super) has_fallback: bool,
    executor: Option<bool>,
    pub(super) phase: Phase,
    since: Timestamp,
    started_at: Option<Timestamp>,
    pub(super) operation_id: Option<Rc<str>>,
    pub(super) gateway_url: Option<Rc<str>>,
    /// Where a run that began elsewhere is taken up; `None` for one that is started here.
    resumed_after: Option<String>,
    pub(super) asking: Asking,
    pub(super) stop: Stop,
    pub(super) transport: Transport,
    /// The transport stood once.
    pub(super) stood: bool,
    pub(super) output: VisibleOutput,
    /// The gateway said that the run waits for its user, and whether for consent.
    pub(super) said_to_wait: Option<bool>,
    pub(super) tools: Tools<P>,
    pub(super) interventions: Interventions<P>,
    pub(super) outcome: Option<Rc<Outcome>>,
    told: Snapshot,
    requests: u32,
    transports: u32,
    out: Vec<Output<P>>,
    pub(super) now: Timestamp,
}

/// What the user sees of the agent's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VisibleOutput {
    /// Nothing yet.
    None,
    /// A part.
    Streams,
    /// All; the run still finishes.
    Complete,
}

impl<P: Clone> ChatRun<P> {
    /// A run that is idle. `has_fallback`: the shell can open a second kind of transport, should the gateway not serve
    /// the first.
    pub fn new(limits: Limits, has_fallback: bool) -> Self {
        let told = Snapshot { can_send: true, ..Snapshot::default() };
        Self {
            limits,
            has_fallback,
            executor: None,
            phase: Phase::Idle,
            since: Timestamp::default(),
            started_at: None,
            operation_id: None,
            gateway_url: None,
            resumed_after: None,
            asking: Asking::Nothing,
            stop: Stop::NotAsked,
            transport: Transport::None,
            stood: false,
            output: VisibleOutput::None,
            said_to_wait: None,
            tools: Tools::default(),
            interventions: Interventions::default(),
            outcome: None,
            told,
            requests: 0,
            transports: 0,
            out: Vec::new(),
            now: Timestamp::default(),
        }
    }

    /// Whether tools of this run run here before they run elsewhere; `None`: where the run is started here.
    pub fn with_executor(self, executor: Option<bool>) -> Self {
        Self { executor, ..self }
    }

    /// The run at this moment.
    pub fn snapshot(&self) -> Snapshot {
        let loading = self.phase.is_loading();
        let visibly_loading = loading && self.output != VisibleOutput::Complete;
        Snapshot {
            phase: self.phase,
            since: self.since,
            started_at: self.started_at,
            loading,
            visibly_loading,
            can_send: !visibly_loading,
            can_stop: visibly_loading,
            connection: match &self.transport {
                Transport::None => None,
                Transport::Open(link) => Some(link.status),
                Transport::Gone => Some(Status::Disconnected),
            },
            waiting_for: self.waiting_for(),
            deadline: self.deadline_of_phase(),
            outcome: self.outcome.clone(),
        }
    }

    /// Whether it was begun and has not ended.
    pub fn is_under_way(&self) -> bool {
        !matches!(self.phase, Phase::Idle | Phase::Settled)
    }

    /// The operation, once it is known. A shell keeps one run for each, so that two who resume it share one.
    pub fn operation_id(&self) -> Option<&Rc<str>> {
        self.operation_id.as_ref()
    }

    /// Takes in what happened at `now`.
    pub fn handle(&mut self, input: Input<P>, now: Timestamp) {
        if self.is_routine(&input) {
            return;
        }
        if self.phase == Phase::Settled {
            return self.hear_too_late(input);
        }
        let turn = self.begin_turn(now);
        match input {
            Input::Answered { request, answer } => self.answered(request, answer),
            Input::Told { transport, told } => self.told(transport, told),
            Input::Woke(wake) => self.woke(wake),
            Input::Timeout => self.timed_out(),
        }
        self.end_turn(turn);
    }

    /// Asks the host to start the run. `false`: this run was used already.
    pub fn submit(&mut self, now: Timestamp) -> bool {
        if self.phase != Phase::Idle {
            return false;
        }
        let turn = self.begin_turn(now);
        self.started_at = Some(now);
        let request = self.ask(Question::Start);
        self.asking = Asking::Start { request, limit: Limit::new(now + self.limits.start) };
        self.enter(Cause::Submitted);
        self.end_turn(turn);
        true
    }

    /// Takes up a run that goes on at the server. The host is asked for a token first: it knows whether there still is
    /// such an operation. `false`: this run was used already.
    pub fn resume(&mut self, resume: Resume, now: Timestamp) -> bool {
        if self.phase != Phase::Idle {
            return false;
        }
        let turn = self.begin_turn(now);
        self.started_at = Some(resume.started_at.unwrap_or(now));
        self.operation_id = Some(resume.operation_id);
        self.gateway_url = resume.gateway_url;
        self.resumed_after = Some(resume.last_event_id);
        self.ask_for_token(1);
        self.enter(Cause::Resumed);
        self.end_turn(turn);
        true
    }

    /// Ends the run on the server. `false`: there is nothing to stop, or it is being stopped.
    pub fn stop(&mut self, now: Timestamp) -> bool {
        if !self.phase.is_loading() {
            return false;
        }
        let turn = self.begin_turn(now);
        self.stop_run();
        self.end_turn(turn);
        true
    }

    /// Leaves the run alone; it goes on at the server. `false`: there is none.
    pub fn detach(&mut self, now: Timestamp) -> bool {
        self.leave(Ending::Detached, now)
    }

    /// A newer run took the place of this one. `false`: there is none.
    pub fn supersede(&mut self, now: Timestamp) -> bool {
        self.leave(Ending::Superseded, now)
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output<P>> {
        (!self.out.is_empty()).then(|| self.out.remove(0))
    }

    fn leave(&mut self, ending: Ending, now: Timestamp) -> bool {
        if !self.is_under_way() {
            return false;
        }
        let turn = self.begin_turn(now);
        self.end(ending, None);
        self.end_turn(turn);
        true
    }

    fn begin_turn(&mut self, now: Timestamp) -> usize {
        self.now = now;
        self.out.len()
    }

    /// Brings the phase in line with what is known and announces it, before what was decided meanwhile.
    fn end_turn(&mut self, turn: usize) {
        self.send_what_waits();
        if self.phase.is_following() {
            self.align();
        }
        let snapshot = self.snapshot();
        if snapshot != self.told {
            self.told = snapshot.clone();
            self.out.insert(turn, Output::Event(Event::Changed(Box::new(snapshot))));
        }
    }

    /// The only way to another phase.
    pub(super) fn enter(&mut self, cause: Cause) {
        if let Some(phase) = next(self.phase, cause) {
            self.phase = phase;
            self.since = self.now;
        }
    }

    /// Something to do, after what is to be done already.
    pub(super) fn put(&mut self, output: Output<P>) {
        self.out.push(output);
    }

    pub(super) fn ask(&mut self, question: Question<P>) -> RequestId {
        let request = self.next_request();
        self.put(Output::Ask { request, question });
        request
    }

    pub(super) fn next_request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId(self.requests)
    }

    pub(super) fn abort(&mut self, request: RequestId) {
        self.put(Output::Abort { request });
    }

    /// Asks the host for the token to open a transport with. One that is open asks for its own.
    pub(super) fn ask_for_token(&mut self, attempt: u8) {
        let Some(operation_id) = self.operation_id.clone() else { return };
        let request = self.ask(Question::Token { operation_id, reason: TokenReason::Initial });
        let limit = Limit::new(self.now + self.limits.token);
        self.asking = Asking::Token { request, attempt, limit };
    }

    /// Opens a transport, `last_event_id` on behalf of one that is not available.
    pub(super) fn open(&mut self, token: Option<Token>, last_event_id: Option<String>) {
        let Some(operation_id) = self.operation_id.clone() else { return };
        self.transports += 1;
        let transport = TransportId(self.transports);
        let limit = Limit::new(self.now + if self.stood { self.limits.reconnect } else { self.limits.connect });
        self.transport = Transport::Open(Link {
            id: transport,
            status: Status::Connecting,
            reason: None,
            standing: Standing::Down { limit, unheard: None },
            replayed_by: None,
        });
        let opening = Opening {
            operation_id,
            gateway_url: self.gateway_url.clone(),
            token,
            resume: self.resumed_after.is_some() || last_event_id.is_some(),
            executor: self.is_executor(),
            fallback: last_event_id.is_some(),
            last_event_id: last_event_id.or_else(|| self.resumed_after.clone()).unwrap_or_default(),
        };
        self.put(Output::Open { transport, opening: Box::new(opening) });
    }

    pub(super) fn is_executor(&self) -> bool {
        self.executor.unwrap_or(self.resumed_after.is_none())
    }

    fn waiting_for(&self) -> Option<WaitingFor> {
        Some(match self.phase {
            Phase::Idle | Phase::Settled => return None,
            Phase::Submitting => WaitingFor::Start,
            Phase::Connecting | Phase::Reconnecting => WaitingFor::Connection,
            Phase::Streaming if self.transport.is_pending() => WaitingFor::Operation,
            Phase::Streaming => WaitingFor::Agent,
            Phase::RunningTools => WaitingFor::Tool,
            Phase::WaitingInput | Phase::WaitingConfirmation if self.interventions.is_submitted() => WaitingFor::Agent,
            Phase::WaitingInput | Phase::WaitingConfirmation => WaitingFor::User,
            Phase::RefreshingAuth => WaitingFor::Token,
            Phase::Stopping => WaitingFor::Stop,
        })
    }
}

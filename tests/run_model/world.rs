//! A run, its host, its transport and its server in virtual time.

use std::collections::BTreeMap;

use agent_gateway_client::agent::{Completion, CompletionSource, Outcome, SessionStatus};
use agent_gateway_client::link::{Reason, Status};
use agent_gateway_client::machine::{RequestId, Wake};
use agent_gateway_client::run::{
    Answer, ChatRun, Event, Input, Intervention, InterventionKind, Limits, Output, Phase, Question, Resume, Told,
    TransportId,
};
use agent_gateway_client::time::Timestamp;

use crate::host::{Host, Payload, call_id, event, kind_of};
use crate::promises::{Promises, at, is_patient};
use crate::schedule::{Ended, Finish, Kind, Manner, Schedule, Step};
use crate::server::{Carrier, Server};

const START: u64 = 1_790_000_000_000;
/// More timeouts than this at one moment are a busy loop.
const TIMEOUTS_AT_ONCE: u32 = 8;
/// How long a healed world may take to bring the run to its end.
const PATIENCE: u64 = 30 * 60_000;

pub struct World {
    run: ChatRun<Payload>,
    host: Host,
    server: Server,
    carrier: Carrier,
    promises: Promises,
    now: u64,
    has_fallback: bool,
    tells_stop: bool,
    healed: Option<Ended>,
    /// What is on its way, by time and then by order.
    under_way: BTreeMap<(u64, u64), Parcel>,
    sequence: u64,
    transports: Vec<TransportId>,
    timeouts_at_once: u32,
    trace: bool,
}

enum Parcel {
    Answer(u32, Manner),
    /// In a healed world a transport connects and the run ends.
    Connect,
    End,
}

pub fn run(schedule: Schedule) {
    let mut world = World::new(&schedule);
    for (delay, step) in schedule.steps {
        world.advance_to(world.now + delay);
        world.step(step);
    }
    match schedule.finish {
        Finish::Healed(ended) => world.heal(ended),
        Finish::Silent => world.fall_silent(),
    }
}

impl World {
    fn new(schedule: &Schedule) -> Self {
        let mut world = Self {
            run: ChatRun::new(Limits::default(), schedule.has_fallback),
            host: Host::default(),
            server: Server::default(),
            carrier: Carrier::None,
            promises: Promises::default(),
            now: START,
            has_fallback: schedule.has_fallback,
            tells_stop: schedule.tells_stop,
            healed: None,
            under_way: BTreeMap::new(),
            sequence: 0,
            transports: Vec::new(),
            timeouts_at_once: 0,
            trace: std::env::var_os("MODEL_TRACE").is_some(),
        };
        let first = if schedule.resumed { Kind::Token } else { Kind::Start };
        world.host.manners.insert(first, schedule.first_answer);
        if schedule.resumed {
            world.server.begun = true;
            world.resume();
        } else {
            world.call(|run, now| run.submit(now));
        }
        world
    }

    fn step(&mut self, step: Step) {
        if self.trace {
            println!("{:>9} {step:?}", self.now - START);
        }
        match step {
            Step::Host(kind, manner) => drop(self.host.manners.insert(kind, manner)),
            Step::DeafToAborts(deaf) => self.host.deaf_to_aborts = deaf,
            Step::AnswerAll(manner) => self.answer_all(manner),
            Step::Link(status, reason) => self.link(status, reason),
            Step::Event(name) => self.tell_if_up(event(name, true)),
            Step::MembersEvent(name) => self.tell_if_up(event(name, false)),
            Step::ToolExecute(call, execution_timeout_ms) => self.call_tool(call, execution_timeout_ms),
            Step::Asks(id, kind, within) => self.asks(id, kind, within),
            Step::Resolved(id) => self.tell_if_up(Told::Resolved { id: call_id(id) }),
            Step::Waits(true) => self.tell_if_up(Told::Status(SessionStatus::WaitingConfirmation)),
            Step::Waits(false) => self.tell_if_up(Told::Status(SessionStatus::WaitingInput)),
            Step::Runs => self.tell_if_up(Told::Status(SessionStatus::Running)),
            Step::Pending(pending) => self.tell_if_up(Told::Replayed { pending }),
            Step::Unavailable => self.tell(Told::Unavailable { last_event_id: "3".to_owned() }),
            Step::TransportEnds(how) => self.transport_ends(how),
            Step::Ends(ended) => {
                self.server.end(ended);
                self.tell_end();
            }
            Step::GhostOfATransport => self.ghost(),
            Step::Stop => self.stop(),
            Step::Detach => drop(self.call(|run, now| run.detach(now))),
            Step::Supersede => drop(self.call(|run, now| run.supersede(now))),
            Step::Resubmit => assert!(!self.call(|run, now| run.submit(now)), "a run is used once"),
            Step::Reload => self.reload(),
            Step::Woke(wake) => self.input(Input::Woke(wake)),
            Step::Sleep(millis) => self.now += millis,
        }
    }

    /// From here on everybody is well.
    fn heal(&mut self, ended: Ended) {
        self.healed = Some(ended);
        self.host.manners.clear();
        self.server.keeps_end = false;
        self.input(Input::Woke(Wake::Online));
        self.answer_all(Manner::Well);
        self.post(10, Parcel::Connect);
        let limit = self.now + PATIENCE;
        while self.promises.outcome.is_none() && self.advance_once(limit) {}
        assert!(self.promises.outcome.is_some(), "stuck in {:?}", self.run.snapshot());
        self.advance_to(self.now + PATIENCE);
    }

    /// From here on nobody says a word.
    fn fall_silent(&mut self) {
        self.under_way.clear();
        for kind in [Kind::Start, Kind::Token, Kind::Interrupt, Kind::Claim, Kind::Tool, Kind::User] {
            self.host.manners.insert(kind, Manner::Silent);
        }
        self.advance_to(self.now + 24 * 3_600_000);
        let settled = self.run.snapshot().phase == Phase::Settled;
        assert!(settled || is_patient(&self.run), "stuck in {:?}", self.run.snapshot());
        assert_eq!(self.run.deadline(), None, "a deadline that is never met");
        if !settled {
            self.promises.every_call_has_its_result();
        }
    }

    fn resume(&mut self) {
        let resume =
            Resume { operation_id: "op".into(), last_event_id: String::new(), started_at: None, gateway_url: None };
        self.call(|run, now| run.resume(resume, now));
    }

    /// The page is loaded anew; what the host keeps in its storage stays.
    fn reload(&mut self) {
        if !self.server.begun {
            return;
        }
        self.run = ChatRun::new(Limits::default(), self.has_fallback);
        self.carrier = Carrier::None;
        self.transports.clear();
        self.under_way.clear();
        self.host.open.clear();
        self.promises.reloaded();
        self.server.confirmed_stop = false;
        self.resume();
    }

    fn stop(&mut self) {
        let refused = std::mem::replace(&mut self.promises.stop_refused, false);
        if !self.call(|run, now| run.stop(now)) {
            self.promises.stop_refused = refused;
            return;
        }
        self.promises.stop_wanted = true;
    }

    fn link(&mut self, status: Status, reason: Option<Reason>) {
        let Carrier::Open { up, .. } = &mut self.carrier else { return };
        *up = status == Status::Connected;
        self.tell(Told::Link { status, reason });
        self.tell_end();
    }

    fn call_tool(&mut self, call: u8, execution_timeout_ms: Option<u64>) {
        if !matches!(self.carrier, Carrier::Open { up: true, .. }) {
            return;
        }
        let tool_call_id = call_id(call);
        self.promises.called.insert(tool_call_id.clone());
        self.tell(Told::ToolExecute { tool_call_id, execution_timeout_ms, payload: u32::from(call) });
    }

    fn asks(&mut self, id: u8, kind: InterventionKind, within: Option<u64>) {
        let deadline = within.map(|millis| Timestamp::from_millis(self.now + millis));
        let intervention = Intervention { id: call_id(id), kind, deadline };
        self.tell_if_up(Told::Asks { intervention, payload: u32::from(id) });
    }

    fn transport_ends(&mut self, how: u8) {
        let completion = match how {
            0 => Completion::of(Outcome::Disconnected, CompletionSource::ConnectionLost),
            1 => Completion::of(Outcome::Disconnected, CompletionSource::Disconnect),
            _ => Completion::of(Outcome::AuthFailed, CompletionSource::AuthFailed),
        };
        self.done(completion);
    }

    /// A transport that stands tells the end of the run.
    fn tell_end(&mut self) {
        let (Carrier::Open { up: true, .. }, Some(completion)) = (self.carrier, self.server.last_word()) else {
            return;
        };
        self.promises.told_end = self.server.true_end;
        self.done(completion);
    }

    fn done(&mut self, completion: Completion) {
        let Carrier::Open { transport, .. } = std::mem::replace(&mut self.carrier, Carrier::None) else { return };
        self.input(Input::Told { transport, told: Told::Done(completion) });
    }

    fn ghost(&mut self) {
        let current = match self.carrier {
            Carrier::None => None,
            Carrier::Open { transport, .. } => Some(transport),
        };
        let older = self.transports.iter().copied().filter(|transport| Some(*transport) != current).collect::<Vec<_>>();
        for transport in older {
            let completion = Completion::of(Outcome::Completed, CompletionSource::SessionComplete);
            self.input(Input::Told { transport, told: Told::Done(completion) });
        }
    }

    fn tell_if_up(&mut self, told: Told<Payload>) {
        if matches!(self.carrier, Carrier::Open { up: true, .. }) {
            self.tell(told);
        }
    }

    fn tell(&mut self, told: Told<Payload>) {
        if let Carrier::Open { transport, .. } = self.carrier {
            self.input(Input::Told { transport, told });
        }
    }

    fn answer_all(&mut self, manner: Manner) {
        let open: Vec<u32> = self.host.open.keys().copied().collect();
        for request in open {
            self.answer(request, manner);
        }
    }

    fn answer(&mut self, request: u32, manner: Manner) {
        let Some((kind, question)) = self.host.open.remove(&request) else { return };
        let answer = self.host.answer(&question, manner);
        let begins = matches!((&answer, kind), (Answer::Started(_), Kind::Start));
        match (&answer, kind) {
            (Answer::Started(_), Kind::Start) => self.server.begun = true,
            (Answer::Interrupted(true), Kind::Interrupt) => self.server.interrupt(self.tells_stop),
            (Answer::Interrupted(false), Kind::Interrupt) => {
                self.promises.stop_refused |= self.promises.outcome.is_none();
            }
            (Answer::Claimed(false), Kind::Claim) => {
                if let Question::ClaimTool { tool_call_id, .. } = question {
                    self.promises.declined.insert(tool_call_id);
                }
            }
            _ => {}
        }
        self.input(Input::Answered { request: RequestId(request), answer });
        if kind == Kind::Interrupt {
            self.tell_end();
        }
        if begins {
            self.promises.nobody_is_left_alone();
        }
    }

    fn input(&mut self, input: Input<Payload>) {
        if self.trace {
            println!("{:>9}   {input:?}", self.now - START);
        }
        self.call(|run, now| run.handle(input, now));
    }

    fn call<R>(&mut self, call: impl FnOnce(&mut ChatRun<Payload>, Timestamp) -> R) -> R {
        let result = call(&mut self.run, at(self.now));
        while let Some(output) = self.run.poll() {
            if self.trace {
                println!("{:>9}     {output:?}", self.now - START);
            }
            self.promises.judge(&output, self.carrier, &self.host.open);
            self.carry_out(output);
        }
        self.promises.check(&self.run, self.now, &self.server, self.carrier, &self.host.open);
        result
    }

    fn carry_out(&mut self, output: Output<Payload>) {
        match output {
            Output::Ask { request, question } => self.ask(request, question),
            Output::Abort { request: RequestId(request) } => {
                if !self.host.deaf_to_aborts {
                    self.post(1, Parcel::Answer(request, Manner::Refuses));
                }
                // A question that is aborted is no longer owed, whatever its answer.
                if let Some((kind, question)) = self.host.open.remove(&request)
                    && kind == Kind::Start
                {
                    self.host.open.insert(request, (kind, question));
                }
            }
            Output::Open { transport, .. } => {
                self.transports.push(transport);
                self.carrier = Carrier::Open { transport, up: false };
                if self.healed.is_some() {
                    self.post(10, Parcel::Connect);
                }
            }
            Output::Close { .. } => self.carrier = Carrier::None,
            Output::SendToolResult { .. } | Output::SendAnswer { .. } => {}
            Output::Event(Event::Changed(_) | Event::Settled(_)) => {}
            Output::Event(Event::StopRefused | Event::ToolResultExpired { .. }) => {}
        }
    }

    fn ask(&mut self, request: RequestId, question: Question<Payload>) {
        let manner = self.host.manner(kind_of(&question));
        if let Some(delay) = self.host.ask(request, question) {
            self.post(delay, Parcel::Answer(request.0, manner));
        }
    }

    fn post(&mut self, delay: u64, parcel: Parcel) {
        self.sequence += 1;
        self.under_way.insert((self.now + delay, self.sequence), parcel);
    }

    fn advance_to(&mut self, limit: u64) {
        while self.advance_once(limit) {}
        self.now = self.now.max(limit);
    }

    /// Does the next thing that is due by `limit`.
    fn advance_once(&mut self, limit: u64) -> bool {
        let parcel = self.under_way.keys().next().map(|(at, _)| (*at, 0));
        let timer = self.run.deadline().map(|(at, _)| (at.as_millis(), 1));
        let Some((due, what)) = [parcel, timer].into_iter().flatten().min() else { return false };
        if due > limit {
            return false;
        }
        if due > self.now {
            self.timeouts_at_once = 0;
            self.now = due;
        }
        if what == 0 {
            self.deliver();
        } else {
            self.timeouts_at_once += 1;
            assert!(self.timeouts_at_once <= TIMEOUTS_AT_ONCE, "a busy loop: {:?}", self.run.deadline());
            self.input(Input::Timeout);
        }
        true
    }

    fn deliver(&mut self) {
        match self.under_way.pop_first() {
            Some((_, Parcel::Answer(request, manner))) => self.answer(request, manner),
            Some((_, Parcel::Connect)) => {
                self.link(Status::Connected, None);
                self.post(100, Parcel::End);
            }
            Some((_, Parcel::End)) => {
                if let Some(ended) = self.healed {
                    self.server.end(ended);
                    self.tell_end();
                }
            }
            None => {}
        }
    }
}

//! What a run promises, checked after every step.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use agent_gateway_client::machine::RequestId;
use agent_gateway_client::run::{
    ChatRun, Ending, Event, Outcome, Output, Phase, Question, Snapshot, ToolReply, TransportId, Verdict,
};
use agent_gateway_client::time::Timestamp;

use crate::host::Payload;
use crate::schedule::{Ended, Kind};
use crate::server::{Carrier, Server};

#[derive(Default)]
pub struct Promises {
    announced: Option<Snapshot>,
    pub outcome: Option<Outcome>,
    /// What the transport said last about the end, while it was the run's own.
    pub told_end: Option<Ended>,
    /// How often each call ran, in all lives of the page.
    ran: BTreeMap<Rc<str>, u32>,
    results: BTreeMap<Rc<str>, ToolReply<Payload>>,
    sent: Vec<(TransportId, Rc<str>)>,
    expired: BTreeSet<Rc<str>>,
    /// Calls that this run was told of, and those that the host left to others.
    pub called: BTreeSet<Rc<str>>,
    pub declined: BTreeSet<Rc<str>>,
    interrupts_after_the_end: u32,
    fallbacks: u32,
    /// How often the server was asked to stop the run.
    pub interrupts: u32,
    /// The user stopped the run.
    pub stop_wanted: bool,
    /// The server answered that it does not stop the run.
    pub stop_refused: bool,
}

impl Promises {
    /// Another life of the page: the run is forgotten, what ran is not.
    pub fn reloaded(&mut self) {
        *self = Self { ran: std::mem::take(&mut self.ran), ..Self::default() };
    }

    /// Judges an output before it is carried out.
    pub fn judge(
        &mut self,
        output: &Output<Payload>,
        carrier: Carrier,
        open: &BTreeMap<u32, (Kind, Question<Payload>)>,
    ) {
        if self.outcome.is_some() {
            self.interrupts_after_the_end += 1;
            assert!(is_interrupt(output), "after the outcome: {output:?}");
            assert_eq!(self.interrupts_after_the_end, 1, "more than one word after the outcome");
        }
        let stopping = self.announced.as_ref().is_some_and(|snapshot| snapshot.phase == Phase::Stopping);
        match output {
            Output::Ask { question: Question::RunTool { tool_call_id, .. }, .. } => {
                assert!(!stopping, "a tool runs although the run is stopped");
                assert!(!self.declined.contains(tool_call_id), "{tool_call_id} is for others");
                let times = self.ran.entry(tool_call_id.clone()).or_default();
                *times += 1;
                assert_eq!(*times, 1, "{tool_call_id} ran twice");
            }
            Output::Ask { question: Question::Interrupt { .. }, .. } => self.interrupts += 1,
            Output::Ask { .. } => {}
            Output::Abort { request: RequestId(request) } => {
                assert!(open.contains_key(request), "a question is aborted that is not open");
            }
            Output::Open { opening, .. } => {
                assert_eq!(carrier, Carrier::None, "two transports");
                self.fallbacks += u32::from(opening.fallback);
                assert!(self.fallbacks <= 1, "there is one fallback");
            }
            Output::Close { transport } => {
                let is_open = matches!(carrier, Carrier::Open { transport: open, .. } if open == *transport);
                assert!(is_open, "{output:?}, but {carrier:?}");
            }
            Output::SendToolResult { transport, tool_call_id, reply } => {
                assert_eq!(carrier, Carrier::Open { transport: *transport, up: true }, "sent in vain");
                assert!(!self.declined.contains(tool_call_id), "{tool_call_id} is answered by others");
                let first = self.results.entry(tool_call_id.clone()).or_insert_with(|| reply.clone());
                assert_eq!(first, reply, "two results for {tool_call_id}");
                let sent = (*transport, tool_call_id.clone());
                assert!(!self.sent.contains(&sent), "{tool_call_id} is sent twice on a transport");
                self.sent.push(sent);
            }
            Output::SendAnswer { transport, .. } => {
                assert_eq!(carrier, Carrier::Open { transport: *transport, up: true }, "sent in vain");
            }
            Output::Event(Event::Changed(snapshot)) => {
                assert_ne!(self.announced.as_ref(), Some(&**snapshot), "nothing changed");
                self.announced = Some((**snapshot).clone());
            }
            Output::Event(Event::Settled(outcome)) => self.outcome = Some((**outcome).clone()),
            Output::Event(Event::StopRefused) => {}
            Output::Event(Event::ToolResultExpired { tool_call_id }) => {
                assert!(self.expired.insert(tool_call_id.clone()), "{tool_call_id} expired twice");
                let up = matches!(carrier, Carrier::Open { up: true, .. });
                assert!(!up || self.results.contains_key(tool_call_id), "{tool_call_id} could have been sent");
            }
        }
    }

    /// What holds whenever the run is quiet.
    pub fn check(
        &self,
        run: &ChatRun<Payload>,
        now: u64,
        server: &Server,
        carrier: Carrier,
        open: &BTreeMap<u32, (Kind, Question<Payload>)>,
    ) {
        let snapshot = run.snapshot();
        let Snapshot { phase, waiting_for, deadline, .. } = snapshot;
        assert_ne!(snapshot.can_send, snapshot.can_stop, "one button");
        assert!(!snapshot.visibly_loading || snapshot.loading);
        if let Some(announced) = &self.announced {
            assert_eq!(announced, &snapshot, "what was announced is no longer so");
        }
        if matches!(phase, Phase::Idle | Phase::Settled) {
            assert_eq!((waiting_for, deadline, run.deadline()), (None, None, None), "{phase:?} waits");
        } else {
            let waiting_for = waiting_for.expect("somebody owes the next word");
            assert!(phase.waits_for().contains(&waiting_for), "{phase:?} waits for {waiting_for:?}");
            assert!(deadline.is_some() || waiting_for.is_patient(), "{phase:?} waits for ever: {waiting_for:?}");
        }
        if let Some((at, timer)) = deadline {
            assert!(phase.timers().contains(&timer), "{phase:?} is limited by {timer:?}");
            let (first, _) = run.deadline().expect("a deadline that is shown is kept");
            assert!(first <= at, "the deadline that is shown comes too late: {timer:?}");
        }
        assert_eq!(phase == Phase::Settled, self.outcome.is_some(), "settled means that the outcome was told");
        if self.outcome.is_some() {
            assert_eq!(carrier, Carrier::None, "a transport is left");
            let left = open.values().find(|(kind, _)| !matches!(kind, Kind::Start | Kind::Interrupt));
            assert_eq!(left.map(|(kind, _)| kind), None, "a question is left open");
        }
        if self.stop_wanted && run.operation_id().is_some() {
            assert!(self.interrupts > 0, "the server was not asked to stop the run");
        }
        if let Some(outcome) = &self.outcome {
            self.is_honest(outcome, server, now);
        }
    }

    /// What holds when nothing runs any more.
    pub fn every_call_has_its_result(&self) {
        for call in self.called.difference(&self.declined) {
            let settled = self.results.contains_key(call) || self.expired.contains(call);
            assert!(settled, "{call} has no result");
        }
    }

    /// A run that the server began although it was given up is stopped.
    pub fn nobody_is_left_alone(&self) {
        let Some(outcome) = &self.outcome else { return };
        if self.stop_wanted || outcome.ending == Ending::StartTimeout {
            assert!(self.interrupts > 0, "a run that nobody follows goes on");
        }
    }

    fn is_honest(&self, outcome: &Outcome, server: &Server, now: u64) {
        let Outcome { ending, verdict, known, .. } = outcome;
        assert_eq!(*known, ending.is_known(), "{ending:?} at {now}");
        if ending.is_told() {
            let end = self.told_end.expect("the transport told an end");
            assert_eq!(*verdict, verdict_of(end), "not what was told");
            return;
        }
        let stopped = matches!(ending, Ending::Stopped | Ending::StopUnconfirmed);
        assert!(!(stopped && self.stop_refused), "the server refused to stop the run");
        match (verdict, ending) {
            (Verdict::Unknown, _) => assert!(!known),
            (Verdict::Completed, _) => panic!("completed by guess: {ending:?}"),
            (Verdict::Failed, Ending::StartFailed) => {}
            (Verdict::Interrupted, Ending::Stopped) => assert!(server.confirmed_stop, "nobody confirmed the stop"),
            (Verdict::Interrupted, Ending::StoppedBeforeStart | Ending::StopUnconfirmed) => assert!(!known),
            (verdict, ending) => panic!("{verdict:?} by {ending:?}"),
        }
    }
}

fn is_interrupt(output: &Output<Payload>) -> bool {
    matches!(output, Output::Ask { question: Question::Interrupt { .. }, .. })
}

fn verdict_of(ended: Ended) -> Verdict {
    match ended {
        Ended::Completed => Verdict::Completed,
        Ended::Error => Verdict::Failed,
        Ended::Interrupted => Verdict::Interrupted,
    }
}

/// Whether nothing but the agent or the user can bring a run on.
pub fn is_patient(run: &ChatRun<Payload>) -> bool {
    run.snapshot().waiting_for.is_some_and(|waiting_for| waiting_for.is_patient())
}

pub fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

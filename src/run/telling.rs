//! What a transport tells, and what it makes of the run.

use std::rc::Rc;

use super::chat_run::{ChatRun, VisibleOutput};
use super::contract::{Input, Output, Question, Told, TransportId};
use super::deadlines::{Link, Standing, Transport};
use super::intervention::{Intervention, Reply};
use super::limits::{Limit, Limits};
use super::outcome::{Ending, Outcome};
use super::phase::Phase;
use super::transitions::Cause;
use crate::agent::{Completion, EventType, SessionStatus};
use crate::link::{Reason, Status};

/// After so long a connection has told what happened before it. v1 does not say so of an operation that has no status.
const REPLAYED_WITHIN: u64 = 10_000;

impl<P: Clone> ChatRun<P> {
    /// Whether an input changes nothing, as almost all do while a run streams.
    #[inline(always)]
    pub(super) fn is_routine(&self, input: &Input<P>) -> bool {
        let Input::Told { told: Told::Event { event_type, own }, .. } = input else { return false };
        if self.transport.owes_a_word() {
            return false;
        }
        if !own {
            return true;
        }
        match *event_type {
            EventType::STREAM_CHUNK => self.is_seen_writing(),
            EventType::STREAM_START | EventType::VISIBLE_OUTPUT_END => false,
            _ => true,
        }
    }

    /// Whether one more chunk of its answer changes nothing.
    pub const fn is_seen_writing(&self) -> bool {
        !self.transport.owes_a_word() && !matches!(self.output, VisibleOutput::None)
    }

    pub(super) fn told(&mut self, transport: TransportId, told: Told<P>) {
        if !matches!(self.transport, Transport::Open(Link { id, .. }) if id == transport) {
            return;
        }
        match told {
            Told::Link { status, reason } => self.link_changed(status, reason),
            Told::Event { event_type, own: true } => self.event(event_type),
            Told::Event { own: false, .. } => self.operation_is_known(),
            Told::ToolExecute { tool_call_id, execution_timeout_ms, payload } => {
                self.operation_is_known();
                self.tool_called(tool_call_id, execution_timeout_ms, payload);
            }
            Told::Asks { intervention, payload } => {
                self.operation_is_known();
                self.user_asked(intervention, payload);
            }
            Told::Resolved { id } => self.close_questions(|open| open.id == id),
            Told::Status(status) => {
                self.operation_is_known();
                self.status_told(&status);
            }
            Told::Replayed { pending } => self.replayed(pending),
            // What is said of an operation while its events come is old news.
            Told::UnknownOperation => self.end(Ending::UnknownOperation, None),
            Told::Unavailable { last_event_id } => self.transport_is_unavailable(last_event_id),
            Told::Done(completion) => self.transport_is_done(completion),
        }
    }

    /// Brings the phase in line with what is known of the transport, the tools and the questions.
    pub(super) fn align(&mut self) {
        let Transport::Open(link) = &self.transport else { return };
        if link.awaits_token() {
            return self.enter(Cause::TokenNeeded);
        }
        if self.transport.standing().is_none() {
            return self.enter(if self.stood { Cause::LinkDown } else { Cause::TokenGiven });
        }
        self.enter(Cause::Connected);
        let awaited = self.interventions.awaited().or(self.said_to_wait);
        self.enter(match awaited {
            Some(true) => Cause::ConfirmationAsked,
            Some(false) => Cause::InputAsked,
            None if self.tools.running_until().is_some() => Cause::ToolRuns,
            None => Cause::AgentWorks,
        });
    }

    fn link_changed(&mut self, status: Status, reason: Option<Reason>) {
        let Limits { pending, reconnect, .. } = self.limits;
        let Transport::Open(link) = &mut self.transport else { return };
        link.status = status;
        link.reason = reason.filter(|_| status != Status::Connected);
        let down = |unheard| Standing::Down { limit: Limit::new(self.now + reconnect), unheard };
        link.standing = match (status, &link.standing) {
            (Status::Connected, Standing::Down { unheard, .. }) => {
                self.stood = true;
                // The first word about the operation is still owed, and a v1 gateway that lost it never has one.
                let limit = unheard.map(|limit| limit.woken(self.now));
                Standing::Unheard(limit.unwrap_or(Limit::new(self.now + pending)))
            }
            (Status::Connected, _) | (_, Standing::Down { .. }) => return,
            (_, Standing::Up) => down(None),
            (_, Standing::Unheard(limit) | Standing::Pending(limit)) => down(Some(*limit)),
        };
        link.replayed_by = (status == Status::Connected).then_some(self.now + REPLAYED_WITHIN);
    }

    fn event(&mut self, event_type: EventType) {
        self.operation_is_known();
        match event_type {
            EventType::STREAM_CHUNK if self.output == VisibleOutput::None => self.output = VisibleOutput::Streams,
            // Output that nobody saw is not over.
            EventType::VISIBLE_OUTPUT_END if self.output == VisibleOutput::Streams => {
                self.output = VisibleOutput::Complete;
            }
            EventType::STREAM_START => {
                self.output = VisibleOutput::None;
                self.agent_goes_on();
            }
            _ => {}
        }
    }

    fn status_told(&mut self, status: &SessionStatus) {
        match status {
            SessionStatus::Running => self.agent_goes_on(),
            SessionStatus::WaitingInput => self.said_to_wait = Some(false),
            SessionStatus::WaitingConfirmation => self.said_to_wait = Some(true),
            // The transport makes its own end of these.
            SessionStatus::Completed | SessionStatus::Error | SessionStatus::Interrupted => {}
            SessionStatus::Unknown(_) => {}
        }
    }

    /// The agent begins a new message, so it waits for no answer: a gateway drops a question that took too long without
    /// a word. What a producer asks is resolved by the producer.
    fn agent_goes_on(&mut self) {
        self.said_to_wait = None;
        self.close_questions(|open| open.kind.is_answered_by_frame());
    }

    fn close_questions(&mut self, is_over: impl Fn(&Intervention) -> bool) {
        for request in self.interventions.close(is_over) {
            self.abort(request);
        }
    }

    fn tool_called(&mut self, tool_call_id: Rc<str>, timeout: Option<u64>, payload: P) {
        if !self.tools.is_news(&tool_call_id) {
            return;
        }
        let may_run = self.is_executor() || self.transport.told_what_was(self.now);
        let request = self.ask(Question::ClaimTool { tool_call_id: tool_call_id.clone(), may_run });
        self.tools.claim(tool_call_id, request, payload, timeout, self.now);
    }

    fn user_asked(&mut self, intervention: Intervention, payload: P) {
        if !self.interventions.is_news(&intervention, self.now) {
            return;
        }
        let request = self.ask(Question::Intervene { intervention: intervention.clone(), payload });
        self.interventions.ask(intervention, request);
    }

    fn replayed(&mut self, pending: bool) {
        if let Transport::Open(link) = &mut self.transport {
            link.replayed_by = Some(self.now);
        }
        if pending { self.operation_is_pending() } else { self.operation_is_known() }
    }

    fn operation_is_known(&mut self) {
        let Transport::Open(link) = &mut self.transport else { return };
        if matches!(link.standing, Standing::Unheard(_) | Standing::Pending(_)) {
            link.standing = Standing::Up;
        }
    }

    fn operation_is_pending(&mut self) {
        let Transport::Open(link) = &mut self.transport else { return };
        match link.standing {
            Standing::Up => link.standing = Standing::Pending(Limit::new(self.now + self.limits.pending)),
            Standing::Unheard(limit) => link.standing = Standing::Pending(limit),
            Standing::Down { .. } | Standing::Pending(_) => {}
        }
    }

    fn transport_is_unavailable(&mut self, last_event_id: String) {
        let Transport::Open(Link { id, .. }) = self.transport else { return };
        if self.has_fallback {
            self.has_fallback = false;
            self.put(Output::Close { transport: id });
            self.open(None, Some(last_event_id));
        } else if self.phase == Phase::Stopping {
            self.put(Output::Close { transport: id });
            self.transport = Transport::Gone;
            self.end_if_stopped();
        } else {
            self.end(Ending::Unavailable, None);
        }
    }

    fn transport_is_done(&mut self, completion: Completion) {
        self.transport = Transport::Gone;
        let outcome = Outcome::told(completion);
        if self.phase == Phase::Stopping && !outcome.known {
            self.end_if_stopped();
            if !outcome.ending.is_told() {
                return;
            }
        }
        self.settle(outcome);
    }

    /// Sends the results and answers that a transport which stands has not carried.
    pub(super) fn send_what_waits(&mut self) {
        let Some(transport) = self.transport.standing() else { return };
        while let Some((tool_call_id, reply)) = self.tools.next_unsent(transport) {
            self.put(Output::SendToolResult { transport, tool_call_id, reply });
        }
        while let Some(Reply { intervention, reply }) = self.interventions.next_reply() {
            self.said_to_wait = None;
            self.put(Output::SendAnswer { transport, intervention, reply });
        }
    }
}

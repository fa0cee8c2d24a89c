//! What a session does with what arrives.

use crate::agent::{CompletionSource, EchoSignal, EventHead, EventId, Outcome, SessionStatus};
use crate::link::{LinkOutput, Reason};
use crate::machine::{DialId, Output, Question};

use super::event::{Continuity, ErrorCode, Event, SessionCompletion};
use super::replay::{Gathered, Purpose, Replay};
use super::session::{Audit, Session};
use super::wire::{ClientFrame, ServerFrame};

/// The close code of a refusal.
const POLICY_VIOLATION: u16 = 1008;
/// The close code and reason of a socket that we end.
const NORMAL_CLOSURE: (u16, &str) = (1000, "Client disconnect");
/// Silence after which a resumed operation is asked from the start, once.
const AUDIT_AFTER: u64 = 15_000;

impl<P> Session<P> {
    /// Takes an event in by its head alone, as almost all can be while a run streams. `true`: it is delivered; the host
    /// hands it to the listeners at once. `false`: nothing happened; it is to be given to `handle` like any frame.
    #[inline(always)]
    pub fn admit(&mut self, dial: DialId, number: u64, head: &EventHead) -> bool {
        let nothing_before_it = self.ready.is_empty() && self.out.is_empty();
        let admitted = nothing_before_it
            && !head.event_type.tells_end()
            && self.link.ready_socket() == Some(dial)
            && self.cursor.is_followed_by(number)
            && self.replay.passes(number);
        if admitted {
            self.outbox.confirm(dial);
            self.deliver(Some(EventId::Number(number)), head, dial);
        }
        admitted
    }

    pub(super) fn frame_arrived(&mut self, dial: DialId, frame: ServerFrame<P>) {
        if !self.link.is_current(dial) {
            return;
        }
        self.outbox.confirm(dial);
        if !frame.is_sequenced() {
            if matches!(frame, ServerFrame::ResumeComplete { .. }) {
                self.resumes_open = self.resumes_open.saturating_sub(1);
                if self.resumes_open > 0 {
                    return;
                }
                self.replay_is_over(dial);
            }
            self.ready.push_back((dial, frame));
            return;
        }
        let gathered = self.replay.take(frame, self.now);
        self.gathered(dial, gathered);
    }

    pub(super) fn garbled(&mut self, dial: DialId, detail: &str) {
        if self.link.is_current(dial) {
            self.error(ErrorCode::Protocol, said("The gateway sent something that is no frame: ", detail));
        }
    }

    pub(super) fn faulted(&mut self, dial: DialId) {
        if self.link.is_current(dial) {
            self.error(ErrorCode::SocketError, said("WebSocket error for operation ", &self.operation_id));
        }
    }

    pub(super) fn closed(&mut self, dial: DialId, code: u16, reason: String) {
        if !self.link.is_current(dial) {
            return;
        }
        self.forget_socket();
        // While the host owes a fresh token, the gateway gives up on the old one: that refuses nothing.
        if code == POLICY_VIOLATION && !self.link.is_refreshing() {
            let reason = if reason.is_empty() { "The gateway closed with code 1008".to_owned() } else { reason };
            return self.refused(reason);
        }
        self.link.closed(dial, self.now);
    }

    pub(super) fn timed_out(&mut self) {
        self.link.timeout(self.now);
        self.drain_link();
        let Some(dial) = self.link.ready_socket() else {
            return self.tool_results_expired();
        };
        let gathered = self.replay.timeout(self.now);
        self.gathered(dial, gathered);
        self.audit_is_due(dial);
        self.tool_results_expired();
    }

    /// Handles one frame in order. An event it delivers is the last thing before its consequences.
    pub(super) fn process(&mut self, dial: DialId, frame: ServerFrame<P>) {
        if frame.id().is_some_and(|id| self.cursor.covers(id)) {
            return self.covered(dial, frame);
        }
        match frame {
            ServerFrame::AgentEvent { id, head, payload } => self.agent_event(dial, id, head, payload),
            ServerFrame::HeartbeatAck => self.acknowledged(dial),
            ServerFrame::AuthSuccess => self.authenticated(dial),
            ServerFrame::AuthFailed { reason } => self.auth_failed(reason),
            ServerFrame::AuthExpired => self.auth_expired(),
            ServerFrame::ResumeComplete { status, gap } => self.resumed(status, gap),
            ServerFrame::SessionComplete { id, summary } => self.session_complete(dial, id, summary),
            ServerFrame::StatusChange { id, status } => self.status_change(dial, id, status),
            ServerFrame::ToolConfirmationRequest { id, payload } => {
                self.request(dial, id, Event::ToolConfirmationRequest(payload));
            }
            ServerFrame::InputRequest { id, payload } => self.request(dial, id, Event::InputRequest(payload)),
            ServerFrame::Unknown => {}
        }
    }

    /// Carries out what the link decided, in its order.
    pub(super) fn drain_link(&mut self) {
        while let Some(output) = self.link.poll() {
            match output {
                LinkOutput::Ask { request, reason } => {
                    self.out.push_back(Output::Ask { request, question: Question::Token { reason } });
                }
                LinkOutput::Withdraw { request } => self.out.push_back(Output::Withdraw { request }),
                LinkOutput::Dial { dial } => self.out.push_back(Output::Dial { dial, url: self.url.clone() }),
                LinkOutput::Authenticate { dial } => {
                    let command =
                        ClientFrame::Auth { token: self.link.secret().to_owned(), client_id: self.client_id.clone() };
                    self.out.push_back(Output::Send { dial, command });
                }
                LinkOutput::Ping { dial } => {
                    self.out.push_back(Output::Send { dial, command: ClientFrame::Heartbeat });
                }
                LinkOutput::Hangup { dial } => {
                    self.forget_socket();
                    let (code, reason) = NORMAL_CLOSURE;
                    self.out.push_back(Output::Hangup { dial, code, reason });
                }
                LinkOutput::StatusChanged(status) => self.tell(Event::StatusChanged(status)),
                LinkOutput::Reconnecting { delay } => self.tell(Event::Reconnecting { delay }),
                LinkOutput::Disconnected => self.tell(Event::Disconnected),
                LinkOutput::GaveUp => self.finish(Outcome::Disconnected, CompletionSource::ConnectionLost),
                LinkOutput::Unauthorized { detail } => self.refused(detail),
                LinkOutput::TokenFault { overdue: true, .. } => {
                    self.error(ErrorCode::TokenTimeout, "getToken did not answer within 15 s".to_owned());
                }
                LinkOutput::TokenFault { detail, overdue: false } => self.error(ErrorCode::TokenFailed, detail),
            }
        }
    }

    fn agent_event(&mut self, dial: DialId, id: Option<EventId>, head: EventHead, payload: P) {
        if self.cursor.was_in_older_sequence(&head) {
            return self.advance(id, Some(&head), dial);
        }
        self.deliver(id, &head, dial);
        self.tell(Event::AgentEvent(payload));
        if head.own && head.is_session_terminal() {
            self.ended_by_event(head);
        }
    }

    fn acknowledged(&mut self, dial: DialId) {
        if !self.link.acknowledged() {
            return;
        }
        if let Audit::Doubted(status) = self.audit.clone() {
            self.replay_is_over(dial);
            self.audit = Audit::NotNeeded;
            return self.ready.push_back((dial, ServerFrame::ResumeComplete { status: Some(status), gap: false }));
        }
        if self.replay.waits_for_barrier() {
            self.replay_is_over(dial);
        }
    }

    fn authenticated(&mut self, dial: DialId) {
        if !self.link.authenticated(self.now) {
            return;
        }
        self.drain_link();
        let at_start = self.cursor.is_at_start();
        let purpose = if at_start && self.resume_on_connect { Purpose::Everything } else { Purpose::GoOn };
        if at_start {
            self.guard.begin_replay();
        } else {
            self.guard.begin_replay_from_cursor();
        }
        self.audit = if at_start { Audit::NotNeeded } else { Audit::Due(self.now + AUDIT_AFTER) };
        self.replay = Replay::begin(purpose, self.cursor.number());
        self.resume(dial, self.cursor.id());
        for result in self.outbox.resend(dial) {
            self.out.push_back(Output::Send { dial, command: ClientFrame::ToolResult(result) });
        }
        self.tell(Event::Connected);
    }

    fn auth_failed(&mut self, reason: String) {
        // While the host owes a fresh token, the gateway gives up on the old one: that refuses nothing.
        if self.link.is_refreshing() {
            self.link.give_up_socket(Reason::TokenExpired, self.now);
        } else {
            self.refused(reason);
        }
    }

    fn auth_expired(&mut self) {
        if !self.link.host_answers() {
            self.tell(Event::AuthExpired);
        }
        self.link.refresh(self.now);
    }

    fn resumed(&mut self, status: Option<SessionStatus>, gap: bool) {
        if gap {
            self.tell(Event::Continuity(Continuity::Gap));
        }
        self.tell(Event::ResumeComplete { status: status.clone(), gap });
        let Some(status) = status else { return };
        if !status.is_terminal() || self.guard.is_stale_resume_status(&status, gap) {
            return self.goes_on(&status);
        }
        // A run that ended since the cursor would have told so in the replay. That it did not may mean that the gateway
        // forgot everything and counts anew, and that the status is that of a member.
        let explained = self.end_told || gap || self.audited || !self.cursor.remembers();
        let unexplained = matches!(self.audit, Audit::Due(_)) && !explained;
        if unexplained && let Some(dial) = self.link.ready_socket() {
            self.audit = Audit::Doubted(status);
            self.resume_from_start(dial, Purpose::Audit);
            return self.link.barrier(self.now);
        }
        self.ended_by_resume_status(&status);
    }

    fn ended_by_resume_status(&mut self, status: &SessionStatus) {
        self.tell(Event::SessionComplete(SessionCompletion::ResumeStatus(status.clone())));
        self.finish_with_status(status, CompletionSource::ResumeStatus, None);
    }

    fn goes_on(&mut self, status: &SessionStatus) {
        self.guard.end_replay();
        // A run that waits for its user may be silent for as long as it likes. One that the gateway calls ended, because
        // a member did, must show that it lives.
        let waits = matches!(status, SessionStatus::WaitingInput | SessionStatus::WaitingConfirmation);
        let suspicious = matches!(self.audit, Audit::Due(_)) || (status.is_terminal() && !self.audited);
        self.audit = match suspicious && !waits {
            true => Audit::Due(self.now + AUDIT_AFTER),
            false => Audit::NotNeeded,
        };
    }

    fn session_complete(&mut self, dial: DialId, id: Option<EventId>, summary: Option<String>) {
        self.advance(id, None, dial);
        if self.guard.consume_echo(EchoSignal::SessionComplete) {
            return;
        }
        self.tell(Event::SessionComplete(SessionCompletion::RawSessionComplete));
        self.finish_with_status(&SessionStatus::Completed, CompletionSource::SessionComplete, summary);
    }

    fn status_change(&mut self, dial: DialId, id: Option<EventId>, status: SessionStatus) {
        self.advance(id, None, dial);
        if !status.is_terminal() {
            self.tell(Event::StatusChange(status));
        } else if !self.guard.consume_either(&status) {
            self.tell(Event::SessionComplete(SessionCompletion::StatusChange(status.clone())));
            self.finish_with_status(&status, CompletionSource::StatusChange, None);
        }
    }

    fn request(&mut self, dial: DialId, id: Option<EventId>, event: Event<P>) {
        self.advance(id, None, dial);
        self.tell(event);
    }

    fn deliver(&mut self, id: Option<EventId>, head: &EventHead, dial: DialId) {
        self.advance(id, Some(head), dial);
        self.guard.observe(head);
    }

    fn advance(&mut self, id: Option<EventId>, head: Option<&EventHead>, dial: DialId) {
        self.cursor.advance(id, head, dial);
        if matches!(self.audit, Audit::Due(_)) {
            self.audit = Audit::NotNeeded;
        }
    }

    fn gathered(&mut self, dial: DialId, gathered: Gathered<P>) {
        match gathered {
            Gathered::Waiting => {}
            Gathered::InOrder(frames) => self.ready.extend(frames.into_iter().map(|frame| (dial, frame))),
            Gathered::Over => self.replay_is_over(dial),
            Gathered::BarrierNeeded => self.link.barrier(self.now),
        }
    }

    fn tool_results_expired(&mut self) {
        for result in self.outbox.expired(self.now) {
            let message = said("Not delivered within 120 s: the result of tool call ", &result.tool_call_id);
            self.error(ErrorCode::ToolResultExpired, message);
        }
    }

    fn error(&mut self, code: ErrorCode, message: String) {
        self.tell(Event::Error { code, message });
    }

    pub(super) fn tell(&mut self, event: Event<P>) {
        self.out.push_back(Output::Event(event));
    }
}

/// A sentence and what it is about.
fn said(sentence: &str, subject: &str) -> String {
    let mut text = String::from(sentence);
    text.push_str(subject);
    text
}

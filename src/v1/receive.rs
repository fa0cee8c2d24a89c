//! What a session does with what arrives.

use crate::agent::{Completion, CompletionSource, Outcome};
use crate::link::{LinkOutput, Reason};
use crate::machine::{DialId, Output, Question};
use crate::operation::{At, Effect, ErrorCode, Event};
use crate::text::said;

use super::session::Session;
use super::wire::{ClientFrame, ServerFrame};

/// The close code of a refusal.
const POLICY_VIOLATION: u16 = 1008;
/// The close code and reason of a socket that we end.
const NORMAL_CLOSURE: (u16, &str) = (1000, "Client disconnect");

impl<P> Session<P> {
    pub(super) fn frame_arrived(&mut self, dial: DialId, frame: ServerFrame<P>) {
        if self.link.is_standby(dial) {
            return self.frame_arrived_beside(dial, &frame);
        }
        if !self.link.is_current(dial) {
            return;
        }
        self.outbox.confirm(dial);
        match frame {
            ServerFrame::HeartbeatAck => {
                if self.link.acknowledged() {
                    self.operation.acknowledged(dial);
                }
            }
            ServerFrame::AuthSuccess => self.authenticated(dial),
            ServerFrame::AuthFailed { reason } => self.auth_failed(reason),
            ServerFrame::AuthExpired => self.auth_expired(),
            ServerFrame::Unknown => {}
            frame => self.operation.arrived(frame, At { dial, now: self.now }),
        }
        self.drain_operation();
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
        if self.link.is_standby(dial) {
            return self.link.standby_closed(code == POLICY_VIOLATION, self.now);
        }
        if !self.link.is_current(dial) {
            return;
        }
        self.operation.forget_socket();
        // Until a fresh token is accepted, the gateway may give up on the old one: that refuses nothing.
        if code == POLICY_VIOLATION && !self.link.is_renewing() {
            let reason = if reason.is_empty() { "The gateway closed with code 1008".to_owned() } else { reason };
            return self.refused(reason);
        }
        self.link.closed(dial, self.now);
    }

    pub(super) fn timed_out(&mut self) {
        self.link.timeout(self.now);
        self.drain_link();
        if let Some(dial) = self.link.ready_socket() {
            self.operation.timed_out(At { dial, now: self.now });
            self.drain_operation();
        }
        self.tool_results_expired();
    }

    /// Handles one frame of the operation. `false`: there is none.
    pub(super) fn step(&mut self) -> bool {
        let Some(dial) = self.link.open_socket() else { return false };
        let stepped = self.operation.step(At { dial, now: self.now });
        self.drain_operation();
        stepped
    }

    fn drain_operation(&mut self) {
        while let Some(effect) = self.operation.poll() {
            match effect {
                Effect::Tell(event) => self.tell(event),
                Effect::Resume { last_event_id } => {
                    if let Some(dial) = self.link.ready_socket() {
                        self.push(Output::Send { dial, command: ClientFrame::Resume { last_event_id } });
                    }
                }
                Effect::Barrier => {
                    self.link.barrier(self.now);
                    self.drain_link();
                }
                Effect::Ended(completion) => self.ended(completion),
            }
        }
    }

    /// Carries out what the link decided, in its order.
    pub(super) fn drain_link(&mut self) {
        while let Some(output) = self.link.poll() {
            match output {
                LinkOutput::Ask { request, reason } => {
                    self.push(Output::Ask { request, question: Question::Token { reason } });
                }
                LinkOutput::Withdraw { request } => self.push(Output::Withdraw { request }),
                LinkOutput::Dial { dial } => {
                    let url = self.url.clone();
                    self.push(Output::Dial { dial, url });
                }
                LinkOutput::Authenticate { dial } => {
                    let command =
                        ClientFrame::Auth { token: self.link.secret().to_owned(), client_id: self.client_id.clone() };
                    self.push(Output::Send { dial, command });
                }
                LinkOutput::Ping { dial } => {
                    self.push(Output::Send { dial, command: ClientFrame::Heartbeat });
                }
                LinkOutput::Hangup { dial, carried } => {
                    if carried {
                        self.operation.forget_socket();
                    }
                    let (code, reason) = NORMAL_CLOSURE;
                    self.push(Output::Hangup { dial, code, reason });
                }
                LinkOutput::StatusChanged(status) => self.tell(Event::StatusChanged(status)),
                LinkOutput::Reconnecting { delay } => self.tell(Event::Reconnecting { delay }),
                LinkOutput::Disconnected => self.tell(Event::Disconnected),
                LinkOutput::GaveUp if self.link.refresh_failed() => {
                    self.complete(Completion::of(Outcome::AuthFailed, CompletionSource::AuthFailed));
                }
                LinkOutput::Exhausted { .. } | LinkOutput::GaveUp => {
                    self.complete(Completion::of(Outcome::Disconnected, CompletionSource::ConnectionLost));
                }
                LinkOutput::Unauthorized { detail } => self.refused(detail),
                LinkOutput::TokenFault { overdue: true, .. } => {
                    self.error(ErrorCode::TokenTimeout, "getToken did not answer within 15 s".to_owned());
                }
                LinkOutput::TokenFault { detail, overdue: false } => self.error(ErrorCode::TokenFailed, detail),
            }
        }
    }

    /// What a second socket says while the first carries the operation.
    fn frame_arrived_beside(&mut self, dial: DialId, frame: &ServerFrame<P>) {
        match frame {
            ServerFrame::AuthSuccess => {
                self.link.take_over(self.now);
                self.begin(dial);
            }
            ServerFrame::AuthFailed { .. } | ServerFrame::AuthExpired => self.link.standby_refused(self.now),
            _ => {}
        }
    }

    fn authenticated(&mut self, dial: DialId) {
        if self.link.authenticated(self.now) {
            self.begin(dial);
            self.tell(Event::Connected);
        }
    }

    fn begin(&mut self, dial: DialId) {
        self.drain_link();
        self.operation.begin(self.resume_on_connect, At { dial, now: self.now });
        self.drain_operation();
        while let Some(result) = self.outbox.resend(dial, self.now) {
            self.push(Output::Send { dial, command: ClientFrame::ToolResult(result) });
        }
    }

    fn auth_failed(&mut self, reason: String) {
        // Until a fresh token is accepted, the gateway may give up on the old one: that refuses nothing.
        if self.link.is_renewing() {
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

    fn tool_results_expired(&mut self) {
        while let Some((_, result)) = self.outbox.expired(self.now) {
            let message = said("Not delivered within 120 s: the result of tool call ", &result.tool_call_id);
            self.error(ErrorCode::ToolResultExpired, message);
        }
    }

    fn error(&mut self, code: ErrorCode, message: String) {
        self.tell(Event::Error { code, message });
    }

    #[inline(never)]
    pub(super) fn push(&mut self, output: Output<ClientFrame, Event<P>>) {
        self.out.push_back(output);
    }

    pub(super) fn tell(&mut self, event: Event<P>) {
        self.push(Output::Event(event));
    }
}

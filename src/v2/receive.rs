//! What a mux does with what arrives.

use super::event::{MuxEvent, SubscriptionId};
use super::feed::Settle;
use super::mux::Mux;
use super::wire::{Channel, ClientFrame, HubFrame};
use crate::link::{LinkOutput, Reason, Status};
use crate::machine::{DialId, Input, Output, Question};
use crate::operation::{At, Effect, ErrorCode, Event, Operation, ServerFrame};
use crate::text::{push_url_component, said};
use crate::time::Timestamp;

/// The close code of a refused or expired token.
const UNAUTHORIZED: u16 = 4401;
/// The close reason of a token whose time is over; any other is a refusal.
const TOKEN_EXPIRED: &str = "auth_expired";
/// Refusals in a row that are final.
const AUTH_FAILURES_ALLOWED: u32 = 3;
/// The close code and reason of a socket that we end.
const NORMAL_CLOSURE: (u16, &str) = (1000, "Client disconnect");

impl<P: Clone> Mux<P> {
    /// Takes a frame in.
    #[cfg(all(target_family = "wasm", feature = "stream"))]
    pub(crate) fn frame(&mut self, dial: DialId, frame: HubFrame<P>, now: Timestamp) {
        self.begin_turn(now);
        self.frame_arrived(dial, frame);
        self.drain_link();
    }

    /// Takes in what happened, with frames of any kind.
    pub(crate) fn take<F>(&mut self, input: Input<F>, now: Timestamp, arrived: impl FnOnce(&mut Self, DialId, F)) {
        self.begin_turn(now);
        match input {
            Input::Frame { dial, frame } => arrived(self, dial, frame),
            Input::Garbled { dial, detail } => self.fault(dial, ErrorCode::Protocol, detail),
            Input::Opened { dial } => self.link.opened(dial, now),
            Input::Refused { dial, .. } => self.link.closed(dial, now),
            Input::Faulted { dial } => {
                self.fault(dial, ErrorCode::SocketError, "Gateway WebSocket error".to_owned());
            }
            Input::Closed { dial, code, reason } => self.closed(dial, code, reason),
            Input::Answered { request, answer } => self.link.answered(request, answer, now),
            Input::Woke(wake) => self.link.woke(wake, now),
            Input::Timeout => self.timed_out(),
        }
        self.drain_link();
    }

    fn begin_turn(&mut self, now: Timestamp) {
        self.now = now;
        self.link.replaces_lost(self.auto_reconnect && self.is_needed());
    }

    pub(super) fn frame_arrived(&mut self, dial: DialId, frame: HubFrame<P>) {
        let at = At { dial, now: self.now };
        if self.link.is_standby(dial) && matches!(frame, HubFrame::Ready) {
            self.link.take_over(self.now);
            return self.begin_all(at);
        }
        if !self.link.is_current(dial) {
            return;
        }
        self.outbox.confirm(dial);
        match frame {
            HubFrame::Ready => self.ready(at),
            HubFrame::HeartbeatAck => self.acknowledged(at),
            HubFrame::Operation { channel, frame } => self.arrived(channel, frame, at),
            HubFrame::SubscribeFailed { channel, reason } => self.subscribe_failed(channel, &reason),
            HubFrame::Lifecycle { channel, status, payload } => {
                self.lifecycle(channel, &status);
                self.tell(MuxEvent::Lifecycle(payload));
            }
            HubFrame::Error { channel: None, message } => {
                self.tell(MuxEvent::Error { code: ErrorCode::Gateway, message });
            }
            HubFrame::Error { channel: Some(channel), message } => {
                for id in self.ids_of(channel) {
                    self.tell_one(id, Event::Error { code: ErrorCode::Gateway, message: message.clone() });
                }
            }
            HubFrame::Document { payload } => self.tell(MuxEvent::Document(payload)),
            HubFrame::Unknown => {}
        }
    }

    pub(super) fn fault(&mut self, dial: DialId, code: ErrorCode, message: String) {
        if self.link.is_current(dial) {
            self.tell(MuxEvent::Error { code, message });
        }
    }

    pub(super) fn closed(&mut self, dial: DialId, code: u16, reason: String) {
        if self.link.is_standby(dial) {
            return self.link.standby_closed(code == UNAUTHORIZED, self.now);
        }
        if !self.link.is_current(dial) {
            return;
        }
        self.forget_socket();
        if code != UNAUTHORIZED {
            return self.link.closed(dial, self.now);
        }
        self.auth_failures += 1;
        if self.auth_failures >= AUTH_FAILURES_ALLOWED {
            self.auth_failed(if reason.is_empty() { "auth_failed".to_owned() } else { reason });
        } else {
            let why = if reason == TOKEN_EXPIRED { Reason::TokenExpired } else { Reason::AuthFailed };
            self.link.closed_for_its_token(why, self.auth_failures == 1, self.now);
        }
    }

    pub(super) fn timed_out(&mut self) {
        self.link.timeout(self.now);
        self.drain_link();
        for id in std::mem::take(&mut self.deferred) {
            let message = "The gateway does not serve this protocol".to_owned();
            self.tell_one(id, Event::Error { code: ErrorCode::Unavailable, message });
        }
        while let Some((owner, result)) = self.outbox.expired(self.now) {
            let message = said("Not delivered within 120 s: the result of tool call ", &result.tool_call_id);
            self.tell_one(SubscriptionId(owner), Event::Error { code: ErrorCode::ToolResultExpired, message });
        }
        if let Some(dial) = self.link.ready_socket() {
            self.operations_timed_out(At { dial, now: self.now });
        }
        if self.idle_at.take().is_some() && !self.is_needed() {
            self.leave(Reason::Idle);
        }
    }

    /// Handles the next frame of the next operation that has one. `false`: none has.
    pub(super) fn step(&mut self) -> bool {
        let (Some(channel), Some(dial)) = (self.pending.first().copied(), self.link.ready_socket()) else {
            self.pending.clear();
            return false;
        };
        let at = At { dial, now: self.now };
        let mut stepped = false;
        for id in self.ids_of(channel) {
            stepped |= self.operation_mut(channel, id).is_some_and(|operation| operation.step(at));
            self.carry_out(channel, id);
        }
        if !stepped {
            self.pending.remove(0);
        }
        true
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
                    let url = self.url();
                    self.push(Output::Dial { dial, url });
                }
                LinkOutput::Authenticate { .. } => {}
                LinkOutput::Ping { dial } => {
                    self.push(Output::Send { dial, command: ClientFrame::Heartbeat });
                }
                LinkOutput::Hangup { dial, carried } => {
                    if carried {
                        self.forget_socket();
                    }
                    let (code, reason) = NORMAL_CLOSURE;
                    self.push(Output::Hangup { dial, code, reason });
                }
                LinkOutput::StatusChanged(status) => self.status_changed(status),
                LinkOutput::Reconnecting { delay } => {
                    self.tell(MuxEvent::Reconnecting { delay });
                    for id in self.ids() {
                        self.tell_one(id, Event::Reconnecting { delay });
                    }
                }
                LinkOutput::Disconnected => self.disconnected(),
                LinkOutput::GaveUp => {}
                LinkOutput::Exhausted { attempts } => {
                    let mut reason = String::from("no usable connection after ");
                    reason.push_str(&crate::text::decimal(u64::from(attempts)));
                    reason.push_str(" attempts");
                    self.become_unavailable(Reason::Unavailable, reason);
                }
                LinkOutput::Unauthorized { detail } => self.auth_failed(detail),
                LinkOutput::TokenFault { detail, overdue } => {
                    let (code, message) = match overdue {
                        true => (ErrorCode::TokenTimeout, "getToken did not answer within 15 s".to_owned()),
                        false => (ErrorCode::TokenFailed, detail),
                    };
                    self.tell(MuxEvent::Error { code, message });
                }
            }
        }
    }

    /// Takes up one subscription of an operation, or all of them, on a socket: one frame for all (SB-01).
    pub(super) fn begin(&mut self, channel: Channel, only: Option<SubscriptionId>, at: At) {
        let Some(wire) = self.wire_mut(channel) else { return };
        if only.is_none() {
            wire.begin(at.now);
        }
        let owed = self.ask(channel, None);
        for id in self.ids_of(channel) {
            if only.is_some_and(|only| only != id) {
                continue;
            }
            let subscription = self.wire_mut(channel).and_then(|wire| wire.find_mut(id));
            let Some(subscription) = subscription else { continue };
            subscription.begin(owed, at);
            if subscription.enter(Status::Connected, None, at.now) {
                self.tell_one(id, Event::StatusChanged(Status::Connected));
                self.tell_one(id, Event::Connected);
            }
        }
    }

    /// Asks for an operation from a cursor, or from the lowest; returns how many answers are owed now.
    fn ask(&mut self, channel: Channel, last_event_id: Option<String>) -> u32 {
        let Some(wire) = self.wire_mut(channel) else { return 0 };
        wire.answers_owed += 1;
        let (owed, operation_id, executor) = (wire.answers_owed, wire.operation_id.clone(), wire.is_executor());
        let last_event_id = last_event_id.unwrap_or_else(|| wire.lowest_cursor());
        self.send(ClientFrame::Subscribe { channel, operation_id, last_event_id, executor });
        owed
    }

    /// Asks for an operation again, once for all who follow it.
    pub(super) fn ask_again(&mut self, channel: Channel) {
        let owed = self.ask(channel, None);
        let Some(wire) = self.wire_mut(channel) else { return };
        for subscription in &mut wire.subscriptions {
            subscription.operation.awaits(owed);
        }
    }

    fn ready(&mut self, at: At) {
        if !self.link.authenticated(self.now) {
            return;
        }
        self.begin_all(at);
        self.tell(MuxEvent::Connected);
        if std::mem::take(&mut self.waiters) > 0 {
            self.tell(MuxEvent::WaitersResolved);
        }
        self.close_if_unneeded();
    }

    fn begin_all(&mut self, at: At) {
        self.auth_failures = 0;
        self.answers_owed.clear();
        self.drain_link();
        for channel in self.channels() {
            self.begin(channel, None, at);
        }
        while let Some(result) = self.outbox.resend(at.dial, at.now) {
            self.send(ClientFrame::ToolResult(result));
        }
        if !self.documents.is_empty() {
            self.tell(MuxEvent::DocumentsReady);
        }
    }

    fn acknowledged(&mut self, at: At) {
        if !self.link.acknowledged() {
            return;
        }
        for channel in self.channels() {
            let Some(wire) = self.wire_mut(channel) else { continue };
            wire.acknowledged(at);
            for id in self.ids_of(channel) {
                self.carry_out(channel, id);
            }
            self.pending.push(channel);
        }
    }

    fn arrived(&mut self, channel: Channel, frame: ServerFrame<P>, at: At) {
        let Some(wire) = self.wire_mut(channel) else { return };
        wire.goes_on();
        if frame.shows_life() {
            wire.lives();
        }
        if let ServerFrame::ResumeComplete { status, pending, .. } = &frame
            && wire.answered(status.as_ref(), *pending, at.now)
        {
            wire.is_over(at);
            return self.pending.push(channel);
        }
        for id in self.ids_of(channel) {
            if let Some(operation) = self.operation_mut(channel, id) {
                operation.arrived(frame.clone(), at);
            }
            self.carry_out(channel, id);
        }
        if self.pending.last() != Some(&channel) {
            self.pending.push(channel);
        }
    }

    fn subscribe_failed(&mut self, channel: Channel, reason: &str) {
        if let Some(wire) = self.wire_mut(channel) {
            wire.answers_owed = wire.answers_owed.saturating_sub(1);
        }
        for id in self.ids_of(channel) {
            self.refuse(id, reason);
        }
    }

    fn operations_timed_out(&mut self, at: At) {
        for channel in self.channels() {
            let Some(wire) = self.wire_mut(channel) else { continue };
            match wire.settle(at.now) {
                Settle::Wait => {}
                Settle::AskAgain => {
                    self.ask_again(channel);
                    self.link.probe(at.now);
                }
                Settle::End => self.end_by_feed(channel),
            }
            for id in self.ids_of(channel) {
                if let Some(operation) = self.operation_mut(channel, id) {
                    operation.timed_out(at);
                }
                self.carry_out(channel, id);
            }
            self.pending.push(channel);
        }
    }

    /// Carries out what follows from a call of an operation.
    pub(super) fn carry_out(&mut self, channel: Channel, id: SubscriptionId) {
        while let Some(effect) = self.operation_mut(channel, id).and_then(Operation::poll) {
            match effect {
                Effect::Tell(event) => self.tell_one(id, event),
                Effect::Resume { last_event_id } => {
                    let owed = self.ask(channel, Some(last_event_id));
                    if let Some(operation) = self.operation_mut(channel, id) {
                        operation.awaits(owed);
                    }
                }
                Effect::Barrier => {
                    self.link.barrier(self.now);
                    self.drain_link();
                }
                Effect::Ended(completion) => self.end(id, completion),
            }
        }
    }

    fn status_changed(&mut self, status: Status) {
        let told = match status {
            Status::Connected | Status::Disconnected => status,
            Status::Connecting | Status::Authenticating | Status::Reconnecting => Status::Connecting,
        };
        if self.status != told {
            self.status = told;
            self.tell(MuxEvent::StatusChanged(told));
        }
        if status == Status::Reconnecting {
            self.notify_all(Status::Reconnecting);
        }
    }

    pub(super) fn notify_all(&mut self, status: Status) {
        let (reason, now) = (self.link.snapshot().reason, self.now);
        for channel in self.channels() {
            for id in self.ids_of(channel) {
                let subscription = self.wire_mut(channel).and_then(|wire| wire.find_mut(id));
                if subscription.is_some_and(|subscription| subscription.enter(status, reason, now)) {
                    self.tell_one(id, Event::StatusChanged(status));
                }
            }
        }
    }

    fn forget_socket(&mut self) {
        self.pending.clear();
        self.answers_owed.clear();
        for wire in self.wires.iter_mut().flatten() {
            wire.answers_owed = 0;
            for subscription in &mut wire.subscriptions {
                subscription.operation.forget_socket();
            }
        }
    }

    fn url(&self) -> String {
        let mut url = self.base.clone();
        url.push_str("/v2/ws?token=");
        push_url_component(&mut url, self.link.secret());
        url.push_str("&clientId=");
        push_url_component(&mut url, &self.client_id);
        url
    }
}

//! All operations of a user over one socket.

use std::collections::VecDeque;
use std::rc::Rc;

use super::config::MuxConfig;
use super::ending::Leaving;
use super::event::{MuxEvent, SubscriptionId};
use super::subscription::{Subscription, Wire};
use super::wire::{Channel, ClientFrame, HubFrame};
use crate::agent::{EventHead, Outbox, ToolResult};
use crate::link::{Delays, Link, LinkConfig, Presents, Reason, Snapshot, Status, Transition, socket_base};
use crate::machine::{Answer, DialId, Input, Machine, Output, Question, Timer, sooner};
use crate::operation::{At, Event};
use crate::time::Timestamp;

/// The v2 machine (MX-01 to MX-47, SB-01 to SB-15). `P` is an event's payload, handed through untouched; it is cloned
/// where an operation has several subscriptions.
#[derive(Debug)]
pub struct Mux<P> {
    pub(super) base: String,
    pub(super) client_id: String,
    pub(super) auto_reconnect: bool,
    pub(super) keep_alive: bool,
    pub(super) max_dial_failures: u32,
    pub(super) link: Link,
    pub(super) status: Status,
    pub(super) wires: Vec<Option<Wire<P>>>,
    /// How many answers the socket owes about operations that nobody follows any more.
    pub(super) answers_owed: Vec<(Rc<str>, u32)>,
    /// Operations with frames that were not processed.
    pub(super) pending: Vec<Channel>,
    pub(super) outbox: Outbox,
    pub(super) documents: Vec<String>,
    pub(super) waiters: u32,
    pub(super) auth_failures: u32,
    pub(super) unavailable: bool,
    /// When the connection that nobody needs is closed (MX-43).
    pub(super) idle_at: Option<Timestamp>,
    /// Told with the next deadline, when the caller had time to listen.
    pub(super) deferred: Vec<SubscriptionId>,
    pub(super) out: VecDeque<Output<ClientFrame, MuxEvent<P>>>,
    /// Subscriptions that are over, until their last word was told.
    pub(super) leaving: Vec<Leaving>,
    /// The one whose last word is being told.
    left: Option<SubscriptionId>,
    pub(super) now: Timestamp,
}

impl<P: Clone> Mux<P> {
    /// A mux that is not connected.
    pub fn new(config: MuxConfig) -> Self {
        Self {
            base: socket_base(&config.gateway_url),
            client_id: config.client_id,
            auto_reconnect: config.auto_reconnect,
            keep_alive: config.keep_alive,
            max_dial_failures: config.max_dial_failures,
            link: Link::new(LinkConfig {
                token: None,
                host_answers: true,
                auto_reconnect: config.auto_reconnect,
                presents: Presents::InUrl,
                delays: Delays::Jittered { seed: config.seed },
                heartbeat_every: config.heartbeat_every,
                rotate_after: config.rotate_after,
            }),
            status: Status::Disconnected,
            wires: Vec::new(),
            answers_owed: Vec::new(),
            pending: Vec::new(),
            outbox: Outbox::default(),
            documents: Vec::new(),
            waiters: 0,
            auth_failures: 0,
            unavailable: false,
            idle_at: None,
            deferred: Vec::new(),
            out: VecDeque::new(),
            leaving: Vec::new(),
            left: None,
            now: Timestamp::default(),
        }
    }

    /// The connection at this moment; its status is disconnected, connecting or connected.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { status: self.status, ..self.link.snapshot() }
    }

    /// The last changes of the connection's status, or of that of a subscription, oldest first.
    pub fn history(&self, of: Option<SubscriptionId>) -> &[Transition] {
        match of {
            None => self.link.history(),
            Some(id) => self.find(id).map_or(&[], |subscription| subscription.history.transitions()),
        }
    }

    /// A subscription at this moment; `None` once its last word was told.
    pub fn subscription(&self, id: SubscriptionId) -> Option<Snapshot> {
        let Some(subscription) = self.find(id) else {
            let leaving = self.leaving.iter().find(|leaving| leaving.id == id)?;
            let (since, reason) = (leaving.since, Some(leaving.reason));
            return Some(Snapshot { since, reason, ..Snapshot::default() });
        };
        Some(Snapshot { status: subscription.status, since: subscription.since, ..self.link.snapshot() })
    }

    /// The id of the last event delivered to a subscription; `None` once its last word was told.
    pub fn last_event_id(&self, id: SubscriptionId) -> Option<String> {
        let leaving =
            || self.leaving.iter().find(|leaving| leaving.id == id).map(|leaving| leaving.last_event_id.clone());
        self.find(id).map(|subscription| subscription.operation.last_event_id()).or_else(leaving)
    }

    /// The operation of a subscription; `None` once it is over.
    pub fn operation_of(&self, id: SubscriptionId) -> Option<Rc<str>> {
        Some(self.wires.iter().flatten().find(|wire| wire.has(id))?.operation_id.clone())
    }

    /// The place of an operation, where it is subscribed.
    pub fn channel_of(&self, operation_id: &str) -> Option<Channel> {
        let is_it = |wire: &Option<Wire<P>>| wire.as_ref().is_some_and(|wire| &*wire.operation_id == operation_id);
        Some(Channel(self.wires.iter().position(is_it)? as u32))
    }

    /// Whether the hub accepted the token of the socket.
    pub fn is_ready(&self) -> bool {
        self.link.ready_socket().is_some()
    }

    /// Whether the gateway was found not to serve this protocol.
    pub fn is_unavailable(&self) -> bool {
        self.unavailable
    }

    /// Whether nothing is connected and nothing is planned.
    pub fn is_idle(&self) -> bool {
        self.link.is_idle() && self.deferred.is_empty()
    }

    /// Takes an event in by its head alone; see [`Operation::admit`](crate::operation::Operation::admit). Returns the
    /// subscription that it is delivered to.
    #[inline(always)]
    pub fn admit(&mut self, dial: DialId, channel: Channel, number: u64, head: &EventHead) -> Option<SubscriptionId> {
        if !self.out.is_empty() || self.link.ready_socket() != Some(dial) {
            return None;
        }
        let wire = self.wires.get_mut(channel.0 as usize)?.as_mut()?;
        let [subscription] = &mut wire.subscriptions[..] else { return None };
        if !wire.feed.is_silent() || !subscription.operation.admit(number, head, dial) {
            return None;
        }
        self.outbox.confirm(dial);
        Some(subscription.id)
    }

    /// Connects, and counts one more who waits for it (MX-01 to MX-03). `false`: the gateway does not serve this protocol.
    pub fn connect(&mut self, now: Timestamp) -> bool {
        self.now = now;
        self.idle_at = None;
        if !self.unavailable && !self.is_ready() {
            self.waiters += 1;
            self.dial();
        }
        !self.unavailable
    }

    /// One who waited for the connection does so no more.
    pub fn abandon_connect(&mut self, now: Timestamp) {
        self.now = now;
        self.waiters = self.waiters.saturating_sub(1);
        self.close_if_unneeded();
    }

    /// Closes; subscriptions stay and are taken up again by the next `connect` (MX-40).
    pub fn disconnect(&mut self, now: Timestamp) {
        self.now = now;
        self.leave(Reason::DisconnectCalled);
    }

    /// Whether somebody wants to know that the gateway does not serve this protocol, to do something else instead.
    pub fn watch_unavailable(&mut self, watched: bool) {
        self.link.allow_failures(watched.then_some(self.max_dial_failures));
    }

    /// Subscribes to an operation (MX-41). Where the gateway does not serve this protocol the subscription stays
    /// disconnected and is told so a moment later (V2-C1).
    pub fn subscribe(
        &mut self,
        id: SubscriptionId,
        operation_id: &str,
        last_event_id: &str,
        executor: bool,
        now: Timestamp,
    ) {
        self.now = now;
        self.idle_at = None;
        let channel = self.channel_of(operation_id).unwrap_or_else(|| self.open_channel(operation_id));
        let waits_to_retry = self.link.snapshot().retry_at.is_some();
        let status = match (self.unavailable, waits_to_retry) {
            (true, _) => Status::Disconnected,
            (_, true) => Status::Reconnecting,
            _ => Status::Connecting,
        };
        let Some(wire) = self.wire_mut(channel) else { return };
        wire.subscriptions.push(Subscription::new(id, last_event_id, executor, status, now));
        if self.unavailable {
            self.deferred.push(id);
        } else if let Some(dial) = self.link.ready_socket() {
            self.begin(channel, Some(id), At { dial, now });
        } else {
            self.dial();
        }
    }

    /// Ends a subscription (SB-14).
    pub fn unsubscribe(&mut self, id: SubscriptionId, now: Timestamp) {
        self.now = now;
        self.abandon(id);
    }

    /// Sends a tool's result (MX-45). `false`: the subscription is over. One that cannot be sent now, or that the
    /// gateway may not have read, is kept for 120 s and sent on the next socket.
    pub fn send_tool_result(&mut self, id: SubscriptionId, result: ToolResult, now: Timestamp) -> bool {
        self.now = now;
        if self.find(id).is_none() || self.unavailable {
            return false;
        }
        let ready = self.link.ready_socket();
        self.send(ClientFrame::ToolResult(result.clone()));
        self.outbox.keep(id.0, result, ready, now);
        true
    }

    /// Hands out, and forgets, the results of an operation that no living socket carried (MX-44).
    pub fn take_pending_tool_results(&mut self, operation_id: &str, now: Timestamp) -> Vec<ToolResult> {
        self.now = now;
        let Some(channel) = self.channel_of(operation_id) else { return Vec::new() };
        let dial = self.link.ready_socket();
        let mut taken = Vec::new();
        for id in self.ids_of(channel) {
            taken.append(&mut self.outbox.take(id.0, dial, now));
        }
        taken
    }

    /// Answers a `tool_confirmation_request`. `false`: it cannot be sent (MX-47).
    pub fn send_tool_confirmation(&mut self, id: SubscriptionId, tool_call_id: String, approved: bool) -> bool {
        let Some(operation_id) = self.operation_of(id) else { return false };
        self.send(ClientFrame::ToolConfirmation { operation_id, tool_call_id, approved })
    }

    /// Answers an `input_request`. `false`: it cannot be sent (MX-47).
    pub fn send_user_input(&mut self, id: SubscriptionId, request_id: String, content: String) -> bool {
        let Some(operation_id) = self.operation_of(id) else { return false };
        self.send(ClientFrame::UserInput { operation_id, request_id, content })
    }

    /// Keeps the connection for a document channel (§2.5).
    pub fn open_document(&mut self, document_id: String, now: Timestamp) {
        self.now = now;
        self.idle_at = None;
        if !self.documents.contains(&document_id) {
            self.documents.push(document_id);
        }
        self.dial();
    }

    /// Ends a document channel.
    pub fn close_document(&mut self, document_id: String, now: Timestamp) {
        self.now = now;
        let Some(known) = self.documents.iter().position(|known| *known == document_id) else { return };
        self.documents.remove(known);
        self.send(ClientFrame::CloseDocument { document_id });
        self.close_if_unneeded();
    }

    /// Sends a frame of a document channel. `false`: it cannot be sent, and is not kept (MX-47).
    pub fn send_document(&mut self, frame: String) -> bool {
        self.send(ClientFrame::Document(frame))
    }
}

impl<P: Clone> Machine for Mux<P> {
    type Frame = HubFrame<P>;
    type Command = ClientFrame;
    type Event = MuxEvent<P>;
    type Question = Question;
    type Answer = Answer;

    fn handle(&mut self, input: Input<HubFrame<P>>, now: Timestamp) {
        self.take(input, now, Self::frame_arrived);
    }

    fn poll(&mut self) -> Option<Output<ClientFrame, MuxEvent<P>>> {
        if let Some(left) = self.left.take() {
            self.leaving.retain(|leaving| leaving.id != left);
        }
        while self.out.is_empty() && self.step() {}
        let output = self.out.pop_front();
        if let Some(Output::Event(MuxEvent::Operation { subscription, event: Event::Done(_) })) = &output {
            self.left = Some(*subscription);
        }
        output
    }

    fn deadline(&self) -> Option<(Timestamp, Timer)> {
        let idle = self.idle_at.map(|at| (at, Timer::Idle));
        let deferred = (!self.deferred.is_empty()).then_some((self.now, Timer::Idle));
        let outbox = self.outbox.deadline().map(|at| (at, Timer::ToolResult));
        let mut deadline = sooner(sooner(self.link.deadline(), idle), sooner(deferred, outbox));
        if self.is_ready() {
            for wire in self.wires.iter().flatten() {
                deadline = sooner(deadline, wire.deadline());
            }
        }
        deadline
    }
}

impl<P: Clone> Mux<P> {
    pub(super) fn leave(&mut self, reason: Reason) {
        let untold = self.out.len();
        self.idle_at = None;
        self.link.stop(reason, self.now);
        self.drain_link();
        let is_told = |output: &Output<_, _>| matches!(output, Output::Event(MuxEvent::Disconnected));
        if !self.unavailable && !self.out.iter().skip(untold).any(is_told) {
            self.tell(MuxEvent::Disconnected);
        }
    }

    /// Whether anybody needs the connection.
    pub(super) fn is_needed(&self) -> bool {
        self.keep_alive || self.waiters > 0 || !self.documents.is_empty() || self.wires.iter().any(Option::is_some)
    }

    pub(super) fn close_if_unneeded(&mut self) {
        if !self.is_needed() && !self.link.is_idle() {
            self.idle_at = Some(self.now);
        }
    }

    #[inline(never)]
    pub(super) fn push(&mut self, output: Output<ClientFrame, MuxEvent<P>>) {
        self.out.push_back(output);
    }

    pub(super) fn tell(&mut self, event: MuxEvent<P>) {
        self.push(Output::Event(event));
    }

    pub(super) fn tell_one(&mut self, subscription: SubscriptionId, event: Event<P>) {
        self.tell(MuxEvent::Operation { subscription, event });
    }

    pub(super) fn send(&mut self, command: ClientFrame) -> bool {
        let ready = self.link.ready_socket();
        if let Some(dial) = ready {
            self.push(Output::Send { dial, command });
        }
        ready.is_some()
    }

    fn open_channel(&mut self, operation_id: &str) -> Channel {
        let mut wire = Wire::new(operation_id.into());
        if let Some(left) = self.answers_owed.iter().position(|(left, _)| **left == *operation_id) {
            wire.answers_owed = self.answers_owed.remove(left).1;
        }
        let wire = Some(wire);
        let place = self.wires.iter().position(Option::is_none).unwrap_or(self.wires.len());
        if place == self.wires.len() {
            self.wires.push(wire);
        } else {
            self.wires[place] = wire;
        }
        Channel(place as u32)
    }

    /// Dials unless that is done or planned: a pending delay is respected (MX-03).
    fn dial(&mut self) {
        if self.link.is_idle() && !self.unavailable {
            self.link.connect(self.now);
            self.drain_link();
        }
    }
}

//! How subscriptions and the connection end: once, in the order that callers rely on.

use std::rc::Rc;

use super::event::{MuxEvent, SubscriptionId};
use super::mux::Mux;
use super::wire::ClientFrame;
use crate::agent::{Completion, CompletionSource, Outcome};
use crate::link::{Reason, Status};
use crate::operation::Event;
use crate::text::said;
use crate::time::Timestamp;

/// Operations that were left before the hub had answered; of older ones the answers have come.
const LEFT_REMEMBERED: usize = 100;

/// What is known of a subscription that is over.
#[derive(Debug)]
pub(super) struct Leaving {
    pub(super) id: SubscriptionId,
    pub(super) last_event_id: String,
    pub(super) since: Timestamp,
    pub(super) reason: Reason,
}

impl<P: Clone> Mux<P> {
    pub(super) fn refuse(&mut self, id: SubscriptionId, reason: &str) {
        self.tell_one(id, Event::AuthFailed { reason: reason.to_owned() });
        let completion = Completion::of(Outcome::AuthFailed, CompletionSource::AuthFailed);
        self.end(id, Completion { reason: Some(reason.to_owned()), ..completion });
    }

    /// Takes a subscription away (SB-13). Its last words follow.
    pub(super) fn end(&mut self, id: SubscriptionId, completion: Completion) {
        let Some(place) = self.wires.iter().position(|wire| wire.as_ref().is_some_and(|wire| wire.has(id))) else {
            return;
        };
        self.tell(MuxEvent::Ending { subscription: id });
        self.outbox.forget(id.0);
        self.deferred.retain(|deferred| *deferred != id);
        let reason = match completion.outcome {
            Outcome::AuthFailed => Reason::AuthFailed,
            Outcome::Disconnected if completion.source == CompletionSource::Disconnect => Reason::DisconnectCalled,
            Outcome::Disconnected | Outcome::Completed | Outcome::Error | Outcome::Interrupted => Reason::RunEnded,
        };
        let last_event_id = self.last_event_id(id).unwrap_or_default();
        self.leaving.push(Leaving { id, last_event_id, since: self.now, reason });
        let Some(wire) = &mut self.wires[place] else { return };
        let status = wire.remove(id);
        if wire.subscriptions.is_empty() {
            let (operation_id, owed) = (wire.operation_id.clone(), wire.answers_owed);
            self.wires[place] = None;
            self.keep_owed(operation_id.clone(), owed);
            self.send(ClientFrame::Unsubscribe { operation_id });
        }
        if status != Some(Status::Disconnected) {
            self.tell_one(id, Event::StatusChanged(Status::Disconnected));
        }
        self.tell_one(id, Event::Disconnected);
        self.tell_one(id, Event::Done(completion));
        self.close_if_unneeded();
    }

    /// Remembers what is owed about an operation, should it be subscribed again before it comes.
    fn keep_owed(&mut self, operation_id: Rc<str>, owed: u32) {
        if owed == 0 {
            return;
        }
        if self.answers_owed.len() == LEFT_REMEMBERED {
            self.answers_owed.remove(0);
        }
        self.answers_owed.push((operation_id, owed));
    }

    pub(super) fn auth_failed(&mut self, reason: String) {
        if self.link.gives_up_on_failures() {
            return self.become_unavailable(Reason::AuthFailed, reason);
        }
        for id in self.ids() {
            self.refuse(id, &reason);
        }
        self.reject_waiters("Gateway auth failed: ", &reason);
        self.link.stop(Reason::AuthFailed, self.now);
        self.drain_link();
    }

    pub(super) fn become_unavailable(&mut self, cause: Reason, reason: String) {
        self.unavailable = true;
        self.idle_at = None;
        self.link.stop(cause, self.now);
        self.drain_link();
        self.reject_waiters("Gateway mux unavailable: ", &reason);
        self.tell(MuxEvent::Unavailable { reason });
    }

    pub(super) fn reject_waiters(&mut self, message: &str, reason: &str) {
        if std::mem::take(&mut self.waiters) > 0 {
            self.tell(MuxEvent::WaitersRejected { message: said(message, reason) });
        }
    }

    /// Ends a subscription because the application wants no more.
    pub(super) fn abandon(&mut self, id: SubscriptionId) {
        self.end(id, Completion::of(Outcome::Disconnected, CompletionSource::Disconnect));
    }

    pub(super) fn disconnected(&mut self) {
        if self.unavailable {
            return;
        }
        self.idle_at = None;
        self.notify_all(Status::Disconnected);
        let called = matches!(self.link.snapshot().reason, Some(Reason::DisconnectCalled | Reason::Idle));
        let message = if called { "GatewayMuxClient disconnected" } else { "Gateway connection lost" };
        self.reject_waiters(message, "");
        self.tell(MuxEvent::Disconnected);
    }
}

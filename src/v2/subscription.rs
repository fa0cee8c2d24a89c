//! An operation's subscriptions: one on the wire, any number here.

use std::rc::Rc;

use smallvec::SmallVec;

use super::event::SubscriptionId;
use super::feed::Feed;
use crate::agent::Protocol;
use crate::link::{History, Reason, Status, Transition};
use crate::machine::{Timer, sooner};
use crate::operation::{At, Effect, Operation};
use crate::time::Timestamp;

/// One operation on the wire (V2-C6): subscribed from the lowest cursor, as executor if any subscription is one.
#[derive(Debug)]
pub(super) struct Wire<P> {
    pub(super) operation_id: Rc<str>,
    /// Almost always one, which is reached without a detour.
    pub(super) subscriptions: SmallVec<[Subscription<P>; 1]>,
    /// How many `subscribe`s of this socket were not answered.
    pub(super) answers_owed: u32,
    /// What the feed told of its end.
    pub(super) feed: Feed,
}

/// One subscription, with a cursor of its own.
#[derive(Debug)]
pub(super) struct Subscription<P> {
    pub(super) id: SubscriptionId,
    pub(super) executor: bool,
    pub(super) status: Status,
    pub(super) since: Timestamp,
    pub(super) history: History,
    pub(super) operation: Operation<P>,
}

impl<P> Wire<P> {
    pub(super) fn new(operation_id: Rc<str>) -> Self {
        Self { operation_id, subscriptions: SmallVec::new(), answers_owed: 0, feed: Feed::default() }
    }

    pub(super) fn is_executor(&self) -> bool {
        self.subscriptions.iter().any(|subscription| subscription.executor)
    }

    pub(super) fn has(&self, id: SubscriptionId) -> bool {
        self.find(id).is_some()
    }

    pub(super) fn find(&self, id: SubscriptionId) -> Option<&Subscription<P>> {
        self.subscriptions.iter().find(|subscription| subscription.id == id)
    }

    pub(super) fn find_mut(&mut self, id: SubscriptionId) -> Option<&mut Subscription<P>> {
        self.subscriptions.iter_mut().find(|subscription| subscription.id == id)
    }

    pub(super) fn add_ids(&self, ids: &mut Vec<SubscriptionId>) {
        for subscription in &self.subscriptions {
            ids.push(subscription.id);
        }
    }

    /// Takes a subscription away and tells its last status.
    pub(super) fn remove(&mut self, id: SubscriptionId) -> Option<Status> {
        let place = self.subscriptions.iter().position(|subscription| subscription.id == id)?;
        Some(self.subscriptions.remove(place).status)
    }

    /// The event from which all subscriptions together must be told.
    pub(super) fn lowest_cursor(&self) -> String {
        if self.subscriptions.iter().any(|subscription| subscription.operation.owes_audit()) {
            return String::new();
        }
        let lowest = self.subscriptions.iter().min_by_key(|subscription| subscription.operation.last_number());
        lowest.map(|subscription| subscription.operation.last_event_id()).unwrap_or_default()
    }

    pub(super) fn deadline(&self) -> Option<(Timestamp, Timer)> {
        let mut deadline = self.feed.settles_at().map(|at| (at, Timer::Audit));
        for subscription in &self.subscriptions {
            deadline = sooner(deadline, subscription.operation.deadline());
        }
        deadline
    }
}

impl<P> Subscription<P> {
    pub(super) fn new(
        id: SubscriptionId,
        last_event_id: &str,
        executor: bool,
        status: Status,
        since: Timestamp,
    ) -> Self {
        let operation = Operation::new(Protocol::V2, last_event_id);
        Self { id, executor, status, since, history: History::default(), operation }
    }

    /// Enters a status. `false`: it was in it.
    pub(super) fn enter(&mut self, status: Status, reason: Option<Reason>, now: Timestamp) -> bool {
        if self.status == status {
            return false;
        }
        self.status = status;
        self.since = now;
        self.history.add(Transition { at: now, status, reason });
        true
    }

    /// Begins on a socket that owes so many answers. What it asks for is asked for once for all subscriptions of the
    /// operation.
    pub(super) fn begin(&mut self, answers_owed: u32, at: At) {
        self.operation.begin(false, at);
        let asked = self.operation.poll();
        debug_assert!(matches!(asked, Some(Effect::Resume { .. })), "an operation begins by asking");
        self.operation.awaits(answers_owed);
    }
}

//! An operation's subscriptions: one on the wire, any number here.

use std::rc::Rc;

use smallvec::SmallVec;

use super::event::SubscriptionId;
use crate::agent::{Protocol, SessionStatus};
use crate::link::{History, Reason, Status, Transition};
use crate::machine::{Timer, sooner};
use crate::operation::{At, Effect, Operation};
use crate::time::Timestamp;

/// How long an operation that ended by the feed may owe its end to the stream.
const END_WITHIN: u64 = 10_000;
/// How long it may still owe it after it was subscribed again.
const END_AFTER_REPLAY_WITHIN: u64 = 5_000;

/// One operation on the wire (V2-C6): subscribed from the lowest cursor, as executor if any subscription is one.
#[derive(Debug)]
pub(super) struct Wire<P> {
    pub(super) operation_id: Rc<str>,
    /// Almost always one, which is reached without a detour.
    pub(super) subscriptions: SmallVec<[Subscription<P>; 1]>,
    pub(super) settling: Option<Settling>,
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

/// The feed said that the operation ended; the stream owes its end (V2-C4).
#[derive(Debug)]
pub(super) struct Settling {
    status: SessionStatus,
    owes: Owes,
}

/// What the gateway owes before an end is believed that only the feed told.
#[derive(Debug)]
enum Owes {
    /// The end in the stream, until then.
    End(Timestamp),
    /// The end of the replay that was asked for. Silence is no answer: the socket may be dead.
    Replay,
    /// The end in the stream after that replay, until then.
    EndAfterReplay(Timestamp),
}

/// What is to be done about an end that the stream owes.
pub(super) enum Settle {
    Wait,
    AskAgain,
    End(SessionStatus),
}

impl<P> Wire<P> {
    pub(super) fn new(operation_id: Rc<str>) -> Self {
        Self { operation_id, subscriptions: SmallVec::new(), settling: None }
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
        let lowest = self.subscriptions.iter().min_by_key(|subscription| subscription.operation.last_number());
        lowest.map(|subscription| subscription.operation.last_event_id()).unwrap_or_default()
    }

    /// The feed told an end.
    pub(super) fn ended_by_feed(&mut self, status: SessionStatus, now: Timestamp) {
        self.settling = Some(Settling { status, owes: Owes::End(now + END_WITHIN) });
    }

    /// The hub forgot the operation: its stream will tell nothing more.
    pub(super) fn gone(&mut self, now: Timestamp) {
        let status = self.settling.take().map_or(SessionStatus::Completed, |settling| settling.status);
        self.settling = Some(Settling { status, owes: Owes::EndAfterReplay(now) });
    }

    /// The replay that was asked for is over.
    pub(super) fn replayed(&mut self, now: Timestamp) {
        if let Some(Settling { owes: owes @ Owes::Replay, .. }) = &mut self.settling {
            *owes = Owes::EndAfterReplay(now + END_AFTER_REPLAY_WITHIN);
        }
    }

    pub(super) fn settle(&mut self, now: Timestamp) -> Settle {
        if self.settles_at().is_none_or(|at| now < at) {
            return Settle::Wait;
        }
        let Some(Settling { status, owes }) = self.settling.take() else { return Settle::Wait };
        if self.subscriptions.iter().any(|subscription| subscription.operation.is_status_of_a_member(&status)) {
            return Settle::Wait;
        }
        match owes {
            Owes::EndAfterReplay(_) => Settle::End(status),
            Owes::End(_) | Owes::Replay => {
                self.settling = Some(Settling { status, owes: Owes::Replay });
                Settle::AskAgain
            }
        }
    }

    pub(super) fn deadline(&self) -> Option<(Timestamp, Timer)> {
        let mut deadline = self.settles_at().map(|at| (at, Timer::Audit));
        for subscription in &self.subscriptions {
            deadline = sooner(deadline, subscription.operation.deadline());
        }
        deadline
    }

    fn settles_at(&self) -> Option<Timestamp> {
        match self.settling.as_ref()?.owes {
            Owes::End(at) | Owes::EndAfterReplay(at) => Some(at),
            Owes::Replay => None,
        }
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

    /// Begins on a socket. What it asks for is asked for once for all subscriptions of the operation.
    pub(super) fn begin(&mut self, at: At) {
        self.operation.begin(false, at);
        let asked = self.operation.poll();
        debug_assert!(matches!(asked, Some(Effect::Resume { .. })), "an operation begins by asking");
    }
}

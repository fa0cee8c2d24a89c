//! An operation's subscriptions: one on the wire, any number here.

use std::rc::Rc;

use smallvec::SmallVec;

use super::event::SubscriptionId;
use crate::agent::{Protocol, SessionStatus};
use crate::link::{History, Reason, Status, Transition};
use crate::machine::{Timer, sooner};
use crate::operation::{At, Effect, Operation, ServerFrame};
use crate::time::Timestamp;

/// How long an operation that ended by the feed may owe its end to the stream.
const END_WITHIN: u64 = 10_000;
/// How long it may still owe it after it was subscribed again.
const END_AFTER_ANSWER_WITHIN: u64 = 5_000;

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

/// What the hub's feed told of an operation's end (V2-C4).
#[derive(Debug, Default)]
pub(super) struct Feed {
    /// The terminal status told last.
    told: Option<SessionStatus>,
    /// The hub forgot the operation.
    gone: bool,
    owes: Option<Owes>,
}

/// What the gateway owes before an end is believed that only the feed told.
#[derive(Debug)]
enum Owes {
    /// The end in the stream, until then.
    End(Timestamp),
    /// The answer that was asked for. Silence is none: the socket may be dead.
    Answer,
    /// The end in the stream after that answer, until then.
    EndAfterAnswer(Timestamp),
}

/// What is to be done about an end that the stream owes.
pub(super) enum Settle {
    Wait,
    AskAgain,
    End,
}

impl Feed {
    /// Whether an event of the run's own changes nothing of it.
    #[inline(always)]
    pub(super) fn is_silent(&self) -> bool {
        self.told.is_none() && !self.gone
    }
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
        let lowest = self.subscriptions.iter().min_by_key(|subscription| subscription.operation.last_number());
        lowest.map(|subscription| subscription.operation.last_event_id()).unwrap_or_default()
    }

    /// The feed told an end.
    pub(super) fn ended_by_feed(&mut self, status: SessionStatus, now: Timestamp) {
        self.feed = Feed { told: Some(status), gone: false, owes: Some(Owes::End(now + END_WITHIN)) };
    }

    /// The hub forgot the operation, and that it is subscribed: only an answer to another `subscribe` tells more.
    pub(super) fn gone(&mut self, now: Timestamp) {
        self.feed.gone = true;
        self.feed.owes = Some(Owes::EndAfterAnswer(now + END_AFTER_ANSWER_WITHIN));
    }

    /// Another socket carries the operation.
    pub(super) fn begin(&mut self, now: Timestamp) {
        self.answers_owed = 0;
        self.feed.owes = None;
        if self.feed.gone {
            self.gone(now);
        }
    }

    /// More comes: had the feed told the end of a member, it is settled now.
    pub(super) fn goes_on(&mut self) {
        if self.feed.told.is_some() {
            self.feed.told = self.told();
        }
    }

    /// The stream shows that the operation lives.
    pub(super) fn lives(&mut self) {
        self.feed.gone = false;
        self.feed.owes = None;
    }

    /// The hub read everything that was sent: what it did not answer until now it will not.
    pub(super) fn acknowledged(&mut self, at: At) {
        let early = self.subscriptions.iter().find_map(|subscription| match subscription.operation.early()? {
            ServerFrame::ResumeComplete { status, pending, .. } => Some((status.clone(), *pending)),
            _ => None,
        });
        self.answers_owed = 0;
        for subscription in &mut self.subscriptions {
            subscription.operation.acknowledged(at.dial);
            self.answers_owed = self.answers_owed.max(subscription.operation.awaited());
        }
        if let Some((status, pending)) = early {
            self.answered(status.as_ref(), pending, at.now);
        }
    }

    /// The hub knows nothing of the operation that it forgot: it ends when what is held was delivered.
    pub(super) fn is_over(&mut self, at: At) {
        self.feed.owes = Some(Owes::EndAfterAnswer(at.now));
        for subscription in &mut self.subscriptions {
            subscription.operation.replay_is_over(at.dial);
        }
    }

    /// A `subscribe` was answered. `true`: the hub knows nothing of the operation that it forgot.
    pub(super) fn answered(&mut self, status: Option<&SessionStatus>, pending: bool, now: Timestamp) -> bool {
        self.answers_owed = self.answers_owed.saturating_sub(1);
        // An answer that was not asked for since the feed told the end may be older than that.
        if self.answers_owed > 0 || matches!(self.feed.owes, Some(Owes::End(_))) {
            return false;
        }
        match status {
            Some(status) if !status.is_terminal() => self.feed = Feed::default(),
            Some(_) if self.feed.gone => self.lives(),
            None if self.feed.gone => return pending,
            _ if self.feed.owes.is_none() => {}
            _ => self.feed.owes = Some(Owes::EndAfterAnswer(now + END_AFTER_ANSWER_WITHIN)),
        }
        false
    }

    /// The end that the feed told, unless it is that of a member.
    pub(super) fn told(&self) -> Option<SessionStatus> {
        let is_of_a_member = |status: &SessionStatus| {
            self.subscriptions.iter().any(|subscription| subscription.operation.is_status_of_a_member(status))
        };
        self.feed.told.clone().filter(|status| !is_of_a_member(status))
    }

    pub(super) fn settle(&mut self, now: Timestamp) -> Settle {
        if self.settles_at().is_none_or(|at| now < at) {
            return Settle::Wait;
        }
        let owed = self.feed.owes.take();
        if self.feed.gone {
            return Settle::End;
        }
        if self.told().is_none() {
            return Settle::Wait;
        }
        if matches!(owed, Some(Owes::EndAfterAnswer(_))) {
            return Settle::End;
        }
        self.feed.owes = Some(Owes::Answer);
        Settle::AskAgain
    }

    pub(super) fn deadline(&self) -> Option<(Timestamp, Timer)> {
        let mut deadline = self.settles_at().map(|at| (at, Timer::Audit));
        for subscription in &self.subscriptions {
            deadline = sooner(deadline, subscription.operation.deadline());
        }
        deadline
    }

    fn settles_at(&self) -> Option<Timestamp> {
        match self.feed.owes {
            Some(Owes::End(at) | Owes::EndAfterAnswer(at)) => Some(at),
            Some(Owes::Answer) | None => None,
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

    /// Begins on a socket that owes so many answers. What it asks for is asked for once for all subscriptions of the
    /// operation.
    pub(super) fn begin(&mut self, answers_owed: u32, at: At) {
        self.operation.begin(false, at);
        let asked = self.operation.poll();
        debug_assert!(matches!(asked, Some(Effect::Resume { .. })), "an operation begins by asking");
        self.operation.awaits(answers_owed);
    }
}

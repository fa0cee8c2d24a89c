//! The hub's feed: an end that only it tells, and an operation that the hub forgot (V2-C4).

use super::mux::Mux;
use super::subscription::Wire;
use super::wire::Channel;
use crate::agent::SessionStatus;
use crate::operation::{At, ServerFrame};
use crate::time::Timestamp;

/// How long an operation that ended by the feed may owe its end to the stream.
const END_WITHIN: u64 = 10_000;
/// How long it may still owe it after it was subscribed again.
const END_AFTER_ANSWER_WITHIN: u64 = 5_000;

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

    /// When [`Wire::settle`] has something to tell.
    pub(super) fn settles_at(&self) -> Option<Timestamp> {
        match self.owes {
            Some(Owes::End(at) | Owes::EndAfterAnswer(at)) => Some(at),
            Some(Owes::Answer) | None => None,
        }
    }
}

impl<P> Wire<P> {
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
        if self.answers_owed == 0
            && let Some((status, pending)) = early
            && self.answered(status.as_ref(), pending, at.now)
        {
            self.is_over(at);
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
        if self.feed.settles_at().is_none_or(|at| now < at) {
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
}

impl<P: Clone> Mux<P> {
    pub(super) fn lifecycle(&mut self, channel: Option<Channel>, status: &str) {
        let now = self.now;
        let Some(channel) = channel else { return };
        let Some(wire) = self.wire_mut(channel) else { return };
        let known = SessionStatus::from_name(status);
        if status == "gone" {
            wire.gone(now);
            self.ask_again(channel);
        } else if known.is_terminal() {
            wire.ended_by_feed(known, now);
        } else {
            wire.feed = Feed::default();
        }
    }

    pub(super) fn end_by_feed(&mut self, channel: Channel) {
        let told = self.wire_mut(channel).and_then(|wire| wire.told());
        for id in self.ids_of(channel) {
            if let Some(operation) = self.operation_mut(channel, id) {
                operation.end_by_lifecycle(told.clone());
            }
            self.carry_out(channel, id);
        }
    }
}

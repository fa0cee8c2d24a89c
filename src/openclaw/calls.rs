//! Calls: requests of the application, their answers, and what becomes of them when there is none.

use super::wire::Fault;
use crate::machine::Timer;
use crate::text::decimal;
use crate::time::Timestamp;

/// Calls that may be open at once; the gateway queues no more.
const MAX_OPEN: usize = 256;
/// A deadline that fires this much late was not watched; the answer may lie in the queue, and it is waited for once more.
const LATE: u64 = 2_000;
/// How long an answer is waited for once more.
const GRACE: u64 = 4_000;

/// How long the gateway may take to answer, unless the caller says otherwise.
pub const ANSWER_WITHIN: u64 = 30_000;

/// A call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u32);

/// How many answers a call has, and how long they may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// One, within so many milliseconds.
    One {
        /// The milliseconds.
        within: u64,
    },
    /// Perhaps one that says `accepted`, and then the final one.
    Final {
        /// The milliseconds for the first answer.
        within: u64,
        /// The milliseconds from `accepted` to the final one.
        then_within: u64,
    },
}

impl Default for Answers {
    fn default() -> Self {
        Self::One { within: ANSWER_WITHIN }
    }
}

/// Why a call was not made. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotCalled {
    /// The connection does not stand. Wait for the state `ready`.
    NotReady,
    /// The frame is larger than the gateway reads.
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// As many calls as may be are open.
    TooMany,
}

impl NotCalled {
    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotReady => "not_ready",
            Self::TooLarge { .. } => "too_large",
            Self::TooMany => "too_many_calls",
        }
    }
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq)]
pub enum CallError<P> {
    /// The gateway refused it.
    Refused(Fault<P>),
    /// The connection was lost. Whether the gateway acted on the call is unknown; it is not sent again.
    ConnectionLost {
        /// It had said `accepted`.
        accepted: bool,
    },
    /// The gateway did not answer in time.
    TimedOut {
        /// It had said `accepted`.
        accepted: bool,
    },
}

impl<P> CallError<P> {
    /// The stable code; of a refusal the gateway's own is more telling.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::ConnectionLost { .. } => "connection_lost",
            Self::TimedOut { .. } => "call_timeout",
        }
    }
}

/// Strikes a call off a list. `false`: it is not there.
pub(super) fn strike(calls: &mut Vec<CallId>, call: CallId) -> bool {
    let place = calls.iter().position(|known| *known == call);
    place.map(|place| calls.swap_remove(place)).is_some()
}

/// What an answer means.
pub(super) enum Answered {
    /// The call goes on.
    Accepted(CallId),
    /// It is over.
    Over(CallId),
    /// Nobody waits for it any more.
    Unknown,
}

/// The open calls. Their numbers are never used twice.
#[derive(Debug, Default)]
pub(super) struct Calls {
    last: u32,
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    call: CallId,
    deadline: Timestamp,
    answers: Answers,
    accepted: bool,
    extended: bool,
}

impl Calls {
    /// A number that no frame had yet.
    pub(super) fn number(&mut self) -> u32 {
        self.last = self.last.wrapping_add(1);
        self.last
    }

    pub(super) fn is_full(&self) -> bool {
        self.open.len() >= MAX_OPEN
    }

    pub(super) fn deadline(&self) -> Option<(Timestamp, Timer)> {
        self.open.iter().map(|open| (open.deadline, Timer::Call)).min_by_key(|(at, _)| *at)
    }

    pub(super) fn open(&mut self, answers: Answers, now: Timestamp) -> CallId {
        let call = CallId(self.number());
        let (Answers::One { within } | Answers::Final { within, .. }) = answers;
        self.open.push(Open { call, deadline: now + within, answers, accepted: false, extended: false });
        call
    }

    /// Takes an answer in. `accepted`: it says so, and is no refusal.
    pub(super) fn answered(&mut self, id: &str, accepted: bool, now: Timestamp) -> Answered {
        let Some(index) = self.open.iter().position(|open| decimal(u64::from(open.call.0)) == id) else {
            return Answered::Unknown;
        };
        let open = &mut self.open[index];
        match open.answers {
            Answers::Final { then_within, .. } if accepted && !open.accepted => {
                open.accepted = true;
                open.deadline = now + then_within;
                Answered::Accepted(open.call)
            }
            Answers::Final { .. } if accepted => Answered::Unknown,
            Answers::One { .. } | Answers::Final { .. } => Answered::Over(self.open.remove(index).call),
        }
    }

    /// The calls whose time is over, and whether each was accepted.
    pub(super) fn overdue(&mut self, now: Timestamp) -> Vec<(CallId, bool)> {
        for open in &mut self.open {
            if !open.extended && now - open.deadline > LATE {
                open.extended = true;
                open.deadline = now + GRACE;
            }
        }
        self.take(|open| open.deadline <= now)
    }

    /// The calls that were open on a socket that is gone, and whether each was accepted.
    pub(super) fn lose(&mut self) -> Vec<(CallId, bool)> {
        self.take(|_| true)
    }

    fn take(&mut self, is_over: impl Fn(&Open) -> bool) -> Vec<(CallId, bool)> {
        let over = self.open.iter().filter(|open| is_over(open)).map(|open| (open.call, open.accepted)).collect();
        self.open.retain(|open| !is_over(open));
        over
    }
}

//! Puts what arrives after a `resume` in order.
//!
//! A gateway may send live events before the replay that was asked for and again inside it (§1.4). So, until the replay
//! is known to be over, only an event that follows the last one directly is delivered; a later one waits. The end of a
//! replay is proved by `resume_complete`, or by the acknowledgement of a heartbeat that was sent after `resume`.

use crate::agent::EventKey;
use crate::time::Timestamp;

use super::frame::ServerFrame;

/// Quiet time after which a replay without `resume_complete` is looked at (V1-25).
const QUIET_FOR: u64 = 500;

/// What a gathered replay is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To go on from the cursor: events in sequence are delivered as they come.
    GoOn,
    /// To show everything from the start: delivered as one batch (`resumeOnConnect`).
    Everything,
    /// To hear a new sequence of ids from its start.
    NewSequence,
    /// To find out whether the ids still mean the same sequence.
    Audit,
}

/// The frames of one socket, in order or on the way to it.
#[derive(Debug)]
pub enum Replay<P> {
    /// The replay is over, every frame is delivered as it comes.
    Live,
    /// A replay is owed.
    Gathering(Gathering<P>),
}

/// A replay that is not complete.
#[derive(Debug)]
pub struct Gathering<P> {
    purpose: Purpose,
    last: u64,
    frames: Vec<ServerFrame<P>>,
    quiet_at: Option<Timestamp>,
    barrier: bool,
}

/// What became of a frame or a deadline.
#[derive(Debug)]
pub enum Gathered<P> {
    /// Nothing yet.
    Waiting,
    /// These can be delivered now; the replay goes on.
    InOrder(Vec<ServerFrame<P>>),
    /// The replay is over: [`Replay::complete`] has what is left of it.
    Over,
    /// Only an acknowledged heartbeat can tell whether the replay is over.
    BarrierNeeded,
}

impl<P> Replay<P> {
    /// Begins after `resume` was sent for everything after `last`.
    pub fn begin(purpose: Purpose, last: u64) -> Self {
        Self::Gathering(Gathering { purpose, last, frames: Vec::new(), quiet_at: None, barrier: false })
    }

    /// What the replay is for, while it is not complete.
    pub fn purpose(&self) -> Option<Purpose> {
        match self {
            Self::Live => None,
            Self::Gathering(gathering) => Some(gathering.purpose),
        }
    }

    /// Whether no replay is owed.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Live)
    }

    /// When [`Self::timeout`] is due.
    pub fn deadline(&self) -> Option<Timestamp> {
        match self {
            Self::Live => None,
            Self::Gathering(gathering) => gathering.quiet_at,
        }
    }

    /// Whether an event with this number can be delivered at once, with nothing before it missing; if so it counts.
    #[inline(always)]
    pub fn passes(&mut self, number: u64) -> bool {
        match self {
            Self::Live => true,
            Self::Gathering(gathering) => gathering.passes(number),
        }
    }

    /// Takes a sequenced frame in.
    pub fn take(&mut self, frame: ServerFrame<P>, now: Timestamp) -> Gathered<P> {
        match self {
            Self::Live => Gathered::InOrder(vec![frame]),
            Self::Gathering(gathering) => gathering.take(frame, now),
        }
    }

    /// Keeps a sequenced frame until the replay is over.
    pub fn hold(&mut self, frame: ServerFrame<P>, now: Timestamp) {
        if let Self::Gathering(gathering) = self {
            gathering.hold(frame, now);
        }
    }

    /// The replay is proved to be over.
    pub fn complete(&mut self) -> Vec<ServerFrame<P>> {
        match std::mem::replace(self, Self::Live) {
            Self::Live => Vec::new(),
            Self::Gathering(gathering) => gathering.frames,
        }
    }

    /// The barrier was acknowledged. `true`: the replay waited for it.
    pub fn waits_for_barrier(&self) -> bool {
        matches!(self, Self::Gathering(Gathering { barrier: true, .. }))
    }

    /// Looks at a replay that went quiet.
    pub fn timeout(&mut self, now: Timestamp) -> Gathered<P> {
        let Self::Gathering(gathering) = self else {
            return Gathered::Waiting;
        };
        if gathering.quiet_at.is_none_or(|at| now < at) {
            return Gathered::Waiting;
        }
        gathering.quiet_at = None;
        if gathering.is_whole() {
            return Gathered::Over;
        }
        gathering.barrier = true;
        Gathered::BarrierNeeded
    }
}

impl<P> Gathering<P> {
    fn passes(&mut self, number: u64) -> bool {
        let passes = self.purpose == Purpose::GoOn && self.frames.is_empty() && number == self.last + 1;
        if passes {
            self.last = number;
        }
        passes
    }

    fn take(&mut self, frame: ServerFrame<P>, now: Timestamp) -> Gathered<P> {
        if self.purpose == Purpose::GoOn && number_of(&frame).is_none_or(|number| number <= self.last + 1) {
            return Gathered::InOrder(self.in_order_from(frame));
        }
        let ends = frame.ends_session();
        self.hold(frame, now);
        if ends && self.purpose != Purpose::Audit && self.is_whole() {
            return Gathered::InOrder(self.all_and_go_on());
        }
        Gathered::Waiting
    }

    /// Keeps frames in the order of their ids; one without a number stays where it came, and nothing moves past it.
    fn hold(&mut self, frame: ServerFrame<P>, now: Timestamp) {
        self.quiet_at = (!self.barrier).then_some(now + QUIET_FOR);
        let mut place = self.frames.len();
        if let Some(number) = number_of(&frame) {
            while place > 0 && number_of(&self.frames[place - 1]) > Some(number) {
                place -= 1;
            }
        } else if self.frames.iter().any(|held| is_same(held, &frame)) {
            return;
        }
        self.frames.insert(place, frame);
    }

    /// Everything held so far. The end may be an echo, so the replay may go on.
    fn all_and_go_on(&mut self) -> Vec<ServerFrame<P>> {
        let frames = std::mem::take(&mut self.frames);
        self.purpose = Purpose::GoOn;
        self.quiet_at = None;
        self.last = self.last.max(frames.iter().filter_map(number_of).max().unwrap_or(0));
        frames
    }

    /// The frame and those held ones that it was missing before.
    fn in_order_from(&mut self, frame: ServerFrame<P>) -> Vec<ServerFrame<P>> {
        self.last = self.last.max(number_of(&frame).unwrap_or(0));
        let mut following = 0;
        while let Some(number) = self.frames.get(following).and_then(number_of).filter(|next| *next <= self.last + 1) {
            self.last = self.last.max(number);
            following += 1;
        }
        let mut in_order = vec![frame];
        in_order.extend(self.frames.drain(..following));
        if self.frames.is_empty() {
            self.quiet_at = None;
        }
        in_order
    }

    /// Whether nothing can be missing between the cursor and the last held frame. Frames without a number cannot be put
    /// in order, so there is nothing to wait for.
    fn is_whole(&self) -> bool {
        let (mut last, mut whole) = (self.last, true);
        for frame in &self.frames {
            let Some(number) = number_of(frame) else { return true };
            whole &= number <= last + 1;
            last = last.max(number);
        }
        whole
    }
}

fn number_of<P>(frame: &ServerFrame<P>) -> Option<u64> {
    frame.id().and_then(|id| id.number())
}

fn is_same<P>(one: &ServerFrame<P>, other: &ServerFrame<P>) -> bool {
    match (one.id(), other.id()) {
        (Some(id), Some(other)) => id == other,
        (None, None) => {
            let key = one.head().and_then(EventKey::of);
            key.is_some() && key == other.head().and_then(EventKey::of)
        }
        _ => false,
    }
}

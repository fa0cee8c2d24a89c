//! One operation's stream, on whatever socket carries it: what is delivered, in which order, and when the run is over.
//!
//! Frames pass three gates: the replay puts them in order, the [`Cursor`] drops what was delivered before, and
//! [`Operation::step`] processes one at a time, so that an event's consequences never precede its delivery and the
//! cursor never runs ahead of it. Both protocols share this; who owns an operation carries its [`Effect`]s out.

mod event;
mod finish;
mod frame;
mod receive;
mod replay;
mod sequence;

use std::collections::VecDeque;

use crate::agent::{
    Completion, CompletionSource, Cursor, EventHead, EventId, MirroredTerminalEchoGuard, Protocol, SessionStatus,
};
use crate::machine::{DialId, Timer, sooner};
use crate::time::Timestamp;

pub use event::{Continuity, ErrorCode, Event, SessionCompletion};
pub use frame::ServerFrame;
use replay::{Purpose, Replay};

/// Silence after which a resumed operation is asked from the start, once.
const AUDIT_AFTER: u64 = 15_000;

/// The stream of one operation. `P` is an event's payload, handed through untouched.
#[derive(Debug)]
pub struct Operation<P> {
    protocol: Protocol,
    cursor: Cursor,
    guard: MirroredTerminalEchoGuard,
    replay: Replay<P>,
    audit: Audit,
    /// This socket asked from the start already.
    audited: bool,
    /// The gateway had nothing to answer that with, which proves nothing.
    audit_was_empty: bool,
    /// The end of the run was told to the application before.
    end_told: bool,
    /// How many `resume`s of this socket were not answered. Only the answer to the last one ends the replay.
    resumes_open: u32,
    /// The answer to an earlier one, which is taken for that to the last where the gateway owes no more.
    early: Option<Box<ServerFrame<P>>>,
    ready: VecDeque<ServerFrame<P>>,
    effects: Vec<Effect<P>>,
}

/// What an operation wants done.
#[derive(Debug, PartialEq)]
pub enum Effect<P> {
    /// Tell the application.
    Tell(Event<P>),
    /// Ask the gateway for everything after an event; empty for everything buffered.
    Resume {
        /// The event.
        last_event_id: String,
    },
    /// Send a heartbeat and report its acknowledgement to [`Operation::acknowledged`].
    Barrier,
    /// The run is over. The application was told why.
    Ended(Completion),
}

/// The socket that carries an operation, and the time.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// The socket.
    pub dial: DialId,
    /// The time.
    pub now: Timestamp,
}

/// Whether a resumed operation is to be asked from the start, to find out what its ids mean (V1-C1).
#[derive(Clone, Debug, PartialEq, Eq)]
enum Audit {
    NotNeeded,
    /// The socket resumed from a cursor and nothing new came since. Silence until then is looked into.
    Due(Timestamp),
    /// A terminal status that nothing delivered explains. It is believed when the gateway has read the question and says
    /// no more.
    Doubted(SessionStatus),
}

impl<P> Operation<P> {
    /// An operation of which everything up to an event was delivered elsewhere; empty text means the start.
    pub fn new(protocol: Protocol, last_event_id: &str) -> Self {
        Self {
            protocol,
            cursor: Cursor::at(last_event_id),
            guard: MirroredTerminalEchoGuard::new(protocol),
            replay: Replay::Live,
            audit: Audit::NotNeeded,
            audited: false,
            audit_was_empty: false,
            end_told: false,
            resumes_open: 0,
            early: None,
            ready: VecDeque::new(),
            effects: Vec::new(),
        }
    }

    /// The id of the last delivered event; empty before the first.
    pub fn last_event_id(&self) -> String {
        self.cursor.id()
    }

    /// The number of the last delivered event, 0 before the first and where ids are no numbers.
    pub fn last_number(&self) -> u64 {
        self.cursor.number()
    }

    /// The earliest deadline and its name.
    pub fn deadline(&self) -> Option<(Timestamp, Timer)> {
        let audit = match self.audit {
            Audit::Due(at) => Some((at, Timer::Audit)),
            Audit::NotNeeded | Audit::Doubted(_) => None,
        };
        let replay = self.replay.deadline().map(|at| (at, Timer::Replay));
        sooner(replay, audit)
    }

    /// Takes an event in by its head alone, as almost all can be while a run streams. `true`: it is delivered; the host
    /// hands it to the listeners at once. `false`: nothing happened; it is to be given to [`Self::arrived`].
    #[inline(always)]
    pub fn admit(&mut self, number: u64, head: &EventHead, dial: DialId) -> bool {
        let admitted = self.ready.is_empty()
            && !head.event_type.tells_end()
            && self.cursor.is_followed_by(number)
            && (self.protocol == Protocol::V1 || self.cursor.number() + 1 == number)
            && self.replay.passes(number);
        if admitted {
            self.deliver(Some(EventId::Number(number)), head, dial);
        }
        admitted
    }

    /// Whether the whole sequence was asked for, to find out what the ids mean, and not told yet.
    pub fn owes_audit(&self) -> bool {
        self.replay.purpose() == Some(Purpose::Audit)
    }

    /// A socket that accepted the credential carries the operation from here on: forgets what another brought and was
    /// not delivered, and asks for what is missing.
    pub fn begin(&mut self, resume_on_connect: bool, at: At) {
        let at_start = self.cursor.is_at_start();
        let purpose = if at_start && resume_on_connect { Purpose::Everything } else { Purpose::GoOn };
        if at_start {
            self.guard.begin_replay();
        } else {
            self.guard.begin_replay_from_cursor();
        }
        // What the socket before was asked and did not answer is asked on the one that took over.
        let audit_is_owed = self.owes_audit();
        let audit = match self.audit {
            _ if at_start || audit_is_owed => Audit::NotNeeded,
            // A socket that took over found the operation silent already.
            Audit::Due(due) => Audit::Due(due),
            Audit::NotNeeded | Audit::Doubted(_) => Audit::Due(at.now + AUDIT_AFTER),
        };
        self.forget_socket();
        self.audit = audit;
        if audit_is_owed {
            return self.resume_from_start(Purpose::Audit);
        }
        self.replay = Replay::begin(purpose, self.cursor.number());
        self.resume(self.cursor.id());
    }

    /// Whether a terminal status of this operation would be that of a member (GD-06).
    pub fn is_status_of_a_member(&self, status: &SessionStatus) -> bool {
        self.guard.is_stale_resume_status(status, false)
    }

    /// Ends the operation on the word of the hub's feed; without a status nobody told how it ended.
    pub fn end_by_lifecycle(&mut self, status: Option<SessionStatus>) {
        self.tell(Event::SessionComplete(SessionCompletion::Lifecycle(status.clone())));
        match status {
            Some(status) => self.ended_with_status(&status, CompletionSource::Lifecycle, None),
            None => self.ended_unknown(),
        }
    }

    /// So many answers are owed to all who follow the operation on this socket; the last is the one to its own question.
    pub fn awaits(&mut self, answers: u32) {
        self.resumes_open = answers;
        self.early = None;
    }

    /// How many answers it still waits for.
    pub fn awaited(&self) -> u32 {
        self.resumes_open
    }

    /// The answer that is taken for the last where the gateway owes no more.
    pub fn early(&self) -> Option<&ServerFrame<P>> {
        self.early.as_deref()
    }

    /// The socket is gone. What it brought and was not delivered will be replayed.
    #[inline(never)]
    pub fn forget_socket(&mut self) {
        self.replay = Replay::Live;
        self.audit = Audit::NotNeeded;
        self.audited = false;
        self.resumes_open = 0;
        self.early = None;
        self.ready.clear();
    }

    /// The next thing to do. An event counts as delivered once it was returned from here.
    pub fn poll(&mut self) -> Option<Effect<P>> {
        if self.effects.is_empty() { None } else { Some(self.effects.remove(0)) }
    }

    fn tell(&mut self, event: Event<P>) {
        self.want(Effect::Tell(event));
    }

    #[inline(never)]
    fn want(&mut self, effect: Effect<P>) {
        self.effects.push(effect);
    }
}

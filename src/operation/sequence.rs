//! What the ids of a gateway mean: whether its sequence goes on or began anew, and what is asked to find out.

use crate::agent::{EventId, Protocol};
use crate::machine::DialId;
use crate::time::Timestamp;

use super::event::{Continuity, Event};
use super::frame::ServerFrame;
use super::replay::{Purpose, Replay};
use super::{At, Audit, Effect, Operation};

impl<P> Operation<P> {
    /// A frame under an id that was delivered before: a duplicate, or the gateway counts anew.
    pub(super) fn covered(&mut self, at: At, frame: ServerFrame<P>) {
        if frame.head().is_some_and(|head| self.cursor.proves_new_sequence(head, at.dial)) {
            self.tell_reset();
            self.resume_from_start(Purpose::NewSequence);
            return self.hold_what_follows(at, frame);
        }
        let number = frame.id().and_then(EventId::number).unwrap_or(0);
        if self.cursor.agrees(number, frame.head()) == Some(true) {
            return;
        }
        // On v2 it may be for another subscription of the operation, which starts lower.
        let is_given = self.protocol == Protocol::V1 && self.cursor.is_given();
        // Neither known nor proved: only the whole sequence can tell, with this frame in it where there is no other.
        if (is_given || self.cursor.is_older_than(at.dial)) && (!self.audited || self.audit_was_empty) {
            self.resume_from_start(Purpose::Audit);
            self.hold_what_follows(at, frame);
        }
    }

    /// Keeps this frame and those behind it until the replay that was asked for is over. It will most likely bring them
    /// again; should it not, they are not lost.
    pub(super) fn hold_what_follows(&mut self, at: At, frame: ServerFrame<P>) {
        self.replay.hold(frame, at.now);
        for frame in std::mem::take(&mut self.ready) {
            if frame.is_sequenced() {
                self.replay.hold(frame, at.now);
            }
        }
    }

    pub(super) fn audit_is_due(&mut self, now: Timestamp) {
        if matches!(self.audit, Audit::Due(due) if now >= due) {
            self.audit = Audit::NotNeeded;
            self.resume_from_start(Purpose::Audit);
        }
    }

    /// Nothing more comes of the replay: what was held is delivered.
    pub fn replay_is_over(&mut self, dial: DialId) {
        let audited = self.replay.purpose() == Some(Purpose::Audit);
        let frames = self.replay.complete();
        self.audit_was_empty = audited && frames.is_empty();
        if audited && self.ids_started_anew(&frames, dial) {
            self.tell_reset();
        }
        self.take_up(frames);
    }

    /// Judges a replay from the start: a known event under its id proves the sequence; a different one, or a counter
    /// that never reached the cursor, proves a new one.
    pub(super) fn ids_started_anew(&self, frames: &[ServerFrame<P>], dial: DialId) -> bool {
        let mut highest = 0;
        for frame in frames {
            let Some(number) = frame.id().and_then(EventId::number) else { continue };
            highest = highest.max(number);
            if let Some(agrees) = self.cursor.agrees(number, frame.head()) {
                return !agrees;
            }
            let covered = number <= self.cursor.number();
            if covered && frame.head().is_some_and(|head| self.cursor.proves_new_sequence(head, dial)) {
                return true;
            }
        }
        highest > 0 && highest < self.cursor.number()
    }

    pub(super) fn tell_reset(&mut self) {
        self.cursor.reset();
        self.guard.begin_replay();
        self.tell(Event::Continuity(Continuity::Reset));
    }

    pub(super) fn resume_from_start(&mut self, purpose: Purpose) {
        self.audited |= purpose == Purpose::Audit;
        self.replay = Replay::begin(purpose, 0);
        self.resume(String::new());
    }

    pub(super) fn resume(&mut self, last_event_id: String) {
        self.resumes_open += 1;
        self.want(Effect::Resume { last_event_id });
    }
}

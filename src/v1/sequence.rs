//! What the ids of a gateway mean: whether its sequence goes on or began anew, and what is asked to find out.

use crate::agent::EventId;
use crate::machine::{DialId, Output};

use super::event::{Continuity, Event};
use super::replay::{Purpose, Replay};
use super::session::{Audit, Session};
use super::wire::{ClientFrame, ServerFrame};

impl<P> Session<P> {
    /// A frame under an id that was delivered before: a duplicate, or the gateway counts anew.
    pub(super) fn covered(&mut self, dial: DialId, frame: ServerFrame<P>) {
        if frame.head().is_some_and(|head| self.cursor.proves_new_sequence(head, dial)) {
            self.tell_reset();
            self.resume_from_start(dial, Purpose::NewSequence);
            return self.hold_what_follows(dial, frame);
        }
        let number = frame.id().and_then(EventId::number).unwrap_or(0);
        if self.cursor.agrees(number, frame.head()) == Some(true) {
            return;
        }
        // Neither known nor proved: only the whole sequence can tell.
        if self.cursor.is_older_than(dial) && !self.audited {
            self.resume_from_start(dial, Purpose::Audit);
            self.hold_what_follows(dial, frame);
        }
    }

    /// Keeps this frame and those behind it until the replay that was asked for is over. It will most likely bring them
    /// again; should it not, they are not lost.
    pub(super) fn hold_what_follows(&mut self, dial: DialId, frame: ServerFrame<P>) {
        self.replay.hold(frame, self.now);
        for (from, frame) in std::mem::take(&mut self.ready) {
            if from == dial && frame.is_sequenced() {
                self.replay.hold(frame, self.now);
            } else if !matches!(frame, ServerFrame::ResumeComplete { .. }) {
                self.ready.push_back((from, frame));
            }
        }
    }

    pub(super) fn audit_is_due(&mut self, dial: DialId) {
        if matches!(self.audit, Audit::Due(at) if self.now >= at) {
            self.audit = Audit::NotNeeded;
            self.resume_from_start(dial, Purpose::Audit);
        }
    }

    pub(super) fn replay_is_over(&mut self, dial: DialId) {
        let audited = self.replay.purpose() == Some(Purpose::Audit);
        let frames = self.replay.complete();
        if audited && self.ids_started_anew(&frames, dial) {
            self.tell_reset();
        }
        self.ready.extend(frames.into_iter().map(|frame| (dial, frame)));
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

    pub(super) fn resume_from_start(&mut self, dial: DialId, purpose: Purpose) {
        self.audited |= purpose == Purpose::Audit;
        self.replay = Replay::begin(purpose, 0);
        self.resume(dial, String::new());
    }

    pub(super) fn resume(&mut self, dial: DialId, last_event_id: String) {
        self.resumes_open += 1;
        let command = ClientFrame::Resume { last_event_id };
        self.out.push_back(Output::Send { dial, command });
    }

    pub(super) fn forget_socket(&mut self) {
        self.replay = Replay::Live;
        self.audit = Audit::NotNeeded;
        self.audited = false;
        self.resumes_open = 0;
    }
}

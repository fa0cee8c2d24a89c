//! What an operation does with what arrives.

use crate::agent::{CompletionSource, EventHead, EventId, Protocol, SessionStatus};
use crate::machine::DialId;
use crate::time::Timestamp;

use super::event::{Continuity, Event, SessionCompletion};
use super::frame::ServerFrame;
use super::replay::{Gathered, Purpose};
use super::{AUDIT_AFTER, At, Audit, Effect, Operation};

impl<P> Operation<P> {
    /// Takes a frame of the operation in: one of its sequence, or `resume_complete`.
    pub fn arrived(&mut self, frame: ServerFrame<P>, at: At) {
        if !frame.is_sequenced() {
            self.resumes_open = self.resumes_open.saturating_sub(1);
            if self.resumes_open > 0 {
                return self.answered_early(frame);
            }
            self.early = None;
            self.replay_is_over(at.dial);
            return self.ready.push_back(frame);
        }
        let gathered = self.replay.take(frame, at.now);
        self.gathered(at.dial, gathered);
    }

    /// The gateway acknowledged a barrier: it read everything that was sent before.
    pub fn acknowledged(&mut self, dial: DialId) {
        let early = self.early.take();
        if early.is_some() {
            self.resumes_open = 0;
        }
        if let Audit::Doubted(status) = self.audit.clone() {
            self.replay_is_over(dial);
            self.audit = Audit::NotNeeded;
            let believed = ServerFrame::ResumeComplete { status: Some(status), gap: false, pending: false };
            return self.ready.push_back(believed);
        }
        if early.is_some() || self.replay.waits_for_barrier() {
            self.replay_is_over(dial);
        }
        self.ready.extend(early.map(|frame| *frame));
    }

    /// A deadline passed.
    pub fn timed_out(&mut self, at: At) {
        let gathered = self.replay.timeout(at.now);
        self.gathered(at.dial, gathered);
        self.audit_is_due(at.now);
    }

    /// Handles one frame in order; an event it delivers is the last thing before its consequences. `false`: there is none.
    pub fn step(&mut self, at: At) -> bool {
        let Some(frame) = self.ready.pop_front() else { return false };
        if frame.id().is_some_and(|id| self.cursor.covers(id)) {
            self.covered(at, frame);
            return true;
        }
        self.look_for_a_hole(&frame);
        let dial = at.dial;
        match frame {
            ServerFrame::AgentEvent { id, head, payload } => self.agent_event(dial, id, head, payload),
            ServerFrame::ResumeComplete { status, gap, pending } => self.resumed(status, gap, pending, at.now),
            ServerFrame::SessionComplete { id, summary } => self.session_complete(dial, id, summary),
            ServerFrame::StatusChange { id, status } => self.status_change(dial, id, status),
            ServerFrame::ToolConfirmationRequest { id, payload } => {
                self.request(dial, id, Event::ToolConfirmationRequest(payload));
            }
            ServerFrame::InputRequest { id, payload } => self.request(dial, id, Event::InputRequest(payload)),
            _ => {}
        }
        true
    }

    /// Ids of v2 have no holes while a stream is live; those of v1 do, because it withholds some kinds of events.
    fn look_for_a_hole(&mut self, frame: &ServerFrame<P>) {
        let (last, next) = (self.cursor.number(), frame.id().and_then(EventId::number).unwrap_or(0));
        if self.protocol == Protocol::V2 && self.replay.is_live() && last > 0 && next > last + 1 {
            self.tell(Event::Continuity(Continuity::Missing { from: last + 1, to: next - 1 }));
        }
    }

    fn agent_event(&mut self, dial: DialId, id: Option<EventId>, head: EventHead, payload: P) {
        if self.cursor.was_in_older_sequence(&head) {
            return self.advance(id, Some(&head), dial);
        }
        self.deliver(id, &head, dial);
        self.tell(Event::AgentEvent(payload));
        if head.own && head.is_session_terminal() {
            if self.protocol == Protocol::V2 {
                self.tell(Event::SessionComplete(SessionCompletion::AgentEvent));
            }
            self.ended_by_event(head);
        }
    }

    fn resumed(&mut self, status: Option<SessionStatus>, gap: bool, pending: bool, now: Timestamp) {
        if gap {
            self.tell(Event::Continuity(Continuity::Gap));
        }
        self.tell(Event::ResumeComplete { status: status.clone(), gap, pending });
        if pending {
            return self.unknown_to_the_gateway();
        }
        let Some(status) = status else { return };
        if !status.is_terminal() || self.guard.is_stale_resume_status(&status, gap) {
            return self.goes_on(&status, now);
        }
        // A run that ended since the cursor would have told so in the replay. That it did not may mean that the gateway
        // forgot everything and counts anew, and that the status is that of a member.
        let explained = self.end_told || gap || self.audited || !self.cursor.remembers();
        if matches!(self.audit, Audit::Due(_)) && !explained {
            self.audit = Audit::Doubted(status);
            self.resume_from_start(Purpose::Audit);
            return self.want(Effect::Barrier);
        }
        self.tell(Event::SessionComplete(SessionCompletion::ResumeStatus(status.clone())));
        self.ended_with_status(&status, CompletionSource::ResumeStatus, None);
    }

    /// The gateway waits for the operation to begin. One that delivered events has lost them with its memory (V2-C3).
    fn unknown_to_the_gateway(&mut self) {
        self.audit = Audit::NotNeeded;
        if !self.cursor.is_at_start() {
            self.tell_reset();
            self.resume_from_start(Purpose::NewSequence);
        }
    }

    fn goes_on(&mut self, status: &SessionStatus, now: Timestamp) {
        self.guard.end_replay();
        // A run that waits for its user may be silent for as long as it likes. One that the gateway calls ended, because
        // a member did, must show that it lives.
        let waits = matches!(status, SessionStatus::WaitingInput | SessionStatus::WaitingConfirmation);
        self.audit = match self.audit {
            _ if waits => Audit::NotNeeded,
            Audit::Due(due) => Audit::Due(due),
            _ if status.is_terminal() && !self.audited => Audit::Due(now + AUDIT_AFTER),
            Audit::NotNeeded | Audit::Doubted(_) => Audit::NotNeeded,
        };
    }

    /// A hub may owe less than was asked: it answers nobody who left, and one question may take the place of another.
    fn answered_early(&mut self, frame: ServerFrame<P>) {
        if self.protocol == Protocol::V2 && self.early.replace(Box::new(frame)).is_none() {
            self.want(Effect::Barrier);
        }
    }

    fn session_complete(&mut self, dial: DialId, id: Option<EventId>, summary: Option<String>) {
        self.advance(id, None, dial);
        if self.guard.consume_session_complete() {
            return;
        }
        self.tell(Event::SessionComplete(SessionCompletion::RawSessionComplete));
        self.ended_with_status(&SessionStatus::Completed, CompletionSource::SessionComplete, summary);
    }

    fn status_change(&mut self, dial: DialId, id: Option<EventId>, status: SessionStatus) {
        self.advance(id, None, dial);
        let terminal = status.is_terminal();
        if terminal && self.guard.consume_either(&status) {
            return;
        }
        if !terminal || self.protocol == Protocol::V2 {
            self.tell(Event::StatusChange(status.clone()));
        }
        if terminal {
            self.tell(Event::SessionComplete(SessionCompletion::StatusChange(status.clone())));
            self.ended_with_status(&status, CompletionSource::StatusChange, None);
        }
    }

    fn request(&mut self, dial: DialId, id: Option<EventId>, event: Event<P>) {
        self.advance(id, None, dial);
        self.tell(event);
    }

    #[inline(always)]
    pub(super) fn deliver(&mut self, id: Option<EventId>, head: &EventHead, dial: DialId) {
        self.advance(id, Some(head), dial);
        self.guard.observe(head);
    }

    fn advance(&mut self, id: Option<EventId>, head: Option<&EventHead>, dial: DialId) {
        self.cursor.advance(id, head, dial);
        if matches!(self.audit, Audit::Due(_)) {
            self.audit = Audit::NotNeeded;
        }
    }

    #[inline(never)]
    pub(super) fn take_up(&mut self, frames: Vec<ServerFrame<P>>) {
        for frame in frames {
            self.ready.push_back(frame);
        }
    }

    fn gathered(&mut self, dial: DialId, gathered: Gathered<P>) {
        match gathered {
            Gathered::Waiting => {}
            Gathered::InOrder(frames) => self.take_up(frames),
            Gathered::Over => self.replay_is_over(dial),
            Gathered::BarrierNeeded => self.want(Effect::Barrier),
        }
    }
}

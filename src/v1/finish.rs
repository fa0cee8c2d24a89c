//! How a session ends: once, in the order that callers rely on, with nothing after it.

use crate::agent::{Completion, CompletionSource, Outcome};
use crate::link::Reason;
use crate::operation::Event;

use super::session::{Cycle, Session};

impl<P> Session<P> {
    /// The application leaves the run.
    pub(super) fn leave(&mut self) {
        self.close(Reason::DisconnectCalled);
        self.complete(Completion::of(Outcome::Disconnected, CompletionSource::Disconnect));
    }

    /// The credentials were refused for good.
    pub(super) fn refused(&mut self, reason: String) {
        self.tell(Event::AuthFailed { reason: reason.clone() });
        self.close(Reason::AuthFailed);
        self.complete(Completion {
            reason: Some(reason),
            ..Completion::of(Outcome::AuthFailed, CompletionSource::AuthFailed)
        });
    }

    /// The run is over.
    pub(super) fn ended(&mut self, completion: Completion) {
        self.close(Reason::RunEnded);
        self.complete(completion);
    }

    /// Ends the cycle.
    pub(super) fn complete(&mut self, completion: Completion) {
        if self.cycle == Cycle::Over {
            return;
        }
        self.cycle = Cycle::Over;
        if completion.outcome != Outcome::Disconnected {
            self.outbox.clear();
        }
        self.tell(Event::Done(completion));
    }

    fn close(&mut self, reason: Reason) {
        self.link.stop(reason, self.now);
        self.drain_link();
    }
}

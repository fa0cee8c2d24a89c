//! How a session ends: once, in the order that callers rely on, with nothing after it.

use crate::agent::{Completion, CompletionSource, EventHead, Outcome, SessionStatus};
use crate::link::Reason;

use super::event::Event;
use super::session::{Cycle, Session};

/// Reasons of an `agent_runtime_end` that leave the run's work undone.
const UNSUCCESSFUL_REASONS: [&str; 3] = ["interrupted", "waiting_for_async_tool", "error"];

impl<P> Session<P> {
    /// The application leaves the run.
    pub(super) fn leave(&mut self) {
        self.close(Reason::DisconnectCalled);
        self.finish(Outcome::Disconnected, CompletionSource::Disconnect);
    }

    /// The credentials were refused for good.
    pub(super) fn refused(&mut self, reason: String) {
        self.tell(Event::AuthFailed { reason: reason.clone() });
        self.close(Reason::AuthFailed);
        self.complete(Completion {
            reason: Some(reason),
            ..completion(Outcome::AuthFailed, CompletionSource::AuthFailed)
        });
    }

    /// The run's own terminal event was delivered.
    pub(super) fn ended_by_event(&mut self, head: EventHead) {
        let outcome = Outcome::of_terminal(&head.terminal_status());
        let ending = head.ending.map(|ending| *ending).unwrap_or_default();
        let unsuccessful = ending.reason.as_deref().is_some_and(|reason| UNSUCCESSFUL_REASONS.contains(&reason));
        self.close(Reason::RunEnded);
        self.complete(Completion {
            terminal_received: true,
            succeeded: outcome == Outcome::Completed && !unsuccessful,
            reason: ending.reason.or(ending.error_type),
            detail: ending.detail,
            ..completion(outcome, CompletionSource::AgentEvent)
        });
    }

    /// The gateway told a terminal status.
    pub(super) fn finish_with_status(
        &mut self,
        status: &SessionStatus,
        source: CompletionSource,
        summary: Option<String>,
    ) {
        self.close(Reason::RunEnded);
        self.complete(Completion {
            succeeded: *status == SessionStatus::Completed,
            detail: summary.filter(|summary| !summary.is_empty()),
            ..completion(Outcome::of_terminal(status), source)
        });
    }

    /// Ends the cycle with an outcome that needs no words.
    pub(super) fn finish(&mut self, outcome: Outcome, source: CompletionSource) {
        self.complete(completion(outcome, source));
    }

    fn close(&mut self, reason: Reason) {
        self.ready.clear();
        self.link.stop(reason, self.now);
        self.drain_link();
    }

    fn complete(&mut self, completion: Completion) {
        if self.cycle == Cycle::Over {
            return;
        }
        self.cycle = Cycle::Over;
        if completion.outcome != Outcome::Disconnected {
            self.outbox.clear();
        }
        self.end_told |= !matches!(completion.outcome, Outcome::Disconnected | Outcome::AuthFailed);
        self.tell(Event::Done(completion));
    }
}

fn completion(outcome: Outcome, source: CompletionSource) -> Completion {
    Completion { outcome, source, terminal_received: false, succeeded: false, reason: None, detail: None }
}

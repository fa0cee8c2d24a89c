//! How an operation ends.

use crate::agent::{Completion, CompletionSource, EventHead, Outcome, SessionStatus};

use super::{Effect, Operation};
use crate::text::place_in;

/// Reasons of an `agent_runtime_end` that leave the run's work undone.
const UNSUCCESSFUL_REASONS: [&str; 3] = ["interrupted", "waiting_for_async_tool", "error"];

impl<P> Operation<P> {
    /// The run's own terminal event was delivered.
    pub(super) fn ended_by_event(&mut self, head: EventHead) {
        let outcome = Outcome::of_terminal(&head.terminal_status());
        let ending = head.ending.map(|ending| *ending).unwrap_or_default();
        let unsuccessful =
            ending.reason.as_deref().is_some_and(|reason| place_in(&UNSUCCESSFUL_REASONS, reason).is_some());
        self.ended(Completion {
            terminal_received: true,
            succeeded: outcome == Outcome::Completed && !unsuccessful,
            reason: ending.reason.or(ending.error_type),
            detail: ending.detail,
            ..Completion::of(outcome, CompletionSource::AgentEvent)
        });
    }

    /// The gateway told a terminal status.
    pub(super) fn ended_with_status(
        &mut self,
        status: &SessionStatus,
        source: CompletionSource,
        summary: Option<String>,
    ) {
        self.ended(Completion {
            // A session is completed of a run that failed, too.
            succeeded: *status == SessionStatus::Completed && source != CompletionSource::SessionComplete,
            detail: summary.filter(|summary| !summary.is_empty()),
            ..Completion::of(Outcome::of_terminal(status), source)
        });
    }

    /// The gateway forgot the run, and told no end of it.
    pub(super) fn ended_unknown(&mut self) {
        let completion = Completion::of(Outcome::Disconnected, CompletionSource::Lifecycle);
        self.ended(Completion { reason: Some("gone".to_owned()), ..completion });
    }

    fn ended(&mut self, completion: Completion) {
        self.end_told = true;
        self.ready.clear();
        self.want(Effect::Ended(completion));
    }
}

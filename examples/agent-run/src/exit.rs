//! How a run ended, and the code that the program ends with.

use std::process::ExitCode;

use agent_gateway_client::agent::{self, Completion};

/// What became of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it was asked to: exit code 0.
    Completed,
    /// It failed, or could not be started or followed: 1.
    Failed,
    /// It was stopped: 1.
    Interrupted,
    /// It waits for a human, who answers elsewhere: 2.
    WaitingForHuman,
    /// Nobody told how it ended, it may go on: 3.
    Unknown,
}

/// An outcome and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The outcome.
    pub outcome: Outcome,
    /// A sentence for the user; where something can be done about it, it says what.
    pub detail: Option<String>,
}

impl Outcome {
    /// The outcome that a `reason` of `agent_runtime_end` or a stored status stands for. Gateways pass these texts on
    /// unchecked: one that is not known is no success.
    pub fn of_reason(reason: &str) -> Self {
        match reason {
            "completed" | "done" | "success" => Self::Completed,
            "error" | "failed" => Self::Failed,
            "aborted" | "canceled" | "cancelled" | "interrupted" => Self::Interrupted,
            "waiting_for_human" => Self::WaitingForHuman,
            _ => Self::Unknown,
        }
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::WaitingForHuman => "waiting for a human",
            Self::Unknown => "unknown",
        }
    }

    /// The code of the process.
    pub fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Completed => 0,
            Self::Failed | Self::Interrupted => 1,
            Self::WaitingForHuman => 2,
            Self::Unknown => 3,
        })
    }
}

impl End {
    /// An outcome with a sentence.
    pub fn new(outcome: Outcome, detail: impl Into<String>) -> Self {
        Self { outcome, detail: Some(detail.into()) }
    }
}

impl From<&Completion> for End {
    fn from(completion: &Completion) -> Self {
        let detail = completion.detail.clone();
        let outcome = match (completion.outcome, completion.reason.as_deref()) {
            (agent::Outcome::Completed, Some(reason)) => Outcome::of_reason(reason),
            (agent::Outcome::Completed, None) => Outcome::Completed,
            (agent::Outcome::Error, _) => Outcome::Failed,
            (agent::Outcome::Interrupted, _) => Outcome::Interrupted,
            (agent::Outcome::AuthFailed, _) => Outcome::Failed,
            (agent::Outcome::Disconnected, _) => Outcome::Unknown,
        };
        let detail = detail.or_else(|| completion.reason.clone().filter(|_| outcome != Outcome::Completed));
        Self { outcome, detail }
    }
}

#[cfg(test)]
mod tests {
    use agent_gateway_client::agent::CompletionSource;

    use super::*;

    #[test]
    fn only_a_known_word_for_success_is_success() {
        let ended = |reason: &str| {
            let outcome = agent::Outcome::Completed;
            let mut completion = Completion::of(outcome, CompletionSource::AgentEvent);
            completion.reason = Some(reason.to_owned());
            End::from(&completion).outcome
        };
        let outcomes = ["done", "success", "canceled", "waiting_for_human", "waiting_for_async_tool", "???"].map(ended);
        let expected = [Outcome::Completed, Outcome::Completed, Outcome::Interrupted, Outcome::WaitingForHuman];
        assert_eq!(outcomes[..4], expected);
        assert_eq!(outcomes[4..], [Outcome::Unknown, Outcome::Unknown]);
    }

    #[test]
    fn an_end_without_a_reason_is_a_completed_run_and_a_lost_one_is_not() {
        let outcome_of = |outcome| End::from(&Completion::of(outcome, CompletionSource::AgentEvent)).outcome;
        assert_eq!(outcome_of(agent::Outcome::Completed), Outcome::Completed);
        assert_eq!(outcome_of(agent::Outcome::Disconnected), Outcome::Unknown);
    }
}

//! Questions of the agent to the user.

use std::rc::Rc;

use super::limits::Timer;
use crate::machine::RequestId;
use crate::time::Timestamp;

/// A question to the user, without its words: they pass through unread. What a producer sends is sanitised by the shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intervention {
    /// The `requestId` or the `toolCallId`.
    pub id: Rc<str>,
    /// What is asked for.
    pub kind: InterventionKind,
    /// When the question is over, on the same clock as `now`. `None`: whoever asks gives up in silence.
    pub deadline: Option<Timestamp>,
}

/// What is asked for, and how the answer travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterventionKind {
    /// `input_request`: text, sent over the transport.
    Input,
    /// `tool_confirmation_request`: consent, sent over the transport.
    ToolConfirmation,
    /// `agent_intervention_request`, permission: consent, submitted by the host.
    Permission,
    /// `agent_intervention_request`, plan: consent, submitted by the host.
    Plan,
    /// `agent_intervention_request`, question: text, submitted by the host.
    Question,
}

impl InterventionKind {
    /// The kind of an `agent_intervention_request` with this `interactionKind`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "permission" => Some(Self::Permission),
            "plan" => Some(Self::Plan),
            "question" => Some(Self::Question),
            _ => None,
        }
    }

    /// Whether consent is asked for, not text.
    pub const fn is_consent(self) -> bool {
        matches!(self, Self::ToolConfirmation | Self::Permission | Self::Plan)
    }

    /// Whether the answer is a frame of the transport.
    pub const fn is_answered_by_frame(self) -> bool {
        matches!(self, Self::Input | Self::ToolConfirmation)
    }
}

/// The questions that are open.
#[derive(Debug)]
pub(super) struct Interventions<P> {
    open: Vec<Open<P>>,
}

#[derive(Debug)]
struct Open<P> {
    intervention: Intervention,
    stage: Stage<P>,
}

#[derive(Debug)]
enum Stage<P> {
    /// The host owes the user's answer.
    Asked(RequestId),
    /// The answer waits for the transport.
    Unsent(P),
    /// The host submitted the answer; the producer has not acknowledged it.
    Submitted,
}

/// An answer that travels over the transport.
#[derive(Debug)]
pub(super) struct Reply<P> {
    pub(super) intervention: Intervention,
    pub(super) reply: P,
}

impl<P> Default for Interventions<P> {
    fn default() -> Self {
        Self { open: Vec::new() }
    }
}

impl<P> Interventions<P> {
    /// Whether the run waits, and whether for consent.
    pub(super) fn awaited(&self) -> Option<bool> {
        self.open.first().map(|open| open.intervention.kind.is_consent())
    }

    /// Whether the user has answered whatever is open, so that only the producer's word is missing.
    pub(super) fn is_submitted(&self) -> bool {
        !self.open.is_empty() && self.open.iter().all(|open| matches!(open.stage, Stage::Submitted))
    }

    pub(super) fn deadline(&self) -> Option<(Timestamp, Timer)> {
        let deadlines = self.open.iter().filter_map(|open| open.intervention.deadline);
        deadlines.min().map(|at| (at, Timer::Intervention))
    }

    /// Whether a question is new and not over.
    pub(super) fn is_news(&self, intervention: &Intervention, now: Timestamp) -> bool {
        intervention.deadline.is_none_or(|at| now < at)
            && self.open.iter().all(|open| open.intervention.id != intervention.id)
    }

    pub(super) fn ask(&mut self, intervention: Intervention, request: RequestId) {
        self.open.push(Open { intervention, stage: Stage::Asked(request) });
    }

    /// The user answered; `None`: there will be no answer.
    pub(super) fn answered(&mut self, request: RequestId, reply: Option<P>) {
        let asked = |open: &Open<P>| matches!(open.stage, Stage::Asked(asked) if asked == request);
        let Some(place) = self.open.iter().position(asked) else { return };
        match reply {
            Some(reply) if self.open[place].intervention.kind.is_answered_by_frame() => {
                self.open[place].stage = Stage::Unsent(reply);
            }
            Some(_) => self.open[place].stage = Stage::Submitted,
            None => drop(self.open.remove(place)),
        }
    }

    /// The next answer that a transport that stands can carry.
    pub(super) fn next_reply(&mut self) -> Option<Reply<P>> {
        let place = self.open.iter().position(|open| matches!(open.stage, Stage::Unsent(_)))?;
        match self.open.remove(place) {
            Open { intervention, stage: Stage::Unsent(reply) } => Some(Reply { intervention, reply }),
            Open { .. } => None,
        }
    }

    /// Closes the questions that `is_over` says, and hands out what the host need not answer any more.
    pub(super) fn close(&mut self, is_over: impl Fn(&Intervention) -> bool) -> Vec<RequestId> {
        let asked = |open: &Open<P>| match open.stage {
            Stage::Asked(request) => Some(request),
            Stage::Unsent(_) | Stage::Submitted => None,
        };
        let withdrawn = self.open.iter().filter(|open| is_over(&open.intervention)).filter_map(asked).collect();
        self.open.retain(|open| !is_over(&open.intervention));
        withdrawn
    }
}

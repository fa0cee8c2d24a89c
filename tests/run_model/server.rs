//! What is true at the server, and the transport that carries it.

use agent_gateway_client::agent::{Completion, CompletionSource, Outcome};
use agent_gateway_client::run::TransportId;

use crate::schedule::Ended;

#[derive(Default)]
pub struct Server {
    /// The run exists.
    pub begun: bool,
    pub true_end: Option<Ended>,
    /// The end is not told in the stream, as gateways do that lose it.
    pub keeps_end: bool,
    /// The server took a stop on.
    pub confirmed_stop: bool,
}

/// The transport that the run opened last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    None,
    Open { transport: TransportId, up: bool },
}

impl Server {
    pub fn end(&mut self, ended: Ended) {
        if self.begun && self.true_end.is_none() {
            self.true_end = Some(ended);
        }
    }

    pub fn interrupt(&mut self, tells_stop: bool) {
        self.confirmed_stop = true;
        if self.begun && self.true_end.is_none() {
            self.true_end = Some(Ended::Interrupted);
            self.keeps_end = !tells_stop;
        }
    }

    /// What a transport that stands tells of the end.
    pub fn last_word(&self) -> Option<Completion> {
        let ended = self.true_end.filter(|_| !self.keeps_end)?;
        let completion = Completion::of(ended.outcome(), CompletionSource::AgentEvent);
        Some(Completion { terminal_received: true, succeeded: ended == Ended::Completed, ..completion })
    }
}

impl Ended {
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Completed => Outcome::Completed,
            Self::Error => Outcome::Error,
            Self::Interrupted => Outcome::Interrupted,
        }
    }
}

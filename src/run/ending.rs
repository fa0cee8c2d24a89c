//! How a run is stopped, and how it ends: once, with nothing left open.

use std::rc::Rc;

use super::chat_run::ChatRun;
use super::contract::{Event, Output, Question};
use super::deadlines::{Asking, Interrupt, Link, Stop, Transport};
use super::outcome::{Ending, Outcome};
use super::phase::Phase;
use super::transitions::Cause;

impl<P: Clone> ChatRun<P> {
    pub(super) fn stop_run(&mut self) {
        self.stop = Stop::Asked { interrupt: Interrupt::Unasked, until: self.now + self.limits.stop };
        match self.asking {
            // The answer still tells whether there is a run to end.
            Asking::Start { request, .. } => self.abort(request),
            Asking::Token { request, .. } => {
                self.asking = Asking::Nothing;
                self.abort(request);
            }
            Asking::TokenPause { .. } => self.asking = Asking::Nothing,
            Asking::Nothing | Asking::Orphan { .. } => {}
        }
        self.interrupt();
        for request in self.tools.stop(self.now) {
            self.abort(request);
        }
        self.enter(Cause::StopAsked);
    }

    /// Asks the host to end the run on the server, once it is known.
    pub(super) fn interrupt(&mut self) {
        let Some(operation_id) = self.operation_id.clone() else { return };
        let request = self.ask(Question::Interrupt { operation_id });
        self.stop.set(Interrupt::Asked(request));
    }

    /// Nothing more can tell how the run ended than the host's word that it is stopped.
    pub(super) fn end_if_stopped(&mut self) {
        if self.stop.interrupt() == Some(Interrupt::Confirmed) && !matches!(self.transport, Transport::Open(_)) {
            self.end(Ending::Stopped, None);
        }
    }

    /// The run goes on, so it is followed on.
    pub(super) fn stop_refused(&mut self) {
        self.stop = Stop::NotAsked;
        self.put(Output::Event(Event::StopRefused));
        match self.transport {
            Transport::Open(_) => self.enter(Cause::StopRefused),
            Transport::Gone => self.end(Ending::ConnectionLost, None),
            Transport::None => {
                self.enter(Cause::StopRefused);
                self.ask_for_token(1);
                self.enter(Cause::TokenNeeded);
            }
        }
    }

    pub(super) fn stop_timed_out(&mut self) {
        if !self.stop.is_over(self.now) {
            return;
        }
        let confirmed = self.stop.interrupt() == Some(Interrupt::Confirmed);
        self.end(if confirmed { Ending::Stopped } else { Ending::StopUnconfirmed }, None);
    }

    /// Ends the run for a reason of its own.
    pub(super) fn end(&mut self, ending: Ending, detail: Option<String>) {
        self.settle(Outcome::of(ending, detail));
    }

    /// Ends the run: closes everything, and tells the outcome last.
    pub(super) fn settle(&mut self, outcome: Outcome) {
        self.enter(Cause::Ended(outcome.ending));
        if self.phase != Phase::Settled || self.outcome.is_some() {
            return;
        }
        self.close_asking(outcome.ending);
        let questions = self.interventions.close(|_| true);
        for request in self.tools.abandon().into_iter().chain(questions) {
            self.abort(request);
        }
        if let Transport::Open(Link { id, .. }) = self.transport {
            self.put(Output::Close { transport: id });
            self.transport = Transport::Gone;
        }
        let outcome = Rc::new(outcome);
        self.outcome = Some(outcome.clone());
        self.put(Output::Event(Event::Settled(outcome)));
    }

    /// A request to the server to stop the run, or to start one that goes on without us, is left alone.
    fn close_asking(&mut self, ending: Ending) {
        let unwanted = ending == Ending::StartTimeout || self.stop.interrupt().is_some();
        match self.asking {
            Asking::Start { request, .. } if unwanted => {
                self.asking = Asking::Orphan { request };
            }
            Asking::Token { request, .. } => {
                self.asking = Asking::Nothing;
                self.abort(request);
            }
            Asking::Start { .. } | Asking::TokenPause { .. } => self.asking = Asking::Nothing,
            Asking::Nothing | Asking::Orphan { .. } => {}
        }
    }
}

impl Stop {
    pub(super) fn set(&mut self, heard: Interrupt) {
        if let Self::Asked { interrupt, .. } = self {
            *interrupt = heard;
        }
    }
}

/// The pause after an attempt to get a token: 2 s, 4 s.
pub(super) const fn seconds_after(attempt: u8) -> u64 {
    2_000 << (attempt - 1)
}

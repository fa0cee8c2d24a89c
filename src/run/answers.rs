//! What the host answers. An answer of the wrong kind is a failure of the question; one to an old question is ignored.

use super::chat_run::ChatRun;
use super::contract::{Answer, Input, Output, Question, Started};
use super::deadlines::{Asking, Interrupt, Transport};
use super::outcome::Ending;
use super::phase::Phase;
use super::transitions::Cause;
use crate::machine::RequestId;

impl<P: Clone> ChatRun<P> {
    pub(super) fn answered(&mut self, request: RequestId, answer: Answer<P>) {
        match self.asking {
            Asking::Start { request: asked, .. } if asked == request => return self.start_answered(answer),
            Asking::Token { request: asked, attempt, .. } if asked == request => {
                return self.token_answered(answer, attempt);
            }
            _ => {}
        }
        if self.stop.interrupt() == Some(Interrupt::Asked(request)) {
            self.interrupt_answered(answer);
        } else if self.tools.is_claiming(request) {
            self.claim_answered(request, answer);
        } else if self.tools.is_running(request) {
            self.tools.answered(request, answer, self.now);
        } else {
            self.question_answered(request, answer);
        }
    }

    fn start_answered(&mut self, answer: Answer<P>) {
        self.asking = Asking::Nothing;
        let stopping = self.phase == Phase::Stopping;
        match answer {
            Answer::Started(started) if !started.operation_id.is_empty() => self.started(started),
            Answer::Aborted => self.end(Ending::StoppedBeforeStart, None),
            answer if stopping => self.end(Ending::StoppedBeforeStart, detail_of(answer)),
            answer => self.end(Ending::StartFailed, detail_of(answer)),
        }
    }

    fn started(&mut self, started: Started) {
        self.operation_id = Some(started.operation_id);
        self.gateway_url = started.gateway_url;
        if self.phase == Phase::Stopping {
            return self.interrupt();
        }
        self.open(started.token, None);
        self.enter(Cause::Started);
    }

    /// Nothing is told after the outcome. A run that the server began after all, and nobody follows, is stopped.
    pub(super) fn hear_too_late(&mut self, input: Input<P>) {
        let (Asking::Orphan { request: asked }, Input::Answered { request, answer }) = (&self.asking, input) else {
            return;
        };
        if *asked != request {
            return;
        }
        self.asking = Asking::Nothing;
        if let Answer::Started(Started { operation_id, .. }) = answer
            && !operation_id.is_empty()
        {
            self.ask(Question::Interrupt { operation_id });
        }
    }

    fn token_answered(&mut self, answer: Answer<P>, attempt: u8) {
        self.asking = Asking::Nothing;
        match answer {
            Answer::Token(token) => {
                self.open(Some(token), None);
                self.enter(Cause::TokenGiven);
            }
            Answer::NotFound => self.end(Ending::UnknownOperation, None),
            Answer::Unauthorized { detail } => self.end(Ending::Unauthorized, Some(detail)),
            answer => self.no_token(attempt, detail_of(answer)),
        }
    }

    fn interrupt_answered(&mut self, answer: Answer<P>) {
        match answer {
            Answer::Interrupted(true) => {
                self.stop.set(Interrupt::Confirmed);
                self.end_if_stopped();
            }
            Answer::Interrupted(false) => self.stop_refused(),
            Answer::NotFound if !matches!(self.transport, Transport::Open(_)) => {
                self.end(Ending::UnknownOperation, None);
            }
            // It may have worked. The end of the run, or the deadline, will tell.
            _ => self.stop.set(Interrupt::Failed),
        }
    }

    fn claim_answered(&mut self, request: RequestId, answer: Answer<P>) {
        // What is owed a result here and does not run any more is a failure.
        let answer = match answer {
            Answer::Claimed(true) if self.phase == Phase::Stopping => Answer::Aborted,
            answer => answer,
        };
        let running = self.next_request();
        if let Some((tool_call_id, payload, deadline)) = self.tools.claimed(request, answer, running, self.now) {
            let question = Question::RunTool { tool_call_id, payload, deadline };
            self.put(Output::Ask { request: running, question });
        }
    }

    fn question_answered(&mut self, request: RequestId, answer: Answer<P>) {
        let reply = match answer {
            Answer::Replied(reply) => Some(reply),
            _ => None,
        };
        self.interventions.answered(request, reply);
    }
}

fn detail_of<P>(answer: Answer<P>) -> Option<String> {
    match answer {
        Answer::Failed { detail } | Answer::Unauthorized { detail } => Some(detail),
        _ => None,
    }
}

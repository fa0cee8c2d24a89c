//! The commands that the gateway calls here: each runs once, has a deadline, and every request for it is answered.

use std::rc::Rc;

use super::calls::{CallId, strike};
use super::payload::Payload;
use super::state::{Event, State};
use super::watch::earlier;
use super::wire::{Json, Notice, joined};
use crate::machine::{RequestId, Timer};
use crate::run::{Answer, ToolAnswer, ToolReply, Tools};
use crate::time::Timestamp;

/// How long the gateway waits where it does not say.
const RESULT_WITHIN: u64 = 30_000;
/// Requests that may wait for results at once.
const MAX_ASKED: usize = 64;
/// The largest piece of progress in bytes that the gateway takes.
const MAX_CHUNK: usize = 16_384;
/// Pieces of progress that may be without an answer at once; what comes then waits.
const MOST_PIECES: usize = 32;
/// The progress in bytes that waits at most.
const MAX_UNTOLD: usize = 1_048_576;
/// The questions of the session are numbered from 0.
const FIRST_REQUEST: u32 = 1 << 31;

/// A command that the gateway calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The gateway's id of the call. One that is asked for again has the same.
    pub key: String,
    /// The command, as `demo.echo`.
    pub command: String,
    /// Its parameters, JSON text, perhaps unreadable.
    pub params: String,
    /// The session in which an agent calls it.
    pub session_key: Option<String>,
    /// When its result is too late.
    pub until: Timestamp,
}

/// What the commands want done.
#[derive(Debug)]
pub(super) enum NodeOutput {
    Run(RequestId, Invocation),
    Withdraw(RequestId),
    Result(Asked, Json),
    Progress(Json),
}

/// The commands that were called here. They need a session of the role `node`.
#[derive(Debug, Default)]
pub(super) struct Commands {
    tools: Tools<String>,
    /// The requests of the present connection that wait for a result.
    asked: Vec<Asked>,
    /// The pieces of progress that the gateway did not answer yet.
    pieces: Vec<CallId>,
    requests: u32,
    out: Vec<NodeOutput>,
}

/// A request of the gateway for a result.
#[derive(Debug)]
pub(super) struct Asked {
    invoke: String,
    node: String,
    /// What is asked for; requests for the same share a run.
    call: Rc<str>,
    running: Option<RequestId>,
    /// The number of the next piece of progress.
    next_chunk: u64,
    /// Progress that was not sent yet.
    untold: String,
}

impl Commands {
    /// Takes in what a session tells. `true`: it is the answer to a piece of progress, and nobody else's.
    pub(super) fn observe<P: Payload>(&mut self, event: &Event<P>, now: Timestamp) -> bool {
        match event {
            Event::CallSettled { call, .. } => return strike(&mut self.pieces, *call),
            Event::Notice(notice) => self.noticed(notice, now),
            Event::StateChanged(State::Ready | State::Degraded(_)) => {}
            Event::StateChanged(state) => {
                // Whoever asked heard that the connection was lost. A result is kept for those who ask again.
                self.asked.clear();
                if matches!(state, State::Closed) {
                    let stopped = self.tools.stop(now);
                    self.withdraw(stopped);
                }
            }
            _ => {}
        }
        false
    }

    /// The host said what became of a command.
    pub(super) fn answered(&mut self, request: RequestId, answer: ToolAnswer<String>, now: Timestamp) {
        self.tools.answered(request, Answer::Tool(answer), now);
        self.reply();
    }

    /// What a command that runs has to say before its end.
    pub(super) fn progress(&mut self, request: RequestId, text: &str) {
        let waiting: usize = self.asked.iter().map(|asked| asked.untold.len()).sum();
        let mut room = MAX_UNTOLD.saturating_sub(waiting);
        for asked in self.asked.iter_mut().filter(|asked| asked.running == Some(request)) {
            let (text, _) = text.split_at(boundary_before(text, room));
            room -= text.len();
            asked.untold.push_str(text);
        }
    }

    /// The next piece of progress, where the gateway may be sent one more.
    pub(super) fn piece(&self) -> Option<Json> {
        if self.pieces.len() < MOST_PIECES { self.asked.iter().find_map(Asked::piece) } else { None }
    }

    /// The next piece of progress was sent by this call.
    pub(super) fn piece_told(&mut self, call: CallId) {
        self.pieces.push(call);
        if let Some(asked) = self.asked.iter_mut().find(|asked| !asked.untold.is_empty()) {
            asked.piece_told();
        }
    }

    /// A deadline passed.
    pub(super) fn timeout(&mut self, now: Timestamp) {
        let overdue = self.tools.overdue(now);
        self.withdraw(overdue);
        self.reply();
        self.tools.expired(now);
    }

    /// When [`Self::timeout`] is due.
    pub(super) fn deadline(&self) -> Option<(Timestamp, Timer)> {
        let running = self.tools.running_until().map(|(at, _)| (at, Timer::Tool));
        let kept = self.tools.deadline().map(|(at, _)| (at, Timer::ToolResult));
        earlier(running, kept)
    }

    /// What is to be done, in order.
    pub(super) fn take(&mut self) -> Vec<NodeOutput> {
        std::mem::take(&mut self.out)
    }

    fn noticed<P: Payload>(&mut self, notice: &Notice<P>, now: Timestamp) {
        match notice.name.as_str() {
            "node.invoke.request" => self.requested(&notice.payload, now),
            "node.invoke.cancel" => self.cancelled(&notice.payload, now),
            _ => {}
        }
    }

    fn requested<P: Payload>(&mut self, payload: &P, now: Timestamp) {
        let (Some(invoke), Some(command)) = (payload.text("id"), payload.text("command")) else { return };
        if self.asked.iter().any(|asked| asked.invoke == invoke) {
            return;
        }
        let key = payload.text("idempotencyKey").unwrap_or_else(|| invoke.clone());
        let session_key = payload.text("sessionKey");
        let params = payload.text("paramsJSON").unwrap_or_default();
        // Some models give the calls of each session the same ids.
        let call = [&key, session_key.as_deref().unwrap_or_default(), &command, &params];
        let call = joined(&mut call.into_iter(), "\n").into();
        let running = self.asked.iter().find(|asked| asked.call == call).and_then(|asked| asked.running);
        let node = payload.text("nodeId").unwrap_or_default();
        let mut asked = Asked { invoke, node, call, running, next_chunk: 0, untold: String::new() };
        if self.asked.len() >= MAX_ASKED {
            let params = asked.failure("busy", "As many commands as may run are running.");
            return self.out.push(NodeOutput::Result(asked, params));
        }
        if self.tools.reply(&asked.call).is_none() {
            let (claim, request) = (self.number(), self.number());
            let within = payload.count("timeoutMs").unwrap_or(RESULT_WITHIN);
            self.tools.claim(asked.call.clone(), claim, params, Some(within), now);
            if let Some((_, params, until)) = self.tools.claimed(claim, Answer::Claimed(true), request, now) {
                asked.running = Some(request);
                let invocation = Invocation { key, command, params, session_key, until };
                self.out.push(NodeOutput::Run(request, invocation));
            }
        }
        self.asked.push(asked);
        self.reply();
    }

    fn cancelled<P: Payload>(&mut self, payload: &P, now: Timestamp) {
        let invoke = payload.text("invokeId");
        let Some(place) = self.asked.iter().position(|asked| Some(&asked.invoke) == invoke.as_ref()) else { return };
        let call = self.asked.remove(place).call;
        if !self.asked.iter().any(|asked| asked.call == call) {
            let cancelled = self.tools.cancel(&call, now);
            self.withdraw(cancelled);
        }
    }

    /// Answers the requests for which there is a result.
    fn reply(&mut self) {
        for mut asked in std::mem::take(&mut self.asked) {
            let params = match self.tools.reply(&asked.call) {
                Some(Some(ToolReply::Given(result))) => asked.answer(true, ("payloadJSON", Json::text(result))),
                Some(Some(ToolReply::Failed { error, message })) => asked.failure(error.as_str(), message),
                Some(None) | None => {
                    self.asked.push(asked);
                    continue;
                }
            };
            while let Some(piece) = asked.piece() {
                asked.piece_told();
                self.out.push(NodeOutput::Progress(piece));
            }
            self.out.push(NodeOutput::Result(asked, params));
        }
    }

    fn withdraw(&mut self, requests: impl IntoIterator<Item = RequestId>) {
        self.out.extend(requests.into_iter().map(NodeOutput::Withdraw));
    }

    fn number(&mut self) -> RequestId {
        self.requests = self.requests.wrapping_add(1);
        RequestId(self.requests | FIRST_REQUEST)
    }
}

impl Asked {
    /// What is said in the place of a result.
    pub(super) fn failure(&self, code: &str, message: &str) -> Json {
        let error = Json::members(&[("code", Some(code)), ("message", Some(message))]);
        self.answer(false, ("error", Json::Object(error)))
    }

    /// The next piece of progress.
    fn piece(&self) -> Option<Json> {
        let (chunk, _) = self.untold.split_at(self.piece_size());
        let mut params =
            Json::members(&[("invokeId", Some(&self.invoke)), ("nodeId", Some(&self.node)), ("chunk", Some(chunk))]);
        params.push(("seq", Json::Number(self.next_chunk)));
        (!chunk.is_empty()).then_some(Json::Object(params))
    }

    /// What comes behind a hole in the numbers is not read, so one is used where its piece is sent.
    fn piece_told(&mut self) {
        self.untold.drain(..self.piece_size());
        self.next_chunk += 1;
    }

    fn piece_size(&self) -> usize {
        boundary_before(&self.untold, MAX_CHUNK)
    }

    fn answer(&self, ok: bool, content: (&'static str, Json)) -> Json {
        let mut members = Json::members(&[("id", Some(&self.invoke)), ("nodeId", Some(&self.node))]);
        members.push(("ok", Json::Flag(ok)));
        members.push(content);
        Json::Object(members)
    }
}

/// The last place up to `most` bytes at which a text can be cut.
fn boundary_before(text: &str, most: usize) -> usize {
    let mut place = most.min(text.len());
    while !text.is_char_boundary(place) {
        place -= 1;
    }
    place
}

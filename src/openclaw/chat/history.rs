//! What the history says of runs that nothing else told the end of.

use super::super::fleet::Activity;
use super::super::payload::Payload;
use super::run::{Run, RunState, TextChange, text_of};

/// The part of a `chat.history` that tells of runs.
pub(super) struct History<P> {
    messages: Vec<P>,
    in_flight: Option<(String, P)>,
    waiting: Vec<String>,
    /// The last run that ended, and how.
    last: Option<(String, RunState)>,
    pub(super) activity: Activity,
}

impl<P: Payload> History<P> {
    /// Reads an answer; `known` is what the session did where the answer does not say.
    pub(super) fn read(payload: &P, known: &Activity) -> Self {
        let in_flight = payload.object("inFlightRun");
        let text = in_flight.member("text").filter(P::is_text).unwrap_or_else(|| P::of_text(""));
        let pending = payload.object("pendingInputs").list("items");
        let is_queued = |item: &&P| item.text("state").is_none_or(|state| state == "queued");
        Self {
            messages: payload.list("messages"),
            in_flight: in_flight.text("runId").map(|id| (id, text)),
            waiting: pending.iter().filter(is_queued).filter_map(|item| item.text("runId")).collect(),
            last: ended(&payload.object("sessionInfo")),
            activity: match payload.member("sessionInfo").filter(|info| !info.is_null()) {
                Some(info) => Activity::read(&info, Activity::Unknown),
                None => known.clone(),
            },
        }
    }

    /// The run under way, with its text so far.
    pub(super) fn in_flight(&self) -> Option<&(String, P)> {
        self.in_flight.as_ref()
    }

    /// Whether it has a message.
    pub(super) fn has(&self, message: &P) -> bool {
        let id_of = |message: &P| message.object("__openclaw").text("id");
        match id_of(message) {
            Some(id) => self.messages.iter().any(|known| id_of(known).as_ref() == Some(&id)),
            None => self.messages.contains(message),
        }
    }

    /// How a run stands that was open, or was not told the end of. `restarted`: the gateway was, since the last reading.
    pub(super) fn state_of(&self, run: &Run<P>, restarted: bool) -> RunState {
        let (state, is_idle) = (run.state.clone(), self.activity == Activity::Idle && self.in_flight.is_none());
        let state = match state {
            RunState::Uncertain if self.names(&run.id) => RunState::Accepted,
            RunState::Uncertain if is_idle && self.has_message(&run.id) => RunState::Ended,
            RunState::Uncertain if self.has_message(&run.id) => RunState::Accepted,
            RunState::Uncertain if is_idle => {
                RunState::NotSent { code: "connection_lost".to_owned(), message: String::new() }
            }
            RunState::Accepted | RunState::Streaming if !self.names(&run.id) && (is_idle || restarted) => {
                RunState::Ended
            }
            RunState::Ended if self.names(&run.id) => RunState::Streaming,
            other => other,
        };
        match &self.last {
            Some((id, end)) if state == RunState::Ended && *id == run.id => end.clone(),
            _ => state,
        }
    }

    /// The text of a run: as far as it is under way, or as it was written down.
    pub(super) fn take_text(&self, run: &mut Run<P>) -> Option<TextChange<P>> {
        if let Some((id, text)) = &self.in_flight
            && *id == run.id
        {
            return run.adopt(text.clone());
        }
        let of_run = |message: &&P| {
            message.text("role").as_deref() == Some("assistant")
                && message.object("__openclaw").text("runId").as_ref() == Some(&run.id)
        };
        let written = self.messages.iter().rfind(of_run).and_then(text_of)?;
        (!run.state.is_open()).then(|| run.adopt(written)).flatten()
    }

    /// Whether the session works on a run, or has it in its queue.
    fn names(&self, id: &str) -> bool {
        let runs = matches!(&self.activity, Activity::Running(ids) if ids.iter().any(|other| other == id));
        runs || self.in_flight.as_ref().is_some_and(|(other, _)| other == id)
            || self.waiting.iter().any(|other| other == id)
    }

    /// Whether the message of a run was written down, or answered.
    fn has_message(&self, id: &str) -> bool {
        let keys = |message: &P| [message.text("idempotencyKey"), message.object("__openclaw").text("idempotencyKey")];
        let is_last = self.last.as_ref().is_some_and(|(last, _)| last == id);
        is_last
            || self
                .messages
                .iter()
                .any(|message| keys(message).into_iter().flatten().any(|key| key.strip_suffix(":user") == Some(id)))
    }
}

/// How the last run of a session ended, by its row.
fn ended<P: Payload>(row: &P) -> Option<(String, RunState)> {
    let status = row.text("status")?;
    let end = match status.as_str() {
        "done" => RunState::Done,
        "killed" => RunState::Aborted,
        "failed" | "timeout" => RunState::Failed {
            kind: if status == "timeout" { status } else { "unknown".to_owned() },
            message: row.text("lastRunError").unwrap_or_default(),
        },
        _ => return None,
    };
    Some((row.text("lastRunId")?, end))
}

//! The gateway's events of a chat.

use super::super::fleet::Activity;
use super::super::payload::Payload;
use super::super::wire::Notice;
use super::run::{Run, RunState};
use super::{Chat, ChatEvent, END_WITHIN, Sync};
use crate::time::Timestamp;

impl<P: Payload> Chat<P> {
    pub(super) fn noticed(&mut self, notice: &Notice<P>, now: Timestamp) {
        let payload = &notice.payload;
        if !payload.member("sessionKey").is_some_and(|key| self.is_of(&key)) {
            return;
        }
        match notice.name.as_str() {
            "chat" => self.run_told(payload),
            "session.message" => {
                if matches!(self.sync, Sync::Reading { .. }) {
                    self.meanwhile.push(payload.clone());
                }
                self.tell(ChatEvent::Message(payload.clone()));
            }
            "sessions.changed" => self.row_told(payload, now),
            _ => {}
        }
    }

    fn run_told(&mut self, payload: &P) {
        let Some(id) = payload.text("runId") else { return };
        let kind = payload.text("state").unwrap_or_default();
        let index = match self.runs.iter().position(|run| run.id == id) {
            Some(index) => index,
            None => {
                let mut run = Run::new(&id, false, RunState::Accepted);
                // A run that is heard of from its beginning on needs no history.
                run.has_baseline = kind == "status";
                self.add(run);
                self.runs.len() - 1
            }
        };
        // Ends may come twice, and pieces after them.
        if self.runs[index].state.is_told() {
            return;
        }
        match kind.as_str() {
            "status" => self.is_heard_of(index, RunState::Accepted),
            "delta" => {
                self.is_heard_of(index, RunState::Streaming);
                self.extend(index, payload);
            }
            "final" => {
                self.extend(index, payload);
                let is_answered = payload.member("message").is_some_and(|message| !message.is_null());
                let has_text = !self.runs[index].text.is_empty_text();
                let state = if is_answered || has_text { RunState::Done } else { RunState::HandedOver };
                self.turn(index, state, payload.member("message"));
            }
            "aborted" => {
                self.extend(index, payload);
                self.turn(index, RunState::Aborted, payload.member("message"));
            }
            "error" => {
                let kind = payload.text("errorKind").unwrap_or_else(|| "unknown".to_owned());
                let message = payload.text("errorMessage").unwrap_or_default();
                self.turn(index, RunState::Failed { kind, message }, payload.member("message"));
            }
            _ => {}
        }
    }

    /// News of a run prove that the gateway has it; they do not take it back to an earlier state.
    fn is_heard_of(&mut self, index: usize, state: RunState) {
        if self.runs[index].state != RunState::Streaming {
            self.turn(index, state, None);
        }
    }

    fn extend(&mut self, index: usize, payload: &P) {
        if let Some(change) = self.runs[index].extend(payload) {
            let run = self.runs[index].id.clone();
            self.tell(ChatEvent::Text { run, change });
        }
    }

    /// The session's own word about whether it works. Where it does not, runs that are open have a moment for their end;
    /// then the history is asked.
    fn row_told(&mut self, payload: &P, now: Timestamp) {
        let row = payload.member("session").filter(|row| !row.is_null()).unwrap_or_else(|| payload.clone());
        let as_of = row.count("snapshotAt").or_else(|| payload.count("ts")).unwrap_or(self.as_of);
        if as_of < self.as_of {
            return;
        }
        self.as_of = as_of;
        self.row_is_newer = true;
        let activity = Activity::read(&row, self.activity.clone());
        let is_idle = activity == Activity::Idle;
        self.become_active(activity);
        let is_owed = |run: &Run<P>| matches!(run.state, RunState::Accepted | RunState::Streaming);
        if is_idle && self.runs.iter().any(is_owed) {
            self.due(now + END_WITHIN);
        }
    }
}

//! What is asked of the gateway about a session: to tell of it, and its history, over and over until both are there.

use super::super::fleet::Activity;
use super::super::payload::Payload;
use super::super::retry::Retry;
use super::super::wire::Json;
use super::history::History;
use super::run::{Run, RunState};
use super::{Chat, ChatEvent, ChatOutput, Purpose, Sync};
use crate::time::Timestamp;

/// The messages that are read.
const MESSAGES: u64 = 200;

impl<P: Payload> Chat<P> {
    pub(super) fn begin(&mut self) {
        self.subscribe_retry = Retry::default();
        self.read_retry = Retry::default();
        self.subscribe();
        self.read();
    }

    pub(super) fn subscribe(&mut self) {
        self.subscribe_at = None;
        self.call(Purpose::Subscribe, "sessions.messages.subscribe", vec![("key", Json::text(&self.key))]);
    }

    pub(super) fn read(&mut self) {
        self.row_is_newer = false;
        self.meanwhile.clear();
        for run in &mut self.runs {
            run.is_newer = false;
        }
        self.sync = Sync::Reading { again: false };
        let members = vec![("sessionKey", Json::text(&self.key)), ("limit", Json::Number(MESSAGES))];
        self.call(Purpose::History, "chat.history", members);
    }

    pub(super) fn lost(&mut self) {
        self.sync = Sync::Offline;
        self.subscribe_at = None;
        self.out.retain(|output| !matches!(output, ChatOutput::Call { .. }));
        for run in &mut self.runs {
            run.has_baseline = false;
        }
    }

    /// The history is to be read again; what happens until then is read once.
    pub(super) fn due(&mut self, at: Timestamp) {
        self.sync = match self.sync {
            Sync::Offline => Sync::Offline,
            Sync::Reading { .. } => Sync::Reading { again: true },
            Sync::Live | Sync::Refused => Sync::Due(at),
            Sync::Due(earlier) => Sync::Due(earlier.min(at)),
        };
    }

    /// The gateway tells of the session from now on, under this name.
    pub(super) fn named(&mut self, name: Option<P>, now: Timestamp) {
        self.is_named = true;
        let name = name.filter(|name| name.is_text() && *name != self.key_value);
        if self.name != name {
            self.name = name;
            // What was told under it until now was not heard.
            self.due(now);
        }
    }

    pub(super) fn read_later(&mut self, asked: Option<u64>, now: Timestamp) {
        self.sync = Sync::Due(self.read_retry.at(asked, now));
    }

    pub(super) fn history_read(&mut self, payload: &P, now: Timestamp) {
        let again = self.sync == Sync::Reading { again: true };
        self.sync = Sync::Live;
        self.tell(ChatEvent::History(payload.clone()));
        // What was known before the connection is not known any more.
        let known = if self.as_of == 0 { Activity::Unknown } else { self.activity.clone() };
        let history = History::read(payload, &known);
        for message in std::mem::take(&mut self.meanwhile) {
            if !history.has(&message.object("message")) {
                self.tell(ChatEvent::Message(message));
            }
        }
        let row_at = payload.object("sessionInfo").count("snapshotAt");
        // The row that was told while the history was on its way counts, unless the history is newer.
        let is_behind = self.row_is_newer && row_at.is_none_or(|at| at < self.as_of);
        if !is_behind {
            self.as_of = row_at.unwrap_or(self.as_of);
            self.become_active(history.activity.clone());
        }
        if let Some((id, _)) = history.in_flight()
            && self.run(id).is_none()
            && !(is_behind && self.activity == Activity::Idle)
        {
            self.add(Run::new(&id.clone(), false, RunState::Streaming));
        }
        let restarted = !is_behind && std::mem::take(&mut self.restarted);
        for index in 0..self.runs.len() {
            if self.runs[index].state.is_told() {
                continue;
            }
            if !is_behind && !self.runs[index].is_newer {
                let state = history.state_of(&self.runs[index], restarted);
                self.turn(index, state, None);
            }
            if let Some(change) = history.take_text(&mut self.runs[index]) {
                let run = self.runs[index].id.clone();
                self.tell(ChatEvent::Text { run, change });
            }
        }
        let is_unclear = |run: &Run<P>| run.state == RunState::Uncertain || (is_behind && run.state.is_open());
        // What a restart means is said of the runs that are there now, not of later ones.
        if self.restarted || self.runs.iter().any(is_unclear) {
            self.read_later(None, now);
        } else {
            self.read_retry = Retry::default();
        }
        if again {
            self.due(now);
        }
    }
}

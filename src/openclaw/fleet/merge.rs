//! How news and readings become one picture: for each session the newest word wins.

use super::super::payload::Payload;
use super::super::retry::Retry;
use super::super::table::Table;
use super::card::{AgentCard, SessionCard, Work};
use super::reading::Reading;
use super::{COLLECTED_FOR, Change, Fleet, Freshness, MOST_SESSIONS, Sync};
use crate::time::Timestamp;

impl<P: Payload> Fleet<P> {
    /// A session changed, or, where none is named, something that only a reading shows.
    pub(super) fn session_changed(&mut self, payload: &P, now: Timestamp) {
        let row = payload.member("session").filter(|row| !row.is_null());
        let key = payload.text("sessionKey").or_else(|| row.as_ref()?.text("key"));
        let Some(key) = key else { return self.due(now) };
        let is_deleted = payload.text("reason").is_some_and(|reason| reason.starts_with("delete"));
        if is_deleted && row.is_none() {
            return self.session_deleted(&key);
        }
        // Older gateways put the members of the row beside the key.
        let (row, is_whole) = row.map_or((payload.clone(), false), |row| (row, true));
        let Some(as_of) = row.count("snapshotAt").or_else(|| payload.count("ts")) else {
            // Nobody can tell whether this is older than what is being read.
            self.due(now);
            return self.apply(&key, &row, self.sessions.get(&key).map_or(0, |card| card.as_of), is_whole, now);
        };
        self.apply(&key, &row, as_of, is_whole, now);
    }

    /// Makes what was read the picture, apart from what was heard since.
    pub(super) fn take_over(&mut self, now: Timestamp) {
        let Sync::Reading(reading) = std::mem::replace(&mut self.sync, Sync::Live) else { return };
        let Reading { agents, pages, presence, presence_told, again, deleted, .. } = reading;
        if let Some(presence) = presence.filter(|_| !presence_told) {
            self.connected(presence);
        }
        let complete = pages.last().is_some_and(|page| !page.flag("hasMore").unwrap_or(false));
        self.is_complete = complete;
        self.take_sessions(&pages, complete, &deleted);
        if let Some(agents) = agents {
            self.take_agents(&agents);
        }
        self.retry = Retry::default();
        if again {
            self.sync = Sync::Due(now + COLLECTED_FOR);
        } else if self.freshness != Freshness::Live {
            self.freshness = Freshness::Live;
            self.changes.push(Change::Freshness);
        }
        self.look_for_agents(now);
    }

    fn take_sessions(&mut self, pages: &[P], complete: bool, deleted: &[String]) {
        let read_at = pages.first().and_then(|page| page.count("ts")).unwrap_or(0);
        let known = std::mem::take(&mut self.sessions);
        let mut sessions: Table<SessionCard<P>> = Table::default();
        for page in pages {
            let at = page.count("ts").unwrap_or(0);
            for card in page.list("sessions").iter().filter_map(|row| SessionCard::read(row, at)) {
                if !deleted.contains(&card.key) && sessions.len() < MOST_SESSIONS {
                    sessions.insert(card.key.clone(), card);
                }
            }
        }
        for (key, card) in sessions.iter_mut() {
            match known.get(key) {
                Some(newer) if newer.as_of > card.as_of => *card = newer.clone(),
                Some(same) if same.says_the_same(card) => {}
                Some(_) | None => self.changes.push(Change::Session(key.clone())),
            }
        }
        for (key, card) in known.into_entries() {
            if sessions.contains(&key) {
                continue;
            }
            // Heard of since, or not read because there are so many.
            if card.as_of > read_at || !complete {
                sessions.insert(key, card);
            } else {
                self.changes.push(Change::SessionGone(key));
            }
        }
        self.sessions = sessions;
    }

    fn take_agents(&mut self, list: &P) {
        let default_id = list.text("defaultId");
        let rows = list.list("agents");
        let mut agents: Vec<_> = rows.iter().filter_map(|row| AgentCard::read(row, default_id.as_deref())).collect();
        for agent in &mut agents {
            agent.work = self.work_of(&agent.id);
            if self.agent(&agent.id) != Some(agent) {
                self.changes.push(Change::Agent(agent.id.clone()));
            }
        }
        let gone = self.agents.iter().filter(|old| agents.iter().all(|new| new.id != old.id));
        self.changes.extend(gone.map(|old| Change::AgentGone(old.id.clone())));
        self.agents = agents;
    }

    fn apply(&mut self, key: &str, row: &P, as_of: u64, is_whole: bool, now: Timestamp) {
        let is_new = !self.sessions.contains(key);
        if is_new && self.sessions.len() >= MOST_SESSIONS {
            self.is_complete = false;
            return;
        }
        let card = self.sessions.get_or_insert_with(key, || SessionCard::unknown(key));
        let before = card.agent_id.clone();
        if !card.update(row, as_of, is_whole) {
            return;
        }
        let after = card.agent_id.clone();
        self.changes.push(Change::Session(key.to_owned()));
        if before != after {
            self.rework(&before);
        }
        self.rework(&after);
        if !matches!(self.sync, Sync::Reading(_)) {
            self.look_for_agents(now);
        }
    }

    /// Agents that only their sessions tell of are read once; one that is in no list then is not looked for again.
    fn look_for_agents(&mut self, now: Timestamp) {
        let agents = self.sessions.values().map(|session| &session.agent_id);
        let is_new = |id: &&String| !id.is_empty() && self.agent(id).is_none() && !self.looked_for.contains(*id);
        let unknown: Vec<String> = agents.filter(is_new).cloned().collect();
        if !unknown.is_empty() {
            self.looked_for.extend(unknown);
            self.due(now);
        }
    }

    fn session_deleted(&mut self, key: &str) {
        if let Sync::Reading(reading) = &mut self.sync {
            reading.deleted.push(key.to_owned());
        }
        if let Some(card) = self.sessions.remove(key) {
            self.changes.push(Change::SessionGone(key.to_owned()));
            self.rework(&card.agent_id);
        }
    }

    /// Brings an agent's card up to date.
    fn rework(&mut self, agent_id: &str) {
        let work = self.work_of(agent_id);
        if let Some(agent) = self.agents.iter_mut().find(|agent| agent.id == agent_id)
            && agent.work != work
        {
            agent.work = work;
            self.changes.push(Change::Agent(agent_id.to_owned()));
        }
    }

    fn work_of(&self, agent_id: &str) -> Work {
        Work::of(self.sessions.values().filter(|session| session.agent_id == agent_id))
    }
}

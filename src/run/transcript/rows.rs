//! Stored messages: snapshots, patches, and the answers to questions for them.

use std::collections::{BTreeMap, BTreeSet};

use super::Transcript;
use super::event::{Patch, Row, Stored};
use super::message::{ASSISTANT, Activity, Message};
use super::order::in_order;
use super::refetch::{Fetch, RefetchReason};
use super::text::Text;

/// What was streamed since then is newer than the rows. A pushed snapshot is newer than everything but what is under way.
const NEVER: u32 = u32::MAX;

impl<T: Text> Transcript<T> {
    /// Begins to fetch the stored messages; the host gives the answer to [`Self::refetched`], or tells
    /// [`Self::refetch_failed`].
    pub fn begin_refetch(&mut self) -> Fetch {
        self.list.generation = self.list.generation.wrapping_add(1);
        self.refetch.asked(self.list.generation)
    }

    /// Takes the stored messages of the conversation in, in their order. What was streamed after the question stays.
    /// `false`: a snapshot, a patch or another question came in between, and the answer is not used; where one is still
    /// needed, [`Self::needs_refetch`] says so.
    pub fn refetched(&mut self, fetch: Fetch, rows: Vec<Row<T>>) -> bool {
        if fetch.generation() != self.list.generation {
            self.refetch.failed(fetch);
            return false;
        }
        self.install(rows, fetch.generation());
        self.refetch.answered(fetch);
        true
    }

    /// The stored messages could not be fetched; they are needed as before. When to try again is up to the host.
    pub fn refetch_failed(&mut self, fetch: Fetch) {
        self.refetch.failed(fetch);
    }

    pub(super) fn step_start(&mut self, stored: Stored<T>) {
        match stored {
            Stored::Untold => {}
            Stored::Rows(rows) => self.told_all(rows),
            Stored::Revision(revision) => self.compare_revision(revision),
        }
    }

    pub(super) fn told_all(&mut self, rows: Vec<Row<T>>) {
        self.told_newer();
        self.install(rows, NEVER);
        self.refetch.settled();
    }

    pub(super) fn compare_revision(&mut self, revision: Option<u64>) {
        if revision != Some(self.revision) {
            self.refetch.need(RefetchReason::RevisionDiffers);
        }
        self.revision = revision.unwrap_or(self.revision);
        self.need_names();
    }

    pub(super) fn patch(&mut self, patch: Patch<T>) {
        if patch.revision <= self.revision {
            return;
        }
        let follows = patch.revision - 1 == self.revision;
        self.revision = patch.revision;
        if !follows {
            return self.refetch.need(RefetchReason::RevisionSkipped);
        }
        if !self.has_anchors(&patch) {
            return self.refetch.need(RefetchReason::AnchorMissing);
        }
        self.told_newer();
        for id in &patch.deletes {
            if let Some(index) = self.list.index_of_id(id) {
                self.list.remove(index);
            }
        }
        for upsert in patch.upserts {
            self.upsert(upsert.after.as_deref(), upsert.row);
        }
        self.need_names();
    }

    /// A streamed message that nobody named may be one of the stored ones.
    pub(super) fn need_names(&mut self) {
        let unnamed = |message: &Message<T>| message.id.is_none() && message.activity == Activity::Settled;
        if self.list.messages().iter().any(unnamed) {
            self.refetch.need(RefetchReason::MessageUnnamed);
        }
    }

    /// The answer to a question that was asked before is older than what is told now.
    fn told_newer(&mut self) {
        self.list.generation = self.list.generation.wrapping_add(1);
    }

    /// A patch is applied as a whole or not at all.
    fn has_anchors(&self, patch: &Patch<T>) -> bool {
        let mut ids = BTreeSet::new();
        ids.extend(self.list.messages().iter().filter_map(|message| message.id.as_deref()));
        for id in &patch.deletes {
            ids.remove(id.as_str());
        }
        patch.upserts.iter().all(|upsert| {
            let is_known = ids.contains(upsert.row.id.as_str());
            let has_anchor = upsert.after.as_deref().is_none_or(|after| ids.contains(after));
            ids.insert(&upsert.row.id);
            is_known || has_anchor
        })
    }

    fn upsert(&mut self, after: Option<&str>, row: Row<T>) {
        if let Some(index) = self.list.index_of_id(&row.id) {
            let is_open = self.list.messages()[index].activity != Activity::Settled;
            return self.list.replace(index, |message| message.store(row, is_open));
        }
        let index = match after {
            None => 0,
            Some(after) => self.list.index_of_id(after).map_or(self.list.messages().len(), |index| index + 1),
        };
        let key = self.list.new_key();
        self.list.insert(index, Message::from_row(key, row));
    }

    /// Shows the stored messages. What is being streamed, or was since `since`, is newer than they are.
    fn install(&mut self, rows: Vec<Row<T>>, since: u32) {
        let is_newer = |message: &Message<T>| message.activity != Activity::Settled || message.touched >= Some(since);
        let mut known = BTreeMap::new();
        let mut unnamed = Vec::new();
        for message in self.list.take() {
            match message.id.clone() {
                Some(id) => drop(known.insert(id, message)),
                None => unnamed.push(message),
            }
        }
        unnamed.retain(is_newer);
        let mut shown = Vec::with_capacity(rows.len());
        let mut new = Vec::new();
        let mut told = BTreeSet::new();
        for row in rows.into_iter().filter(|row| told.insert(row.id.clone())) {
            let Some(mut message) = known.remove(&row.id) else {
                new.push(shown.len());
                shown.push(Message::from_row(self.list.new_key(), row));
                continue;
            };
            let is_newer = is_newer(&message);
            message.store(row, is_newer);
            shown.push(message);
        }
        // One answer under way without a name, and one name without an answer: they are the same.
        new.retain(|index| shown[*index].role == ASSISTANT);
        let is_open = |message: &Message<T>| message.activity != Activity::Settled;
        if let ([index], [message]) = (new.as_slice(), unnamed.as_slice())
            && is_open(message)
        {
            let stored = &mut shown[*index];
            let named = Message { id: stored.id.take(), row: stored.row.take(), ..unnamed.remove(0) };
            *stored = named;
        }
        // In the order in which they began.
        let newer = known.into_values().filter(is_newer).chain(unnamed);
        shown.extend(in_order(newer, |message| message.key));
        self.list.put(shown);
    }
}

//! Stored messages: snapshots, patches, and the answers to questions for them.

use super::Transcript;
use super::column::{Place, Stream};
use super::event::{Patch, Row, Stored};
use super::ids::Ids;
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
        self.told_newer();
        self.list.touch_open();
        self.refetch.asked(self.list.generation)
    }

    /// Takes the stored messages of the conversation in, in their order. What was being streamed at the question, or
    /// after it, stays.
    /// `false`: a snapshot, a patch or another question came in between, and the answer is not used; where one is still
    /// needed, [`Self::needs_refetch`] says so.
    pub fn refetched(&mut self, fetch: Fetch, rows: Vec<Row<T>>) -> bool {
        if fetch.generation() != self.list.generation {
            self.refetch.failed(fetch);
            return false;
        }
        self.install(rows, fetch.generation());
        self.refetch.answered(fetch);
        self.need_names();
        true
    }

    /// The stored messages could not be fetched; they are needed as before. When to try again is up to the host.
    pub fn refetch_failed(&mut self, fetch: Fetch) {
        self.refetch.failed(fetch);
    }

    pub(super) fn step_start(&mut self, place: Place, stored: Stored<T>) {
        match stored {
            Stored::Untold => {}
            Stored::Rows(_) if self.columns[Self::OWN].began_after(place) => {
                self.refetch.need(RefetchReason::RowsChanged);
            }
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
        self.revision = self.revision.max(revision.unwrap_or_default());
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
        let is_unnamed = |message: &Message<T>| {
            message.id.is_none() && message.activity == Activity::Settled && self.stream_of(message.key).is_some()
        };
        if self.list.messages().iter().any(is_unnamed) {
            self.refetch.need(RefetchReason::MessageUnnamed);
        }
    }

    /// The answer to a question that was asked before is older than what comes now.
    fn told_newer(&mut self) {
        self.list.generation = self.list.generation.wrapping_add(1);
    }

    /// A patch is applied as a whole or not at all.
    fn has_anchors(&self, patch: &Patch<T>) -> bool {
        let stays = |id: &str| self.list.index_of_id(id).is_some() && patch.deletes.iter().all(|deleted| deleted != id);
        patch.upserts.iter().enumerate().all(|(index, upsert)| {
            let is_there = |id: &str| stays(id) || patch.upserts[..index].iter().any(|before| before.row.id == id);
            is_there(&upsert.row.id) || upsert.after.as_deref().is_none_or(is_there)
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
        let known = self.list.take();
        let origins = origins(&rows, &known);
        let mut known: Vec<Option<Message<T>>> = known.into_iter().map(Some).collect();
        let mut shown = Vec::with_capacity(rows.len());
        let mut new = Vec::new();
        for (row, origin) in rows.into_iter().zip(origins) {
            match origin {
                Origin::Known(index) => {
                    let Some(mut message) = known[index].take() else { continue };
                    let is_newer = is_newer(&message);
                    message.store(row, is_newer);
                    shown.push(message);
                }
                Origin::New => {
                    if row.role == ASSISTANT {
                        new.push(shown.len());
                    }
                    shown.push(Message::from_row(self.list.new_key(), row));
                }
                Origin::Repeated => {}
            }
        }
        // In the order in which they began.
        let newer = known.into_iter().flatten().filter(is_newer);
        let mut newer = in_order(newer, |message| message.key);
        // One answer without a name, and one name without an answer: they are the same.
        let mut unnamed = newer.iter().enumerate().filter_map(|(index, message)| {
            let stream = self.stream_of(message.key).filter(|_| message.id.is_none())?;
            Some((index, stream.joins))
        });
        if let (Some((unnamed, joins)), None) = (unnamed.next(), unnamed.next())
            && let Some(named) = self.unanswered(&shown, &new, joins && self.columns.len() == 1)
        {
            let streamed = newer.remove(unnamed);
            let stored = &mut shown[named];
            (stored.key, stored.member) = (streamed.key, streamed.member.clone());
            match streamed.parts.is_empty() {
                true => stored.activity = streamed.activity,
                false => stored.take_over(streamed),
            }
        }
        shown.append(&mut newer);
        self.list.put(shown);
    }

    /// The stored message of an answer without a name: the only new one, or else, of an answer that may have begun before
    /// and where nobody else speaks, the last of all.
    fn unanswered(&self, shown: &[Message<T>], new: &[usize], joins: bool) -> Option<usize> {
        let last = shown.len().checked_sub(1).filter(|last| {
            let Message { role, key, .. } = &shown[*last];
            joins && role == ASSISTANT && !self.columns.iter().any(|column| column.speaks_in(*key))
        });
        match *new {
            [] => last,
            [named] => Some(named),
            _ => None,
        }
    }

    /// The last stream into a message.
    fn stream_of(&self, message: u32) -> Option<&Stream> {
        let mut streams = self.columns.iter().flat_map(|column| &column.streams).rev();
        streams.find(|stream| stream.message == message)
    }
}

/// Where a stored message comes from.
enum Origin {
    /// It is shown already, at this index.
    Known(usize),
    New,
    /// One before has its id, and counts.
    Repeated,
}

fn origins<'a, T: Text>(rows: &'a [Row<T>], known: &'a [Message<T>]) -> Vec<Origin> {
    let mut ids = Ids::new();
    for (index, message) in known.iter().enumerate() {
        if let Some(id) = &message.id {
            ids.replace(id, Some(index));
        }
    }
    let origin = |row: &'a Row<T>| match ids.replace(&row.id, None) {
        Some(Some(index)) => Origin::Known(index),
        Some(None) => Origin::Repeated,
        None => Origin::New,
    };
    rows.iter().map(origin).collect()
}

//! The messages that a chat page shows, assembled from the events of a run (§6.1).
//!
//! Events add up to messages in two ways: answers are streamed, piece by piece, and stored messages are told, by
//! snapshots and patches. What is stored counts, except where something newer is being streamed. Events may come late,
//! mixed up or repeated, as far as their steps, times and numbers tell what they belong to. Where they do not, nothing is
//! guessed: [`Transcript::needs_refetch`] says why the stored messages have to be fetched.
//!
//! ```text
//!  events ──▶ handle ──▶ messages ──▶ poll_change ──▶ mirror
//!                 │
//!                 └────▶ needs_refetch ──▶ begin_refetch ──▶ host ──▶ refetched
//! ```
//!
//! The cost of a chunk does not depend on the length of the answer. The transcript is generic over the [`Text`] that the
//! host keeps, and never looks into it.

mod change;
mod column;
mod ending;
mod event;
mod held;
mod ids;
#[cfg(not(target_family = "wasm"))]
pub mod json;
mod list;
mod message;
mod order;
// Of the hosts in a browser only a run reads.
#[cfg(any(not(target_family = "wasm"), feature = "run"))]
pub(crate) mod read;
mod refetch;
mod rows;
mod stream;
mod text;
mod tools;

use crate::operation::Continuity;

pub use change::Change;
use column::{Column, Place, Start, Stream};
pub use event::{
    Body, Calling, ChunkMode, ContentPart, End, EndReason, Patch, Piece, Row, Seed, Stored, StreamEnd, TranscriptEvent,
    Upsert,
};
use held::Spot;
use list::List;
pub use message::{Activity, Image, Message, Part, ToolCall, ToolPhase};
use refetch::Refetch;
pub use refetch::{Fetch, RefetchReason};
pub use text::Text;

/// The messages of one run and its members, in the order of the page.
#[derive(Debug)]
pub struct Transcript<T: Text> {
    list: List<T>,
    /// The run's own, then those of members.
    columns: Vec<Column>,
    /// The message that answers first, where it is known.
    first_message: Option<String>,
    /// The revision of the last patch.
    revision: u64,
    last_number: Option<u64>,
    refetch: Refetch,
    /// The run was under way before, so that an answer without a name may be one that is stored.
    resumed: bool,
    /// Some of the events were not told.
    missed: bool,
    /// What the host holds back goes on this part.
    held: Option<Spot>,
}

impl<T: Text> Transcript<T> {
    const OWN: usize = 0;

    /// A transcript that shows the stored messages of the conversation. `first_message` is the id of the message that
    /// the run answers into first, where its start told that.
    pub fn new(rows: Vec<Row<T>>, first_message: Option<String>) -> Self {
        let mut transcript = Self {
            list: List::new(),
            columns: vec![Column::of(None, false)],
            first_message,
            revision: 0,
            last_number: None,
            refetch: Refetch::NotNeeded,
            resumed: false,
            missed: false,
            held: None,
        };
        if !rows.is_empty() {
            transcript.told_all(rows);
        }
        transcript
    }

    /// The run was under way before; `in_the_middle`: not all of its events are told from the first one on.
    pub fn resumed(&mut self, in_the_middle: bool) {
        self.resumed = true;
        if in_the_middle {
            self.missed();
        }
    }

    /// The messages.
    pub fn messages(&self) -> &[Message<T>] {
        self.list.messages()
    }

    /// Why the stored messages have to be fetched; `None` while they need not, and while [`Self::begin_refetch`] waits
    /// for its answer.
    pub fn needs_refetch(&self) -> Option<RefetchReason> {
        self.refetch.reason()
    }

    /// Whether the run ended. Nothing that comes later changes anything, except the answer to a refetch.
    pub fn has_ended(&self) -> bool {
        self.columns[Self::OWN].ended
    }

    /// Takes an event in.
    pub fn handle(&mut self, event: TranscriptEvent<T>) {
        let TranscriptEvent { number, member, step, at, body } = event;
        if !self.is_new(number) || self.has_ended() {
            return;
        }
        let column = self.column_of(member);
        if self.columns[column].ended {
            return;
        }
        let place = Place { column, step, at };
        match body {
            Body::StreamStart(seed) => self.stream_start(place, seed),
            Body::Text(text, mode) => self.piece(place, Piece::Text, text, mode),
            Body::Reasoning(text, mode) => self.piece(place, Piece::Reasoning, text, mode),
            Body::Content(parts) => self.content(place, parts),
            Body::Images(images) => self.images(place, images),
            Body::Sources(sources) => self.sources(place, sources),
            Body::ToolsCalling(calls) => self.tools_calling(place, calls),
            Body::StreamEnd(end) => self.stream_end(place, end),
            Body::ToolStart { parent, call } => self.tool_start(place, parent, call),
            Body::ToolExecute { parent, call } => self.tool_execute(place, parent, call),
            Body::ToolState { id, state, sequence } => self.tool_state(place, id, state, sequence),
            Body::ToolEnd { parent, call, succeeded, result } => {
                self.tool_end(place, parent, call, succeeded, result);
            }
            Body::ToolProgress { message_id, progress } => self.tool_progress(&message_id, progress),
            // The stored messages of the conversation are the run's to tell; a member only speaks.
            Body::StepStart(_) | Body::Patch(_) if column != Self::OWN => {}
            Body::StepStart(stored) => self.step_start(place, stored),
            Body::Patch(patch) => self.patch(patch),
            Body::RowsChanged => self.refetch.need(RefetchReason::RowsChanged),
            Body::End(end) => self.ended(place, end),
            Body::Failed(error) => self.failed(place, error),
            Body::Unreadable => self.refetch.need(RefetchReason::Unreadable),
        }
    }

    /// The stream of events is broken: some are lost, or the numbers start anew.
    pub fn broken(&mut self, continuity: Continuity) {
        match continuity {
            Continuity::Reset => self.last_number = None,
            Continuity::Gap | Continuity::Missing { .. } => {}
        }
        if self.has_ended() {
            return;
        }
        self.missed();
        self.lose_calls();
        for column in 0..self.columns.len() {
            if let Some(Stream { start: Start::Unannounced { .. }, joins, .. }) =
                self.columns[column].streams.first_mut()
            {
                *joins = true;
            }
            for index in 0..self.columns[column].streams.len() {
                if self.columns[column].streams[index].end.is_none() {
                    self.lost(column, index);
                }
            }
        }
        self.refetch.need(RefetchReason::Gap);
    }

    /// The next change of the messages, the oldest first. Between two events it is polled until there is none.
    pub fn poll_change(&mut self) -> Option<Change<T>> {
        self.list.poll_change()
    }

    /// The next answer of each speaker may have begun before what is told of it.
    fn missed(&mut self) {
        (self.resumed, self.missed) = (true, true);
        for column in &mut self.columns {
            column.missed = true;
        }
    }

    fn is_new(&mut self, number: Option<u64>) -> bool {
        let is_new = number.is_none() || number > self.last_number;
        self.last_number = self.last_number.max(number);
        is_new
    }

    fn column_of(&mut self, member: Option<String>) -> usize {
        if let Some(known) = self.columns.iter().position(|column| column.member == member) {
            return known;
        }
        self.columns.push(Column::of(member, self.missed));
        self.columns.len() - 1
    }
}

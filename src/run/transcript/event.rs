//! What a transcript reads of an event (§6.1).

use super::message::{Image, Part};
use super::text::Text;

/// An event of the run, with the members that a transcript uses.
#[derive(Clone, Debug, PartialEq)]
pub struct TranscriptEvent<T: Text> {
    /// The event's id in the gateway's sequence; what is not above the last one is dropped. `None` where the caller
    /// drops repeats itself, as an [`Operation`](crate::operation::Operation) does.
    pub number: Option<u64>,
    /// The operation that it belongs to, where that is a member's and not the run's own.
    pub member: Option<String>,
    /// The step.
    pub step: u32,
    /// When it happened, in milliseconds of the producer's clock.
    pub at: Option<u64>,
    /// What happened.
    pub body: Body<T>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Body<T: Text> {
    /// `stream_start`: an answer begins.
    StreamStart(Seed<T>),
    /// A `stream_chunk` of text.
    Text(T, ChunkMode),
    /// A `stream_chunk` of reasoning.
    Reasoning(T, ChunkMode),
    /// A `stream_chunk` of an answer that has pictures between its texts.
    Content(Vec<ContentPart<T>>),
    /// A `stream_chunk` of images.
    Images(Vec<Image<T>>),
    /// A `stream_chunk` with what the answer is grounded on: everything so far.
    Sources(T::Value),
    /// A `stream_chunk` with all calls of the answer so far.
    ToolsCalling(Vec<Calling<T>>),
    /// `stream_end`.
    StreamEnd(StreamEnd<T>),
    /// `tool_start`: a tool runs, or runs again.
    ToolStart {
        /// The message that calls it.
        parent: Option<String>,
        /// The call.
        call: Calling<T>,
    },
    /// `tool_execute`: a client is asked to run a tool. Its step and its time are those of the gateway.
    ToolExecute {
        /// The message that calls it.
        parent: Option<String>,
        /// The call.
        call: Calling<T>,
    },
    /// A `stream_chunk` with the state of a running tool.
    ToolState {
        /// The call.
        id: String,
        /// The state: everything so far.
        state: T::Value,
        /// Its place among the states of the call.
        sequence: u64,
    },
    /// `tool_end`.
    ToolEnd {
        /// The message that called it.
        parent: Option<String>,
        /// The call.
        call: Calling<T>,
        /// Whether it did what it was asked to.
        succeeded: bool,
        /// What came of it.
        result: Option<T::Value>,
    },
    /// A `step_complete` that tells how far a subordinate agent got.
    ToolProgress {
        /// The stored message of the tool.
        message_id: String,
        /// How far.
        progress: T::Value,
    },
    /// `step_start`.
    StepStart(Stored<T>),
    /// `message_patch`.
    Patch(Patch<T>),
    /// Stored messages changed, and the event does not say how.
    RowsChanged,
    /// `agent_runtime_end`, or `member_runtime_end`.
    End(End<T>),
    /// An `error` that ends the run.
    Failed(T::Value),
    /// An event that breaks the protocol in a way that may have lost something.
    Unreadable,
}

/// What a piece of an answer is a piece of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The text.
    Text,
    /// The reasoning.
    Reasoning,
}

/// How a chunk relates to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkMode {
    /// It is appended.
    Delta,
    /// `snapshotMode: 'replace'`: it is everything so far.
    Snapshot {
        /// Its place among the snapshots of its kind in the whole operation.
        sequence: Option<u64>,
    },
}

/// The message that a `stream_start` announces.
#[derive(Clone, Debug, PartialEq)]
pub struct Seed<T: Text> {
    /// Its id.
    pub id: Option<String>,
    /// Who speaks.
    pub role: Option<String>,
    /// Whether it is another message than the one before, where it has no id.
    pub new_step: bool,
    /// What else is told of it.
    pub row: Option<T::Value>,
}

/// A piece of an answer that has pictures between its texts.
#[derive(Clone, Debug, PartialEq)]
pub enum ContentPart<T: Text> {
    /// Text.
    Text(T),
    /// A picture.
    Image(Image<T>),
}

/// A call of a tool, as an answer names it.
#[derive(Clone, Debug, PartialEq)]
pub struct Calling<T: Text> {
    /// Its id.
    pub id: String,
    /// The tool and its arguments, where they are told.
    pub value: Option<T::Value>,
    /// The stored message of the tool, where it is told.
    pub message_id: Option<String>,
}

/// What a `stream_end` repeats of the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamEnd<T: Text> {
    /// The whole text. Empty says nothing.
    pub text: T,
    /// The calls.
    pub calls: Vec<Calling<T>>,
    /// The images.
    pub images: Vec<Image<T>>,
    /// What the answer is grounded on.
    pub sources: Option<T::Value>,
}

/// What an event tells of the stored messages.
#[derive(Clone, Debug, PartialEq)]
pub enum Stored<T: Text> {
    /// Nothing.
    Untold,
    /// All of them.
    Rows(Vec<Row<T>>),
    /// The revision that the patches so far add up to. `None` where it should be there and is not.
    Revision(Option<u64>),
}

/// A stored message.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<T: Text> {
    /// Its id.
    pub id: String,
    /// Who speaks.
    pub role: String,
    /// What a page shows of it.
    pub parts: Vec<Part<T>>,
    /// The whole of it.
    pub value: T::Value,
}

/// Changes of the stored messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch<T: Text> {
    /// The revision that it makes; the first is 1.
    pub revision: u64,
    /// Ids of messages that are gone.
    pub deletes: Vec<String>,
    /// Messages that are new or changed, in order, after the deletions.
    pub upserts: Vec<Upsert<T>>,
}

/// A message that is new or changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Upsert<T: Text> {
    /// The message before a new one; `None` for the front.
    pub after: Option<String>,
    /// The message.
    pub row: Row<T>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct End<T: Text> {
    /// Why.
    pub reason: EndReason,
    /// What it tells of the stored messages.
    pub stored: Stored<T>,
    /// The whole of it.
    pub value: T::Value,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// It failed.
    Failed,
    /// It was stopped.
    Interrupted,
    /// It goes on when a tool has finished.
    WaitsForTool,
    /// It goes on when its user has answered.
    WaitsForHuman,
    /// It is done, or ended for a reason that changes nothing here.
    Other,
}

//! The answers of one speaker, the run or a member, and which of them an event belongs to.

use super::event::{ChunkMode, Piece};
use super::tools::Call;

/// Where and when an event happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The index of the column.
    pub column: usize,
    pub step: u32,
    pub at: Option<u64>,
}

/// The answers of one speaker.
#[derive(Debug, Default)]
pub(super) struct Column {
    /// The operation of a member; the run itself has none.
    pub member: Option<String>,
    /// By step, and in the order of their beginnings.
    pub streams: Vec<Stream>,
    /// The keys of the messages that were named as those which call a tool.
    pub callers: Vec<u32>,
    /// What is known of its calls, by their ids.
    pub calls: Vec<(String, Call)>,
    /// Nothing of this speaker counts any more.
    pub ended: bool,
    /// Events were lost since its last answer began.
    pub missed: bool,
    text_seen: u64,
    reasoning_seen: u64,
}

/// One answer, while it is streamed and afterwards. Times are those of the producer, in milliseconds.
#[derive(Debug)]
pub(super) struct Stream {
    /// The key of its message.
    pub message: u32,
    pub step: u32,
    pub start: Start,
    pub end: Option<Ended>,
    pub text: Flow,
    pub reasoning: Flow,
    /// It began more than once: what is older than its beginning is of an attempt that was given up.
    pub restarted: bool,
    /// It may be the answer that a stored message shows already.
    pub joins: bool,
    last_calls: Option<u64>,
}

/// How a stream began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// With something of it; its `stream_start` did not come.
    Unannounced { first: Option<u64> },
    /// With its `stream_start`.
    Announced { since: Option<u64> },
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub at: Option<u64>,
    /// Its end told the whole text.
    pub told_text: bool,
}

/// The chunks of one kind.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// What the message shows is of this stream; before, the first chunk takes the place of what is there.
    pub begun: bool,
    /// Chunks came in an order, or were lost in a way, that leaves the text uncertain until all of it is told again.
    pub uncertain: bool,
    last: Option<u64>,
}

/// Which stream an event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The one with this index.
    Stream(usize),
    /// None that is known: the step has none.
    None,
    /// None any more: it is older than all streams of its step.
    Outdated {
        /// The oldest of them.
        oldest: usize,
    },
}

impl Column {
    pub fn of(member: Option<String>, missed: bool) -> Self {
        Self { member, missed, ..Self::default() }
    }

    /// The stream that an event of this step and time belongs to.
    pub fn find(&self, step: u32, at: Option<u64>) -> Found {
        let end = self.streams.partition_point(|stream| stream.step <= step);
        let of_step = self.streams[..end].iter().enumerate().rev().take_while(|(_, stream)| stream.step == step);
        let mut oldest = None;
        for (index, stream) in of_step {
            let is_younger = matches!((stream.since(), at), (Some(since), Some(at)) if at < since);
            if !is_younger {
                return Found::Stream(index);
            }
            oldest = Some(index);
        }
        oldest.map_or(Found::None, |oldest| Found::Outdated { oldest })
    }

    /// The newest stream that does not begin after a step.
    pub fn latest(&self, step: u32) -> Option<usize> {
        self.streams.partition_point(|stream| stream.step <= step).checked_sub(1)
    }

    /// Adds a stream in its place by step; returns its index.
    pub fn insert(&mut self, stream: Stream) -> usize {
        let index = self.streams.partition_point(|other| other.step <= stream.step);
        self.streams.insert(index, stream);
        index
    }

    /// The message of the first step after this one.
    pub fn message_after(&self, step: u32) -> Option<u32> {
        let next = self.streams.partition_point(|stream| stream.step <= step);
        self.streams.get(next).map(|stream| stream.message)
    }

    /// Whether an answer began after this moment, in this step or a later one.
    pub fn began_after(&self, place: Place) -> bool {
        self.streams.iter().rev().take_while(|stream| stream.step >= place.step).any(|stream| {
            let (Start::Announced { since: began } | Start::Unannounced { first: began }) = stream.start;
            place.at.is_some() && began > place.at
        })
    }

    /// Whether the speaker answers into a message, or was said to call a tool from it.
    pub fn speaks_in(&self, message: u32) -> bool {
        self.streams.iter().any(|stream| stream.message == message) || self.callers.contains(&message)
    }

    /// Whether a chunk is not a snapshot that is known; if so it is known from now on. Texts and reasonings are counted
    /// apart.
    pub fn admits(&mut self, piece: Piece, mode: ChunkMode) -> bool {
        let ChunkMode::Snapshot { sequence: Some(sequence) } = mode else { return true };
        let seen = match piece {
            Piece::Text => &mut self.text_seen,
            Piece::Reasoning => &mut self.reasoning_seen,
        };
        let is_new = sequence > *seen;
        *seen = sequence.max(*seen);
        is_new
    }
}

impl Stream {
    pub fn new(message: u32, step: u32, start: Start) -> Self {
        Self {
            message,
            step,
            start,
            end: None,
            text: Flow::default(),
            reasoning: Flow::default(),
            restarted: false,
            joins: false,
            last_calls: None,
        }
    }

    /// When it was announced to begin.
    pub const fn since(&self) -> Option<u64> {
        match self.start {
            Start::Unannounced { .. } => None,
            Start::Announced { since } => since,
        }
    }

    /// The chunks of a kind.
    pub const fn flow(&mut self, piece: Piece) -> &mut Flow {
        match piece {
            Piece::Text => &mut self.text,
            Piece::Reasoning => &mut self.reasoning,
        }
    }

    /// Begins anew in the same message.
    pub fn restart(&mut self, since: Option<u64>) {
        *self = Self { restarted: true, ..Self::new(self.message, self.step, Start::Announced { since }) };
    }

    pub fn end(&mut self, at: Option<u64>, told_text: bool) {
        self.end = Some(Ended { at, told_text });
        self.text.uncertain = self.text.uncertain && !told_text;
    }

    /// Whether what is shown may not be what was said.
    pub const fn is_uncertain(&self) -> bool {
        self.text.uncertain || self.reasoning.uncertain
    }

    /// Something of it was lost.
    pub fn lost(&mut self) {
        self.text.uncertain = self.end.is_none_or(|end| !end.told_text);
        self.reasoning.uncertain = true;
    }

    /// Whether a list of calls is not older than the last one.
    pub fn admits_calls(&mut self, at: Option<u64>) -> bool {
        let is_older = at.is_some() && at < self.last_calls;
        self.last_calls = self.last_calls.max(at);
        !is_older
    }
}

impl Flow {
    /// Takes a delta in, where it is not the first chunk and does not come late.
    pub fn goes_on(&mut self, at: Option<u64>) -> bool {
        let goes_on = self.begun && (at.is_none() || at >= self.last);
        if goes_on {
            self.last = self.last.max(at);
        }
        goes_on
    }

    /// Takes a chunk in; `true` where it takes the place of what is shown.
    pub fn chunk(&mut self, at: Option<u64>, mode: ChunkMode) -> bool {
        // The times of deltas never go back, unless they were mixed up on the way.
        let is_mixed_up = at.is_some() && at < self.last;
        self.uncertain = mode == ChunkMode::Delta && (self.uncertain || is_mixed_up);
        self.last = self.last.max(at);
        let is_first = !std::mem::replace(&mut self.begun, true);
        is_first || mode != ChunkMode::Delta
    }
}

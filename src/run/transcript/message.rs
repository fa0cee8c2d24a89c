//! What a chat page shows.

use super::event::{Calling, Piece, Row};
use super::order::in_order;
use super::text::Text;

/// The role of the agent.
pub(super) const ASSISTANT: &str = "assistant";

/// One message of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Message<T: Text> {
    /// Tells messages apart for as long as the transcript lives; a message keeps it when its id becomes known.
    pub key: u32,
    /// The id under which it is stored. `None`: it is streamed, and nobody said yet what it is called.
    pub id: Option<String>,
    /// The operation of the member that speaks, where it is not the run itself.
    pub member: Option<String>,
    /// Who speaks: `assistant`, `user`, `tool`, …
    pub role: String,
    /// What is being streamed into it.
    pub activity: Activity,
    /// What it shows: reasoning, then texts and images, then sources, tools in the order of their calls, errors.
    pub parts: Vec<Part<T>>,
    /// The stored message, or what its start told of it.
    pub row: Option<T::Value>,
    /// The generation in which something was last streamed into it; `None` while it shows what is stored.
    pub(super) touched: Option<u32>,
}

/// What is being streamed into a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Nothing: it is complete, or its run is over.
    Settled,
    /// Nothing yet.
    Started,
    /// Reasoning.
    Reasoning,
    /// Its text.
    Writing,
    /// The calls of tools.
    Calling,
}

impl Activity {
    /// The name on the public surface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Started => "started",
            Self::Reasoning => "reasoning",
            Self::Writing => "writing",
            Self::Calling => "calling",
        }
    }
}

/// One part of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Part<T: Text> {
    /// How the answer came about.
    Reasoning(T),
    /// The answer, or the piece of it between two images.
    Text(T),
    /// A picture.
    Image(Image<T>),
    /// What the answer is grounded on.
    Sources(T::Value),
    /// A tool that the answer calls.
    Tool(ToolCall<T>),
    /// Why the run failed: the `data` of the event that said so.
    Error(T::Value),
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Image<T: Text> {
    /// What tells it from others: its address, or itself. A message shows it once; without one it is shown each time.
    pub source: T,
    /// The whole of it.
    pub value: T::Value,
}

/// A tool that an answer calls.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall<T: Text> {
    /// The id of the call.
    pub id: String,
    /// The stored message of the tool.
    pub message_id: Option<String>,
    /// The tool and its arguments.
    pub calling: Option<T::Value>,
    /// How far it got.
    pub phase: ToolPhase,
    /// What the tool says of itself while it runs.
    pub state: Option<T::Value>,
    /// How far a subordinate agent got.
    pub progress: Option<T::Value>,
    /// What came of it.
    pub result: Option<T::Value>,
    /// What became of it may have been lost.
    pub(super) lost: bool,
}

/// How far a call got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolPhase {
    /// It is known from a stored message, which tells what became of it.
    Recorded,
    /// The answer calls it.
    Called,
    /// It runs.
    Running,
    /// It did what it was asked to.
    Succeeded,
    /// It failed.
    Failed,
    /// The run ended before the tool did.
    Stopped,
}

impl ToolPhase {
    /// The name on the public surface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Called => "called",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// Where a part stands among those of its message, whatever arrives first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Reasoning,
    Content,
    Sources,
    Tool,
    Error,
}

impl<T: Text> Part<T> {
    pub(super) const fn rank(&self) -> Rank {
        match self {
            Self::Reasoning(_) => Rank::Reasoning,
            Self::Text(_) | Self::Image(_) => Rank::Content,
            Self::Sources(_) => Rank::Sources,
            Self::Tool(_) => Rank::Tool,
            Self::Error(_) => Rank::Error,
        }
    }
}

impl Piece {
    /// What is being streamed into a message while such pieces come.
    pub(super) const fn activity(self) -> Activity {
        match self {
            Self::Text => Activity::Writing,
            Self::Reasoning => Activity::Reasoning,
        }
    }

    pub(super) const fn rank(self) -> Rank {
        match self {
            Self::Text => Rank::Content,
            Self::Reasoning => Rank::Reasoning,
        }
    }

    /// A part with nothing but this in it.
    pub(super) const fn part<T: Text>(self, text: T) -> Part<T> {
        match self {
            Self::Text => Part::Text(text),
            Self::Reasoning => Part::Reasoning(text),
        }
    }
}

impl<T: Text> ToolCall<T> {
    pub(crate) fn new(call: Calling<T>, phase: ToolPhase) -> Self {
        let Calling { id, value, message_id } = call;
        Self { id, message_id, calling: value, phase, state: None, progress: None, result: None, lost: false }
    }

    /// Takes what is stored of the call, which counts where nobody can tell any more how far it got.
    fn store(&mut self, stored: Self) {
        self.calling = stored.calling.or_else(|| self.calling.take());
        self.message_id = stored.message_id.or_else(|| self.message_id.take());
        if self.lost || self.phase == ToolPhase::Stopped {
            self.phase = stored.phase;
            self.lost = false;
        }
    }
}

impl<T: Text> Message<T> {
    /// A message of the agent with nothing in it.
    pub(super) fn new(key: u32, id: Option<String>, member: Option<String>, generation: u32) -> Self {
        Self {
            key,
            id,
            member,
            role: ASSISTANT.to_owned(),
            activity: Activity::Settled,
            parts: Vec::new(),
            row: None,
            touched: Some(generation),
        }
    }

    pub(super) fn from_row(key: u32, row: Row<T>) -> Self {
        let Row { id, role, parts, value } = row;
        let parts = in_order(parts, Part::rank);
        Self {
            key,
            id: Some(id),
            member: None,
            role,
            activity: Activity::Settled,
            parts,
            row: Some(value),
            touched: None,
        }
    }

    /// Takes what is stored of the message; `is_newer` where what was streamed into it is.
    pub(super) fn store(&mut self, row: Row<T>, is_newer: bool) {
        let Row { id, role, parts, value } = row;
        self.id = Some(id);
        self.role = role;
        self.row = Some(value);
        let mut parts = in_order(parts, Part::rank);
        for part in &mut parts {
            if let Part::Tool(stored) = part
                && let Some(known) = self.tool(&stored.id)
            {
                known.store(stored.clone());
                *stored = known.clone();
            }
        }
        if is_newer && self.touched.is_some() && !self.parts.is_empty() {
            return;
        }
        self.touched = None;
        self.parts = parts;
    }

    pub(super) fn has_tool(&self, id: &str) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Tool(call) if call.id == id))
    }

    pub(super) fn has_error(&self) -> bool {
        self.parts.last().is_some_and(|part| part.rank() == Rank::Error)
    }

    fn tool(&mut self, id: &str) -> Option<&mut ToolCall<T>> {
        self.parts.iter_mut().find_map(|part| match part {
            Part::Tool(call) if call.id == id => Some(call),
            _ => None,
        })
    }

    /// The index of the part that a piece goes on, if it does not begin one.
    pub(super) fn end_of_text(&self, piece: Piece) -> Option<usize> {
        let last = self.end_of(piece.rank()).checked_sub(1)?;
        // Of its rank only a picture is another.
        (!matches!(self.parts[last], Part::Image(_)) && self.parts[last].rank() == piece.rank()).then_some(last)
    }

    /// Where parts of a rank end.
    pub(super) fn end_of(&self, rank: Rank) -> usize {
        self.parts.partition_point(|part| part.rank() <= rank)
    }

    /// Where parts of a rank begin.
    pub(super) fn start_of(&self, rank: Rank) -> usize {
        self.parts.partition_point(|part| part.rank() < rank)
    }
}

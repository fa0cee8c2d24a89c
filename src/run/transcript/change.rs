//! What a mirror of the messages has to do to stay one.

use std::collections::VecDeque;

use super::message::{Activity, Message, Part};
use super::text::Text;

/// So many changes wait; beyond that it is cheaper to read everything.
const WAITING: usize = 256;

/// A change of the messages, to be applied in order. Indices are those of the moment of the change.
#[derive(Clone, Debug, PartialEq)]
pub enum Change<T: Text> {
    /// Read all messages anew, before anything else is given to the transcript.
    Everything,
    /// A message is new at this index.
    MessageInserted {
        /// The index.
        message: usize,
        /// The message.
        content: Message<T>,
    },
    /// A message is another one now.
    MessageReplaced {
        /// The index.
        message: usize,
        /// The message.
        content: Message<T>,
    },
    /// A message is gone.
    MessageRemoved {
        /// The index.
        message: usize,
    },
    /// Something else is being streamed into a message.
    ActivityChanged {
        /// The index of the message.
        message: usize,
        /// What.
        activity: Activity,
    },
    /// A part is new at this index.
    PartInserted {
        /// The index of the message.
        message: usize,
        /// The index in its parts.
        part: usize,
        /// The part.
        content: Part<T>,
    },
    /// A part is another one now.
    PartReplaced {
        /// The index of the message.
        message: usize,
        /// The index in its parts.
        part: usize,
        /// The part.
        content: Part<T>,
    },
    /// A part is gone.
    PartRemoved {
        /// The index of the message.
        message: usize,
        /// The index in its parts.
        part: usize,
    },
    /// A text or a reasoning goes on.
    TextAppended {
        /// The index of the message.
        message: usize,
        /// The index in its parts.
        part: usize,
        /// What is appended.
        text: T,
    },
}

/// The changes that were not told yet.
#[derive(Debug)]
pub(super) enum Changes<T: Text> {
    /// Each for itself, the oldest first.
    Each(VecDeque<Change<T>>),
    /// So many, or such, that everything is to be read.
    Everything,
}

impl<T: Text> Changes<T> {
    pub fn new() -> Self {
        Self::Each(VecDeque::new())
    }

    pub fn push(&mut self, change: Change<T>) {
        let Self::Each(waiting) = self else { return };
        if waiting.len() == WAITING {
            return self.everything();
        }
        waiting.push_back(change);
    }

    /// A text goes on. What is appended to one text in a row is one change.
    pub fn push_appended(&mut self, message: usize, part: usize, text: T) {
        if let Self::Each(waiting) = self
            && let Some(Change::TextAppended { message: last_message, part: last_part, text: last }) =
                waiting.back_mut()
            && (*last_message, *last_part) == (message, part)
        {
            return last.append(&text);
        }
        self.push(Change::TextAppended { message, part, text });
    }

    pub fn everything(&mut self) {
        *self = Self::Everything;
    }

    pub fn pop(&mut self) -> Option<Change<T>> {
        match self {
            Self::Each(waiting) => waiting.pop_front(),
            Self::Everything => {
                *self = Self::new();
                Some(Change::Everything)
            }
        }
    }
}

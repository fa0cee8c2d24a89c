//! What a page shows of a run.

use std::rc::Rc;

use super::text::EngineText;
use crate::link;
use crate::run::Snapshot;
use crate::run::transcript::{Change, Message, RefetchReason};

/// A message of a chat, with texts of the engine.
pub type ChatMessage = Message<EngineText>;

/// A run at one moment, cheap to clone. A message that did not change stays the same object,
/// unless all stored messages were told again.
#[derive(Clone, Debug, Default)]
pub struct ChatView {
    /// The phase, the button of the input, the deadline, the outcome.
    pub run: Snapshot,
    /// The operation, once it is known.
    pub operation_id: Option<Rc<str>>,
    /// The messages, as they were shown last: once for each animation frame, and when the run ended.
    pub messages: Rc<[Rc<ChatMessage>]>,
    /// Why stored messages have to be fetched; see `ChatRun::refetch`.
    pub needs_refetch: Option<RefetchReason>,
    /// The connection with its reason and the next attempt, also after the run; `None` before there is one.
    pub connection: Option<link::Snapshot>,
}

/// The messages as they are shown, kept by the changes that are told.
#[derive(Default)]
pub(super) struct Mirror {
    /// `None`: it changed since it was shown.
    entries: Vec<Option<Rc<ChatMessage>>>,
    pub(super) messages: Rc<[Rc<ChatMessage>]>,
    pub(super) needs_refetch: Option<RefetchReason>,
}

impl Mirror {
    pub(super) fn apply(&mut self, change: &Change<EngineText>) {
        let entries = &mut self.entries;
        match *change {
            Change::Everything => entries.clear(),
            Change::MessageInserted { message, .. } => entries.insert(message.min(entries.len()), None),
            Change::MessageRemoved { message } if message < entries.len() => drop(entries.remove(message)),
            Change::MessageReplaced { message, .. }
            | Change::MessageRemoved { message }
            | Change::ActivityChanged { message, .. }
            | Change::PartInserted { message, .. }
            | Change::PartReplaced { message, .. }
            | Change::PartRemoved { message, .. }
            | Change::TextAppended { message, .. } => {
                if let Some(entry) = entries.get_mut(message) {
                    *entry = None;
                }
            }
        }
    }

    pub(super) fn show(
        &mut self,
        message: impl Fn(usize) -> Option<ChatMessage>,
        needs_refetch: Option<RefetchReason>,
    ) {
        let shown = self.entries.iter_mut().enumerate().filter_map(|(index, entry)| {
            if entry.is_none() {
                *entry = message(index).map(Rc::new);
            }
            entry.clone()
        });
        self.messages = shown.collect();
        self.needs_refetch = needs_refetch;
    }
}

//! The messages, and every way in which they change: nothing changes without telling the mirror.

use super::change::{Change, Changes};
use super::event::Piece;
use super::held::Spot;
use super::message::{Activity, Image, Message, Part, Rank, ToolCall};
use super::text::Text;

#[derive(Debug)]
pub(super) struct List<T: Text> {
    messages: Vec<Message<T>>,
    changes: Changes<T>,
    next_key: u32,
    /// The time, in snapshots and questions for one: what is streamed into a message is marked with it.
    pub generation: u32,
}

impl<T: Text> List<T> {
    pub fn new() -> Self {
        Self { messages: Vec::new(), changes: Changes::new(), next_key: 0, generation: 0 }
    }

    pub fn messages(&self) -> &[Message<T>] {
        &self.messages
    }

    /// Streamed messages are the last ones, so that the search ends soon.
    pub fn index_of_key(&self, key: u32) -> Option<usize> {
        self.messages.iter().rposition(|message| message.key == key)
    }

    pub fn index_of_id(&self, id: &str) -> Option<usize> {
        self.messages.iter().rposition(|message| message.id.as_deref() == Some(id))
    }

    /// The part of a message that a piece goes on, while such pieces are streamed into it.
    pub fn end_of_text(&self, key: u32, piece: Piece) -> Option<Spot> {
        let index = self.index_of_key(key)?;
        let message = &self.messages[index];
        let part = message.end_of_text(piece)?;
        (message.activity == piece.activity()).then_some((index, part))
    }

    /// The last call that is such a one, by the indices of its message and of its part.
    pub fn index_of_call(&self, is_it: impl Fn(&Message<T>, &ToolCall<T>) -> bool) -> Option<Spot> {
        self.messages.iter().enumerate().rev().find_map(|(index, message)| {
            let is_it = |part: &Part<T>| matches!(part, Part::Tool(call) if is_it(message, call));
            Some((index, message.parts.iter().rposition(is_it)?))
        })
    }

    pub fn poll_change(&mut self) -> Option<Change<T>> {
        self.changes.pop()
    }

    pub fn new_key(&mut self) -> u32 {
        self.next_key = self.next_key.wrapping_add(1);
        self.next_key
    }

    pub fn insert(&mut self, index: usize, message: Message<T>) {
        self.messages.insert(index, message.clone());
        self.changes.push(Change::MessageInserted { message: index, content: message });
    }

    pub fn remove(&mut self, index: usize) -> Message<T> {
        self.changes.push(Change::MessageRemoved { message: index });
        self.messages.remove(index)
    }

    pub fn replace(&mut self, index: usize, change: impl FnOnce(&mut Message<T>)) {
        change(&mut self.messages[index]);
        let content = self.messages[index].clone();
        self.changes.push(Change::MessageReplaced { message: index, content });
    }

    /// Hands out all messages; [`Self::put`] gives others back.
    pub fn take(&mut self) -> Vec<Message<T>> {
        std::mem::take(&mut self.messages)
    }

    pub fn put(&mut self, messages: Vec<Message<T>>) {
        self.messages = messages;
        self.changes.everything();
    }

    /// What is being streamed is newer than whatever is asked for now.
    pub fn touch_open(&mut self) {
        for message in &mut self.messages {
            // Where nothing was streamed yet, what is stored is shown.
            if message.activity != Activity::Settled && message.touched.is_some() {
                message.touched = Some(self.generation);
            }
        }
    }

    pub fn set_activity(&mut self, index: usize, activity: Activity) {
        let message = &mut self.messages[index];
        if message.activity != activity {
            message.activity = activity;
            self.changes.push(Change::ActivityChanged { message: index, activity });
        }
    }

    /// Adds a piece to what is there of its kind.
    pub fn add(&mut self, index: usize, piece: Piece, text: T) {
        if text.is_empty() {
            return;
        }
        let message = &self.messages[index];
        match message.end_of_text(piece) {
            Some(part) => self.append(index, part, text),
            None => self.insert_part(index, message.end_of(piece.rank()), piece.part(text)),
        }
    }

    /// Goes on a part that is a text or a reasoning.
    pub fn append(&mut self, index: usize, part: usize, text: T) {
        if let Part::Text(known) | Part::Reasoning(known) = &mut self.streamed(index).parts[part] {
            known.append(&text);
            self.changes.push_appended(index, part, text);
        }
    }

    /// Replaces the text, that before an image and that after it; images stay.
    pub fn set_text(&mut self, index: usize, text: T) {
        let content = self.content(index);
        let is_text = |part: &usize| matches!(self.messages[index].parts[*part], Part::Text(_));
        let texts: Vec<usize> = content.clone().filter(is_text).collect();
        let [first, others @ ..] = texts.as_slice() else {
            return self.insert_text(index, content.end, text);
        };
        if !others.is_empty() && self.text_of(index) == text {
            return;
        }
        for other in others.iter().rev() {
            self.remove_part(index, *other);
        }
        self.replace_part(index, *first, Part::Text(text));
    }

    pub fn set_reasoning(&mut self, index: usize, text: T) {
        match self.messages[index].end_of(Rank::Reasoning) {
            0 => self.add(index, Piece::Reasoning, text),
            end => self.replace_part(index, end - 1, Part::Reasoning(text)),
        }
    }

    /// Adds an image after what is there, unless it is there.
    pub fn add_image(&mut self, index: usize, image: Image<T>) {
        let content = self.content(index);
        let is_same = |part: &Part<T>| matches!(part, Part::Image(known) if known.source == image.source);
        if image.source.is_empty() || !self.messages[index].parts[content.clone()].iter().any(is_same) {
            self.insert_part(index, content.end, Part::Image(image));
        }
    }

    pub fn set_sources(&mut self, index: usize, sources: T::Value) {
        self.set_only(index, Rank::Sources, Part::Sources(sources));
    }

    /// Shows an error, where there is none or in the place of the one that is there.
    pub fn set_error(&mut self, index: usize, error: T::Value) {
        self.set_only(index, Rank::Error, Part::Error(error));
    }

    /// Adds a call before the part with an index, or after all others.
    pub fn add_tool(&mut self, index: usize, before: Option<usize>, call: ToolCall<T>) {
        let end = self.messages[index].end_of(Rank::Tool);
        self.insert_part(index, before.unwrap_or(end), Part::Tool(call));
    }

    /// A copy of a call, to be changed and given back.
    pub fn tool(&self, index: usize, part: usize) -> Option<ToolCall<T>> {
        match self.messages[index].parts.get(part)? {
            Part::Tool(call) => Some(call.clone()),
            _ => None,
        }
    }

    /// Shows a call where another or it itself is shown.
    pub fn set_tool(&mut self, index: usize, part: usize, call: ToolCall<T>) {
        self.replace_part(index, part, Part::Tool(call));
    }

    /// Takes a call away; returns it.
    pub fn remove_tool(&mut self, index: usize, part: usize) -> Option<ToolCall<T>> {
        match self.remove_part(index, part) {
            Part::Tool(call) => Some(call),
            _ => None,
        }
    }

    /// Shows the one part of a rank.
    fn set_only(&mut self, index: usize, rank: Rank, content: Part<T>) {
        let (start, end) = (self.messages[index].start_of(rank), self.messages[index].end_of(rank));
        match start == end {
            true => self.insert_part(index, end, content),
            false => self.replace_part(index, start, content),
        }
    }

    fn insert_text(&mut self, index: usize, part: usize, text: T) {
        if !text.is_empty() {
            self.insert_part(index, part, Part::Text(text));
        }
    }

    fn remove_part(&mut self, index: usize, part: usize) -> Part<T> {
        self.changes.push(Change::PartRemoved { message: index, part });
        self.streamed(index).parts.remove(part)
    }

    fn insert_part(&mut self, index: usize, part: usize, content: Part<T>) {
        self.streamed(index).parts.insert(part, content.clone());
        self.changes.push(Change::PartInserted { message: index, part, content });
    }

    fn replace_part(&mut self, index: usize, part: usize, content: Part<T>) {
        let message = &mut self.messages[index];
        // What becomes of a call says nothing of the text beside it, once that is all there.
        if !(matches!(content, Part::Tool(_)) && message.activity == Activity::Settled) {
            message.touched = Some(self.generation);
        }
        let known = &mut message.parts[part];
        if *known != content {
            known.clone_from(&content);
            self.changes.push(Change::PartReplaced { message: index, part, content });
        }
    }

    fn content(&self, index: usize) -> std::ops::Range<usize> {
        let message = &self.messages[index];
        message.start_of(Rank::Content)..message.end_of(Rank::Content)
    }

    /// All calls, for what nobody sees of them.
    pub(super) fn calls_mut(&mut self) -> impl Iterator<Item = &mut ToolCall<T>> {
        self.messages.iter_mut().flat_map(|message| &mut message.parts).filter_map(|part| match part {
            Part::Tool(call) => Some(call),
            _ => None,
        })
    }

    fn text_of(&self, index: usize) -> T {
        let mut whole = T::default();
        for part in &self.messages[index].parts {
            if let Part::Text(text) = part {
                whole.append(text);
            }
        }
        whole
    }

    fn streamed(&mut self, index: usize) -> &mut Message<T> {
        let generation = self.generation;
        let message = &mut self.messages[index];
        message.touched = Some(generation);
        message
    }
}

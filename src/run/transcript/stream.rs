//! Answers: how they begin, grow and end.

use super::Transcript;
use super::column::{Found, Place, Start, Stream};
use super::event::{ChunkMode, ContentPart, Piece, Seed, StreamEnd};
use super::message::{Activity, Image, Message, Part, Rank};
use super::refetch::RefetchReason;
use super::text::Text;

/// What a `stream_start` means.
enum Meaning {
    /// An answer begins.
    New,
    /// An answer of which something is known already began here.
    Announces(usize),
    /// An answer begins anew.
    Again(usize),
    /// It is known.
    Known,
    /// It is known, or the answer begins anew.
    Unclear(usize),
}

impl<T: Text> Transcript<T> {
    pub(super) fn stream_start(&mut self, place: Place, seed: Seed<T>) {
        match self.meaning(place, &seed) {
            Meaning::New => {
                self.leave_latest(place);
                let is_unnamed = seed.id.is_none();
                let index = self.begin(place, seed, Start::Announced { since: place.at });
                if is_unnamed && self.is_unnamed(place.column, index) {
                    self.refetch.need(RefetchReason::MessageUnnamed);
                }
            }
            Meaning::Announces(index) => self.announce(place, index, seed),
            Meaning::Again(index) => {
                let stream = &mut self.columns[place.column].streams[index];
                stream.restart(place.at);
                let message = self.list.index_of_key(stream.message);
                self.show_activity(message, Activity::Started);
            }
            Meaning::Known => {}
            Meaning::Unclear(index) => self.lost(place.column, index),
        }
    }

    pub(super) fn piece(&mut self, place: Place, piece: Piece, text: T, mode: ChunkMode) {
        if !self.columns[place.column].admits(piece, mode) {
            return;
        }
        let Some(index) = self.stream_of_chunk(place, piece) else { return };
        let stream = &mut self.columns[place.column].streams[index];
        let replaces = stream.flow(piece).chunk(place.at, mode);
        let (is_open, is_uncertain) = (stream.end.is_none(), stream.is_uncertain());
        if !is_open && is_uncertain {
            self.refetch.need(RefetchReason::TextUncertain);
        }
        let Some(message) = self.list.index_of_key(stream.message) else { return };
        match (piece, replaces) {
            (Piece::Text, true) => self.list.set_text(message, text),
            (Piece::Reasoning, true) => self.list.set_reasoning(message, text),
            (_, false) => self.list.add(message, piece, text),
        }
        if is_open {
            self.list.set_activity(message, piece.activity());
        }
    }

    pub(super) fn content(&mut self, place: Place, parts: Vec<ContentPart<T>>) {
        for part in parts {
            match part {
                ContentPart::Text(text) => self.piece(place, Piece::Text, text, ChunkMode::Delta),
                ContentPart::Image(image) => self.images(place, vec![image]),
            }
        }
    }

    pub(super) fn images(&mut self, place: Place, images: Vec<Image<T>>) {
        let Some(message) = self.message_of_step(place) else { return };
        for image in images {
            self.list.add_image(message, image);
        }
    }

    pub(super) fn sources(&mut self, place: Place, sources: T::Value) {
        if let Some(message) = self.message_of_step(place) {
            self.list.set_sources(message, sources);
        }
    }

    pub(super) fn stream_end(&mut self, place: Place, end: StreamEnd<T>) {
        let StreamEnd { text, calls, images, sources } = end;
        let index = match self.columns[place.column].find(place.step, place.at) {
            Found::Stream(index) => index,
            Found::None if text.is_empty() && calls.is_empty() && images.is_empty() && sources.is_none() => return,
            Found::None => self.begin_unannounced(place),
            Found::Outdated { .. } => return,
        };
        let told_text = !text.is_empty();
        let stream = &mut self.columns[place.column].streams[index];
        stream.text.begun |= told_text;
        stream.end(place.at, told_text);
        if stream.is_uncertain() {
            self.refetch.need(RefetchReason::TextUncertain);
        }
        let Some(message) = self.list.index_of_key(stream.message) else { return };
        if told_text {
            self.list.set_text(message, text);
        }
        for image in images {
            self.list.add_image(message, image);
        }
        if let Some(sources) = sources {
            self.list.set_sources(message, sources);
        }
        for call in calls {
            self.call_named(place, message, None, call);
        }
        self.list.set_activity(message, Activity::Settled);
    }

    /// Something of a stream was lost. Its end may tell the whole text; after that the stored message alone can.
    pub(super) fn lost(&mut self, column: usize, index: usize) {
        let stream = &mut self.columns[column].streams[index];
        stream.lost();
        if stream.end.is_some_and(|end| !end.told_text) {
            self.refetch.need(RefetchReason::TextUncertain);
        }
    }

    /// The index of the message that something of a step belongs to.
    pub(super) fn message_of_step(&mut self, place: Place) -> Option<usize> {
        let index = match self.columns[place.column].find(place.step, place.at) {
            Found::Stream(index) => index,
            Found::None => self.begin_unannounced(place),
            Found::Outdated { .. } => return None,
        };
        self.list.index_of_key(self.columns[place.column].streams[index].message)
    }

    pub(super) fn begin_unannounced(&mut self, place: Place) -> usize {
        let seed = Seed { id: None, role: None, new_step: true, row: None };
        self.begin(place, seed, Start::Unannounced { first: place.at })
    }

    /// Adds a message before those of later steps; returns its index.
    pub(super) fn add_message(&mut self, place: Place, message: Message<T>) -> usize {
        let next = self.columns[place.column].message_after(place.step);
        let index = next.and_then(|key| self.list.index_of_key(key)).unwrap_or(self.list.messages().len());
        self.list.insert(index, message);
        index
    }

    /// Shows what is streamed into a message, where it is shown at all.
    pub(super) fn show_activity(&mut self, message: Option<usize>, activity: Activity) {
        if let Some(message) = message {
            self.list.set_activity(message, activity);
        }
    }

    pub(super) fn is_unnamed(&self, column: usize, index: usize) -> bool {
        let message = self.list.index_of_key(self.columns[column].streams[index].message);
        message.is_some_and(|message| self.list.messages()[message].id.is_none())
    }

    /// The stream that a chunk belongs to. `None`: what it says is known, or cannot be put anywhere.
    fn stream_of_chunk(&mut self, place: Place, piece: Piece) -> Option<usize> {
        let column = &self.columns[place.column];
        let index = match column.find(place.step, place.at) {
            Found::Stream(index) => index,
            Found::None => return Some(self.begin_unannounced(place)),
            Found::Outdated { oldest } => {
                if !column.streams[oldest].restarted {
                    self.lost(place.column, oldest);
                }
                return None;
            }
        };
        let Some(end) = column.streams[index].end else { return Some(index) };
        match (place.at, end.at) {
            (Some(at), Some(end)) if at > end => Some(self.begin_unannounced(place)),
            (Some(_), Some(_)) if end.told_text && piece == Piece::Text => None,
            (Some(_), Some(_)) => Some(index),
            (None, _) | (_, None) => {
                self.refetch.need(RefetchReason::TextUncertain);
                None
            }
        }
    }

    /// The next answer begins: the one before is complete, also where its end never came.
    fn leave_latest(&mut self, place: Place) {
        let column = &self.columns[place.column];
        let latest = column.latest(place.step).map(|index| column.streams[index].message);
        let message = latest.and_then(|key| self.list.index_of_key(key));
        self.show_activity(message, Activity::Settled);
    }

    fn meaning(&self, place: Place, seed: &Seed<T>) -> Meaning {
        let streams = &self.columns[place.column].streams;
        for (index, stream) in streams.iter().enumerate().rev().filter(|(_, stream)| stream.step == place.step) {
            let message = self.list.index_of_key(stream.message).map(|message| &self.list.messages()[message]);
            let id = message.and_then(|message| message.id.as_deref());
            let is_same = match (seed.id.as_deref(), id) {
                (Some(seed), Some(id)) => seed == id,
                (Some(_), None) => matches!(stream.start, Start::Unannounced { .. }),
                (None, _) => !seed.new_step || (place.at.is_some() && place.at == stream.since()),
            };
            match stream.start {
                Start::Unannounced { first: Some(first) } if place.at.is_some_and(|at| at > first) => {}
                Start::Unannounced { .. } if is_same => return Meaning::Announces(index),
                Start::Announced { since } if is_same => {
                    return match (since, place.at) {
                        (Some(since), Some(at)) if at > since => Meaning::Again(index),
                        (Some(_), Some(_)) => Meaning::Known,
                        (None, _) | (_, None) => Meaning::Unclear(index),
                    };
                }
                Start::Unannounced { .. } | Start::Announced { .. } => {}
            }
        }
        Meaning::New
    }

    /// Adds a stream and, unless there is one for it, a message.
    fn begin(&mut self, place: Place, seed: Seed<T>, start: Start) -> usize {
        let column = &mut self.columns[place.column];
        let missed = std::mem::take(&mut column.missed) && matches!(start, Start::Unannounced { .. });
        let joins = self.resumed && column.streams.is_empty() && (missed || !seed.new_step);
        let member = column.member.clone();
        let latest = column.latest(place.step).map(|index| column.streams[index].message);
        let is_first = place.column == Self::OWN && column.streams.is_empty();
        let id = seed.id.or_else(|| self.first_message.clone().filter(|_| is_first));
        let known = match &id {
            Some(id) => self.list.index_of_id(id),
            None => latest.filter(|_| !seed.new_step).and_then(|key| self.list.index_of_key(key)),
        };
        let message = known.unwrap_or_else(|| {
            let mut message = Message::new(self.list.new_key(), id, member.clone(), self.list.generation);
            message.role = seed.role.unwrap_or(message.role);
            message.row = seed.row;
            self.add_message(place, message)
        });
        if self.list.messages()[message].member != member {
            self.list.replace(message, |message| message.member = member);
        }
        self.list.set_activity(message, Activity::Started);
        let key = self.list.messages()[message].key;
        let mut stream = Stream::new(key, place.step, start);
        stream.joins = joins;
        let index = self.columns[place.column].insert(stream);
        if missed {
            self.lost(place.column, index);
            if self.is_unnamed(place.column, index) {
                self.refetch.need(RefetchReason::MessageUnnamed);
            }
        }
        index
    }

    /// A stream of which something is known already is announced: its message gets its name.
    fn announce(&mut self, place: Place, index: usize, seed: Seed<T>) {
        let stream = &mut self.columns[place.column].streams[index];
        stream.start = Start::Announced { since: place.at };
        let Some(message) = self.list.index_of_key(stream.message) else { return };
        if self.list.messages()[message].id == seed.id || seed.id.is_none() {
            return;
        }
        let known = seed.id.as_deref().and_then(|id| self.list.index_of_id(id));
        let Some(known) = known else {
            return self.list.replace(message, |message| {
                message.id = seed.id;
                message.role = seed.role.unwrap_or_else(|| std::mem::take(&mut message.role));
                message.row = seed.row;
            });
        };
        stream.message = self.list.messages()[known].key;
        let streamed = self.list.remove(message);
        let known = if known > message { known - 1 } else { known };
        self.list.replace(known, |message| message.take_over(streamed));
    }
}

impl<T: Text> Message<T> {
    /// Shows what was streamed before it was known to be this message. Tools that only this one knows stay.
    pub(super) fn take_over(&mut self, streamed: Self) {
        let is_own = |part: &Part<T>| matches!(part, Part::Tool(call) if !streamed.has_tool(&call.id));
        let own: Vec<_> = self.parts.drain(..).filter(|part| is_own(part)).collect();
        self.parts = streamed.parts;
        let end = self.end_of(Rank::Tool);
        self.parts.splice(end..end, own);
        self.activity = streamed.activity;
        self.touched = streamed.touched;
    }
}

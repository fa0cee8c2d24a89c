//! What is to be shown of the words of one speaker (§6.1). What a terminal shows cannot be taken back: of a text that is
//! told again only what is new is shown, and one that contradicts what is shown is shown whole, below it.

use agent_gateway_client::run::transcript::{Body, ChunkMode, ContentPart, Piece, TranscriptEvent};

/// The words of one speaker.
#[derive(Default)]
pub struct Speech {
    text: Flow,
    reasoning: Flow,
    /// The answer that is shown: its step, and the time of its first chunk.
    step: u32,
    since: Option<u64>,
    ended: bool,
    /// When an end told the whole text of this answer.
    told_at: Option<u64>,
}

/// What an event adds to the words.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// A piece of the answer.
    Text(Words),
    /// A piece of the thoughts before it.
    Reasoning(Words),
    /// The answer is complete; what was missing of it.
    Ended(Words),
    /// Nothing.
    Nothing,
}

/// A piece that is shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub text: String,
    /// It begins a line.
    pub begins: bool,
}

/// The words of one kind.
#[derive(Default)]
struct Flow {
    /// What is shown of this answer.
    shown: String,
    /// The number of the last snapshot; those of a speaker go on from answer to answer.
    last_snapshot: u64,
}

impl Speech {
    /// Takes an event in; what is to be shown of it.
    pub fn take(&mut self, event: TranscriptEvent<String>) -> Said {
        let TranscriptEvent { step, at, body, .. } = event;
        match body {
            Body::StreamStart(_) => {
                // One that comes after the first chunk of its answer changes nothing.
                if step != self.step || at.is_none() || self.since.is_none() || at > self.since {
                    self.begin(step);
                }
                Said::Nothing
            }
            Body::Text(text, mode) => Said::Text(self.chunk(Piece::Text, step, at, &text, mode)),
            Body::Reasoning(text, mode) => Said::Reasoning(self.chunk(Piece::Reasoning, step, at, &text, mode)),
            Body::Content(parts) => Said::Text(self.chunk(Piece::Text, step, at, &text_of(parts), ChunkMode::Delta)),
            Body::StreamEnd(end) => Said::Ended(self.end(step, at, &end.text)),
            _ => Said::Nothing,
        }
    }

    fn chunk(&mut self, piece: Piece, step: u32, at: Option<u64>, text: &str, mode: ChunkMode) -> Words {
        // What comes later than the end that told the whole text, and happened before it, was in that text.
        let is_told = piece == Piece::Text && step == self.step && at.is_some() && at < self.told_at;
        if !self.flow(piece).admits(mode) || is_told {
            return Words::default();
        }
        if step != self.step || (self.ended && mode == ChunkMode::Delta) {
            self.begin(step);
        }
        self.since = self.since.or(at);
        self.ended = false;
        match mode {
            ChunkMode::Delta => self.flow(piece).goes_on(text),
            ChunkMode::Snapshot { .. } => self.flow(piece).becomes(text),
        }
    }

    fn end(&mut self, step: u32, at: Option<u64>, whole: &str) -> Words {
        if step != self.step {
            self.begin(step);
        }
        self.ended = true;
        if whole.is_empty() {
            return Words::default();
        }
        self.told_at = at;
        self.text.becomes(whole)
    }

    fn begin(&mut self, step: u32) {
        let flow = |flow: &Flow| Flow { shown: String::new(), last_snapshot: flow.last_snapshot };
        let (text, reasoning) = (flow(&self.text), flow(&self.reasoning));
        *self = Self { text, reasoning, step, ..Self::default() };
    }

    fn flow(&mut self, piece: Piece) -> &mut Flow {
        match piece {
            Piece::Text => &mut self.text,
            Piece::Reasoning => &mut self.reasoning,
        }
    }
}

impl Flow {
    /// Whether a chunk is not a snapshot that came before.
    fn admits(&mut self, mode: ChunkMode) -> bool {
        let ChunkMode::Snapshot { sequence: Some(sequence) } = mode else { return true };
        let is_new = sequence > self.last_snapshot;
        self.last_snapshot = self.last_snapshot.max(sequence);
        is_new
    }

    fn goes_on(&mut self, text: &str) -> Words {
        let begins = self.shown.is_empty();
        self.shown.push_str(text);
        Words { text: text.to_owned(), begins }
    }

    fn becomes(&mut self, whole: &str) -> Words {
        if let Some(rest) = whole.strip_prefix(&self.shown) {
            let rest = rest.to_owned();
            return self.goes_on(&rest);
        }
        if self.shown.trim().starts_with(whole.trim()) {
            return Words::default();
        }
        whole.clone_into(&mut self.shown);
        Words { text: whole.to_owned(), begins: true }
    }
}

/// The texts of an answer that has pictures between them.
fn text_of(parts: Vec<ContentPart<String>>) -> String {
    let text = |part| match part {
        ContentPart::Text(text) => Some(text),
        ContentPart::Image(_) => None,
    };
    parts.into_iter().filter_map(text).collect()
}

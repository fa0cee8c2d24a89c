//! One run of a session: what was said so far, and how it ended. The first end counts.

use super::super::payload::Payload;

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run<P> {
    /// Its id; for a run of this client the key that it was sent with.
    pub id: String,
    /// The same as the engine holds it.
    pub(super) id_value: P,
    /// Whether this client started it.
    pub is_own: bool,
    /// How it stands.
    pub state: RunState,
    /// The answer so far, a string.
    pub text: P,
    /// Whether a piece of text belongs behind the present one.
    pub(super) has_baseline: bool,
    /// Whether its state was told since the history was asked for.
    pub(super) is_newer: bool,
}

/// How a run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunState {
    /// The gateway owes its word that it took the message.
    Sending,
    /// It took the message; the session owes an answer.
    Accepted,
    /// The answer comes in.
    Streaming,
    /// The connection was lost before the gateway said whether it took the message; the history will tell.
    Uncertain,
    /// The gateway does not have the message. It may be sent again under the same id.
    NotSent {
        /// Why, as a code.
        code: String,
        /// The gateway's words, where it refused it.
        message: String,
    },
    /// The message became part of another run, which answers it.
    HandedOver,
    /// It ended well.
    Done,
    /// Somebody ended it.
    Aborted,
    /// It failed.
    Failed {
        /// The gateway's kind of error, as `rate_limit`.
        kind: String,
        /// The gateway's words.
        message: String,
    },
    /// The session is idle, and nothing said how this run ended.
    Ended,
}

impl RunState {
    /// The stable name.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Streaming => "streaming",
            Self::Uncertain => "uncertain",
            Self::NotSent { .. } => "not_sent",
            Self::HandedOver => "handed_over",
            Self::Done => "done",
            Self::Aborted => "aborted",
            Self::Failed { .. } => "failed",
            Self::Ended => "ended",
        }
    }

    /// Whether somebody is still to be heard of it: the gateway, or the session.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Sending | Self::Accepted | Self::Streaming | Self::Uncertain)
    }

    /// Whether the gateway told the end. What comes later changes nothing.
    pub(super) const fn is_told(&self) -> bool {
        matches!(self, Self::HandedOver | Self::Done | Self::Aborted | Self::Failed { .. })
    }
}

/// How the text of a run changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextChange<P> {
    /// This comes behind what was there.
    Appended(P),
    /// This is all of it.
    Replaced(P),
}

impl<P: Payload> Run<P> {
    pub(super) fn new(id: &str, is_own: bool, state: RunState) -> Self {
        Self {
            id: id.to_owned(),
            id_value: P::of_text(id),
            is_own,
            state,
            text: P::of_text(""),
            has_baseline: is_own,
            is_newer: true,
        }
    }

    /// Takes a piece of the answer in: the whole text so far where the gateway sends it, else a piece.
    pub(super) fn extend(&mut self, payload: &P) -> Option<TextChange<P>> {
        if let Some(whole) = payload.member("message").and_then(|message| text_of(&message)) {
            self.has_baseline = true;
            return self.become_text(whole);
        }
        let piece = payload.member("deltaText").filter(P::is_text)?;
        if payload.flag("replace") == Some(true) {
            self.has_baseline = true;
            return self.become_text(piece);
        }
        // Without what comes before it a piece cannot be placed; the history brings it.
        (self.has_baseline && !piece.is_empty_text()).then(|| {
            self.text = self.text.joined(&piece);
            TextChange::Appended(piece)
        })
    }

    /// Takes the whole text so far in; `false`: it is what was there.
    pub(in crate::openclaw) fn says(&mut self, text: &P) -> bool {
        self.has_baseline = true;
        let is_new = self.text != *text;
        if is_new {
            self.text = text.clone();
        }
        is_new
    }

    /// Makes this the text.
    pub(super) fn become_text(&mut self, text: P) -> Option<TextChange<P>> {
        let change = match text.rest_after(&self.text) {
            Some(rest) if rest.is_empty_text() => return None,
            Some(rest) => TextChange::Appended(rest),
            None => TextChange::Replaced(text.clone()),
        };
        self.text = text;
        Some(change)
    }

    /// Takes up where the history is: an empty text, or one that is known already, takes nothing away.
    pub(super) fn adopt(&mut self, text: P) -> Option<TextChange<P>> {
        self.has_baseline = true;
        if self.text.rest_after(&text).is_some() { None } else { self.become_text(text) }
    }
}

/// The text of a message: a string, or the blocks of text put together.
pub(super) fn text_of<P: Payload>(message: &P) -> Option<P> {
    let content = message.member("content")?;
    if content.is_text() {
        return Some(content);
    }
    let blocks = content.items()?;
    let texts = blocks.iter().filter(|block| block.text("type").as_deref() == Some("text"));
    let mut texts = texts.filter_map(|block| block.member("text").filter(P::is_text));
    // One block, as a rule, whose text need not be put together.
    let first = texts.next().unwrap_or_else(|| P::of_text(""));
    Some(texts.fold(first, |text, more| text.joined(&more)))
}

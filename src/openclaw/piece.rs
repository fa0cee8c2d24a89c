//! What comes many times a second, taken in by a look at the little that matters of it.
//!
//! Where anything but a text could change, nothing is done: the frame is handled as any other. What it would do is told
//! by the answer instead of an output.

use super::chat::{Chat, Run};
use super::client::Client;
use super::payload::Payload;
use super::session::{Phase, Session};
use crate::machine::DialId;
use crate::time::Timestamp;

/// The events that a [`Client`] reads, separated by spaces. Of all others it only passes on that they came.
pub const READ: &str = "chat config.changed connect.challenge exec.approval.requested exec.approval.resolved \
    node.invoke.cancel node.invoke.request presence session.message sessions.changed shutdown tick";

impl<P: Payload> Client<P> {
    /// Takes in an event that is none of [`READ`]; `seq` is its number, where it has one.
    ///
    /// `true`: it is the next event, which the application is to be told. `false`: nothing was done.
    pub fn admit(&mut self, dial: DialId, seq: Option<u64>, now: Timestamp) -> bool {
        let admitted = self.out.is_empty() && self.session.admit(dial, seq, now);
        if admitted {
            self.now = now;
        }
        admitted
    }

    /// Takes in a `chat` event of the state `delta` with the whole text of a run so far. `None`: nothing was done.
    pub fn admit_text(
        &mut self,
        dial: DialId,
        seq: Option<u64>,
        (key, run, text): (&P, &P, &P),
        now: Timestamp,
    ) -> Option<Piece> {
        // Told by the name that the application gave the session, and perhaps to two chats.
        if self.chats.iter().any(|chat| chat.has_other_name() && chat.is_of(key)) {
            return None;
        }
        let chat = self.chats.iter().position(|chat| chat.is_of(key));
        let place = match chat {
            Some(chat) => Some((chat, self.chats[chat].streaming(run)?)),
            None => None,
        };
        if !self.admit(dial, seq, now) {
            return None;
        }
        self.followed = Followed(place);
        let is_new = self.followed.run(&mut self.chats).map(|run| run.says(text));
        Some(match is_new {
            None => Piece::OfNoChat,
            Some(false) => Piece::Known,
            Some(true) => Piece::New,
        })
    }

    /// The same for a piece of the run that the last piece was of, where nothing else was taken in since; `text` is the
    /// text so far, where it is new. `false`: nothing was done.
    pub fn admit_more(&mut self, dial: DialId, seq: Option<u64>, text: Option<P>, now: Timestamp) -> bool {
        let is_followed = self.followed.run(&mut self.chats).is_some();
        let admitted = is_followed && self.admit(dial, seq, now);
        if let (true, Some(run), Some(text)) = (admitted, self.followed.run(&mut self.chats), text) {
            run.text = text;
        }
        admitted
    }
}

/// What a piece was that was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Of a session that is no open chat: only its event is told.
    OfNoChat,
    /// With the text that was known.
    Known,
    /// With a new text; its event follows that of the gateway.
    New,
}

/// Where the run of the last piece is, by chat and run, until anything else happens. It spares a search, and is no part
/// of the state.
#[derive(Default)]
pub(super) struct Followed(Option<(usize, usize)>);

impl Followed {
    fn run<'a, P: Payload>(&self, chats: &'a mut [Chat<P>]) -> Option<&'a mut Run<P>> {
        let (chat, run) = self.0?;
        chats.get_mut(chat)?.run_at(run)
    }
}

impl std::fmt::Debug for Followed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Followed")
    }
}

impl<P: Payload> Session<P> {
    /// Counts an event that is the next one and a sign of life, no more.
    fn admit(&mut self, dial: DialId, seq: Option<u64>, now: Timestamp) -> bool {
        let Phase::Open { dial: open, watch, .. } = &mut self.phase else { return false };
        let is_next = seq.is_none_or(|seq| Some(seq) == self.last_seq.checked_add(1));
        if *open != dial || !is_next || !self.out.is_empty() {
            return false;
        }
        self.last_seq = seq.unwrap_or(self.last_seq);
        self.heard_at = now;
        watch.heard(now);
        true
    }
}

//! What comes many times a second, taken in by a look at the little that matters of it.
//!
//! Where anything but a text could change, nothing is done: the frame is handled as any other. What it would do is told
//! by the answer instead of an output.

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

    /// Takes in a `chat` event of the state `delta` with the whole text of a run so far.
    ///
    /// The answer is whether the text changed, and where it did, the event of the text follows that of the gateway. `None`:
    /// nothing was done.
    pub fn admit_text(
        &mut self,
        dial: DialId,
        seq: Option<u64>,
        (key, run, text): (&P, &P, &P),
        now: Timestamp,
    ) -> Option<bool> {
        let chat = self.chats.iter_mut().find(|chat| chat.is_of(key));
        let run = match chat {
            Some(chat) => Some(chat.streaming(run)?),
            None => None,
        };
        if !self.out.is_empty() || !self.session.admit(dial, seq, now) {
            return None;
        }
        self.now = now;
        Some(run.is_some_and(|run| run.says(text)))
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

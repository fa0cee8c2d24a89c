//! Tool results that the gateway may not have read yet.

use std::rc::Rc;

use crate::machine::DialId;
use crate::time::Timestamp;

/// How long the server side waits for a result.
const KEPT_FOR: u64 = 120_000;

/// A tool result, encoded once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolResult {
    /// The call it answers.
    pub tool_call_id: Rc<str>,
    /// The frame as JSON text.
    pub frame: Rc<str>,
}

/// Results that were not confirmed: a frame of the gateway received later on the socket that carried one confirms it.
///
/// A socket that dies first loses what it carried, so the result is sent again on the next one; the server keys results
/// by `toolCallId`, so a second copy does no harm.
#[derive(Debug, Default)]
pub struct Outbox {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    owner: u32,
    since: Timestamp,
    sent_on: Option<DialId>,
    result: ToolResult,
}

impl Entry {
    fn is_awaited(&self, now: Timestamp) -> bool {
        now < self.since + KEPT_FOR
    }
}

impl Outbox {
    /// When [`Self::expired`] has something to tell.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.entries.first().map(|entry| entry.since + KEPT_FOR)
    }

    /// Keeps a result that was sent on a socket, or that waits for one. The owner is whatever the caller tells its
    /// senders apart by.
    pub fn keep(&mut self, owner: u32, result: ToolResult, sent_on: Option<DialId>, now: Timestamp) {
        self.entries.push(Entry { owner, since: now, sent_on, result });
    }

    /// Forgets what an owner sent.
    pub fn forget(&mut self, owner: u32) {
        self.remove(&|entry| entry.owner == owner);
    }

    /// Hands out what an owner sent and `dial` did not carry. What nobody waits for any more is left to [`Self::expired`].
    pub fn take(&mut self, owner: u32, dial: Option<DialId>, now: Timestamp) -> Vec<ToolResult> {
        let is_carried = |entry: &Entry| entry.sent_on.is_some() && entry.sent_on == dial;
        self.remove(&|entry| entry.owner == owner && !is_carried(entry) && entry.is_awaited(now))
    }

    /// A frame arrived: everything sent on this socket before it was read.
    #[inline(always)]
    pub fn confirm(&mut self, dial: DialId) {
        if !self.entries.is_empty() {
            self.remove(&|entry| entry.sent_on == Some(dial));
        }
    }

    /// The next result that a new socket must carry. What nobody waits for any more is left to [`Self::expired`].
    pub fn resend(&mut self, dial: DialId, now: Timestamp) -> Option<ToolResult> {
        let is_owed = |entry: &&mut Entry| entry.sent_on != Some(dial) && entry.is_awaited(now);
        let entry = self.entries.iter_mut().find(is_owed)?;
        entry.sent_on = Some(dial);
        Some(entry.result.clone())
    }

    /// Removes the next result that nobody waits for any more, and tells whose it was.
    pub fn expired(&mut self, now: Timestamp) -> Option<(u32, ToolResult)> {
        self.deadline().filter(|at| now >= *at)?;
        let entry = self.entries.remove(0);
        Some((entry.owner, entry.result))
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    fn remove(&mut self, is_gone: &dyn Fn(&Entry) -> bool) -> Vec<ToolResult> {
        let mut removed = Vec::new();
        let mut place = 0;
        while let Some(entry) = self.entries.get(place) {
            if is_gone(entry) {
                removed.push(self.entries.remove(place).result);
            } else {
                place += 1;
            }
        }
        removed
    }
}

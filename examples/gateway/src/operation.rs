//! One operation: its sequence, its buffer and its status. No clock and no I/O.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::config::Timers;
use crate::frames::{self, AgentEvent};

const BUFFER_LIMIT: usize = 1000;
const BUFFER_KEPT: usize = 500;
const WITHHELD_FROM_V1: &str = "message_patch";
const IN_FLIGHT: [&str; 5] = ["stream_start", "stream_chunk", "tool_start", "step_start", "tool_execute"];

/// The state the gateway keeps of an operation until it forgets it.
#[derive(Default)]
pub(crate) struct Operation {
    pub(crate) user_id: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) listeners: Vec<mpsc::UnboundedSender<Arc<StreamEntry>>>,
    pub(crate) confirmations: HashMap<String, Vec<oneshot::Sender<bool>>>,
    pub(crate) inputs: HashMap<String, oneshot::Sender<String>>,
    meta: Map<String, Value>,
    counter: u64,
    buffer: VecDeque<Numbered>,
    last_entry: EntryId,
    last_event: Option<LastEvent>,
    expires_at: Option<Instant>,
}

/// Position in the event stream as the SSE side numbers it: milliseconds, then a serial within them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EntryId(pub(crate) u64, pub(crate) u64);

/// One event as the SSE side serves it.
pub(crate) struct StreamEntry {
    pub(crate) id: EntryId,
    pub(crate) event: AgentEvent,
}

/// One entry of the sequence that v1 and v2 share.
#[derive(Clone)]
pub(crate) struct Numbered {
    pub(crate) id: u64,
    /// The frame on v1; `None` when v1 does not get this kind.
    pub(crate) v1: Option<Utf8Bytes>,
    pub(crate) content: Content,
}

/// What a number was given to.
#[derive(Clone)]
pub(crate) enum Content {
    Event(Arc<StreamEntry>),
    /// Any other frame, its id left out.
    Frame(Arc<Value>),
}

#[derive(Clone, Copy)]
struct LastEvent {
    at: Instant,
    in_flight: bool,
}

impl Numbered {
    /// The type of the event, when it is one.
    pub(crate) fn event_kind(&self) -> Option<&str> {
        match &self.content {
            Content::Event(entry) => Some(&entry.event.kind),
            Content::Frame(_) => None,
        }
    }
}

impl Operation {
    pub(crate) fn is_ended(&self) -> bool {
        matches!(self.status.as_deref(), Some("completed" | "error" | "interrupted"))
    }

    /// When the operation is to be forgotten.
    pub(crate) fn expires_at(&self) -> Option<Instant> {
        self.expires_at
    }

    /// When silence makes the operation suspect, and how long that silence is.
    pub(crate) fn suspect_at(&self, timers: &Timers) -> Option<(Instant, Duration)> {
        let last = self.last_event.filter(|_| !self.is_ended())?;
        let window = if last.in_flight { timers.inflight_watchdog } else { timers.idle_watchdog };
        Some((last.at + window, window))
    }

    /// The earlier of the two deadlines.
    pub(crate) fn next_deadline(&self, timers: &Timers) -> Option<Instant> {
        let suspect_at = self.suspect_at(timers).map(|(at, _)| at);
        self.expires_at.into_iter().chain(suspect_at).min()
    }

    /// Everything buffered above `cursor`, in order, and whether some between is no longer buffered.
    pub(crate) fn replay(&self, cursor: u64) -> (impl Iterator<Item = &Numbered>, bool) {
        let gap = match self.buffer.front() {
            Some(first) => first.id > cursor.saturating_add(1),
            None => self.counter > cursor,
        };
        (self.buffer.iter().filter(move |held| held.id > cursor), gap)
    }

    /// Buffered events later than `after`, for the SSE side.
    pub(crate) fn entries_after(&self, after: EntryId) -> Vec<Arc<StreamEntry>> {
        let entries = self.buffer.iter().filter_map(|held| match &held.content {
            Content::Event(entry) => Some(entry.clone()),
            Content::Frame(_) => None,
        });
        entries.filter(|entry| entry.id > after).collect()
    }

    /// What the product server said of the operation, for `op_lifecycle`.
    pub(crate) fn meta(&self) -> &Map<String, Value> {
        &self.meta
    }

    /// Makes the operation `running`, whatever it was; ids go on and the removal is cancelled.
    ///
    /// An empty `meta` leaves what was said before.
    pub(crate) fn init(&mut self, user_id: String, meta: Map<String, Value>) {
        self.user_id = Some(user_id);
        self.status = Some("running".to_owned());
        self.expires_at = None;
        if !meta.is_empty() {
            self.meta = meta;
        }
    }

    /// Appends an event.
    pub(crate) fn push_event(&mut self, event: AgentEvent, now: Instant) -> Numbered {
        self.last_event = Some(LastEvent { at: now, in_flight: IN_FLIGHT.contains(&event.kind.as_str()) });
        let id = self.next_id();
        let v1 = (event.kind != WITHHELD_FROM_V1).then(|| frames::agent_event(id, &event.raw));
        let entry = Arc::new(StreamEntry { id: self.next_entry_id(frames::now_ms()), event });
        self.listeners.retain(|listener| listener.send(entry.clone()).is_ok());
        self.append(Numbered { id, v1, content: Content::Event(entry) })
    }

    /// Appends a frame that is no event but shares the counter.
    pub(crate) fn push_frame(&mut self, frame: Value) -> Numbered {
        let id = self.next_id();
        let v1 = frames::sequenced(id, frame.clone());
        self.append(Numbered { id, v1: Some(v1), content: Content::Frame(Arc::new(frame)) })
    }

    /// Stores the end of a session and appends its `session_complete`.
    pub(crate) fn complete(&mut self, status: &str, summary: &str, expires_at: Instant) -> Numbered {
        self.set_status(status, expires_at);
        self.push_frame(json!({ "type": "session_complete", "summary": summary }))
    }

    /// Stores any other status and appends its `status_change`.
    pub(crate) fn change_status(&mut self, status: &str, expires_at: Instant) -> Numbered {
        self.set_status(status, expires_at);
        self.push_frame(json!({ "type": "status_change", "status": status }))
    }

    /// Stops watching until the next event; returns whether it was watched.
    pub(crate) fn stop_watching(&mut self) -> bool {
        self.last_event.take().is_some()
    }

    /// Whether an event arrived since [`Operation::stop_watching`].
    pub(crate) fn is_watched(&self) -> bool {
        self.last_event.is_some()
    }

    fn set_status(&mut self, status: &str, expires_at: Instant) {
        self.status = Some(status.to_owned());
        self.expires_at = self.is_ended().then_some(expires_at);
    }

    fn next_id(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn next_entry_id(&mut self, now_ms: u64) -> EntryId {
        self.last_entry = if now_ms > self.last_entry.0 {
            EntryId(now_ms, 0)
        } else {
            EntryId(self.last_entry.0, self.last_entry.1 + 1)
        };
        self.last_entry
    }

    fn append(&mut self, numbered: Numbered) -> Numbered {
        self.buffer.push_back(numbered.clone());
        if self.buffer.len() > BUFFER_LIMIT {
            self.buffer.drain(..self.buffer.len() - BUFFER_KEPT);
        }
        numbered
    }
}

//! The outgoing half of a socket: a queue, and the task that writes it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until, timeout};

use crate::dev::FaultSet;

/// Longest legal reason of a close frame, in bytes.
const CLOSE_REASON_LIMIT: usize = 123;
/// A peer that takes nothing for this long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
const BATCH: usize = 64;

/// A handle on one socket; clones share it.
#[derive(Clone)]
pub(crate) struct Socket(Arc<Shared>);

/// One entry of a socket's queue.
pub(crate) struct Outgoing {
    queued_at: Instant,
    item: Item,
    counted: bool,
}

/// How the writing of a socket ended.
#[derive(Debug, PartialEq)]
pub(crate) enum WriteEnd {
    /// A close frame was the last thing written.
    Closed,
    /// The peer is gone or takes nothing.
    Broken,
}

struct Shared {
    id: u64,
    queue: mpsc::UnboundedSender<Outgoing>,
    user: OnceLock<String>,
    half_open: AtomicBool,
    closing: AtomicBool,
    cut: Notify,
    queue_limit: usize,
    waiting: AtomicUsize,
    overflowed: AtomicBool,
}

enum Item {
    Frame(Utf8Bytes),
    Event(Utf8Bytes),
    Binary(Vec<u8>),
    Close(u16, String),
}

impl Socket {
    /// A socket whose queue takes whatever comes.
    pub(crate) fn unbounded(id: u64) -> (Self, mpsc::UnboundedReceiver<Outgoing>) {
        Self::bounded(id, usize::MAX)
    }

    /// A socket that is closed with 1011 when more than `queue_limit` frames wait.
    pub(crate) fn bounded(id: u64, queue_limit: usize) -> (Self, mpsc::UnboundedReceiver<Outgoing>) {
        let (queue, outgoing) = mpsc::unbounded_channel();
        let socket = Self(Arc::new(Shared {
            id,
            queue,
            user: OnceLock::new(),
            half_open: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            cut: Notify::new(),
            queue_limit,
            waiting: AtomicUsize::new(0),
            overflowed: AtomicBool::new(false),
        }));
        (socket, outgoing)
    }

    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }

    /// The user this socket authenticated as.
    pub(crate) fn user(&self) -> Option<&str> {
        self.0.user.get().map(String::as_str)
    }

    /// Whether this is the socket of a client: authenticated, and not about to be closed.
    pub(crate) fn is_client(&self) -> bool {
        self.user().is_some() && !self.0.closing.load(Ordering::Relaxed)
    }

    pub(crate) fn is_half_open(&self) -> bool {
        self.0.half_open.load(Ordering::Relaxed)
    }

    pub(crate) fn set_half_open(&self, half_open: bool) {
        self.0.half_open.store(half_open, Ordering::Relaxed);
    }

    /// Remembers who authenticated; the first one stays.
    pub(crate) fn admit(&self, user_id: &str) {
        self.0.user.get_or_init(|| user_id.to_owned());
    }

    /// Frames that wait to be written and count towards the limit.
    pub(crate) fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
    }

    pub(crate) fn send(&self, frame: Utf8Bytes) {
        self.queue_counted(Item::Frame(frame));
    }

    /// As [`Socket::send`], for a frame that carries an event.
    pub(crate) fn send_event(&self, frame: Utf8Bytes) {
        self.queue_counted(Item::Event(frame));
    }

    /// As [`Socket::send_event`], for a frame of a replay: those do not count towards the limit, since
    /// a replay alone may be as long as the limit.
    pub(crate) fn send_replayed(&self, frame: Utf8Bytes) {
        self.queue(Item::Event(frame), false);
    }

    pub(crate) fn send_binary(&self, bytes: Vec<u8>) {
        self.queue_counted(Item::Binary(bytes));
    }

    /// Closes after everything queued so far; the reason is cut to what a close frame may carry.
    pub(crate) fn close(&self, code: u16, reason: &str) {
        self.0.closing.store(true, Ordering::Relaxed);
        let end = (0..=reason.len().min(CLOSE_REASON_LIMIT)).rev().find(|at| reason.is_char_boundary(*at));
        self.queue(Item::Close(code, reason[..end.unwrap_or(0)].to_owned()), false);
    }

    /// Drops the TCP connection without a word.
    pub(crate) fn cut(&self) {
        self.0.cut.notify_one();
    }

    /// Resolves when [`Socket::cut`] was called.
    pub(crate) async fn was_cut(&self) {
        self.0.cut.notified().await;
    }

    fn queue_counted(&self, item: Item) {
        if self.0.waiting.fetch_add(1, Ordering::Relaxed) < self.0.queue_limit {
            self.queue(item, true);
        } else if !self.0.overflowed.swap(true, Ordering::Relaxed) {
            self.close(1011, "Queue overflow");
        }
    }

    fn queue(&self, item: Item, counted: bool) {
        // A socket whose writer ended is about to be detached.
        let _ = self.0.queue.send(Outgoing { queued_at: Instant::now(), item, counted });
    }

    /// Whether an entry is to be left out: a peer that could not keep up is told so before anything else.
    fn skips(&self, outgoing: &Outgoing) -> bool {
        self.0.overflowed.load(Ordering::Relaxed) && !matches!(outgoing.item, Item::Close(..))
    }

    fn written(&self, counted: bool) {
        if counted {
            self.0.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Writes a queue until a close frame went out or the peer is gone.
pub(crate) async fn write_queue(
    mut sink: SplitSink<WebSocket, Message>,
    mut queue: mpsc::UnboundedReceiver<Outgoing>,
    socket: Socket,
    faults: FaultSet,
) -> WriteEnd {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        for outgoing in batch.drain(..) {
            if socket.skips(&outgoing) {
                continue;
            }
            let counted = outgoing.counted;
            if let Some(delay) = faults.delay() {
                // What came before must not wait for what is still held back.
                if !flushed(&mut sink, &socket).await {
                    return WriteEnd::Broken;
                }
                sleep_until(outgoing.queued_at + delay).await;
            }
            if socket.is_half_open() {
                socket.written(counted);
                continue;
            }
            let copies = if matches!(outgoing.item, Item::Event(_)) && faults.duplicates() { 2 } else { 1 };
            let (message, last) = message(outgoing.item);
            for _ in 1..copies {
                if !finished(sink.feed(message.clone())).await {
                    return WriteEnd::Broken;
                }
            }
            if !finished(sink.feed(message)).await {
                return WriteEnd::Broken;
            }
            socket.written(counted);
            if last {
                return if finished(sink.flush()).await { WriteEnd::Closed } else { WriteEnd::Broken };
            }
        }
        if !flushed(&mut sink, &socket).await {
            return WriteEnd::Broken;
        }
    }
    WriteEnd::Broken
}

fn message(item: Item) -> (Message, bool) {
    match item {
        Item::Frame(text) | Item::Event(text) => (Message::Text(text), false),
        Item::Binary(bytes) => (Message::Binary(bytes.into()), false),
        Item::Close(code, reason) => (Message::Close(Some(CloseFrame { code, reason: reason.into() })), true),
    }
}

/// A half-open socket is not flushed: that would send the answer to the peer's close frame.
async fn flushed(sink: &mut SplitSink<WebSocket, Message>, socket: &Socket) -> bool {
    socket.is_half_open() || finished(sink.flush()).await
}

async fn finished(write: impl Future<Output = Result<(), axum::Error>>) -> bool {
    matches!(timeout(WRITE_TIMEOUT, write).await, Ok(Ok(())))
}

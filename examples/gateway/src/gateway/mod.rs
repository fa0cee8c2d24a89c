//! All operations and the sockets attached to them, behind one lock.
//!
//! Every method takes the lock once, never across an await: a frame is numbered, buffered and queued to
//! every socket in one step, so all sockets see one order.

mod requests;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use serde_json::Value;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;

use crate::config::Timers;
use crate::frames::{self, AgentEvent};
use crate::operation::{EntryId, Operation, StreamEntry};
use crate::writer::{Outgoing, Socket};

pub(crate) use requests::Unanswered;

/// The registry of operations; cheap to share behind an `Arc`.
pub(crate) struct Gateway {
    timers: Timers,
    state: Mutex<State>,
    deadlines: Notify,
    next_socket: AtomicU64,
    pub(crate) connections: Connections,
}

/// How many sockets there are and were.
#[derive(Default)]
pub(crate) struct Connections {
    pub(crate) open: watch::Sender<u64>,
    pub(crate) accepted: AtomicU64,
}

/// What a deadline asks for.
pub(crate) enum Due {
    Forgotten(String),
    Silent { operation_id: String, window: Duration },
}

#[derive(Default)]
struct State {
    operations: HashMap<String, Operation>,
    sockets: HashMap<String, BTreeMap<u64, Socket>>,
}

impl Gateway {
    pub(crate) fn new(timers: Timers) -> Self {
        Self {
            timers,
            state: Mutex::default(),
            deadlines: Notify::new(),
            next_socket: AtomicU64::new(1),
            connections: Connections::default(),
        }
    }

    pub(crate) fn owner(&self, operation_id: &str) -> Option<String> {
        self.lock().operations.get(operation_id)?.user_id.clone()
    }

    /// Stored status, or `None` for an operation nothing is stored of.
    pub(crate) fn status(&self, operation_id: &str) -> Option<String> {
        self.lock().operations.get(operation_id)?.status.clone()
    }

    /// Authenticated sockets of an operation.
    pub(crate) fn clients(&self, operation_id: &str) -> usize {
        let state = self.lock();
        let sockets = state.sockets.get(operation_id);
        sockets.map_or(0, |sockets| sockets.values().filter(|socket| socket.is_client()).count())
    }

    /// Every socket of an operation, authenticated or not.
    pub(crate) fn sockets(&self, operation_id: &str) -> Vec<Socket> {
        let state = self.lock();
        state.sockets.get(operation_id).map(|sockets| sockets.values().cloned().collect()).unwrap_or_default()
    }

    /// Registers a socket that has yet to authenticate.
    pub(crate) fn attach(&self, operation_id: &str) -> (Socket, mpsc::UnboundedReceiver<Outgoing>) {
        let (sender, queue) = mpsc::unbounded_channel();
        let socket = Socket::new(self.next_socket.fetch_add(1, Ordering::Relaxed), sender);
        self.lock().sockets.entry(operation_id.to_owned()).or_default().insert(socket.id(), socket.clone());
        (socket, queue)
    }

    /// Removes a socket; nothing happens when it is gone already.
    pub(crate) fn detach(&self, operation_id: &str, socket: &Socket) {
        let mut state = self.lock();
        let Some(sockets) = state.sockets.get_mut(operation_id) else {
            return;
        };
        sockets.remove(&socket.id());
        if sockets.is_empty() {
            state.sockets.remove(operation_id);
        }
    }

    /// Puts a socket among those that get every frame; `auth_success` precedes all of them.
    ///
    /// Errors when the operation belongs to another user.
    pub(crate) fn admit(&self, operation_id: &str, socket: &Socket, user_id: &str) -> Result<(), OwnedByAnother> {
        let state = self.lock();
        let owner = state.operations.get(operation_id).and_then(|operation| operation.user_id.as_deref());
        if owner.is_some_and(|owner| owner != user_id) {
            return Err(OwnedByAnother);
        }
        socket.admit(user_id);
        socket.send(frames::auth_success());
        Ok(())
    }

    /// Queues what a socket missed after `cursor`, and the status when it is wanted and known.
    pub(crate) fn resume(&self, operation_id: &str, socket: &Socket, cursor: u64, want_status: bool) {
        let state = self.lock();
        let Some(operation) = state.operations.get(operation_id) else {
            return;
        };
        let replay = operation.replay(cursor);
        for frame in replay.frames {
            socket.send_event(frame);
        }
        let Some(status) = operation.status.as_deref().filter(|_| want_status) else {
            return;
        };
        socket.send(frames::resume_complete(status, replay.gap));
    }

    pub(crate) fn init(&self, operation_id: &str, user_id: &str) {
        let mut state = self.lock();
        state.operations.entry(operation_id.to_owned()).or_default().init(user_id.to_owned());
        for socket in state.authenticated(operation_id) {
            if socket.user().is_some_and(|user| user != user_id) {
                socket.close(1008, "userId mismatch");
            }
        }
        drop(state);
        self.deadlines.notify_one();
    }

    /// Appends events in order; an `agent_runtime_end` of any operation also ends the session.
    pub(crate) fn push_events(&self, operation_id: &str, events: Vec<AgentEvent>) {
        let (now, expires_at) = self.now_and_expiry();
        let mut state = self.lock();
        let before = state.operation(operation_id).next_deadline(&self.timers);
        for event in events {
            let ending = event.ending();
            let operation = state.operation(operation_id);
            let frame = operation.push_event(event, now);
            let complete = ending.map(|end| operation.complete(end.status, &end.summary, expires_at));
            if let Some(frame) = frame {
                state.broadcast_event(operation_id, &frame);
            }
            if let Some(frame) = complete {
                state.broadcast(operation_id, &frame);
            }
        }
        let after = state.operation(operation_id).next_deadline(&self.timers);
        drop(state);
        // Most events only put a deadline off, which is noticed when it comes.
        if after.is_some_and(|after| before.is_none_or(|before| after < before)) {
            self.deadlines.notify_one();
        }
    }

    /// Stores a status as it comes: `completed` gives `session_complete`, any other `status_change`.
    pub(crate) fn update_status(&self, operation_id: &str, status: &str, summary: &str) {
        let (_, expires_at) = self.now_and_expiry();
        let mut state = self.lock();
        let operation = state.operation(operation_id);
        let frame = match status {
            "completed" => operation.complete(status, summary, expires_at),
            _ => operation.change_status(status, expires_at),
        };
        state.broadcast(operation_id, &frame);
        drop(state);
        self.deadlines.notify_one();
    }

    /// Asks the clients to run a tool; the result comes back as a `tool_result` frame.
    pub(crate) fn tool_execute(&self, operation_id: &str, data: Value) {
        self.push_events(operation_id, vec![AgentEvent::new("tool_execute", operation_id, 0, data)]);
    }

    /// The events after `after` and every later one, without a hole between them.
    pub(crate) fn listen(
        &self,
        operation_id: &str,
        after: EntryId,
    ) -> (Vec<Arc<StreamEntry>>, mpsc::UnboundedReceiver<Arc<StreamEntry>>) {
        let (sender, live) = mpsc::unbounded_channel();
        let mut state = self.lock();
        let operation = state.operation(operation_id);
        operation.listeners.push(sender);
        (operation.entries_after(after), live)
    }

    /// Every buffered event of an operation.
    pub(crate) fn entries(&self, operation_id: &str) -> Vec<Arc<StreamEntry>> {
        let state = self.lock();
        let operation = state.operations.get(operation_id);
        operation.map(|operation| operation.entries_after(EntryId::default())).unwrap_or_default()
    }

    /// Forgets every operation and cuts every socket, as a restart of the process would.
    pub(crate) fn forget_everything(&self) {
        let forgotten = std::mem::take(&mut *self.lock());
        for socket in forgotten.sockets.values().flat_map(BTreeMap::values) {
            socket.cut();
        }
    }

    /// Says goodbye to every socket; used when the process ends.
    pub(crate) fn close_all(&self) {
        for socket in self.lock().sockets.values().flat_map(BTreeMap::values) {
            socket.close(1001, "Server shutting down");
        }
    }

    /// The earliest deadline of all operations.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let state = self.lock();
        state.operations.values().filter_map(|operation| operation.next_deadline(&self.timers)).min()
    }

    /// Resolves when a deadline may have come nearer.
    pub(crate) async fn deadlines_changed(&self) {
        self.deadlines.notified().await;
    }

    /// Carries out the removals that are due and reports them with the operations gone silent.
    pub(crate) fn take_due(&self, now: Instant) -> Vec<Due> {
        let mut state = self.lock();
        let mut due = Vec::new();
        for (operation_id, operation) in &mut state.operations {
            if operation.expires_at().is_some_and(|at| at <= now) {
                due.push(Due::Forgotten(operation_id.clone()));
            } else if let Some((_, window)) = operation.suspect_at(&self.timers).filter(|(at, _)| *at <= now) {
                operation.stop_watching();
                due.push(Due::Silent { operation_id: operation_id.clone(), window });
            }
        }
        for item in &due {
            let Due::Forgotten(operation_id) = item else { continue };
            state.operations.remove(operation_id);
            for socket in state.authenticated(operation_id) {
                socket.close(1000, "Session expired");
            }
        }
        due
    }

    /// Ends an operation that went silent, unless it spoke or ended meanwhile.
    pub(crate) fn end_silent(&self, operation_id: &str, status: &str, summary: &str) {
        let spoke = {
            let state = self.lock();
            state.operations.get(operation_id).is_none_or(|held| held.is_watched() || held.is_ended())
        };
        if !spoke {
            self.update_status(operation_id, status, summary);
        }
    }

    fn now_and_expiry(&self) -> (Instant, Instant) {
        let now = Instant::now();
        (now, now + self.timers.cleanup_after)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of the lock panics")
    }
}

/// The operation belongs to somebody else.
#[derive(Debug)]
pub(crate) struct OwnedByAnother;

impl State {
    fn operation(&mut self, operation_id: &str) -> &mut Operation {
        self.operations.entry(operation_id.to_owned()).or_default()
    }

    fn authenticated(&self, operation_id: &str) -> impl Iterator<Item = &Socket> {
        let sockets = self.sockets.get(operation_id).into_iter().flat_map(BTreeMap::values);
        sockets.filter(|socket| socket.is_client())
    }

    fn broadcast(&self, operation_id: &str, frame: &Utf8Bytes) {
        self.authenticated(operation_id).for_each(|socket| socket.send(frame.clone()));
    }

    fn broadcast_event(&self, operation_id: &str, frame: &Utf8Bytes) {
        self.authenticated(operation_id).for_each(|socket| socket.send_event(frame.clone()));
    }
}

//! All operations and the sockets attached to them, behind one lock.
//!
//! Every method takes the lock once, never across an await: a frame is numbered, buffered and queued to
//! every socket in one step, so all sockets see one order.

mod requests;
mod v2;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::config::Timers;
use crate::frames::{self, AgentEvent, Ending};
use crate::link::Connections;
use crate::operation::{EntryId, Numbered, Operation, StreamEntry};
use crate::v2::Hub;
use crate::writer::{Outgoing, Socket};

pub(crate) use requests::Unanswered;

/// The registry of operations; cheap to share behind an `Arc`.
pub(crate) struct Gateway {
    timers: Timers,
    state: Mutex<State>,
    deadlines: Notify,
    next_socket: AtomicU64,
    v2_queue_limit: usize,
    pub(crate) connections: Connections,
}

/// What follows an `agent_runtime_end`; gateways differ where it is that of a mirrored member.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum EndEcho {
    /// One `session_complete`.
    #[default]
    SessionComplete,
    /// `status_change` with its status; a completed one brings a `session_complete` before it.
    StatusChange,
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
    hub: Hub,
}

impl Gateway {
    pub(crate) fn new(timers: Timers, v2_queue_limit: usize) -> Self {
        Self {
            timers,
            state: Mutex::default(),
            deadlines: Notify::new(),
            next_socket: AtomicU64::new(1),
            v2_queue_limit,
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

    /// Authenticated v1 sockets of an operation.
    pub(crate) fn clients(&self, operation_id: &str) -> usize {
        let state = self.lock();
        let sockets = state.sockets.get(operation_id);
        sockets.map_or(0, |sockets| sockets.values().filter(|socket| socket.is_client()).count())
    }

    /// Every socket of an operation: on v1 authenticated or not, on v2 subscribed to it.
    pub(crate) fn sockets(&self, operation_id: &str) -> Vec<Socket> {
        let state = self.lock();
        let v1 = state.sockets.get(operation_id).into_iter().flat_map(BTreeMap::values);
        v1.chain(state.hub.subscribers(operation_id)).cloned().collect()
    }

    /// Registers a v1 socket that has yet to authenticate.
    pub(crate) fn attach(&self, operation_id: &str) -> (Socket, mpsc::UnboundedReceiver<Outgoing>) {
        let (socket, queue) = Socket::unbounded(self.next_socket.fetch_add(1, Ordering::Relaxed));
        self.lock().sockets.entry(operation_id.to_owned()).or_default().insert(socket.id(), socket.clone());
        (socket, queue)
    }

    /// Removes a v1 socket; nothing happens when it is gone already.
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

    /// Puts a v1 socket among those that get every frame; `auth_success` precedes all of them.
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

    /// Queues what a v1 socket missed after `cursor`, and the status when it is wanted and known.
    pub(crate) fn resume(&self, operation_id: &str, socket: &Socket, cursor: u64, want_status: bool) {
        let state = self.lock();
        let Some(operation) = state.operations.get(operation_id) else {
            return;
        };
        let (missed, gap) = operation.replay(cursor);
        for frame in missed.filter_map(|numbered| numbered.v1.clone()) {
            socket.send_replayed(frame);
        }
        let Some(status) = operation.status.as_deref().filter(|_| want_status) else {
            return;
        };
        socket.send(frames::resume_complete(status, gap));
    }

    /// Makes an operation known and running, and serves the v2 subscriptions that waited for that.
    pub(crate) fn init(&self, operation_id: &str, user_id: &str, meta: Map<String, Value>) {
        let mut state = self.lock();
        let State { operations, hub, .. } = &mut *state;
        let operation = operations.entry(operation_id.to_owned()).or_default();
        operation.init(user_id.to_owned(), meta);
        hub.announce(operation_id, operation, "running", "");
        hub.activate(operation_id, operation);
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
        self.push_events_echoing(operation_id, events, EndEcho::SessionComplete);
    }

    /// As [`Gateway::push_events`], with a choice of what an `agent_runtime_end` brings.
    pub(crate) fn push_events_echoing(&self, operation_id: &str, events: Vec<AgentEvent>, echo: EndEcho) {
        let (now, expires_at) = self.now_and_expiry();
        let mut state = self.lock();
        let before = state.operation(operation_id).next_deadline(&self.timers);
        for event in events {
            let ending = event.ending();
            if let Some(ending) = &ending {
                state.announce(operation_id, ending.status, &ending.summary);
            }
            let numbered = state.operation(operation_id).push_event(event, now);
            state.publish(operation_id, &numbered);
            let Some(Ending { status, summary }) = ending else { continue };
            let changes_status = echo == EndEcho::StatusChange;
            if !changes_status || status == "completed" {
                let complete = state.operation(operation_id).complete(status, &summary, expires_at);
                state.publish(operation_id, &complete);
            }
            if changes_status {
                let change = state.operation(operation_id).change_status(status, expires_at);
                state.publish(operation_id, &change);
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
        state.announce(operation_id, status, summary);
        let operation = state.operation(operation_id);
        let numbered = match status {
            "completed" => operation.complete(status, summary, expires_at),
            _ => operation.change_status(status, expires_at),
        };
        state.publish(operation_id, &numbered);
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
        for socket in forgotten.all_sockets() {
            socket.cut();
        }
    }

    /// Says goodbye to every socket; used when the process ends.
    pub(crate) fn close_all(&self) {
        for socket in self.lock().all_sockets() {
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
            state.announce(operation_id, "gone", "");
            state.hub.forget(operation_id);
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

    fn all_sockets(&self) -> impl Iterator<Item = &Socket> {
        self.sockets.values().flat_map(BTreeMap::values).chain(self.hub.sockets())
    }

    /// Tells every v2 socket of the owner how an operation fares; comes before the frames it belongs to.
    fn announce(&mut self, operation_id: &str, status: &str, summary: &str) {
        if let Some(operation) = self.operations.get(operation_id) {
            self.hub.announce(operation_id, operation, status, summary);
        }
    }

    /// Queues one entry of the sequence to every v1 socket and every v2 subscription.
    fn publish(&mut self, operation_id: &str, numbered: &Numbered) {
        for socket in self.authenticated(operation_id) {
            match (&numbered.v1, numbered.event_kind()) {
                (Some(frame), Some(_)) => socket.send_event(frame.clone()),
                (Some(frame), None) => socket.send(frame.clone()),
                (None, _) => {}
            }
        }
        let owner = self.operations.get(operation_id).and_then(|operation| operation.user_id.as_deref());
        if let Some(owner) = owner {
            self.hub.publish(owner, operation_id, numbered);
        }
    }
}

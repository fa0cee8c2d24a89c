//! What the v2 sockets ask of the gateway.

use std::sync::atomic::Ordering;

use tokio::sync::mpsc;
use uuid::Uuid;

use super::{Gateway, State};
use crate::v2::{DocumentFrame, Refusal, Standing, Subscribe};
use crate::writer::{Outgoing, Socket};

impl Gateway {
    /// Every v2 socket of a user.
    pub(crate) fn sockets_of_user(&self, user_id: &str) -> Vec<Socket> {
        self.lock().hub.sockets_of(user_id).cloned().collect()
    }

    /// Whether a v2 socket subscribed to an operation is half way to its limit.
    pub(crate) fn is_congested(&self, operation_id: &str) -> bool {
        let state = self.lock();
        let mut subscribers = state.hub.subscribers(operation_id);
        subscribers.any(|socket| socket.is_client() && socket.waiting() > self.v2_queue_limit / 2)
    }

    /// Takes in a socket of a user who is authenticated.
    pub(crate) fn join(&self, user_id: &str) -> (Socket, mpsc::UnboundedReceiver<Outgoing>) {
        let id = self.next_socket.fetch_add(1, Ordering::Relaxed);
        let (socket, queue) = Socket::bounded(id, self.v2_queue_limit);
        self.lock().hub.join(user_id, socket.clone(), &Uuid::new_v4().to_string());
        (socket, queue)
    }

    /// Removes a socket and all it is subscribed to; nothing happens when it is gone already.
    pub(crate) fn leave(&self, socket: &Socket) {
        self.lock().hub.leave(socket);
    }

    /// Errors when the operation belongs to another user, which the client has been told then.
    pub(crate) fn subscribe(&self, socket: &Socket, wanted: &Subscribe<'_>) -> Result<(), Refusal> {
        let mut state = self.lock();
        let State { operations, hub, .. } = &mut *state;
        hub.subscribe(socket, wanted, operations.get(wanted.operation_id))
    }

    pub(crate) fn unsubscribe(&self, socket: &Socket, operation_id: &str) {
        self.lock().hub.unsubscribe(socket, operation_id);
    }

    /// Whether a socket may send something to an operation.
    pub(crate) fn standing(&self, socket: &Socket, operation_id: &str) -> Standing {
        let state = self.lock();
        let owner = state.operations.get(operation_id).and_then(|operation| operation.user_id.as_deref());
        state.hub.standing(socket, operation_id, owner)
    }

    pub(crate) fn document(&self, socket: &Socket, frame: DocumentFrame) {
        self.lock().hub.document(socket, frame);
    }
}

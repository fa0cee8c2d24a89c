//! The v2 sockets of every user and what they are subscribed to (§2.4). No clock, no I/O, no lock.
//!
//! Whoever holds the hub holds the operations as well, so a replay and the turn to live events are one
//! step: nothing can arrive between them that would have to be collected.

use std::collections::{BTreeMap, HashMap};

use super::frames::{self, DocumentFrame};
use super::rooms::Rooms;
use crate::operation::{Numbered, Operation};
use crate::writer::Socket;

const EXECUTOR_ONLY: &str = "tool_execute";

/// Every v2 socket, by user.
#[derive(Default)]
pub(crate) struct Hub {
    users: HashMap<String, BTreeMap<u64, Member>>,
    rooms: Rooms,
}

/// What a client asks to hear of.
pub(crate) struct Subscribe<'a> {
    pub(crate) operation_id: &'a str,
    /// Only what has a higher id is wanted.
    pub(crate) last_event_id: u64,
    /// Whether this socket runs tools.
    pub(crate) executor: bool,
}

/// The operation belongs to somebody else.
#[derive(Debug, PartialEq)]
pub(crate) struct Refusal;

/// What a socket may do with an operation.
#[derive(Debug, PartialEq)]
pub(crate) enum Standing {
    Subscribed,
    NotSubscribed,
    Forbidden,
}

struct Member {
    socket: Socket,
    subscriptions: HashMap<String, Subscription>,
}

struct Subscription {
    last_id: u64,
    executor: bool,
    state: SubscriptionState,
}

#[derive(PartialEq)]
enum SubscriptionState {
    /// The operation has no owner yet.
    Pending,
    Live,
}

impl Hub {
    pub(crate) fn sockets(&self) -> impl Iterator<Item = &Socket> {
        self.users.values().flat_map(BTreeMap::values).map(|member| &member.socket)
    }

    pub(crate) fn sockets_of(&self, user_id: &str) -> impl Iterator<Item = &Socket> {
        self.users.get(user_id).into_iter().flat_map(BTreeMap::values).map(|member| &member.socket)
    }

    /// The sockets subscribed to an operation, whosever they are.
    pub(crate) fn subscribers(&self, operation_id: &str) -> impl Iterator<Item = &Socket> {
        let members = self.users.values().flat_map(BTreeMap::values);
        members.filter(move |member| member.subscriptions.contains_key(operation_id)).map(|member| &member.socket)
    }

    /// Takes a socket in; `ready` precedes everything else it hears.
    pub(crate) fn join(&mut self, user_id: &str, socket: Socket, connection_id: &str) {
        socket.admit(user_id);
        socket.send(frames::ready(user_id, connection_id));
        let member = Member { socket, subscriptions: HashMap::new() };
        self.users.entry(user_id.to_owned()).or_default().insert(member.socket.id(), member);
    }

    pub(crate) fn leave(&mut self, socket: &Socket) {
        self.rooms.leave_all(socket);
        let Some(user_id) = socket.user() else { return };
        let Some(members) = self.users.get_mut(user_id) else { return };
        members.remove(&socket.id());
        if members.is_empty() {
            self.users.remove(user_id);
        }
    }

    /// Replaces the subscription a socket may have; errors when the operation belongs to another user.
    pub(crate) fn subscribe(
        &mut self,
        socket: &Socket,
        wanted: &Subscribe<'_>,
        operation: Option<&Operation>,
    ) -> Result<(), Refusal> {
        let Some(member) = self.member(socket) else { return Ok(()) };
        let owner = operation.and_then(|operation| operation.user_id.as_deref());
        if owner.is_some_and(|owner| Some(owner) != socket.user()) {
            member.subscriptions.remove(wanted.operation_id);
            member.socket.send(frames::subscribe_failed(wanted.operation_id, "forbidden"));
            return Err(Refusal);
        }
        let mut subscription = Subscription {
            last_id: wanted.last_event_id,
            executor: wanted.executor,
            state: SubscriptionState::Pending,
        };
        match operation.filter(|_| owner.is_some()) {
            Some(operation) => subscription.catch_up(wanted.operation_id, operation, &member.socket),
            None => member.socket.send(frames::resume_complete(wanted.operation_id, None, false)),
        }
        member.subscriptions.insert(wanted.operation_id.to_owned(), subscription);
        Ok(())
    }

    /// Ends a subscription, if there is one, without an answer.
    pub(crate) fn unsubscribe(&mut self, socket: &Socket, operation_id: &str) {
        if let Some(member) = self.member(socket) {
            member.subscriptions.remove(operation_id);
        }
    }

    /// Whether a socket may send something to an operation; a pending subscription is enough.
    pub(crate) fn standing(&self, socket: &Socket, operation_id: &str, owner: Option<&str>) -> Standing {
        let member = socket.user().and_then(|user_id| self.users.get(user_id)?.get(&socket.id()));
        if !member.is_some_and(|member| member.subscriptions.contains_key(operation_id)) {
            return Standing::NotSubscribed;
        }
        match owner {
            Some(owner) if Some(owner) != socket.user() => Standing::Forbidden,
            _ => Standing::Subscribed,
        }
    }

    /// Tells every socket of the owner how an operation fares.
    pub(crate) fn announce(&self, operation_id: &str, operation: &Operation, status: &str, summary: &str) {
        let Some(owner) = operation.user_id.as_deref() else { return };
        let mut frame = None;
        for socket in self.sockets_of(owner).filter(|socket| socket.is_client()) {
            let frame =
                frame.get_or_insert_with(|| frames::op_lifecycle(operation_id, status, operation.meta(), summary));
            socket.send(frame.clone());
        }
    }

    /// Serves the owner's subscriptions that waited for the operation to be known.
    pub(crate) fn activate(&mut self, operation_id: &str, operation: &Operation) {
        let members = operation.user_id.as_deref().and_then(|owner| self.users.get_mut(owner));
        for member in members.into_iter().flat_map(BTreeMap::values_mut) {
            let Some(subscription) = member.subscriptions.get_mut(operation_id) else { continue };
            if subscription.state == SubscriptionState::Pending {
                subscription.catch_up(operation_id, operation, &member.socket);
            }
        }
    }

    /// Queues one entry of the sequence to every subscription of the owner that has not had it.
    ///
    /// None of them is pending, since [`Hub::activate`] served those when the owner became known.
    pub(crate) fn publish(&mut self, owner: &str, operation_id: &str, numbered: &Numbered) {
        let Some(members) = self.users.get_mut(owner) else { return };
        let mut live: Vec<_> = members
            .values_mut()
            .filter(|member| member.socket.is_client())
            .filter_map(|member| Some((&member.socket, member.subscriptions.get_mut(operation_id)?)))
            .collect();
        let for_executors = numbered.event_kind() == Some(EXECUTOR_ONLY);
        if for_executors && live.iter().any(|(_, subscription)| subscription.executor) {
            live.retain(|(_, subscription)| subscription.executor);
        }
        let mut frame = None;
        for (socket, subscription) in live {
            if numbered.id <= subscription.last_id {
                continue;
            }
            subscription.last_id = numbered.id;
            let frame = frame.get_or_insert_with(|| frames::numbered(operation_id, numbered)).clone();
            match numbered.event_kind() {
                Some(_) => socket.send_event(frame),
                None => socket.send(frame),
            }
        }
    }

    /// Drops every subscription of an operation without telling it.
    pub(crate) fn forget(&mut self, operation_id: &str) {
        for member in self.users.values_mut().flat_map(BTreeMap::values_mut) {
            member.subscriptions.remove(operation_id);
        }
    }

    pub(crate) fn document(&mut self, socket: &Socket, frame: DocumentFrame) {
        self.rooms.handle(socket, frame);
    }

    fn member(&mut self, socket: &Socket) -> Option<&mut Member> {
        self.users.get_mut(socket.user()?)?.get_mut(&socket.id())
    }
}

impl Subscription {
    /// Replays what is buffered, says how the operation stands, and goes live.
    fn catch_up(&mut self, operation_id: &str, operation: &Operation, socket: &Socket) {
        let (missed, gap) = operation.replay(self.last_id);
        for numbered in missed {
            self.last_id = numbered.id;
            socket.send_replayed(frames::numbered(operation_id, numbered));
        }
        let status = operation.status.as_deref().unwrap_or("running");
        socket.send(frames::resume_complete(operation_id, Some(status), gap));
        self.state = SubscriptionState::Live;
    }
}

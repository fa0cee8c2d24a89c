//! Document channels: one room per document, in memory, its payloads opaque (§2.5).
//!
//! A room keeps every update, since it cannot merge what it does not understand, and hands them to
//! whoever comes later; updates of a replicated document may be applied again.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};
use uuid::Uuid;

use super::frames::{ClientId, DocumentFrame, doc_error};
use crate::frames::text;
use crate::writer::Socket;

const UPDATES_KEPT: usize = 10_000;
/// An update that holds nothing, as a replica writes it.
const EMPTY_UPDATE: &str = "AAA=";

/// Every document anybody opened since the start.
#[derive(Default)]
pub(super) struct Rooms(HashMap<String, Room>);

struct Room {
    epoch: String,
    members: BTreeMap<u64, Socket>,
    updates: Vec<String>,
    /// By the replica it describes, with the socket it came from.
    awareness: BTreeMap<ClientId, (u64, Value)>,
}

impl Rooms {
    pub(super) fn handle(&mut self, socket: &Socket, frame: DocumentFrame) {
        match frame {
            DocumentFrame::Subscribe { document_id, epoch } => {
                self.0.entry(document_id.clone()).or_default().enter(&document_id, socket, epoch.as_deref());
            }
            DocumentFrame::Unsubscribe { document_id } => {
                if let Some(room) = self.0.get_mut(&document_id) {
                    room.leave(&document_id, socket);
                }
            }
            DocumentFrame::Update { document_id, seq, update } => {
                if let Some(room) = self.entered(&document_id, socket) {
                    room.update(&document_id, socket, seq, update);
                }
            }
            DocumentFrame::Awareness { document_id, client_id, state } => {
                if let Some(room) = self.entered(&document_id, socket) {
                    room.describe(&document_id, socket, client_id, state);
                }
            }
        }
    }

    pub(super) fn leave_all(&mut self, socket: &Socket) {
        for (document_id, room) in &mut self.0 {
            room.leave(document_id, socket);
        }
    }

    /// The room a socket is in; one that is not is told so.
    fn entered(&mut self, document_id: &str, socket: &Socket) -> Option<&mut Room> {
        let room = self.0.get_mut(document_id).filter(|room| room.members.contains_key(&socket.id()));
        if room.is_none() {
            socket.send(doc_error(document_id, "not_subscribed", "Not subscribed to this document"));
        }
        room
    }
}

impl Default for Room {
    fn default() -> Self {
        Self {
            epoch: Uuid::new_v4().to_string(),
            members: BTreeMap::new(),
            updates: Vec::new(),
            awareness: BTreeMap::new(),
        }
    }
}

impl Room {
    /// `epoch` is that of the room the client was in before; another one means it has to start over.
    fn enter(&mut self, document_id: &str, socket: &Socket, epoch: Option<&str>) {
        let first = self.members.keys().all(|id| *id == socket.id());
        let bootstrapped = !self.updates.is_empty();
        self.members.insert(socket.id(), socket.clone());
        let awareness: Vec<_> = self
            .awareness
            .iter()
            .filter(|(_, (from, _))| *from != socket.id())
            .map(|(client_id, (_, state))| json!({ "clientID": client_id, "state": state }))
            .collect();
        socket.send(text(json!({
            "type": "doc_synced", "documentId": document_id, "access": "edit", "awareness": awareness,
            "bootstrap": first && !bootstrapped, "bootstrapped": bootstrapped, "epoch": self.epoch,
            "reset": epoch.is_some_and(|epoch| epoch != self.epoch), "update": EMPTY_UPDATE,
        })));
        for update in &self.updates {
            socket.send_replayed(doc_update(document_id, update));
        }
    }

    fn leave(&mut self, document_id: &str, socket: &Socket) {
        if self.members.remove(&socket.id()).is_none() {
            return;
        }
        let described = self.awareness.iter().filter(|(_, (from, _))| *from == socket.id());
        let described: Vec<_> = described.map(|(client_id, _)| *client_id).collect();
        for client_id in described {
            self.describe(document_id, socket, client_id, Value::Null);
        }
    }

    fn update(&mut self, document_id: &str, socket: &Socket, seq: u64, update: String) {
        if self.updates.len() >= UPDATES_KEPT {
            socket.send(doc_error(document_id, "room_full", "This document takes no more updates"));
            return;
        }
        socket.send(text(json!({ "type": "doc_ack", "documentId": document_id, "seq": seq })));
        let frame = doc_update(document_id, &update);
        self.others(socket).for_each(|other| other.send(frame.clone()));
        self.updates.push(update);
    }

    /// Tells the others about a replica; `null` takes back what was said before.
    fn describe(&mut self, document_id: &str, socket: &Socket, client_id: ClientId, state: Value) {
        let frame = text(json!({
            "type": "doc_awareness", "documentId": document_id, "clientID": client_id, "state": state,
        }));
        self.others(socket).for_each(|other| other.send(frame.clone()));
        if state.is_null() {
            self.awareness.remove(&client_id);
        } else {
            self.awareness.insert(client_id, (socket.id(), state));
        }
    }

    fn others(&self, socket: &Socket) -> impl Iterator<Item = &Socket> {
        self.members.values().filter(|member| member.id() != socket.id() && member.is_client())
    }
}

fn doc_update(document_id: &str, update: &str) -> axum::extract::ws::Utf8Bytes {
    text(json!({ "type": "doc_update", "documentId": document_id, "update": update }))
}

//! The gateway of the model: what the protocol says a gateway does, and nothing else.

use std::collections::BTreeMap;

use agent_gateway_client::agent::{Ending, EventHead, EventId, EventType, SessionStatus};
use agent_gateway_client::machine::DialId;
use agent_gateway_client::v1::wire::{ClientFrame, ServerFrame};

use crate::schedule::Ended;

const AUTHENTICATE_WITHIN: u64 = 10_000;
const HEARTBEAT_WITHIN: u64 = 90_000;

/// The payload of an event is its place in the order in which everything was pushed.
pub type Frame = ServerFrame<u32>;

#[derive(Default)]
pub struct Gateway {
    pub known: bool,
    pub status: Option<SessionStatus>,
    pub refuses: bool,
    pub duplicates: bool,
    pub without_acks: bool,
    pub refuse_next_token: bool,
    /// Tokens of an older generation are expired.
    pub oldest_token: u32,
    pub echo_as_status: bool,
    /// After it forgot everything, it counted past a client's cursor before that client came back. Ids then look as if
    /// nothing had happened, so no client can tell.
    pub overtook_a_cursor: bool,
    /// How often it forgot everything.
    pub generation: u32,
    counter: u64,
    buffer: Vec<Frame>,
    sockets: BTreeMap<DialId, Socket>,
    pub out: Vec<(DialId, Delivery)>,
}

pub enum Delivery {
    Frame(Frame),
    Close(u16, &'static str),
}

struct Socket {
    authenticated: bool,
    half_open: bool,
    opened_at: u64,
    last_heartbeat: u64,
}

impl Gateway {
    pub fn deadline(&self) -> Option<u64> {
        self.sockets.values().filter(|socket| !socket.half_open).map(Socket::deadline).min()
    }

    pub fn timeout(&mut self, now: u64) {
        let late: Vec<DialId> = self
            .sockets
            .iter()
            .filter(|(_, socket)| !socket.half_open && socket.deadline() <= now)
            .map(|(dial, _)| *dial)
            .collect();
        for dial in late {
            let socket = &self.sockets[&dial];
            if socket.authenticated {
                self.close(dial, 1000, "Heartbeat timeout");
            } else {
                let reason = "Authentication timeout".to_owned();
                self.send(dial, ServerFrame::AuthFailed { reason });
                self.close(dial, 1008, "Authentication timeout");
            }
        }
    }

    pub fn accept(&mut self, dial: DialId, now: u64) {
        let socket = Socket { authenticated: false, half_open: false, opened_at: now, last_heartbeat: now };
        self.sockets.insert(dial, socket);
    }

    pub fn forget(&mut self, dial: DialId) {
        self.sockets.remove(&dial);
    }

    pub fn cut_all(&mut self) -> Vec<DialId> {
        std::mem::take(&mut self.sockets).into_iter().filter(|(_, socket)| !socket.half_open).map(|(d, _)| d).collect()
    }

    pub fn half_open_all(&mut self) {
        self.sockets.values_mut().for_each(|socket| socket.half_open = true);
    }

    /// What stands hears nothing more until it presents a fresh token.
    pub fn expire_sockets(&mut self) {
        let stood = |(dial, socket): (&DialId, &mut Socket)| std::mem::take(&mut socket.authenticated).then_some(*dial);
        let dials: Vec<DialId> = self.sockets.iter_mut().filter_map(stood).collect();
        dials.into_iter().for_each(|dial| self.send(dial, ServerFrame::AuthExpired));
    }

    pub fn forget_everything(&mut self) {
        self.known = false;
        self.status = None;
        self.counter = 0;
        self.generation += 1;
        self.buffer.clear();
    }

    pub fn initialise(&mut self) {
        self.known = true;
        if self.status.is_none() {
            self.status = Some(SessionStatus::Running);
        }
    }

    pub fn receive(&mut self, dial: DialId, frame: ClientFrame, cursor_generation: u32, now: u64) {
        let Some(socket) = self.sockets.get_mut(&dial).filter(|socket| !socket.half_open) else {
            return;
        };
        match frame {
            ClientFrame::Auth { token, .. } if !socket.authenticated => self.authenticate(dial, &token),
            ClientFrame::Resume { last_event_id } if socket.authenticated => {
                self.replay(dial, &last_event_id, cursor_generation);
            }
            ClientFrame::Heartbeat if socket.authenticated => {
                socket.last_heartbeat = now;
                if !self.without_acks {
                    self.send(dial, ServerFrame::HeartbeatAck);
                }
            }
            _ => {}
        }
    }

    pub fn push_event(&mut self, head: EventHead, payload: u32) {
        let ends = head.event_type == EventType::AGENT_RUNTIME_END;
        let (status, own) = (head.terminal_status(), head.own);
        let id = self.next_id();
        self.broadcast(ServerFrame::AgentEvent { id, head, payload });
        if !ends {
            return;
        }
        self.status = Some(status.clone());
        let id = self.next_id();
        if self.echo_as_status && !own && status != SessionStatus::Completed {
            self.broadcast(ServerFrame::StatusChange { id, status });
        } else {
            self.broadcast(ServerFrame::SessionComplete { id, summary: None });
        }
    }

    pub fn update_status(&mut self, status: SessionStatus) {
        self.status = Some(status.clone());
        let id = self.next_id();
        self.broadcast(match status {
            SessionStatus::Completed => ServerFrame::SessionComplete { id, summary: None },
            status => ServerFrame::StatusChange { id, status },
        });
    }

    /// The events with an id up to this one, of the sequence that the gateway counts now.
    pub fn events_up_to(&self, number: u64) -> impl Iterator<Item = u32> {
        self.buffer.iter().filter_map(move |frame| match frame {
            ServerFrame::AgentEvent { id: Some(EventId::Number(id)), payload, .. } if *id <= number => Some(*payload),
            _ => None,
        })
    }

    fn authenticate(&mut self, dial: DialId, token: &str) {
        let generation = token.trim_start_matches('t').parse::<u32>().unwrap_or(0);
        if std::mem::take(&mut self.refuse_next_token) {
            self.send(dial, ServerFrame::AuthFailed { reason: "refused".to_owned() });
            self.close(dial, 1008, "refused");
        } else if generation < self.oldest_token {
            self.send(dial, ServerFrame::AuthExpired);
        } else if let Some(socket) = self.sockets.get_mut(&dial) {
            socket.authenticated = true;
            self.send(dial, ServerFrame::AuthSuccess);
        }
    }

    fn replay(&mut self, dial: DialId, last_event_id: &str, cursor_generation: u32) {
        let last = last_event_id.parse::<u64>().unwrap_or(0);
        self.overtook_a_cursor |= cursor_generation < self.generation && last > 0 && self.counter > last;
        let missed = |frame: &&Frame| frame.id().and_then(EventId::number) > Some(last);
        let replay: Vec<Frame> = self.buffer.iter().filter(missed).cloned().collect();
        replay.into_iter().for_each(|frame| self.send(dial, frame));
        if let Some(status) = self.status.clone() {
            self.send(dial, ServerFrame::ResumeComplete { status: Some(status), gap: false, pending: false });
        }
    }

    fn next_id(&mut self) -> Option<EventId> {
        self.counter += 1;
        Some(EventId::Number(self.counter))
    }

    fn broadcast(&mut self, frame: Frame) {
        self.buffer.push(frame.clone());
        let dials: Vec<DialId> =
            self.sockets.iter().filter(|(_, socket)| socket.authenticated).map(|(dial, _)| *dial).collect();
        for dial in dials {
            if self.duplicates {
                self.send(dial, frame.clone());
            }
            self.send(dial, frame.clone());
        }
    }

    fn send(&mut self, dial: DialId, frame: Frame) {
        if self.sockets.get(&dial).is_some_and(|socket| !socket.half_open) {
            self.out.push((dial, Delivery::Frame(frame)));
        }
    }

    fn close(&mut self, dial: DialId, code: u16, reason: &'static str) {
        self.out.push((dial, Delivery::Close(code, reason)));
        self.sockets.remove(&dial);
    }
}

impl Socket {
    fn deadline(&self) -> u64 {
        if self.authenticated { self.last_heartbeat + HEARTBEAT_WITHIN } else { self.opened_at + AUTHENTICATE_WITHIN }
    }
}

pub fn head(event_type: EventType, own: bool, now: u64, ended: Option<Ended>) -> EventHead {
    let ending = ended.map(|ended| Box::new(Ending { reason: Some(ended.reason().to_owned()), ..Ending::default() }));
    EventHead { event_type, own, step_index: 0, timestamp: Some(now), ending }
}

impl Ended {
    fn reason(self) -> &'static str {
        match self {
            Self::Completed => "done",
            Self::Error => "error",
            Self::Interrupted => "interrupted",
        }
    }

    pub fn status(self) -> SessionStatus {
        match self {
            Self::Completed => SessionStatus::Completed,
            Self::Error => SessionStatus::Error,
            Self::Interrupted => SessionStatus::Interrupted,
        }
    }
}

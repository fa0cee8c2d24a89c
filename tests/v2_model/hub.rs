//! The hub as gateways are seen to be (§2.4, §8): it numbers, buffers, replays, echoes and forgets.

use std::collections::BTreeMap;

use agent_gateway_client::agent::{Ending, EventHead, EventId, EventType, SessionStatus};
use agent_gateway_client::machine::DialId;
use agent_gateway_client::operation::ServerFrame;

use crate::schedule::{End, OPERATIONS};

/// A frame on its way: of an operation, by its number, or of the connection.
#[derive(Clone, Debug)]
pub enum Frame {
    Ready,
    HeartbeatAck,
    Operation(usize, ServerFrame<u32>),
    Lifecycle(usize, &'static str),
}

#[derive(Default)]
pub struct Hub {
    operations: [Operation; OPERATIONS],
    sockets: BTreeMap<DialId, BTreeMap<usize, Subscription>>,
    pub echoes_session_complete_only: bool,
    pub sent: Vec<(DialId, Frame)>,
    clock: u64,
}

#[derive(Default)]
struct Operation {
    known: bool,
    last_id: u64,
    buffer: Vec<ServerFrame<u32>>,
    status: Option<SessionStatus>,
}

struct Subscription {
    last: u64,
    pending: bool,
}

impl Hub {
    pub fn begin(&mut self, operation: usize) {
        if self.operations[operation].known {
            return;
        }
        self.operations[operation].known = true;
        self.operations[operation].status = Some(SessionStatus::Running);
        self.feed(operation, "running");
        let waiting = self.sockets.iter().filter(|(_, subs)| subs.get(&operation).is_some_and(|sub| sub.pending));
        let waiting: Vec<_> = waiting.into_iter().map(|(dial, _)| *dial).collect();
        for dial in waiting {
            let last = self.sockets[&dial][&operation].last;
            self.replay(dial, operation, last);
        }
    }

    pub fn is_known(&self, operation: usize) -> bool {
        self.operations[operation].known
    }

    pub fn accept(&mut self, dial: DialId) {
        self.sockets.insert(dial, BTreeMap::new());
        self.sent.push((dial, Frame::Ready));
    }

    pub fn close(&mut self, dial: DialId) {
        self.sockets.remove(&dial);
    }

    pub fn heartbeat(&mut self, dial: DialId) {
        if self.sockets.contains_key(&dial) {
            self.sent.push((dial, Frame::HeartbeatAck));
        }
    }

    pub fn subscribe(&mut self, dial: DialId, operation: usize, last_event_id: &str) {
        if self.sockets.contains_key(&dial) {
            self.replay(dial, operation, last_event_id.parse().unwrap_or(0));
        }
    }

    pub fn unsubscribe(&mut self, dial: DialId, operation: usize) {
        if let Some(subscriptions) = self.sockets.get_mut(&dial) {
            subscriptions.remove(&operation);
        }
    }

    pub fn chunk(&mut self, operation: usize, label: u32) {
        let head = self.head(EventType::STREAM_CHUNK, true, None);
        self.push(operation, |id| ServerFrame::AgentEvent { id, head, payload: label });
    }

    /// The run's own end: the feed tells it first.
    pub fn end(&mut self, operation: usize, end: End, label: u32) {
        self.conclude(operation, end, label, true);
        self.push(operation, |id| ServerFrame::SessionComplete { id, summary: None });
    }

    /// A member's end on the supervisor's channel, and what the hub makes of it.
    pub fn member_end(&mut self, operation: usize, end: End, label: u32) {
        self.conclude(operation, end, label, false);
        let status = status_of(end);
        if self.echoes_session_complete_only || end == End::Completed {
            self.push(operation, |id| ServerFrame::SessionComplete { id, summary: None });
        }
        if !self.echoes_session_complete_only {
            self.push(operation, |id| ServerFrame::StatusChange { id, status });
        }
    }

    pub fn calls_ended(&self, operation: usize) -> bool {
        self.operations[operation].status.as_ref().is_some_and(SessionStatus::is_terminal)
    }

    pub fn clean_up(&mut self, operation: usize) {
        self.operations[operation] = Operation::default();
        self.feed(operation, "gone");
        for subscriptions in self.sockets.values_mut() {
            subscriptions.remove(&operation);
        }
    }

    pub fn forget_everything(&mut self) {
        self.operations = Default::default();
        self.sockets.clear();
    }

    fn conclude(&mut self, operation: usize, end: End, label: u32, own: bool) {
        let status = status_of(end);
        self.feed(
            operation,
            if end == End::Completed {
                "completed"
            } else if end == End::Failed {
                "error"
            } else {
                "interrupted"
            },
        );
        self.operations[operation].status = Some(status);
        let reason = match end {
            End::Completed => "done",
            End::Failed => "error",
            End::Interrupted => "interrupted",
        };
        let head = self.head(EventType::AGENT_RUNTIME_END, own, Some(reason));
        self.push(operation, |id| ServerFrame::AgentEvent { id, head, payload: label });
    }

    fn head(&mut self, event_type: EventType, own: bool, reason: Option<&str>) -> EventHead {
        self.clock += 1;
        let ending = reason.map(|reason| Box::new(Ending { reason: Some(reason.to_owned()), ..Ending::default() }));
        EventHead { event_type, own, step_index: 0, timestamp: Some(self.clock), ending }
    }

    fn push(&mut self, operation: usize, frame: impl FnOnce(Option<EventId>) -> ServerFrame<u32>) {
        let state = &mut self.operations[operation];
        state.last_id += 1;
        let id = state.last_id;
        let frame = frame(Some(EventId::Number(id)));
        state.buffer.push(frame.clone());
        for (dial, subscriptions) in &mut self.sockets {
            let Some(subscription) = subscriptions.get_mut(&operation) else { continue };
            if !subscription.pending && id > subscription.last {
                subscription.last = id;
                self.sent.push((*dial, Frame::Operation(operation, frame.clone())));
            }
        }
    }

    fn replay(&mut self, dial: DialId, operation: usize, last: u64) {
        let state = &self.operations[operation];
        let pending = !state.known;
        let mut reached = last;
        if !pending {
            for frame in &state.buffer {
                let id = frame.id().and_then(EventId::number).unwrap_or(0);
                if id > last {
                    reached = id;
                    self.sent.push((dial, Frame::Operation(operation, frame.clone())));
                }
            }
        }
        let status = state.status.clone().filter(|_| !pending);
        self.sent
            .push((dial, Frame::Operation(operation, ServerFrame::ResumeComplete { status, gap: false, pending })));
        let subscriptions = self.sockets.get_mut(&dial).expect("a socket that is open");
        subscriptions.insert(operation, Subscription { last: reached, pending });
    }

    fn feed(&mut self, operation: usize, status: &'static str) {
        for dial in self.sockets.keys() {
            self.sent.push((*dial, Frame::Lifecycle(operation, status)));
        }
    }
}

fn status_of(end: End) -> SessionStatus {
    match end {
        End::Completed => SessionStatus::Completed,
        End::Failed => SessionStatus::Error,
        End::Interrupted => SessionStatus::Interrupted,
    }
}

//! What is on its way: it arrives later, and what belongs to one socket stays in order.

use agent_gateway_client::machine::{Answer, DialId, Input, RequestId};
use agent_gateway_client::v1::wire::ClientFrame;

use super::{START, World};
use crate::gateway::{Delivery, Frame};

/// What goes one way on one socket stays in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    ToClient,
    ToGateway,
}

pub(super) enum Parcel {
    /// With the generation that the client's cursor was from when it was sent.
    ToGateway(DialId, ClientFrame, u32),
    Accept(DialId),
    Leave(DialId),
    Opened(DialId),
    Frame {
        dial: DialId,
        frame: Frame,
        generation: u32,
    },
    Closed(DialId, u16, &'static str),
    Answer(RequestId, Answer),
    RefreshByHand,
}

impl World {
    pub(super) fn deliver_next(&mut self) {
        let Some((_, parcel)) = self.network.pop_first() else {
            return;
        };
        match parcel {
            Parcel::ToGateway(dial, frame, cursor_generation) => {
                self.gateway.receive(dial, frame, cursor_generation, self.now);
            }
            Parcel::Leave(dial) => self.gateway.forget(dial),
            Parcel::Accept(dial) if self.gateway.refuses => {
                self.post(self.latency, Some((dial, Way::ToClient)), Parcel::Closed(dial, 1006, ""));
            }
            Parcel::Accept(dial) => {
                self.gateway.accept(dial, self.now);
                self.post(self.latency, Some((dial, Way::ToClient)), Parcel::Opened(dial));
            }
            Parcel::Opened(dial) => {
                if let Some(open) = self.sockets.get_mut(&dial) {
                    *open = true;
                    self.input(Input::Opened { dial });
                }
            }
            Parcel::Frame { dial, frame, generation } => {
                if self.sockets.contains_key(&dial) {
                    let cursor = self.session.last_event_id();
                    if self.trace {
                        eprintln!("{:>8} received {frame:?}", self.now - START);
                    }
                    self.input(Input::Frame { dial, frame });
                    if self.session.last_event_id() != cursor {
                        self.cursor_generation = generation;
                    }
                }
            }
            Parcel::Closed(dial, code, reason) => {
                if self.sockets.remove(&dial).is_some() {
                    self.input(Input::Closed { dial, code, reason: reason.to_owned() });
                }
            }
            Parcel::RefreshByHand => self.refresh_by_hand(),
            Parcel::Answer(request, answer) => self.input(Input::Answered { request, answer }),
        }
    }

    pub(super) fn cut(&mut self) {
        for dial in self.gateway.cut_all() {
            self.post(self.latency, Some((dial, Way::ToClient)), Parcel::Closed(dial, 1006, ""));
        }
    }

    pub(super) fn collect_from_gateway(&mut self) {
        for (dial, delivery) in std::mem::take(&mut self.gateway.out) {
            let parcel = match delivery {
                Delivery::Frame(frame) => Parcel::Frame { dial, frame, generation: self.gateway.generation },
                Delivery::Close(code, reason) => Parcel::Closed(dial, code, reason),
            };
            self.post(self.latency, Some((dial, Way::ToClient)), parcel);
        }
    }

    /// Sends a parcel on its way; what belongs to one socket stays in order.
    pub(super) fn post(&mut self, delay: u64, way: Option<(DialId, Way)>, parcel: Parcel) {
        let mut at = self.now + delay;
        if let Some(way) = way {
            let last = self.last_arrival.entry(way).or_default();
            at = at.max(*last);
            *last = at;
        }
        self.sequence += 1;
        self.network.insert((at, self.sequence), parcel);
    }
}

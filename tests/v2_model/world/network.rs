//! What is on its way between the client, the hub and the host.

use agent_gateway_client::machine::{Answer, DialId, Input, RequestId, Wake};
use agent_gateway_client::v2::wire::{ClientFrame, HubFrame};

use super::{World, name, number};
use crate::hub::Frame;

pub(super) enum Parcel {
    Accept(DialId),
    ToHub(DialId, ClientFrame),
    Opened(DialId),
    Frame(DialId, Frame),
    Closed(DialId, u16),
    Answer(RequestId, Answer),
    Begin(usize),
    Online,
}

impl World {
    pub(super) fn arrive(&mut self, parcel: Parcel) {
        match parcel {
            Parcel::Accept(dial) => {
                if self.sockets[&dial].gone {
                    return;
                }
                self.send_in(self.latency, Parcel::Opened(dial));
                // The third refusal in a row is final.
                if std::mem::take(&mut self.refuse_token) && self.refusals < 2 {
                    self.refusals += 1;
                    self.send_in(self.latency, Parcel::Closed(dial, 4401));
                } else {
                    self.hub.accept(dial);
                }
            }
            Parcel::ToHub(dial, command) => {
                if !self.sockets[&dial].frozen && !self.sockets[&dial].gone {
                    self.hear(dial, command);
                }
            }
            Parcel::Opened(dial) if !self.sockets[&dial].gone => self.input(Input::Opened { dial }),
            Parcel::Frame(dial, frame) if !self.sockets[&dial].gone && !self.sockets[&dial].frozen => {
                self.received(dial, frame);
            }
            Parcel::Closed(dial, code) if !self.sockets[&dial].gone => {
                self.sockets.get_mut(&dial).expect("a socket").gone = true;
                self.input(Input::Closed { dial, code, reason: String::new() });
            }
            Parcel::Answer(request, answer) => self.input(Input::Answered { request, answer }),
            Parcel::Begin(operation) => self.hub.begin(operation),
            Parcel::Online => self.input(Input::Woke(Wake::Online)),
            Parcel::Opened(_) | Parcel::Frame(..) | Parcel::Closed(..) => {}
        }
        self.deliver_from_hub();
    }

    fn hear(&mut self, dial: DialId, command: ClientFrame) {
        match command {
            ClientFrame::Heartbeat => self.hub.heartbeat(dial),
            ClientFrame::Subscribe { operation_id, last_event_id, .. } => {
                self.hub.subscribe(dial, number(&operation_id), &last_event_id);
            }
            ClientFrame::Unsubscribe { operation_id } => self.hub.unsubscribe(dial, number(&operation_id)),
            _ => {}
        }
    }

    fn received(&mut self, dial: DialId, frame: Frame) {
        let channel_of = |operation: usize| self.mux.channel_of(&name(operation));
        let frame = match frame {
            Frame::Ready => {
                self.refusals = 0;
                self.sockets.get_mut(&dial).expect("a socket").ready = true;
                HubFrame::Ready
            }
            Frame::HeartbeatAck => HubFrame::HeartbeatAck,
            Frame::Operation(operation, frame) => match channel_of(operation) {
                Some(channel) => HubFrame::Operation { channel, frame },
                None => return,
            },
            Frame::Lifecycle(operation, status) => {
                HubFrame::Lifecycle { channel: channel_of(operation), status: status.to_owned(), payload: 0 }
            }
        };
        self.input(Input::Frame { dial, frame });
    }

    pub(super) fn deliver_from_hub(&mut self) {
        for (dial, frame) in std::mem::take(&mut self.hub.sent) {
            self.send_in(self.latency, Parcel::Frame(dial, frame));
        }
    }

    pub(super) fn send_in(&mut self, millis: u64, parcel: Parcel) {
        self.sequence += 1;
        self.network.insert((self.now + millis, self.sequence), parcel);
    }
}

//! Events that come without the frames of a gateway: they are all that tells the end.

use std::collections::VecDeque;

use agent_gateway_client::agent::Protocol;
use agent_gateway_client::machine::DialId;
use agent_gateway_client::operation::{At, Effect, Operation};
use agent_gateway_client::time::Timestamp;
use agent_gateway_client::v1::{Event, json};
use serde_json::value::RawValue;

use super::Payload;

/// The stream of one run, event by event.
pub struct Unframed {
    operation_id: String,
    operation: Operation<Payload>,
    told: VecDeque<Event<Payload>>,
}

impl Unframed {
    /// A run of which nothing was told yet.
    pub fn new(operation_id: String) -> Self {
        Self { operation_id, operation: Operation::new(Protocol::V1, ""), told: VecDeque::new() }
    }

    /// Takes an event in; errors with what is wrong with it.
    pub fn take(&mut self, event: &RawValue) -> Result<(), String> {
        let frame = json::decode(&format!(r#"{{"type":"agent_event","event":{}}}"#, event.get()), &self.operation_id)?;
        // Nothing here depends on time or on a socket: events without frames have no replay to put in order.
        let at = At { dial: DialId(0), now: Timestamp::default() };
        self.operation.arrived(frame, at);
        while self.operation.step(at) {}
        while let Some(effect) = self.operation.poll() {
            match effect {
                Effect::Tell(event) => self.told.push_back(event),
                Effect::Ended(completion) => self.told.push_back(Event::Done(completion)),
                Effect::Resume { .. } | Effect::Barrier => {}
            }
        }
        Ok(())
    }

    /// The next thing to tell. Nothing follows [`Event::Done`].
    pub fn poll(&mut self) -> Option<Event<Payload>> {
        self.told.pop_front()
    }
}

//! The one object through which JavaScript calls back into a client.
//!
//! Its methods are plain exports: unlike a closure each, they cost a frame no detour and the module no machinery.

use std::rc::Weak;

use wasm_bindgen::prelude::*;

use super::agent_gateway::AgentGateway;
use super::codec;
use super::driver::Driver;
use super::platform::millis;
use crate::machine::{Answer, DialId, Input, RequestId, Wake};
use crate::v2::wire::Channel;

/// A way back into a client, for the snippets of this module. Once the client is gone it does nothing.
#[wasm_bindgen]
pub struct AgentGatewayPort(Weak<Driver<AgentGateway>>);

impl AgentGatewayPort {
    pub(super) fn to(driver: Weak<Driver<AgentGateway>>) -> JsValue {
        Self(driver).into()
    }
}

#[wasm_bindgen]
impl AgentGatewayPort {
    /// The subscription that an event may be delivered to at once, 0 for none; a stream has one, whatever the channel.
    /// `number` is NaN where the id is none, `kind` the index of the type, and 32 more where the event is the operation's
    /// own.
    pub fn admit(&self, dial: u32, channel: u32, number: f64, kind: u32, step_index: f64, timestamp: f64) -> u32 {
        let Some(driver) = self.0.upgrade().filter(|_| !number.is_nan()) else { return 0 };
        let head = codec::routed_head(kind, step_index, timestamp);
        driver.admit(DialId(dial), Channel(channel), number as u64, &head)
    }

    /// Hands an admitted event to the host.
    pub fn deliver(&self, subscription: u32, event: JsValue) {
        if let Some(driver) = self.0.upgrade() {
            driver.deliver(subscription, event);
        }
    }

    /// A frame that was not delivered at once, and the type of the event where it is one; `channel` where a mux has the
    /// operation.
    pub fn frame(&self, dial: u32, channel: Option<u32>, frame: JsValue, event_type: u32, now: f64) {
        if let Some(driver) = self.0.upgrade() {
            driver.frame(DialId(dial), channel.map(Channel), frame, event_type, millis(now));
        }
    }

    /// What a socket reports besides frames.
    pub fn signal(&self, dial: u32, kind: u32, code: u16, text: String, now: f64) {
        if let Some(driver) = self.0.upgrade() {
            driver.signal(DialId(dial), kind, code, text, millis(now));
        }
    }

    /// What the page or the network reports.
    pub fn wake(&self, signal: u32) {
        if let Some(driver) = self.0.upgrade() {
            driver.input(Input::Woke(Wake::from_signal(signal)));
        }
    }

    /// The host's answer: 0 a token, 1 a failure, 2 a refusal.
    pub fn answer(&self, request: u32, outcome: u32, text: String) {
        let Some(driver) = self.0.upgrade() else { return };
        let answer = match outcome {
            0 => Answer::Token(codec::token(text)),
            1 => Answer::Failed { detail: text },
            _ => Answer::Unauthorized { detail: text },
        };
        driver.answer(RequestId(request), answer);
    }
}

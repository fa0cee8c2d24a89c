//! The one object through which JavaScript calls back into a client.
//!
//! Its methods are plain exports: unlike a closure each, they cost a frame no detour and the module no machinery.

use std::rc::Weak;

use wasm_bindgen::prelude::*;

use super::codec;
use super::driver::Driver;
use crate::machine::{Answer, DialId, Input, RequestId, Wake};
use crate::time::Timestamp;

/// A way back into a client, for the snippets of this module. Once the client is gone it does nothing.
#[wasm_bindgen]
pub struct AgentGatewayPort(Weak<Driver>);

impl AgentGatewayPort {
    pub(super) fn to(driver: Weak<Driver>) -> JsValue {
        Self(driver).into()
    }
}

#[wasm_bindgen]
impl AgentGatewayPort {
    /// Whether an event may be delivered at once; `number` is NaN where the id is none.
    pub fn admit(&self, dial: u32, number: f64, event_type: u32, own: bool, step_index: f64, timestamp: f64) -> bool {
        let Some(driver) = self.0.upgrade() else { return false };
        let head = codec::routed_head(event_type, own, step_index, timestamp);
        !number.is_nan() && driver.admit(DialId(dial), number as u64, &head)
    }

    /// Hands an admitted event to the host.
    pub fn deliver(&self, event: JsValue) {
        if let Some(driver) = self.0.upgrade() {
            driver.deliver(event);
        }
    }

    /// A frame that was not delivered at once, and the type of the event where it is one.
    pub fn frame(&self, dial: u32, frame: JsValue, event_type: u32, now: f64) {
        let Some(driver) = self.0.upgrade() else { return };
        let frame = codec::frame(frame, event_type, driver.operation_id());
        driver.input_at(Input::Frame { dial: DialId(dial), frame }, millis(now));
    }

    /// What a socket reports besides frames.
    pub fn signal(&self, dial: u32, kind: u32, code: u16, text: String, now: f64) {
        let Some(driver) = self.0.upgrade() else { return };
        let dial = DialId(dial);
        let input = match kind {
            0 => Input::Opened { dial },
            1 => Input::Faulted { dial },
            2 => return driver.closed(dial, code, text, millis(now)),
            _ => Input::Garbled { dial, detail: text },
        };
        driver.input_at(input, millis(now));
    }

    /// What the page or the network reports.
    pub fn wake(&self, signal: u32) {
        let wake = match signal {
            0 => Wake::Visible,
            1 => Wake::Resumed,
            2 => Wake::Shown,
            3 => Wake::Hidden,
            4 => Wake::Online,
            _ => Wake::Offline,
        };
        if let Some(driver) = self.0.upgrade() {
            driver.input(Input::Woke(wake));
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

fn millis(now: f64) -> Timestamp {
    Timestamp::from_millis(now as u64)
}

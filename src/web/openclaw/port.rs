//! The one object through which JavaScript calls back into an OpenClaw client.

use std::rc::Weak;

use wasm_bindgen::prelude::*;

use super::super::driver::Driver;
use super::super::platform::millis;
use super::payload::Value;
use crate::machine::{DialId, Input, Wake};
use crate::openclaw::Client;

/// A way back into a client, for the snippets of this module. Once the client is gone it does nothing.
#[wasm_bindgen]
pub struct OpenClawPort(Weak<Driver<Client<Value>>>);

impl OpenClawPort {
    pub(super) fn to(driver: Weak<Driver<Client<Value>>>) -> JsValue {
        Self(driver).into()
    }
}

#[wasm_bindgen]
impl OpenClawPort {
    /// A frame, parsed.
    pub fn frame(&self, dial: u32, frame: JsValue, now: f64) {
        if let Some(driver) = self.0.upgrade() {
            driver.frame(DialId(dial), frame, millis(now));
        }
    }

    /// What a socket reports besides frames: 0 open, 1 an error, 2 its end, 3 a message that is no frame.
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
}

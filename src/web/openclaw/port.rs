//! The one object through which JavaScript calls back into an OpenClaw client.

use std::rc::Weak;

use wasm_bindgen::prelude::*;

use super::super::driver::Driver;
use super::super::platform::millis;
use super::payload::Value;
use crate::machine::{DialId, Input, Wake};
use crate::openclaw::{Client, Piece};

/// A way back into a client, for the snippets of this module. Once the client is gone it does nothing.
#[wasm_bindgen]
pub struct OpenClawPort(Weak<Driver<Client<Value>>>);

impl OpenClawPort {
    pub(super) fn to(driver: Weak<Driver<Client<Value>>>) -> JsValue {
        Self(driver).into()
    }
}

impl OpenClawPort {
    fn admitted<R>(&self, seq: f64, admit: impl FnOnce(&mut Client<Value>, Option<u64>) -> Option<R>) -> Option<R> {
        let number = seq as u64;
        let is_whole = seq.is_nan() || number as f64 == seq;
        let driver = self.0.upgrade().filter(|_| is_whole)?;
        let mut client = driver.in_use()?;
        admit(&mut client, (!seq.is_nan()).then_some(number))
    }
}

#[wasm_bindgen]
impl OpenClawPort {
    /// Whether an event that the client does not read may be told at once; `seq` is NaN where it has none.
    pub fn admit(&self, dial: u32, seq: f64, now: f64) -> bool {
        let admit = |client: &mut Client<Value>, seq| client.admit(DialId(dial), seq, millis(now)).then_some(());
        self.admitted(seq, admit).is_some()
    }

    /// The same of the whole text of a run: 0 where it may not; 1 where the session is no open chat, 2 where the text is
    /// known, 3 where it is new.
    #[wasm_bindgen(js_name = admitText)]
    pub fn admit_text(&self, dial: u32, seq: f64, key: JsValue, run: JsValue, text: JsValue, now: f64) -> u32 {
        let (key, run, text) = (Value(key), Value(run), Value(text));
        let admit =
            |client: &mut Client<Value>, seq| client.admit_text(DialId(dial), seq, (&key, &run, &text), millis(now));
        self.admitted(seq, admit).map_or(0, |piece| match piece {
            Piece::OfNoChat => 1,
            Piece::Known => 2,
            Piece::New => 3,
        })
    }

    /// The same of a run that the last text was of, and still is the one; `text` is undefined where it is known.
    #[wasm_bindgen(js_name = admitMore)]
    pub fn admit_more(&self, dial: u32, seq: f64, text: JsValue, now: f64) -> bool {
        let text = (!text.is_undefined()).then_some(Value(text));
        let admit =
            |client: &mut Client<Value>, seq| client.admit_more(DialId(dial), seq, text, millis(now)).then_some(());
        self.admitted(seq, admit).is_some()
    }

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

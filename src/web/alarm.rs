//! The one timer of a client.

use wasm_bindgen::prelude::*;

use crate::time::Timestamp;

/// The longest delay that timers take.
const LONGEST: u64 = i32::MAX as u64;

#[wasm_bindgen(module = "/src/web/alarm.js")]
extern "C" {
    /// Has the port told once the delay is over.
    #[wasm_bindgen(js_name = ringAfter)]
    fn ring_after(delay: u32, port: &JsValue) -> JsValue;

    fn cancel(timer: &JsValue);
}

/// A timer that is set anew only when it must ring earlier than planned.
#[derive(Default)]
pub(super) struct Alarm {
    set: Option<(Timestamp, Timer)>,
}

struct Timer(JsValue);

impl Alarm {
    /// Has the port told no later than `at`, if at all. Ringing early costs one look.
    pub(super) fn set(&mut self, at: Option<Timestamp>, now: impl FnOnce() -> Timestamp, port: &JsValue) {
        let Some(at) = at else { return self.stop() };
        if self.set.as_ref().is_some_and(|(planned, _)| *planned <= at) {
            return;
        }
        let delay = (at - now()).min(LONGEST);
        self.set = Some((at, Timer(ring_after(delay as u32, port))));
    }

    /// It rang, or nothing is waited for any more.
    pub(super) fn stop(&mut self) {
        self.set = None;
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        cancel(&self.0);
    }
}

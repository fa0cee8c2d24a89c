//! The one timer of a client or a run.

#[cfg(feature = "run")]
use gloo_timers::callback::Timeout;
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
pub(super) struct Planned<T> {
    set: Option<(Timestamp, T)>,
}

/// The alarm of a client: its port is called anyway, so this needs no closure.
pub(super) type PortAlarm = Planned<Ringing>;

/// The alarm of a run.
#[cfg(feature = "run")]
pub(super) type Alarm = Planned<Timeout>;

/// A timer that tells a port, cancelled when dropped.
pub(super) struct Ringing(JsValue);

impl<T> Default for Planned<T> {
    fn default() -> Self {
        Self { set: None }
    }
}

impl<T> Planned<T> {
    /// Rings no later than `at`, if at all. Ringing early costs one look.
    fn plan(&mut self, at: Option<Timestamp>, now: impl FnOnce() -> Timestamp, start: impl FnOnce(u32) -> T) {
        let Some(at) = at else { return self.stop() };
        if self.set.as_ref().is_some_and(|(planned, _)| *planned <= at) {
            return;
        }
        let delay = (at - now()).min(LONGEST);
        self.set = Some((at, start(delay as u32)));
    }

    /// It rang, or nothing is waited for any more.
    pub(super) fn stop(&mut self) {
        self.set = None;
    }
}

impl PortAlarm {
    /// Has the port told no later than `at`.
    pub(super) fn tell(&mut self, at: Option<Timestamp>, now: impl FnOnce() -> Timestamp, port: &JsValue) {
        self.plan(at, now, |delay| Ringing(ring_after(delay, port)));
    }
}

impl Drop for Ringing {
    fn drop(&mut self) {
        cancel(&self.0);
    }
}

/// What a timer calls.
#[cfg(feature = "run")]
pub(super) type Ring = Box<dyn FnOnce()>;

#[cfg(feature = "run")]
impl Alarm {
    /// Calls what is rung no later than `at`.
    pub(super) fn set(&mut self, at: Option<Timestamp>, now: impl FnOnce() -> Timestamp, ring: impl FnOnce() -> Ring) {
        self.plan(at, now, |delay| Timeout::new(delay, ring()));
    }
}

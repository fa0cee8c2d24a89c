//! The object through which the page's signals reach a run.

use std::rc::Weak;

use wasm_bindgen::prelude::*;

use crate::machine::Wake;

/// What hears of the page and the network.
pub(super) trait Wakes {
    /// Takes in what the page or the network reports.
    fn wake(&self, wake: Wake);
}

/// A way back into a run, for the page's signals. Once the run is gone it does nothing.
#[wasm_bindgen]
pub struct ChatRunPort(Weak<dyn Wakes>);

impl ChatRunPort {
    pub(super) fn to(run: Weak<dyn Wakes>) -> JsValue {
        Self(run).into()
    }
}

#[wasm_bindgen]
impl ChatRunPort {
    /// What the page or the network reports.
    pub fn wake(&self, signal: u32) {
        if let Some(run) = self.0.upgrade() {
            run.wake(Wake::from_signal(signal));
        }
    }
}

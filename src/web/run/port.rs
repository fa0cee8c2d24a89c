//! The object through which the page's signals and the events of transports reach a run.

use std::rc::Weak;

use js_sys::JsString;
use wasm_bindgen::prelude::*;

use super::read::PiecePlace;
use crate::machine::Wake;
use crate::run::TransportId;

/// What hears of the page, the network and the transports.
pub(super) trait Hears {
    /// Takes in what the page or the network reports.
    fn wake(&self, wake: Wake);

    /// Whether a piece may be held back.
    fn goes_on(&self, place: PiecePlace) -> bool;

    /// Takes in a piece that may not.
    fn piece(&self, transport: TransportId, place: PiecePlace, text: JsString);

    /// Takes in any other event of the agent.
    fn event(&self, transport: TransportId, event: &JsValue);
}

/// A way back into a run, for the snippets of this module. Once the run is gone it does nothing.
#[wasm_bindgen]
pub struct ChatRunPort(Weak<dyn Hears>);

impl ChatRunPort {
    pub(super) fn to(run: Weak<dyn Hears>) -> JsValue {
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

    /// Whether a piece of an answer may be held back; `step` and `at` are NaN where they are not told.
    #[wasm_bindgen(js_name = goesOn)]
    pub fn goes_on(&self, kind: u32, step: f64, at: f64) -> bool {
        self.0.upgrade().is_some_and(|run| run.goes_on(PiecePlace::read(kind, step, at)))
    }

    /// A piece that may not.
    pub fn piece(&self, transport: u32, kind: u32, step: f64, at: f64, text: JsString) {
        if let Some(run) = self.0.upgrade() {
            run.piece(TransportId(transport), PiecePlace::read(kind, step, at), text);
        }
    }

    /// Any other event of the agent.
    pub fn event(&self, transport: u32, event: &JsValue) {
        if let Some(run) = self.0.upgrade() {
            run.event(TransportId(transport), event);
        }
    }
}

//! Signals of the page and the network.

use js_sys::Function;
use wasm_bindgen::prelude::*;

use crate::machine::Wake;

#[wasm_bindgen(module = "/src/web/wake.js")]
extern "C" {
    /// Listens on the page, where there is one. Returns the function that ends it.
    #[wasm_bindgen(js_name = listenToPage)]
    fn listen_to_page(port: &JsValue) -> Function;
}

/// A signal of the page or the network, as `wake.js` numbers them.
pub(super) fn of_signal(signal: u32) -> Wake {
    match signal {
        0 => Wake::Visible,
        1 => Wake::Resumed,
        2 => Wake::Shown,
        3 => Wake::Hidden,
        4 => Wake::Online,
        _ => Wake::Offline,
    }
}

/// Listeners on the page, removed when dropped.
pub(super) struct WakeSignals {
    stop: Function,
}

impl WakeSignals {
    pub(super) fn listen(port: &JsValue) -> Self {
        Self { stop: listen_to_page(port) }
    }
}

impl Drop for WakeSignals {
    fn drop(&mut self) {
        let _ = self.stop.call0(&JsValue::UNDEFINED);
    }
}

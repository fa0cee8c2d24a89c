//! Signals of the page and the network.

use js_sys::Function;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/web/wake.js")]
extern "C" {
    /// Listens on the page, where there is one. Returns the function that ends it.
    #[wasm_bindgen(js_name = listenToPage)]
    fn listen_to_page(port: &JsValue) -> Function;
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

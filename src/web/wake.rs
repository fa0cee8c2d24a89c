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

impl Wake {
    /// What `wake.js` reports by number.
    pub(super) fn from_signal(signal: u32) -> Self {
        match signal {
            0 => Self::Visible,
            1 => Self::Resumed,
            2 => Self::Shown,
            3 => Self::Hidden,
            4 => Self::Online,
            _ => Self::Offline,
        }
    }
}

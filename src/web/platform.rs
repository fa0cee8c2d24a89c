//! What the platform and the engine do for every client.

use js_sys::{Date, Function};
use wasm_bindgen::prelude::*;
use web_sys::WebSocket;

use crate::time::Timestamp;

#[wasm_bindgen(module = "/src/web/codec.js")]
extern "C" {
    /// Creates a socket, by the given constructor or the global one; what the constructor threw.
    #[wasm_bindgen(catch, js_name = createSocket)]
    pub(super) fn create_socket(url: &str, constructor: Option<&Function>) -> Result<WebSocket, JsValue>;

    /// Frees a port, once no call on it is under way any more.
    pub(super) fn release(port: &JsValue);

    /// Takes the handlers of a socket away.
    pub(super) fn silence(socket: &WebSocket);

    /// A text member of an object.
    #[wasm_bindgen(js_name = text)]
    pub(super) fn text_member(object: &JsValue, name: &str) -> Option<String>;
    pub(super) fn number(object: &JsValue, name: &str) -> f64;
    pub(super) fn member(object: &JsValue, name: &str) -> JsValue;

    /// A text as a JSON string.
    pub(super) fn quote(text: &str) -> String;

    /// A message for a human from whatever was thrown.
    #[wasm_bindgen(js_name = messageOf)]
    pub(super) fn message_of(thrown: &JsValue) -> String;
}

/// The engine's clock.
pub(super) fn now() -> Timestamp {
    millis(Date::now())
}

/// What the engine's clock said, as JavaScript hands it over.
pub(super) fn millis(now: f64) -> Timestamp {
    Timestamp::from_millis(now as u64)
}

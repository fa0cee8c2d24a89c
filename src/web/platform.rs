//! What the platform and the engine do for every client.

use std::cell::Cell;

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

thread_local! {
    /// What the machines' clock said last, and how far it is ahead of the engine's, which was set back by so much since.
    static CLOCK: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// The machines' clock: the engine's, but it is never set back. A deadline that was near stays near.
pub(super) fn now() -> Timestamp {
    millis(Date::now())
}

/// The machines' clock from what the engine's said, as JavaScript hands it over.
pub(super) fn millis(now: f64) -> Timestamp {
    let (last, ahead) = CLOCK.get();
    let set_back = last.saturating_sub(now as u64 + ahead);
    let ahead = ahead + set_back;
    let now = now as u64 + ahead;
    CLOCK.set((now, ahead));
    Timestamp::from_millis(now)
}

/// How far the machines' clock is ahead of the engine's, in milliseconds.
#[cfg(any(feature = "stream", feature = "npm"))]
pub(super) fn ahead() -> u64 {
    now();
    CLOCK.get().1
}

/// A date that was not read from the engine's clock just now, on the machines'.
#[cfg(feature = "run")]
pub(super) fn date(millis: f64) -> Timestamp {
    Timestamp::from_millis(millis as u64) + ahead()
}

/// A moment of the machines' as a date on the engine's clock.
#[cfg(feature = "npm")]
pub(super) fn shown(at: Timestamp) -> f64 {
    at.as_millis().saturating_sub(ahead()) as f64
}

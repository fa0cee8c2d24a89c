//! The page that the tests run in.

use agent_gateway_client::time::Timestamp;
use js_sys::{Array, Date, Function};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/tests/browser/page.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    pub async fn request(method: &str, url: &str, body: Option<&str>) -> Result<JsValue, JsValue>;

    /// Lets the page go on for so many milliseconds.
    pub async fn sleep(millis: u32);

    /// A value inside of an object.
    pub fn at(object: &JsValue, path: &str) -> JsValue;
    pub fn parse(text: &str) -> JsValue;

    #[wasm_bindgen(js_name = countListeners)]
    pub fn count_listeners();
    #[wasm_bindgen(js_name = listenerCount)]
    pub fn listener_count() -> i32;
    #[wasm_bindgen(js_name = stopCountingListeners)]
    pub fn stop_counting_listeners();

    #[wasm_bindgen(js_name = dispatchOnWindow)]
    pub fn dispatch_on_window(name: &str);
    #[wasm_bindgen(js_name = dispatchOnDocument)]
    pub fn dispatch_on_document(name: &str);
    #[wasm_bindgen(js_name = dispatchTransition)]
    pub fn dispatch_transition(name: &str, persisted: bool);

    pub fn throwing() -> Function;
    #[wasm_bindgen(js_name = watchErrors)]
    pub fn watch_errors() -> JsValue;
    #[wasm_bindgen(js_name = stopWatching)]
    pub fn stop_watching(watch: &JsValue) -> Array;

    #[wasm_bindgen(js_name = scriptedWebSocket)]
    pub fn scripted_web_socket() -> Function;
    #[wasm_bindgen(js_name = webSocketWithoutV2)]
    pub fn web_socket_without_v2() -> Function;
    #[wasm_bindgen(js_name = emptyStorage)]
    pub fn empty_storage() -> JsValue;
    #[wasm_bindgen(js_name = openSocket)]
    pub fn open_socket(constructor: &Function);
    pub fn receive(constructor: &Function, data: &str);
    #[wasm_bindgen(js_name = sentOn)]
    fn sent(constructor: &Function) -> Array;
    #[wasm_bindgen(js_name = urlOf)]
    pub fn url_of(constructor: &Function) -> String;
    #[wasm_bindgen(js_name = closeOf)]
    pub fn close_of(constructor: &Function) -> Option<String>;
}

/// Long enough for everything that a run does, short enough for a whole test run.
const PATIENCE: u64 = 20_000;
const LOOK_EVERY: u32 = 10;

/// A text inside of an object; empty where there is none.
pub fn text_at(object: &JsValue, path: &str) -> String {
    at(object, path).as_string().unwrap_or_default()
}

/// A number inside of an object.
pub fn number_at(object: &JsValue, path: &str) -> u32 {
    at(object, path).as_f64().unwrap_or_else(|| panic!("{path} is no number")) as u32
}

/// Every text that the latest socket was given to send.
pub fn sent_on(constructor: &Function) -> Vec<String> {
    sent(constructor).iter().filter_map(|text| text.as_string()).collect()
}

/// The page's clock.
pub fn now() -> Timestamp {
    Timestamp::from_millis(Date::now() as u64)
}

/// Waits until something holds. Panics with `what` where it never does.
pub async fn wait_for(what: &str, holds: impl Fn() -> bool) {
    let start = now();
    while !holds() {
        assert!(now() - start < PATIENCE, "waited in vain: {what}");
        sleep(LOOK_EVERY).await;
    }
}

/// How much memory the module holds, in bytes.
pub fn memory_size() -> u32 {
    number_at(&wasm_bindgen::memory(), "buffer.byteLength")
}

//! Which tool calls this page took on, and all tabs that share its storage. The npm package keeps the same list under the
//! same key.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, JSON};
use wasm_bindgen::prelude::*;

use crate::run::Ledger;
use crate::web::platform::message_of;

const KEY: &str = "agent-gateway-client:tool-calls";

thread_local! {
    static TAKEN: RefCell<Ledger> = RefCell::default();
}

#[wasm_bindgen(module = "/src/web/run/page.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = changeStored)]
    async fn change_stored(
        storage: &JsValue,
        key: &str,
        change: &Closure<dyn FnMut(String) -> Option<String>>,
    ) -> Result<JsValue, JsValue>;
}

/// Takes a call on. `false`: it was taken on before. An error where the storage fails: a call that may run elsewhere does
/// not run here.
pub(super) async fn claim(storage: Option<JsValue>, tool_call_id: Rc<str>) -> Result<bool, String> {
    if !TAKEN.with_borrow_mut(|taken| taken.claim(&tool_call_id)) {
        return Ok(false);
    }
    let Some(storage) = storage else { return Ok(true) };
    let change = Closure::new(move |text: String| {
        let mut ledger = Ledger::load(ids(&text));
        ledger.claim(&tool_call_id).then(|| saved(&ledger))
    });
    let changed = change_stored(&storage, KEY, &change).await;
    changed.map(|is_news| is_news.is_truthy()).map_err(|thrown| message_of(&thrown))
}

/// What is no list of ids was written by somebody else, and is replaced.
fn ids(text: &str) -> Vec<Rc<str>> {
    let list = JSON::parse(text).ok().and_then(|list| list.dyn_into::<Array>().ok());
    list.map(|list| list.iter().filter_map(|id| id.as_string()).map(Rc::from).collect()).unwrap_or_default()
}

fn saved(ledger: &Ledger) -> String {
    let list: Array = ledger.ids().map(|id| JsValue::from_str(id)).collect();
    JSON::stringify(&list).map(String::from).unwrap_or_default()
}

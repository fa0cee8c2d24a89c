//! Texts that stay with the engine, which appends without copying.

use js_sys::JsString;
use wasm_bindgen::JsValue;

use crate::run::transcript::Text;

/// A text of the engine. No byte of it comes into the memory of this module.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EngineText(pub(super) JsString);

impl Default for EngineText {
    fn default() -> Self {
        Self(JsString::from(""))
    }
}

impl Text for EngineText {
    type Value = JsValue;

    fn append(&mut self, more: &Self) {
        self.0 = self.0.concat(&more.0);
    }

    fn is_empty(&self) -> bool {
        self.0.length() == 0
    }
}

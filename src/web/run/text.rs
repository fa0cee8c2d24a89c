//! Texts that stay with the engine, which appends without copying.

use std::fmt;

use js_sys::JsString;
use wasm_bindgen::JsValue;

use crate::run::transcript::Text;

/// A text of the engine. No byte of it comes into the memory of this module, unless it is displayed.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineText(pub(super) JsString);

impl EngineText {
    /// The text where it is.
    pub fn as_js(&self) -> &JsString {
        &self.0
    }
}

impl Default for EngineText {
    fn default() -> Self {
        Self(JsString::from(""))
    }
}

impl fmt::Display for EngineText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&String::from(&self.0))
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

//! Payloads as the engine parsed them: held by reference, read member by member, never copied.

use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::openclaw::Payload;

#[wasm_bindgen(module = "/src/web/openclaw.js")]
extern "C" {
    /// An own member of an object that is no array; undefined where there is none.
    #[wasm_bindgen(js_name = ownMember)]
    fn own_member(value: &JsValue, name: &str) -> JsValue;

    /// Whether both have the same text as JSON.
    #[wasm_bindgen(js_name = saysTheSame)]
    fn says_the_same(one: &JsValue, other: &JsValue) -> bool;
}

/// A JSON value of the engine.
#[derive(Clone)]
pub(super) struct Value(pub(super) JsValue);

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        says_the_same(&self.0, &other.0)
    }
}

impl Payload for Value {
    fn nothing() -> Self {
        Self(JsValue::NULL)
    }

    fn member(&self, name: &str) -> Option<Self> {
        let member = own_member(&self.0, name);
        (!member.is_undefined()).then_some(Self(member))
    }

    fn items(&self) -> Option<Vec<Self>> {
        let items = self.0.dyn_ref::<Array>()?;
        Some(items.iter().map(Self).collect())
    }

    fn is_null(&self) -> bool {
        self.0.is_null()
    }

    fn as_text(&self) -> Option<String> {
        self.0.as_string()
    }

    fn as_number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn as_flag(&self) -> Option<bool> {
        self.0.as_bool()
    }
}

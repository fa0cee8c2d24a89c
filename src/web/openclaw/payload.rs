//! Payloads as the engine parsed them: held by reference, read member by member, never copied.

use std::cell::RefCell;

use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::openclaw::Payload;

#[wasm_bindgen(module = "/src/web/openclaw.js")]
extern "C" {
    /// An own member of an object that is no array; undefined where there is none.
    #[wasm_bindgen(js_name = ownMember)]
    fn own_member(value: &JsValue, name: &JsValue) -> JsValue;

    /// A string with another behind it; what is no string adds nothing.
    fn joined(text: &JsValue, more: &JsValue) -> JsValue;

    /// What comes behind the start of a string; undefined where it starts otherwise.
    #[wasm_bindgen(js_name = restAfter)]
    fn rest_after(text: &JsValue, start: &JsValue) -> JsValue;

    /// Whether both have the same text as JSON.
    #[wasm_bindgen(js_name = saysTheSame)]
    fn says_the_same(one: &JsValue, other: &JsValue) -> bool;
}

thread_local! {
    /// The names of members as the engine keeps them, by where they lie here: a name is read many times a second, and
    /// taking it over costs more than what it is for.
    static NAMES: RefCell<Names> = const { RefCell::new(Vec::new()) };
}

/// Where a name lies, and how long it is.
type Place = (*const u8, usize);
type Names = Vec<(Place, JsValue)>;

/// Hands over a name as the engine keeps it.
pub(super) fn with_name<R>(name: &'static str, read: impl FnOnce(&JsValue) -> R) -> R {
    let place = (name.as_ptr(), name.len());
    let find = |names: &Names| names.binary_search_by_key(&place, |(known, _)| *known);
    NAMES.with(|names| {
        // What is read may run code of the application, which may come back here.
        if let Ok(names) = names.try_borrow()
            && let Ok(index) = find(&names)
        {
            return read(&names[index].1);
        }
        let value = JsValue::from(name);
        if let Ok(mut names) = names.try_borrow_mut()
            && let Err(index) = find(&names)
        {
            names.insert(index, (place, value.clone()));
        }
        read(&value)
    })
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

    fn member(&self, name: &'static str) -> Option<Self> {
        let member = with_name(name, |name| own_member(&self.0, name));
        (!member.is_undefined()).then_some(Self(member))
    }

    fn items(&self) -> Option<Vec<Self>> {
        let items = self.0.dyn_ref::<Array>()?;
        Some(items.iter().map(Self).collect())
    }

    fn is_null(&self) -> bool {
        self.0.is_null()
    }

    fn of_text(text: &str) -> Self {
        Self(text.into())
    }

    fn is_text(&self) -> bool {
        self.0.is_string()
    }

    fn is_empty_text(&self) -> bool {
        self.0.is_string() && !self.0.is_truthy()
    }

    fn joined(&self, more: &Self) -> Self {
        Self(joined(&self.0, &more.0))
    }

    fn rest_after(&self, start: &Self) -> Option<Self> {
        let rest = rest_after(&self.0, &start.0);
        (!rest.is_undefined()).then_some(Self(rest))
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

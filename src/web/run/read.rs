//! Events and stored messages as the objects of the engine, which most of an answer never leaves.

use js_sys::{Array, JsString};
use wasm_bindgen::prelude::*;

use super::text::EngineText;
use crate::run::transcript::read::Given;
use crate::run::transcript::{Body, ChunkMode, Piece, TranscriptEvent};
use crate::web::codec;

#[wasm_bindgen(module = "/src/web/run/read.js")]
extern "C" {
    /// Reads the events of transports, and holds pieces of an answer back.
    #[derive(Clone)]
    pub(crate) type Reader;
    #[wasm_bindgen(js_name = createReader)]
    pub(super) fn create_reader(port: &JsValue, own_id: &str) -> Reader;
    /// Takes an event of a transport in.
    #[wasm_bindgen(method)]
    pub(super) fn read(this: &Reader, transport: u32, event: &JsValue);
    /// Hands out what is held back.
    #[wasm_bindgen(method)]
    pub(super) fn take(this: &Reader) -> JsString;
}

/// Where and when a piece of the operation's own answer happened; what is no number is none.
#[derive(Clone, Copy)]
pub(super) struct PiecePlace {
    pub(super) piece: Piece,
    pub(super) step: u32,
    pub(super) at: Option<u64>,
}

impl PiecePlace {
    /// From what a [`Reader`] says of it.
    #[inline(always)]
    pub(super) fn read(kind: u32, step: f64, at: f64) -> Self {
        let piece = if kind == 1 { Piece::Text } else { Piece::Reasoning };
        Self { piece, step: step as u32, at: millis(at) }
    }

    /// The event.
    pub(super) fn event(self, text: JsString) -> TranscriptEvent<EngineText> {
        let make = match self.piece {
            Piece::Text => Body::Text,
            Piece::Reasoning => Body::Reasoning,
        };
        let body = make(EngineText(text), ChunkMode::Delta);
        TranscriptEvent { number: None, member: None, step: self.step, at: self.at, body }
    }
}

fn millis(at: f64) -> Option<u64> {
    (!at.is_nan()).then_some(at as u64)
}

impl Given for JsValue {
    type Text = EngineText;

    fn member(&self, name: &str) -> Self {
        codec::member(self, name)
    }

    fn items(&self) -> Option<Vec<Self>> {
        let list: &Array = self.dyn_ref()?;
        let mut items = Vec::new();
        for index in 0..list.length() {
            items.push(list.get(index));
        }
        Some(items)
    }

    fn as_text(&self) -> Option<EngineText> {
        self.dyn_ref::<JsString>().cloned().map(EngineText)
    }

    fn as_string(&self) -> Option<String> {
        Self::as_string(self)
    }

    fn is_object(&self) -> bool {
        Self::is_object(self)
    }

    fn is_false(&self) -> bool {
        *self == Self::FALSE
    }

    fn is_nothing(&self) -> bool {
        self.is_null_or_undefined()
    }

    fn keep(&self) -> Self {
        self.clone()
    }

    fn number(&self, name: &str) -> Option<f64> {
        Some(codec::number(self, name)).filter(|number| !number.is_nan())
    }

    fn integer(&self, name: &str) -> Option<u64> {
        let number = self.number(name)?;
        (number >= 0.0 && number.trunc() == number).then_some(number as u64)
    }

    fn string(&self, name: &str) -> Option<String> {
        codec::text_member(self, name)
    }
}

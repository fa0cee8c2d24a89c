//! Decodes frames for native hosts; in a browser the engine parses them.

use serde_json::Value;

use super::payload::Payload;
use super::wire::{ClientFrame, Frame};

impl Payload for Value {
    fn nothing() -> Self {
        Self::Null
    }

    fn member(&self, name: &'static str) -> Option<Self> {
        self.get(name).cloned()
    }

    fn items(&self) -> Option<Vec<Self>> {
        self.as_array().cloned()
    }

    fn is_null(&self) -> bool {
        Self::is_null(self)
    }

    fn of_text(text: &str) -> Self {
        Self::from(text)
    }

    fn is_text(&self) -> bool {
        self.is_string()
    }

    fn is_empty_text(&self) -> bool {
        self.as_str() == Some("")
    }

    fn joined(&self, more: &Self) -> Self {
        [self, more].into_iter().filter_map(Self::as_str).collect::<String>().into()
    }

    fn rest_after(&self, start: &Self) -> Option<Self> {
        Some(self.as_str()?.strip_prefix(start.as_str()?)?.into())
    }

    fn as_text(&self) -> Option<String> {
        self.as_str().map(str::to_owned)
    }

    fn as_number(&self) -> Option<f64> {
        self.as_f64()
    }

    fn as_flag(&self) -> Option<bool> {
        self.as_bool()
    }
}

/// The text of a client's frame.
pub fn encode(frame: &ClientFrame) -> String {
    frame.encode(&|text| Value::from(text).to_string())
}

/// Decodes a frame of the gateway.
///
/// # Errors
///
/// What is wrong with the text: it is no JSON, or no frame.
pub fn decode(text: &str) -> Result<Frame<Value>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Frame::read(&value).map_err(str::to_owned)
}

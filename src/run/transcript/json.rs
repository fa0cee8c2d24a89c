//! Reads events and stored messages for native hosts; in a browser the engine parses them.

use serde_json::Value;

use super::event::{Row, TranscriptEvent};
use super::read::{self, Given};

/// Reads an event (§6) on the channel of an operation. `None`: it says nothing about messages. Members of an unexpected
/// type count as absent.
pub fn event(event: &Value, operation_id: &str) -> Option<TranscriptEvent<String>> {
    let member = (&event).string("operationId").filter(|id| !id.is_empty() && id != operation_id);
    read::event(&event, &(&event).string("type")?, member)
}

/// Reads stored messages. `None`: this is no list, or one of them has no id.
pub fn rows(list: &Value) -> Option<Vec<Row<String>>> {
    read::rows(&list)
}

impl Given for &Value {
    type Text = String;

    fn member(&self, name: &str) -> Self {
        &self[name]
    }

    fn items(&self) -> Option<Vec<Self>> {
        Some(self.as_array()?.iter().collect())
    }

    fn as_text(&self) -> Option<String> {
        self.as_string()
    }

    fn as_string(&self) -> Option<String> {
        self.as_str().map(str::to_owned)
    }

    fn is_object(&self) -> bool {
        Value::is_object(self)
    }

    fn is_false(&self) -> bool {
        **self == Value::Bool(false)
    }

    fn is_nothing(&self) -> bool {
        self.is_null()
    }

    fn keep(&self) -> Value {
        (*self).clone()
    }

    fn number(&self, name: &str) -> Option<f64> {
        self[name].as_f64()
    }

    fn integer(&self, name: &str) -> Option<u64> {
        self[name].as_u64()
    }
}

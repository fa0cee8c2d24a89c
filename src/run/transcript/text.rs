//! What a host keeps texts and values in.

use std::fmt::Debug;

/// A text that grows by appending.
///
/// The transcript never looks into a text. A host whose engine appends without copying, as JavaScript's do, keeps its own
/// texts here, and no byte of an answer is copied for it.
pub trait Text: Clone + Default + PartialEq + Debug {
    /// A JSON value, handed through unread: a stored message, the arguments of a tool, an image.
    type Value: Clone + PartialEq + Debug;

    /// Appends a text.
    fn append(&mut self, more: &Self);

    /// Whether there is nothing in it.
    fn is_empty(&self) -> bool;
}

#[cfg(not(target_family = "wasm"))]
impl Text for String {
    type Value = serde_json::Value;

    fn append(&mut self, more: &Self) {
        self.push_str(more);
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

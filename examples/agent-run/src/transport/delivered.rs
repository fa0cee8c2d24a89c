//! Which events were shown, when a run goes on over a transport that counts them differently.
//!
//! The ids of sockets and of server-sent events have nothing in common, so the second kind begins at the start of the
//! run. What the first one brought is known by its content, and as often as it came.

use std::collections::HashMap;
use std::collections::hash_map::{DefaultHasher, Entry};
use std::hash::{Hash, Hasher};

use serde_json::Value;
use serde_json::value::RawValue;

/// A bag of events.
#[derive(Clone, Debug, Default)]
pub struct Delivered(HashMap<u64, u32>);

impl Delivered {
    /// An event was delivered.
    pub fn add(&mut self, event: &RawValue, operation_id: &str) {
        *self.0.entry(key(event, operation_id)).or_default() += 1;
    }

    /// Takes an event out. `false`: it was not delivered, or came more often than it was.
    pub fn take(&mut self, event: &RawValue, operation_id: &str) -> bool {
        let Entry::Occupied(mut count) = self.0.entry(key(event, operation_id)) else { return false };
        *count.get_mut() -= 1;
        if *count.get() == 0 {
            count.remove();
        }
        true
    }
}

/// A server adds an id, an owner and a time where there is none, so these do not count.
fn key(event: &RawValue, operation_id: &str) -> u64 {
    let event: Value = serde_json::from_str(event.get()).unwrap_or_default();
    let owner = event["operationId"].as_str().filter(|id| !id.is_empty()).unwrap_or(operation_id);
    let mut hasher = DefaultHasher::new();
    (event["type"].as_str(), owner, event["stepIndex"].as_f64().map(f64::to_bits)).hash(&mut hasher);
    event["data"].to_string().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_known_as_often_as_it_was_delivered_whatever_a_server_adds_to_it() {
        let event = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
        let plain = event(r#"{"type":"stream_chunk","stepIndex":0,"data":{"content":"a","chunkType":"text"}}"#);
        let dressed = event(
            r#"{"data":{"chunkType":"text","content":"a"},"id":"1-0","operationId":"op","stepIndex":0,"timestamp":1,"type":"stream_chunk"}"#,
        );
        let other = event(r#"{"type":"stream_chunk","stepIndex":0,"data":{"content":"b","chunkType":"text"}}"#);
        let mut delivered = Delivered::default();
        delivered.add(&plain, "op");
        delivered.add(&plain, "op");

        let known = [&other, &dressed, &dressed, &dressed].map(|event| delivered.take(event, "op"));
        assert_eq!(known, [false, true, true, false]);
    }
}

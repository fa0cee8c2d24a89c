//! What the class that the TypeScript facade wraps does for v2 alone.

use js_sys::{Array, JSON, Math};
use wasm_bindgen::prelude::*;

use super::agent_gateway::{AgentGateway, WithMux};
use super::codec::number;
use super::exports::RawGateway;
use super::facade;
use super::shape;
use crate::machine::Machine;
use crate::v2::{Mux, MuxConfig, SubscriptionId};

#[wasm_bindgen]
impl RawGateway {
    /// See the facade.
    #[wasm_bindgen(getter, js_name = isReady)]
    pub fn is_ready(&self) -> bool {
        self.driver.look(Mux::is_ready).unwrap_or(false)
    }

    /// See the facade.
    #[wasm_bindgen(js_name = abandonConnect)]
    pub fn abandon_connect(&self) {
        self.driver.mux(Mux::abandon_connect);
    }

    /// See the facade.
    pub fn subscribe(&self, subscription: u32, operation_id: &str, last_event_id: &str, executor: bool) {
        let id = SubscriptionId(subscription);
        self.driver.mux(|mux, now| mux.subscribe(id, operation_id, last_event_id, executor, now));
    }

    /// See the facade.
    pub fn unsubscribe(&self, subscription: u32) {
        self.driver.mux(|mux, now| mux.unsubscribe(SubscriptionId(subscription), now));
    }

    /// Adds the payloads to a list; see the facade.
    #[wasm_bindgen(js_name = takePendingToolResults)]
    pub fn take_pending_tool_results(&self, operation_id: &str, payloads: &Array) {
        self.driver.take_pending_tool_results(operation_id, |payload| {
            payloads.push(&payload);
        });
    }

    /// See the facade.
    #[wasm_bindgen(js_name = watchUnavailable)]
    pub fn watch_unavailable(&self, watched: bool) {
        self.driver.mux(|mux, _| mux.watch_unavailable(watched));
    }

    /// See the facade.
    #[wasm_bindgen(js_name = openDocument)]
    pub fn open_document(&self, document_id: String) {
        self.driver.mux(|mux, now| mux.open_document(document_id, now));
    }

    /// See the facade.
    #[wasm_bindgen(js_name = closeDocument)]
    pub fn close_document(&self, document_id: String) {
        self.driver.mux(|mux, now| mux.close_document(document_id, now));
    }

    /// See the facade.
    #[wasm_bindgen(js_name = sendDocument)]
    pub fn send_document(&self, frame: &JsValue) -> bool {
        // What has no JSON, as a function, is no text either.
        let Some(text) = JSON::stringify(frame).ok().and_then(|text| text.as_string()) else { return false };
        self.driver.mux(|mux, _| mux.send_document(text)).unwrap_or(false)
    }

    /// The change of the status with this index, oldest first; `undefined` behind the last.
    pub fn transition(&self, subscription: u32, index: usize) -> JsValue {
        let of = (subscription > 0).then_some(SubscriptionId(subscription));
        let transition = self.driver.look(|mux| mux.history(of).get(index).copied()).flatten();
        transition.map_or(JsValue::UNDEFINED, |transition| shape::transition(&transition))
    }

    /// What is waited for by time; `undefined` where that is nothing.
    pub fn deadline(&self) -> JsValue {
        let deadline = self.driver.look(Mux::deadline).flatten();
        deadline.map_or(JsValue::UNDEFINED, |(at, timer)| shape::deadline(at, timer))
    }
}

pub(super) fn mux(options: &JsValue) -> AgentGateway {
    let config = MuxConfig {
        gateway_url: facade::text_option(options, "gatewayUrl"),
        client_id: facade::text_option(options, "clientId"),
        auto_reconnect: facade::flag(options, "autoReconnect"),
        keep_alive: facade::flag(options, "keepAlive"),
        heartbeat_every: number(options, "heartbeatIntervalMs") as u64,
        rotate_after: facade::rotate_after(options),
        max_dial_failures: number(options, "maxDialFailures") as u32,
        seed: seed(),
    };
    AgentGateway::Mux(Mux::new(config), WithMux)
}

#[expect(clippy::disallowed_methods, reason = "here is where the chance comes from")]
fn seed() -> u32 {
    (Math::random() * f64::from(u32::MAX)) as u32
}

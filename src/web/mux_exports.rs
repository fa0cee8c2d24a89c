//! The class of v2 that the TypeScript facade wraps. Internal: applications use the facade.

use std::rc::Rc;

use js_sys::{JSON, Math};
use wasm_bindgen::prelude::*;

use super::agent_gateway::Told;
use super::codec::number;
use super::facade::{self, Facade, OpenQuestion};
use super::gateway_mux::GatewayMux;
use super::shape;
use crate::v2::{MuxConfig, MuxEvent, SubscriptionId};

/// All operations of a user over one socket.
#[wasm_bindgen]
pub struct RawGatewayMux {
    mux: GatewayMux,
    question: Rc<OpenQuestion>,
}

#[wasm_bindgen]
impl RawGatewayMux {
    /// Takes the facade's options and callbacks.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue, host: &JsValue) -> Self {
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
        let (host, question) = facade::host(host, options, tell);
        Self { mux: GatewayMux::telling(config, host), question }
    }

    /// See the facade.
    pub fn connect(&self) -> bool {
        self.mux.connect()
    }

    /// See the facade.
    #[wasm_bindgen(getter, js_name = isReady)]
    pub fn is_ready(&self) -> bool {
        self.mux.is_ready()
    }

    /// See the facade.
    #[wasm_bindgen(js_name = abandonConnect)]
    pub fn abandon_connect(&self) {
        self.mux.abandon_connect();
    }

    /// See the facade.
    pub fn disconnect(&self) {
        self.mux.disconnect();
    }

    /// See the facade.
    pub fn subscribe(&self, subscription: u32, operation_id: &str, last_event_id: &str, executor: bool) {
        self.mux.subscribe(SubscriptionId(subscription), operation_id, last_event_id, executor);
    }

    /// See the facade.
    pub fn unsubscribe(&self, subscription: u32) {
        self.mux.unsubscribe(SubscriptionId(subscription));
    }

    /// See the facade.
    ///
    /// # Errors
    ///
    /// What JSON threw where the payload cannot be written.
    #[wasm_bindgen(js_name = sendToolResult)]
    pub fn send_tool_result(&self, subscription: u32, payload: &JsValue) -> Result<bool, JsValue> {
        self.mux.send_tool_result(SubscriptionId(subscription), payload)
    }

    /// See the facade.
    #[wasm_bindgen(js_name = sendToolConfirmation)]
    pub fn send_tool_confirmation(&self, subscription: u32, tool_call_id: String, approved: bool) -> bool {
        self.mux.send_tool_confirmation(SubscriptionId(subscription), tool_call_id, approved)
    }

    /// See the facade.
    #[wasm_bindgen(js_name = sendUserInput)]
    pub fn send_user_input(&self, subscription: u32, request_id: String, content: String) -> bool {
        self.mux.send_user_input(SubscriptionId(subscription), request_id, content)
    }

    /// See the facade.
    #[wasm_bindgen(js_name = takePendingToolResults)]
    pub fn take_pending_tool_results(&self, operation_id: &str) -> Vec<JsValue> {
        self.mux.take_pending_tool_results(operation_id)
    }

    /// See the facade.
    #[wasm_bindgen(js_name = watchUnavailable)]
    pub fn watch_unavailable(&self, watched: bool) {
        self.mux.watch_unavailable(watched);
    }

    /// See the facade.
    #[wasm_bindgen(js_name = openDocument)]
    pub fn open_document(&self, document_id: String) {
        self.mux.open_document(document_id);
    }

    /// See the facade.
    #[wasm_bindgen(js_name = closeDocument)]
    pub fn close_document(&self, document_id: String) {
        self.mux.close_document(document_id);
    }

    /// See the facade.
    #[wasm_bindgen(js_name = sendDocument)]
    pub fn send_document(&self, frame: &JsValue) -> bool {
        JSON::stringify(frame).is_ok_and(|text| self.mux.send_document(text.into()))
    }

    /// See the facade.
    #[wasm_bindgen(js_name = lastEventId)]
    pub fn last_event_id(&self, subscription: u32) -> String {
        self.mux.last_event_id(SubscriptionId(subscription)).unwrap_or_default()
    }

    /// See the facade.
    pub fn snapshot(&self) -> JsValue {
        shape::snapshot(&self.mux.snapshot())
    }

    /// See the facade.
    #[wasm_bindgen(js_name = subscriptionSnapshot)]
    pub fn subscription_snapshot(&self, subscription: u32) -> JsValue {
        shape::snapshot(&self.mux.subscription(SubscriptionId(subscription)).unwrap_or_default())
    }

    /// See the facade.
    pub fn history(&self, subscription: u32) -> JsValue {
        let of = (subscription > 0).then_some(SubscriptionId(subscription));
        shape::history(&self.mux.history(of), self.mux.deadline())
    }

    /// See the facade.
    pub fn dispose(&self) {
        self.question.abort();
        self.mux.dispose();
    }
}

#[expect(clippy::disallowed_methods, reason = "here is where the chance comes from")]
fn seed() -> u32 {
    (Math::random() * f64::from(u32::MAX)) as u32
}

fn tell(to: &Facade, told: Told) {
    let Told::Mux(event, _) = told else { return };
    let (name, argument) = match event {
        MuxEvent::Operation { subscription, event } => return facade::tell(to, Some(subscription.0), event),
        MuxEvent::Ending { subscription } => {
            return to.emit_of_mux(subscription.0, "ending", &JsValue::UNDEFINED);
        }
        MuxEvent::StatusChanged(status) => {
            to.emit_of_mux(0, "status_changed", &status.as_str().into());
            ("document_status", status.as_str().into())
        }
        MuxEvent::Connected => ("connected", JsValue::UNDEFINED),
        MuxEvent::Disconnected => ("disconnected", JsValue::UNDEFINED),
        MuxEvent::Reconnecting { delay } => ("reconnecting", (delay as f64).into()),
        MuxEvent::Error { code, message } => ("error", shape::error(code.as_str(), &message)),
        MuxEvent::Lifecycle(frame) => ("lifecycle", frame),
        MuxEvent::Unavailable { reason } => ("unavailable", reason.into()),
        MuxEvent::WaitersResolved => ("waiters_resolved", JsValue::UNDEFINED),
        MuxEvent::WaitersRejected { message } => ("waiters_rejected", message.into()),
        MuxEvent::DocumentsReady => ("document_ready", JsValue::UNDEFINED),
        MuxEvent::Document(frame) => ("document", frame),
    };
    to.emit_of_mux(0, name, &argument);
}

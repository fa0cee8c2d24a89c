//! All operations of a user over one socket, for Rust front ends.

use std::rc::Rc;

use wasm_bindgen::JsValue;

use super::agent_gateway::{AgentGateway, Told, WithMux};
use super::driver::Driver;
use super::host::Host;
use crate::link::{Snapshot, Transition};
use crate::machine::{Answer, Machine, RequestId, Timer};
use crate::time::Timestamp;
use crate::v2::{Mux, MuxConfig, MuxEvent, SubscriptionId};

/// A mux over v2, on the platform's WebSocket and timers. Dropped, it closes its socket and tells nothing any more.
pub struct GatewayMux {
    driver: Rc<Driver<AgentGateway>>,
}

impl GatewayMux {
    /// A mux that is not connected. Its host must give tokens: one is asked for before each dial.
    pub fn new(config: MuxConfig, host: Host<MuxEvent<JsValue>>) -> Self {
        let host = host.hearing(|told| match told {
            Told::Mux(event, _) => Some(event),
            Told::Stream(_) => None,
        });
        Self { driver: Driver::new(AgentGateway::Mux(Mux::new(config), WithMux), host) }
    }

    /// The connection at this moment.
    pub fn snapshot(&self) -> Snapshot {
        self.with(Mux::snapshot)
    }

    /// A subscription at this moment; `None` once it is over.
    pub fn subscription(&self, id: SubscriptionId) -> Option<Snapshot> {
        self.with(|mux| mux.subscription(id))
    }

    /// The id of the last event delivered to a subscription; `None` once it is over.
    pub fn last_event_id(&self, id: SubscriptionId) -> Option<String> {
        self.with(|mux| mux.last_event_id(id))
    }

    /// The last changes of the connection's status, or of that of a subscription, oldest first.
    pub fn history(&self, of: Option<SubscriptionId>) -> Vec<Transition> {
        self.with(|mux| mux.history(of).to_vec())
    }

    /// What is waited for by time, and until when.
    pub fn deadline(&self) -> Option<(Timestamp, Timer)> {
        self.with(Mux::deadline)
    }

    /// Whether the hub accepted the token of the socket.
    pub fn is_ready(&self) -> bool {
        self.with(Mux::is_ready)
    }

    /// See [`Mux::connect`].
    pub fn connect(&self) -> bool {
        self.driver.mux(|mux, now| mux.connect(now)).unwrap_or(false)
    }

    /// See [`Mux::abandon_connect`].
    pub fn abandon_connect(&self) {
        self.driver.mux(|mux, now| mux.abandon_connect(now));
    }

    /// See [`Mux::disconnect`].
    pub fn disconnect(&self) {
        self.driver.mux(|mux, now| mux.disconnect(now));
    }

    /// See [`Mux::watch_unavailable`].
    pub fn watch_unavailable(&self, watched: bool) {
        self.driver.mux(|mux, _| mux.watch_unavailable(watched));
    }

    /// See [`Mux::subscribe`].
    pub fn subscribe(&self, id: SubscriptionId, operation_id: &str, last_event_id: &str, executor: bool) {
        self.driver.mux(|mux, now| mux.subscribe(id, operation_id, last_event_id, executor, now));
    }

    /// See [`Mux::unsubscribe`].
    pub fn unsubscribe(&self, id: SubscriptionId) {
        self.driver.mux(|mux, now| mux.unsubscribe(id, now));
    }

    /// Sends a tool's result: an object with `toolCallId`, `content`, `success` and what else the wire knows; see
    /// [`Mux::send_tool_result`].
    ///
    /// # Errors
    ///
    /// What JSON threw where the payload cannot be written.
    pub fn send_tool_result(&self, id: SubscriptionId, payload: &JsValue) -> Result<bool, JsValue> {
        self.driver.send_tool_result(id.0, payload)
    }

    /// The payloads of the results that no living socket carried; see [`Mux::take_pending_tool_results`].
    pub fn take_pending_tool_results(&self, operation_id: &str) -> Vec<JsValue> {
        let mut payloads = Vec::new();
        self.driver.take_pending_tool_results(operation_id, |payload| payloads.push(payload));
        payloads
    }

    /// See [`Mux::send_tool_confirmation`].
    pub fn send_tool_confirmation(&self, id: SubscriptionId, tool_call_id: String, approved: bool) -> bool {
        self.driver.mux(|mux, _| mux.send_tool_confirmation(id, tool_call_id, approved)).unwrap_or(false)
    }

    /// See [`Mux::send_user_input`].
    pub fn send_user_input(&self, id: SubscriptionId, request_id: String, content: String) -> bool {
        self.driver.mux(|mux, _| mux.send_user_input(id, request_id, content)).unwrap_or(false)
    }

    /// See [`Mux::open_document`].
    pub fn open_document(&self, document_id: String) {
        self.driver.mux(|mux, now| mux.open_document(document_id, now));
    }

    /// See [`Mux::close_document`].
    pub fn close_document(&self, document_id: String) {
        self.driver.mux(|mux, now| mux.close_document(document_id, now));
    }

    /// Sends a frame of a document channel, as JSON text; see [`Mux::send_document`].
    pub fn send_document(&self, frame: String) -> bool {
        self.driver.mux(|mux, _| mux.send_document(frame)).unwrap_or(false)
    }

    /// Answers a question for a token. An answer to one that is no longer open is ignored.
    pub fn answer(&self, request: RequestId, answer: Answer) {
        self.driver.answer(request, answer);
    }

    /// Closes at once and tells nothing any more.
    pub fn dispose(&self) {
        self.driver.dispose();
    }

    fn with<R: Default>(&self, look: impl FnOnce(&Mux<JsValue>) -> R) -> R {
        self.driver.look(look).unwrap_or_default()
    }
}

impl Drop for GatewayMux {
    fn drop(&mut self) {
        self.driver.dispose();
    }
}

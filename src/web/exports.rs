//! The class that the TypeScript facade wraps, for v1 and for v2. Internal: applications use the facade.

use std::rc::Rc;

use wasm_bindgen::prelude::*;

use super::agent_gateway::AgentGateway;
use super::codec::{self, member, text_member};
use super::driver::Driver;
use super::facade::{self, OpenQuestion, flag, rotate_after, text_option};
use super::shape;
use crate::v1::wire::ClientFrame;
use crate::v1::{Config, Session};

/// One operation over v1, or all operations of a user over v2. A subscription is the number that the facade gave it; 0 is
/// the connection, and the operation of v1.
#[wasm_bindgen]
pub struct RawGateway {
    pub(super) driver: Rc<Driver<AgentGateway>>,
    question: Rc<OpenQuestion>,
}

#[wasm_bindgen]
impl RawGateway {
    /// Takes the facade's options, of v1 with an `operationId`, and its callbacks.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue, host: &JsValue) -> Self {
        let engine = match text_member(options, "operationId") {
            Some(operation_id) => stream(operation_id, options, member(host, "getToken").is_function()),
            None => mux(options),
        };
        let (host, question) = facade::host(host, options);
        Self { driver: Driver::new(engine, host), question }
    }

    /// `false`: the gateway does not serve this protocol.
    pub fn connect(&self) -> bool {
        self.driver.call(AgentGateway::connect).unwrap_or(false)
    }

    /// See the facade.
    pub fn disconnect(&self) {
        self.driver.call(AgentGateway::disconnect);
    }

    /// See the facade; of v1.
    pub fn reconnect(&self) {
        self.driver.stream(Session::reconnect);
    }

    /// Whether `connect` and `reconnect` begin a new cycle. The end of the last may still have to be told; of v1.
    #[wasm_bindgen(js_name = isOver)]
    pub fn is_over(&self) -> bool {
        self.driver.with(|engine| match engine {
            AgentGateway::Stream(session) => session.is_over(),
            AgentGateway::Mux(..) => false,
        })
    }

    /// See the facade; of v1.
    #[wasm_bindgen(js_name = updateToken)]
    pub fn update_token(&self, token: String) {
        self.driver.stream(|session, now| session.update_token(codec::token(token), now));
    }

    /// See the facade.
    ///
    /// # Errors
    ///
    /// What JSON threw where the payload cannot be written.
    #[wasm_bindgen(js_name = sendToolResult)]
    pub fn send_tool_result(&self, subscription: u32, payload: &JsValue) -> Result<bool, JsValue> {
        self.driver.send_tool_result(subscription, payload)
    }

    /// See the facade.
    #[wasm_bindgen(js_name = sendToolConfirmation)]
    pub fn send_tool_confirmation(&self, subscription: u32, tool_call_id: String, approved: bool) -> bool {
        let send = |engine: &mut AgentGateway, _| engine.send_tool_confirmation(subscription, tool_call_id, approved);
        self.driver.call(send).unwrap_or(false)
    }

    /// See the facade.
    #[wasm_bindgen(js_name = sendUserInput)]
    pub fn send_user_input(&self, subscription: u32, request_id: String, content: String) -> bool {
        let send = |engine: &mut AgentGateway, _| engine.send_user_input(subscription, request_id, content);
        self.driver.call(send).unwrap_or(false)
    }

    /// See the facade; of v1.
    #[wasm_bindgen(js_name = sendInterrupt)]
    pub fn send_interrupt(&self) {
        self.driver.stream(|session, _| session.send(ClientFrame::Interrupt));
    }

    /// See the facade.
    #[wasm_bindgen(js_name = lastEventId)]
    pub fn last_event_id(&self, subscription: u32) -> String {
        self.driver.with(|engine| engine.last_event_id(subscription))
    }

    /// See the facade.
    pub fn snapshot(&self, subscription: u32) -> JsValue {
        shape::snapshot(&self.driver.with(|engine| engine.snapshot(subscription)))
    }

    /// See the facade.
    pub fn dispose(&self) {
        self.question.abort();
        self.driver.dispose();
    }
}

impl Drop for RawGateway {
    fn drop(&mut self) {
        self.driver.dispose();
    }
}

fn stream(operation_id: String, options: &JsValue, host_gives_tokens: bool) -> AgentGateway {
    AgentGateway::Stream(Session::new(Config {
        gateway_url: text_option(options, "gatewayUrl"),
        operation_id,
        token: text_member(options, "token").map(codec::token),
        host_gives_tokens,
        client_id: text_member(options, "clientId"),
        last_event_id: text_option(options, "lastEventId"),
        auto_reconnect: flag(options, "autoReconnect"),
        resume_on_connect: flag(options, "resumeOnConnect"),
        rotate_after: rotate_after(options),
    }))
}

#[cfg(feature = "mux")]
use super::mux_exports::mux;

/// A build without the mux makes no other.
#[cfg(not(feature = "mux"))]
fn mux(options: &JsValue) -> AgentGateway {
    stream(String::new(), options, false)
}

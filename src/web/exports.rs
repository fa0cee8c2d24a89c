//! The class of v1 that the TypeScript facade wraps. Internal: applications use the facade.

use std::rc::Rc;

use wasm_bindgen::prelude::*;

use super::agent_gateway::Told;
use super::agent_stream::AgentStream;
use super::codec::{member, text_member};
use super::facade::{self, Facade, OpenQuestion, flag, rotate_after, text_option};
use super::shape;
use crate::v1::Config;
use crate::v1::wire::ClientFrame;

/// One operation's stream over v1.
#[wasm_bindgen]
pub struct RawAgentStream {
    stream: AgentStream,
    question: Rc<OpenQuestion>,
}

#[wasm_bindgen]
impl RawAgentStream {
    /// Takes the facade's options and callbacks.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue, host: &JsValue) -> Self {
        let config = config_of(options, member(host, "getToken").is_function());
        let (host, question) = facade::host(host, options, tell);
        Self { stream: AgentStream::telling(config, host), question }
    }

    /// See the facade.
    pub fn connect(&self) {
        self.stream.connect();
    }

    /// See the facade.
    pub fn disconnect(&self) {
        self.stream.disconnect();
    }

    /// See the facade.
    pub fn reconnect(&self) {
        self.stream.reconnect();
    }

    /// See the facade.
    #[wasm_bindgen(js_name = updateToken)]
    pub fn update_token(&self, token: String) {
        self.stream.update_token(token);
    }

    /// See the facade.
    ///
    /// # Errors
    ///
    /// What JSON threw where the payload cannot be written.
    #[wasm_bindgen(js_name = sendToolResult)]
    pub fn send_tool_result(&self, payload: &JsValue) -> Result<bool, JsValue> {
        self.stream.send_tool_result(payload)
    }

    /// See the facade.
    #[wasm_bindgen(js_name = sendToolConfirmation)]
    pub fn send_tool_confirmation(&self, tool_call_id: String, approved: bool) -> bool {
        self.stream.send(ClientFrame::ToolConfirmation { tool_call_id, approved })
    }

    /// See the facade.
    #[wasm_bindgen(js_name = sendUserInput)]
    pub fn send_user_input(&self, request_id: String, content: String) -> bool {
        self.stream.send(ClientFrame::UserInput { request_id, content })
    }

    /// See the facade.
    #[wasm_bindgen(js_name = sendInterrupt)]
    pub fn send_interrupt(&self) -> bool {
        self.stream.send(ClientFrame::Interrupt)
    }

    /// See the facade.
    #[wasm_bindgen(getter, js_name = lastEventId)]
    pub fn last_event_id(&self) -> String {
        self.stream.last_event_id()
    }

    /// See the facade.
    pub fn snapshot(&self) -> JsValue {
        shape::snapshot(&self.stream.snapshot())
    }

    /// See the facade.
    pub fn dispose(&self) {
        self.question.abort();
        self.stream.dispose();
    }
}

fn config_of(options: &JsValue, host_gives_tokens: bool) -> Config {
    Config {
        gateway_url: text_option(options, "gatewayUrl"),
        operation_id: text_option(options, "operationId"),
        token: text_member(options, "token").map(AgentStream::token),
        host_gives_tokens,
        client_id: text_member(options, "clientId"),
        last_event_id: text_option(options, "lastEventId"),
        auto_reconnect: flag(options, "autoReconnect"),
        resume_on_connect: flag(options, "resumeOnConnect"),
        rotate_after: rotate_after(options),
    }
}

fn tell(to: &Facade, told: Told) {
    if let Some(event) = told.of_stream() {
        facade::tell(to, None, event);
    }
}

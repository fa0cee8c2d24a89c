//! The class that the TypeScript facade wraps. Internal: applications use the facade.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

use super::agent_stream::AgentStream;
use super::codec::{member, text_member};
use super::host::{Host, TokenQuestion};
use super::shape;
use crate::v1::wire::ClientFrame;
use crate::v1::{Config, Event};

#[wasm_bindgen]
extern "C" {
    /// The facade's side of a client: closures that never throw.
    #[derive(Clone)]
    type Facade;

    #[wasm_bindgen(method)]
    fn event(this: &Facade, event: &JsValue);

    #[wasm_bindgen(method)]
    fn emit(this: &Facade, name: &str, argument: &JsValue);

    #[wasm_bindgen(method)]
    fn log(this: &Facade, level: &str, message: &str, detail: &str);
}

#[wasm_bindgen(module = "/src/web/question.js")]
extern "C" {
    /// Asks the facade for a token; the answer comes through the port, never from within.
    fn ask(host: &Facade, request: u32, reason: &str, port: &JsValue) -> AbortController;
}

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
        let facade: &Facade = host.unchecked_ref();
        let config = config_of(options, member(host, "getToken").is_function());
        let (events, logger) = (facade.clone(), facade.clone());
        let mut host = Host::listening(move |event| tell(&events, event));
        host.deliver = member(facade, "event").dyn_into::<Function>().ok();
        host.log = Some(Box::new(move |level, message, detail| {
            logger.log(level.as_str(), message, detail);
        }));
        host.web_socket = member(options, "WebSocket").dyn_into::<Function>().ok();
        let question = Rc::new(OpenQuestion { facade: facade.clone(), open: RefCell::default() });
        let (asked, withdrawn) = (question.clone(), question.clone());
        host.on_token = Some(Box::new(move |question| asked.ask(&question)));
        host.on_token_withdrawn = Some(Box::new(move |_| withdrawn.abort()));
        Self { stream: AgentStream::new(config, host), question }
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
    #[wasm_bindgen(getter, js_name = connectionStatus)]
    pub fn connection_status(&self) -> String {
        self.stream.snapshot().status.as_str().to_owned()
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

/// The question for a token that may be open.
struct OpenQuestion {
    facade: Facade,
    open: RefCell<Option<AbortController>>,
}

impl OpenQuestion {
    fn ask(&self, question: &TokenQuestion) {
        let Some(driver) = question.asker.upgrade() else { return };
        let controller = ask(&self.facade, question.request().0, question.reason().as_str(), driver.port());
        *self.open.borrow_mut() = Some(controller);
    }

    /// Aborts its signal. No answer comes any more.
    fn abort(&self) {
        let open = self.open.borrow_mut().take();
        if let Some(controller) = open {
            controller.abort();
        }
    }
}

fn config_of(options: &JsValue, host_gives_tokens: bool) -> Config {
    let text = |name: &str| text_member(options, name);
    let flag = |name: &str| member(options, name).is_truthy();
    Config {
        gateway_url: text("gatewayUrl").unwrap_or_default(),
        operation_id: text("operationId").unwrap_or_default(),
        token: text("token").map(AgentStream::token),
        host_gives_tokens,
        client_id: text("clientId"),
        last_event_id: text("lastEventId").unwrap_or_default(),
        auto_reconnect: flag("autoReconnect"),
        resume_on_connect: flag("resumeOnConnect"),
    }
}

/// Hands an event over. The facade isolates its listeners: nothing is thrown from here.
fn tell(facade: &Facade, event: Event<JsValue>) {
    let (name, argument) = match event {
        Event::AgentEvent(event) => {
            return facade.event(&event);
        }
        Event::StatusChanged(status) => ("status_changed", status.as_str().into()),
        Event::Connected => ("connected", JsValue::UNDEFINED),
        Event::Disconnected => ("disconnected", JsValue::UNDEFINED),
        Event::Reconnecting { delay } => ("reconnecting", (delay as f64).into()),
        Event::AuthExpired => ("auth_expired", JsValue::UNDEFINED),
        Event::AuthFailed { reason } => ("auth_failed", reason.into()),
        Event::SessionComplete(completion) => ("session_complete", shape::session_completion(&completion)),
        Event::StatusChange(status) => ("status_change", status.as_str().into()),
        Event::ResumeComplete { status, gap, .. } => {
            ("resume_complete", shape::resume_complete(gap, status.as_ref().map(|status| status.as_str())))
        }
        Event::ToolConfirmationRequest(frame) => ("tool_confirmation_request", frame),
        Event::InputRequest(frame) => ("input_request", frame),
        Event::Continuity(continuity) => ("continuity", shape::continuity(continuity.as_str())),
        Event::Error { code, message } => ("error", shape::error(code.as_str(), &message)),
        Event::Done(completion) => ("done", shape::completion(&completion)),
    };
    facade.emit(name, &argument);
}

//! The facade's side of a client, as the classes behind the npm package see it.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

use super::agent_gateway::Told;
use super::codec::{member, number, text_member};
use super::host::{Host, TokenQuestion};
use super::shape;
use crate::operation::{Continuity, Event};
use crate::v2::MuxEvent;

#[wasm_bindgen]
extern "C" {
    /// Closures of the facade, which never throw.
    #[derive(Clone)]
    pub(super) type Facade;

    /// Of a stream.
    #[wasm_bindgen(method, js_name = event)]
    fn event_of_stream(this: &Facade, event: &JsValue);

    /// Of a mux.
    #[wasm_bindgen(method, js_name = event)]
    fn event_of_mux(this: &Facade, subscription: u32, event: &JsValue);

    /// 0 for the mux itself, and for a stream.
    #[wasm_bindgen(method)]
    fn emit(this: &Facade, subscription: u32, name: &str, argument: &JsValue);

    #[wasm_bindgen(method)]
    fn log(this: &Facade, level: &str, message: &str, detail: &str);
}

#[wasm_bindgen(module = "/src/web/question.js")]
extern "C" {
    /// Asks the facade for a token; the answer comes through the port, never from within.
    fn ask(host: &Facade, request: u32, reason: &str, port: &JsValue) -> AbortController;
}

/// The question for a token that may be open.
pub(super) struct OpenQuestion {
    facade: Facade,
    open: RefCell<Option<AbortController>>,
}

/// A host that tells the facade, and the question that it may open.
pub(super) fn host(facade: &JsValue, options: &JsValue) -> (Host<Told>, Rc<OpenQuestion>) {
    let facade: &Facade = facade.unchecked_ref();
    let (hearing, logger) = (facade.clone(), facade.clone());
    let mut host = Host::listening(move |event| tell(&hearing, event));
    host.deliver = member(facade, "event").dyn_into::<Function>().ok();
    host.log = Some(Box::new(move |level, message, detail| {
        logger.log(level.as_str(), message, detail);
    }));
    host.web_socket = member(options, "WebSocket").dyn_into::<Function>().ok();
    let question = Rc::new(OpenQuestion { facade: facade.clone(), open: RefCell::default() });
    let (asked, withdrawn) = (question.clone(), question.clone());
    host.on_token = Some(Box::new(move |question| asked.ask(&question)));
    host.on_token_withdrawn = Some(Box::new(move |_| withdrawn.abort()));
    (host, question)
}

/// A text option, empty where it is absent.
pub(super) fn text_option(options: &JsValue, name: &str) -> String {
    text_member(options, name).unwrap_or_default()
}

/// A flag among the options.
pub(super) fn flag(options: &JsValue, name: &str) -> bool {
    member(options, name).is_truthy()
}

/// After how many milliseconds a socket is replaced by a fresh one; never where the option is absent.
pub(super) fn rotate_after(options: &JsValue) -> Option<u64> {
    let millis = number(options, "rotateAfterMs") as u64;
    (millis > 0).then_some(millis)
}

impl OpenQuestion {
    fn ask(&self, question: &TokenQuestion) {
        let Some(driver) = question.asker.upgrade() else { return };
        let controller = ask(&self.facade, question.request().0, question.reason().as_str(), driver.port());
        if driver.in_use().is_none() {
            // It disposed of the client when it was asked.
            return controller.abort();
        }
        *self.open.borrow_mut() = Some(controller);
    }

    /// Aborts its signal. No answer comes any more.
    pub(super) fn abort(&self) {
        let open = self.open.borrow_mut().take();
        if let Some(controller) = open {
            controller.abort();
        }
    }
}

/// Hands over what is told. The facade isolates its listeners: nothing is thrown from here.
fn tell(facade: &Facade, told: Told) {
    let (subscription, (name, argument)) = match told {
        Told::Stream(Event::AgentEvent(event)) => return facade.event_of_stream(&event),
        Told::Stream(event) => (0, of_operation(event)),
        Told::Mux(MuxEvent::Operation { subscription, event: Event::AgentEvent(event) }, _) => {
            return facade.event_of_mux(subscription.0, &event);
        }
        Told::Mux(MuxEvent::Operation { subscription, event }, _) => (subscription.0, of_operation(event)),
        Told::Mux(MuxEvent::Ending { subscription }, _) => (subscription.0, ("ending", JsValue::UNDEFINED)),
        Told::Mux(event, _) => (0, of_mux(event)),
    };
    facade.emit(subscription, name, &argument);
}

/// The name and the argument of what is told of an operation.
fn of_operation(event: Event<JsValue>) -> (&'static str, JsValue) {
    match event {
        Event::AgentEvent(event) => ("agent_event", event),
        Event::StatusChanged(status) => ("status_changed", status.as_str().into()),
        Event::Connected => ("connected", JsValue::UNDEFINED),
        Event::Disconnected => ("disconnected", JsValue::UNDEFINED),
        Event::Reconnecting { delay } => ("reconnecting", (delay as f64).into()),
        Event::AuthExpired => ("auth_expired", JsValue::UNDEFINED),
        Event::AuthFailed { reason } => ("auth_failed", reason.into()),
        Event::SessionComplete(completion) => ("session_complete", shape::session_completion(&completion)),
        Event::StatusChange(status) => ("status_change", status.as_str().into()),
        Event::ResumeComplete { status, gap, pending } => {
            let status = status.as_ref().map(|status| status.as_str());
            ("resume_complete", shape::resume_complete(gap, pending, status))
        }
        Event::ToolConfirmationRequest(frame) => ("tool_confirmation_request", frame),
        Event::InputRequest(frame) => ("input_request", frame),
        Event::Continuity(continuity) => {
            let (from, to) = match continuity {
                Continuity::Missing { from, to } => (Some(from as f64), Some(to as f64)),
                Continuity::Gap | Continuity::Reset => (None, None),
            };
            ("continuity", shape::continuity(continuity.as_str(), from, to))
        }
        Event::Error { code, message } => ("error", shape::error(code.as_str(), &message)),
        Event::Done(completion) => ("done", shape::completion(&completion)),
    }
}

/// The name and the argument of what is told of a mux.
fn of_mux(event: MuxEvent<JsValue>) -> (&'static str, JsValue) {
    match event {
        MuxEvent::Operation { event, .. } => of_operation(event),
        MuxEvent::Ending { .. } => ("ending", JsValue::UNDEFINED),
        MuxEvent::StatusChanged(status) => ("status_changed", status.as_str().into()),
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
    }
}

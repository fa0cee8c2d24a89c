//! What the facade is told: a name and up to three arguments for each thing that happened.

use wasm_bindgen::prelude::*;

use super::engine::Told;
use super::payload::{Value, with_name};
use super::shape;
use crate::machine::RequestId;
use crate::openclaw::approvals::ApprovalChange;
use crate::openclaw::chat::{ChatEvent, Purpose};
use crate::openclaw::{ClientEvent, Event};

#[wasm_bindgen]
extern "C" {
    /// Closures of the facade, which never throw.
    #[derive(Clone)]
    pub(super) type OpenClawFacade;

    #[wasm_bindgen(method, js_name = emit)]
    fn emit_named(this: &OpenClawFacade, name: &JsValue, first: &JsValue, second: &JsValue, third: &JsValue);

    /// Has a text signed; the answer comes later.
    #[wasm_bindgen(method)]
    fn sign(this: &OpenClawFacade, request: u32, text: &str);

    #[wasm_bindgen(method)]
    pub(super) fn log(this: &OpenClawFacade, level: &str, message: &str, detail: &str);
}

const NONE: &JsValue = &JsValue::UNDEFINED;

impl OpenClawFacade {
    fn emit(&self, name: &'static str, first: &JsValue, second: &JsValue, third: &JsValue) {
        // A clone, because the facade may read payloads in its turn.
        let name = with_name(name, JsValue::clone);
        self.emit_named(&name, first, second, third);
    }
}

pub(super) fn tell(facade: &OpenClawFacade, told: Told) {
    match told {
        Told::Sign { request, text } => facade.sign(request.0, &text.0),
        Told::Run { request, invocation } => {
            facade.emit("run", &request.0.into(), &shape::invocation(&invocation), NONE);
        }
        Told::Event(ClientEvent::Session(event)) => tell_session(facade, event),
        Told::Event(ClientEvent::Fleet(changes)) => {
            let changes: js_sys::Array = changes.iter().map(shape::change).collect();
            facade.emit("fleet", &changes, NONE, NONE);
        }
        Told::Event(ClientEvent::Approval(change)) => {
            let (kind, id) = match change {
                ApprovalChange::Pending(id) => ("pending", id.into()),
                ApprovalChange::Gone(id) => ("gone", id.into()),
                ApprovalChange::Live => ("live", JsValue::UNDEFINED),
            };
            facade.emit("approval", &kind.into(), &id, NONE);
        }
        Told::Event(ClientEvent::Chat { key, event }) => tell_chat(facade, &key.into(), event),
    }
}

pub(super) fn withdraw(facade: &OpenClawFacade, request: RequestId) {
    facade.emit("withdrawn", &request.0.into(), NONE, NONE);
}

fn tell_session(facade: &OpenClawFacade, event: Event<Value>) {
    match event {
        Event::StateChanged(_) => facade.emit("state", NONE, NONE, NONE),
        Event::Hello(hello) => facade.emit("hello", &shape::hello(&hello), NONE, NONE),
        Event::Notice(notice) => {
            let seq = notice.seq.map_or(JsValue::UNDEFINED, |seq| (seq as f64).into());
            facade.emit("event", &notice.name.into(), &notice.payload.0, &seq);
        }
        Event::Gap { from, to } => facade.emit("gap", &(from as f64).into(), &(to as f64).into(), NONE),
        Event::TokenGranted(stored) => {
            facade.emit("token_granted", &stored.token.0.into(), &shape::texts(&stored.scopes), NONE);
        }
        Event::TokenRefused => facade.emit("token_refused", NONE, NONE, NONE),
        Event::CallAccepted { call, payload } => facade.emit("accepted", &call.0.into(), &payload.0, NONE),
        Event::CallSettled { call, outcome: Ok(payload) } => {
            facade.emit("answered", &call.0.into(), &payload.0, NONE);
        }
        Event::CallSettled { call, outcome: Err(error) } => {
            facade.emit("failed", &call.0.into(), &shape::call_error(&error), NONE);
        }
        Event::Protocol { detail } => facade.emit("protocol", &detail.into(), NONE, NONE),
    }
}

fn tell_chat(facade: &OpenClawFacade, key: &JsValue, event: ChatEvent<Value>) {
    match event {
        ChatEvent::History(payload) => facade.emit("chat_history", key, &payload.0, NONE),
        ChatEvent::Message(payload) => facade.emit("chat_message", key, &payload.0, NONE),
        ChatEvent::Run { run, message } => {
            let message = message.map_or(JsValue::UNDEFINED, |message| message.0);
            facade.emit("chat_run", key, &run.into(), &message);
        }
        ChatEvent::Text { run, .. } => facade.emit("chat_text", key, &run.into(), NONE),
        ChatEvent::Activity(_) => facade.emit("chat_activity", key, NONE, NONE),
        ChatEvent::Failed { purpose, code } => {
            let purpose = match purpose {
                Purpose::Subscribe => "subscribe",
                Purpose::History => "history",
                Purpose::Send(_) => "send",
                Purpose::Abort => "abort",
            };
            facade.emit("chat_failed", key, &purpose.into(), &code.into());
        }
    }
}

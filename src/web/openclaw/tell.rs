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

const NONE: JsValue = JsValue::UNDEFINED;

/// A name and its arguments.
struct Call(&'static str, [JsValue; 3]);

impl OpenClawFacade {
    fn emit(&self, Call(name, [first, second, third]): Call) {
        // A clone, because the facade may read payloads in its turn.
        let name = with_name(name, JsValue::clone);
        self.emit_named(&name, &first, &second, &third);
    }
}

pub(super) fn tell(facade: &OpenClawFacade, told: Told) {
    facade.emit(match told {
        Told::Sign { request, text } => return facade.sign(request.0, &text.0),
        Told::Run { request, invocation } => Call("run", [request.0.into(), shape::invocation(&invocation), NONE]),
        Told::Event(ClientEvent::Session(event)) => of_session(event),
        Told::Event(ClientEvent::Fleet(changes)) => {
            let changes: js_sys::Array = changes.iter().map(shape::change).collect();
            Call("fleet", [changes.into(), NONE, NONE])
        }
        Told::Event(ClientEvent::Approval(change)) => {
            let (kind, id) = match change {
                ApprovalChange::Pending(id) => ("pending", id.into()),
                ApprovalChange::Gone(id) => ("gone", id.into()),
                ApprovalChange::Live => ("live", NONE),
            };
            Call("approval", [kind.into(), id, NONE])
        }
        Told::Event(ClientEvent::Chat { key, event }) => of_chat(key.into(), event),
    });
}

pub(super) fn withdraw(facade: &OpenClawFacade, request: RequestId) {
    facade.emit(Call("withdrawn", [request.0.into(), NONE, NONE]));
}

fn of_session(event: Event<Value>) -> Call {
    match event {
        Event::StateChanged(_) => Call("state", [NONE; 3]),
        Event::Hello(hello) => Call("hello", [shape::hello(&hello), NONE, NONE]),
        Event::Notice(notice) => {
            let seq = notice.seq.map_or(NONE, |seq| (seq as f64).into());
            Call("event", [notice.name.into(), notice.payload.0, seq])
        }
        Event::Gap { from, to } => Call("gap", [(from as f64).into(), (to as f64).into(), NONE]),
        Event::TokenGranted(stored) => {
            Call("token_granted", [stored.token.0.into(), shape::texts(&stored.scopes), NONE])
        }
        Event::TokenRefused(token) => Call("token_refused", [token.0.into(), NONE, NONE]),
        Event::CallAccepted { call, payload } => Call("accepted", [call.0.into(), payload.0, NONE]),
        Event::CallSettled { call, outcome: Ok(payload) } => Call("answered", [call.0.into(), payload.0, NONE]),
        Event::CallSettled { call, outcome: Err(error) } => {
            Call("failed", [call.0.into(), shape::call_error(&error), NONE])
        }
        Event::Protocol { detail } => Call("protocol", [detail.into(), NONE, NONE]),
    }
}

fn of_chat(key: JsValue, event: ChatEvent<Value>) -> Call {
    match event {
        ChatEvent::History(payload) => Call("chat_history", [key, payload.0, NONE]),
        ChatEvent::Message(payload) => Call("chat_message", [key, payload.0, NONE]),
        ChatEvent::Run { run, message } => {
            let message = message.map_or(NONE, |message| message.0);
            Call("chat_run", [key, run.into(), message])
        }
        ChatEvent::Text { run, .. } => Call("chat_text", [key, run.into(), NONE]),
        ChatEvent::Activity(_) => Call("chat_activity", [key, NONE, NONE]),
        ChatEvent::Failed { purpose, code, message } => {
            let purpose = match purpose {
                Purpose::Subscribe => "subscribe",
                Purpose::History => "history",
                Purpose::Send(_) => "send",
                Purpose::Abort => "abort",
            };
            Call("chat_failed", [key, purpose.into(), shape::failure(&code, &message)])
        }
    }
}

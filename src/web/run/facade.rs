//! The host of a run behind the npm package: the TypeScript facade.

use wasm_bindgen::prelude::*;

use super::mirror::{self, Step};
use super::read::Reader;
use super::runner::{RunHost, Runner};
use super::shape;
use super::text::EngineText;
use crate::machine::RequestId;
use crate::run::transcript::{Change, RefetchReason};
use crate::run::{Event, Intervention, Opening, Question, ToolReply, TransportId};

#[wasm_bindgen]
extern "C" {
    /// Closures of the facade, which never throw.
    #[derive(Clone)]
    pub(super) type Facade;

    #[wasm_bindgen(method, js_name = ask)]
    fn ask_by_name(this: &Facade, request: u32, name: &str, argument: &JsValue);
    #[wasm_bindgen(method, js_name = abort)]
    fn abort_request(this: &Facade, request: u32);
    #[wasm_bindgen(method, js_name = open)]
    fn open_transport(this: &Facade, transport: u32, opening: &JsValue, reader: &Reader);
    #[wasm_bindgen(method, js_name = close)]
    fn close_transport(this: &Facade, transport: u32);
    #[wasm_bindgen(method, js_name = sendResult)]
    fn send_given(this: &Facade, transport: u32, tool_call_id: &str, result: &JsValue);
    #[wasm_bindgen(method, js_name = sendFailure)]
    fn send_failure(this: &Facade, transport: u32, tool_call_id: &str, error: &str, message: &str);
    #[wasm_bindgen(method, js_name = sendAnswer)]
    fn send_reply(this: &Facade, transport: u32, kind: &str, id: &str, reply: &JsValue);
    #[wasm_bindgen(method)]
    fn emit(this: &Facade, name: &str, argument: &JsValue);
    /// A text of the messages grew.
    #[wasm_bindgen(method)]
    fn append(this: &Facade, message: u32, part: u32, text: &JsValue);
    /// Any other change of the messages.
    #[wasm_bindgen(method, js_name = change)]
    fn change_mirror(this: &Facade, name: &str, message: u32, part: u32, content: &JsValue);
    #[wasm_bindgen(method, js_name = show)]
    fn show_mirror(this: &Facade, needs_refetch: Option<&str>);
    #[wasm_bindgen(method, js_name = requestFrame)]
    fn ask_for_frame(this: &Facade);
    #[wasm_bindgen(method, js_name = review)]
    fn reviewed(this: &Facade, request: &JsValue) -> JsValue;
}

// What is called from one place would only be longer apart.
impl RunHost for Facade {
    #[inline(always)]
    fn ask(&self, request: RequestId, question: Question<JsValue>) {
        let (name, argument) = match question {
            Question::Start => ("start", JsValue::UNDEFINED),
            Question::Token { operation_id, reason } => {
                ("token", shape::token_question(&operation_id, reason.as_str()))
            }
            Question::Interrupt { operation_id } => ("interrupt", (&*operation_id).into()),
            Question::ClaimTool { tool_call_id, may_run } => {
                (if may_run { "claim" } else { "claim_left" }, (&*tool_call_id).into())
            }
            Question::RunTool { tool_call_id, payload, deadline } => {
                ("tool", shape::call(&tool_call_id, deadline, &payload))
            }
            Question::Intervene { intervention, payload } => {
                ("intervene", shape::intervention(&intervention, &payload))
            }
        };
        self.ask_by_name(request.0, name, &argument);
    }

    fn abort(&self, request: RequestId) {
        self.abort_request(request.0);
    }

    #[inline(always)]
    fn open(&self, transport: TransportId, opening: &Opening, reader: &Reader) {
        self.open_transport(transport.0, &shape::opening(opening), reader);
    }

    fn close(&self, transport: TransportId) {
        self.close_transport(transport.0);
    }

    #[inline(always)]
    fn send_result(&self, transport: TransportId, tool_call_id: &str, reply: ToolReply<JsValue>) {
        match reply {
            ToolReply::Given(result) => self.send_given(transport.0, tool_call_id, &result),
            ToolReply::Failed { error, message } => {
                self.send_failure(transport.0, tool_call_id, error.as_str(), &message);
            }
        }
    }

    fn send_answer(&self, transport: TransportId, intervention: &Intervention, reply: &JsValue) {
        self.send_reply(transport.0, shape::kind_name(intervention.kind), &intervention.id, reply);
    }

    #[inline(always)]
    fn tell(&self, event: Event, operation_id: Option<&str>) {
        match event {
            Event::Changed(snapshot) => self.emit("changed", &shape::snapshot(&snapshot, operation_id)),
            Event::StopRefused => self.emit("stop_refused", &JsValue::UNDEFINED),
            Event::ToolResultExpired { tool_call_id } => self.emit("tool_result_expired", &(&*tool_call_id).into()),
            // The outcome is in the snapshot that was told before.
            Event::Settled(_) => self.emit("settled", &JsValue::UNDEFINED),
        }
    }

    fn change(&self, change: Change<EngineText>) {
        match mirror::step(change) {
            Step::Append { message, part, text } => self.append(message as u32, part as u32, &text),
            Step::Change { name, message, part, content } => {
                self.change_mirror(name, message as u32, part as u32, &content);
            }
        }
    }

    fn show(&self, _: &Runner<Self>, needs_refetch: Option<RefetchReason>) {
        self.show_mirror(needs_refetch.map(|reason| reason.as_str()));
    }

    fn request_frame(&self) {
        self.ask_for_frame();
    }

    fn review(&self, request: &JsValue) -> JsValue {
        self.reviewed(request)
    }
}

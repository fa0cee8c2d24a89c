//! The class of OpenClaw that the TypeScript facade wraps. Internal: applications use the facade.

use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::super::driver::Driver;
use super::super::host::Host;
use super::super::platform;
use super::engine::Told;
use super::payload::Value;
use super::tell::{OpenClawFacade, tell, withdraw};
use super::{options, shape};
use crate::machine::{Machine, RequestId};
use crate::openclaw::chat::QueueMode;
use crate::openclaw::device::Answer;
use crate::openclaw::wire::Json;
use crate::openclaw::{Answers, CallId, Client, Message, NotCalled};
use crate::run::ToolAnswer;

/// A connection to an OpenClaw gateway, and what the gateway holds.
#[wasm_bindgen]
pub struct RawOpenClaw {
    driver: Rc<Driver<Client<Value>>>,
}

#[wasm_bindgen]
impl RawOpenClaw {
    /// Takes the facade's options and callbacks.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue, facade: &JsValue) -> Self {
        let facade: &OpenClawFacade = facade.unchecked_ref();
        let (hearing, logger, withdrawing) = (facade.clone(), facade.clone(), facade.clone());
        let mut host = Host::<Told>::listening(move |told| tell(&hearing, told));
        host.log = Some(Box::new(move |level, message, detail| logger.log(level.as_str(), message, detail)));
        host.on_token_withdrawn = Some(Box::new(move |request| withdraw(&withdrawing, request)));
        host.deliver = platform::member(facade, "deliver").dyn_into::<Function>().ok();
        host.web_socket = platform::member(options, "WebSocket").dyn_into::<Function>().ok();
        Self { driver: Driver::new(Client::new(options::config(options)), host) }
    }

    /// See the facade.
    pub fn connect(&self) {
        self.driver.call(Client::connect);
    }

    /// See the facade.
    pub fn disconnect(&self) {
        self.driver.call(Client::disconnect);
    }

    /// See the facade.
    #[wasm_bindgen(js_name = updateAuth)]
    pub fn update_auth(&self, auth: JsValue) {
        let auth = options::auth(&Value(auth));
        self.driver.call(|client, now| client.update_auth(auth, now));
    }

    /// The token that is kept for the device by now.
    #[wasm_bindgen(js_name = renewToken)]
    pub fn renew_token(&self, stored: JsValue) {
        if let Some(stored) = options::stored(&Value(stored)) {
            self.driver.call(|client, now| client.renew_token(stored, now));
        }
    }

    /// Calls a method with parameters as JSON text. The number of the call, or the code of why nothing was sent; NaN for
    /// `then_within` where the first answer is the last.
    pub fn call(&self, method: &str, params: String, within: f64, then_within: f64) -> JsValue {
        let within = within as u64;
        let answers = if then_within.is_nan() {
            Answers::One { within }
        } else {
            Answers::Final { within, then_within: then_within as u64 }
        };
        let called = self.driver.call(|client, now| client.call(method, Json::Raw(params), answers, now));
        match called.unwrap_or(Err(NotCalled::NotReady)) {
            Ok(CallId(id)) => id.into(),
            Err(reason) => reason.as_str().into(),
        }
    }

    /// The device's signature.
    pub fn signed(&self, request: u32, signature: String) {
        self.driver.answer(RequestId(request), Answer::Signed { signature });
    }

    /// The device could not sign.
    #[wasm_bindgen(js_name = notSigned)]
    pub fn not_signed(&self, request: u32, detail: String) {
        self.driver.answer(RequestId(request), Answer::Failed { detail });
    }

    /// What became of a command: 0 its result as JSON text, 1 what it threw, 2 the name of one that is not there, 3 its
    /// parameters, which are no JSON.
    pub fn ran(&self, request: u32, kind: u32, text: String) {
        let answer = match kind {
            0 => ToolAnswer::Returned(text),
            1 => ToolAnswer::Threw { detail: text },
            2 => ToolAnswer::Unknown { detail: text },
            _ => ToolAnswer::ArgumentsUnparsable { arguments: text },
        };
        self.driver.answer(RequestId(request), Answer::Ran(answer));
    }

    /// What a command that runs has to say.
    pub fn progress(&self, request: u32, text: &str) {
        self.driver.call(|client, now| client.progress(RequestId(request), text, now));
    }

    /// See the facade.
    #[wasm_bindgen(js_name = openChat)]
    pub fn open_chat(&self, key: &str) {
        self.driver.call(|client, now| client.open_chat(key, now));
    }

    /// See the facade.
    #[wasm_bindgen(js_name = closeChat)]
    pub fn close_chat(&self, key: &str) {
        self.driver.call(|client, now| client.close_chat(key, now));
    }

    /// Sends `{run, text, mode?, attachments?, thinking?}`; the last two are JSON text. The code of why nothing was sent.
    pub fn send(&self, key: &str, message: &JsValue) -> Option<String> {
        let text = |name: &str| platform::text_member(message, name);
        let extra = ["attachments", "thinking"].into_iter().filter_map(|name| Some((name, text(name)?))).collect();
        let message = Message {
            run: text("run").unwrap_or_default(),
            text: text("text").unwrap_or_default(),
            mode: text("mode").as_deref().and_then(mode_of),
            extra,
        };
        let sent = self.driver.call(|client, now| client.send(key, &message, now));
        sent.unwrap_or(Err(NotCalled::NotReady)).err().map(|reason| reason.as_str().to_owned())
    }

    /// See the facade.
    pub fn abort(&self, key: &str, run: Option<String>) {
        self.driver.call(|client, now| client.abort(key, run.as_deref(), now));
    }

    /// The state of the connection.
    pub fn state(&self) -> JsValue {
        self.driver.with(|client| shape::state(client.session()))
    }

    /// What is waited for by time: its name and when, or undefined.
    pub fn deadline(&self) -> JsValue {
        self.driver.with(|client| match Machine::deadline(client) {
            Some((at, timer)) => shape::object("timer at", vec![timer.as_str().into(), platform::shown(at).into()]),
            None => JsValue::UNDEFINED,
        })
    }

    /// The ids and the keys of the fleet.
    pub fn fleet(&self) -> JsValue {
        self.driver.with(|client| shape::fleet(client.fleet()))
    }

    /// An agent of the fleet.
    pub fn agent(&self, id: &str) -> JsValue {
        self.driver.with(|client| client.fleet().agent(id).map_or(JsValue::UNDEFINED, shape::agent))
    }

    /// A session of the fleet.
    pub fn session(&self, key: &str) -> JsValue {
        self.driver.with(|client| client.fleet().session(key).map_or(JsValue::UNDEFINED, shape::session))
    }

    /// What waits for leave.
    pub fn approvals(&self) -> JsValue {
        self.driver.with(|client| shape::approvals(client.approvals()))
    }

    /// A chat that is open, with the ids of its runs.
    pub fn chat(&self, key: &str) -> JsValue {
        self.driver.with(|client| client.chat(key).map_or(JsValue::UNDEFINED, shape::chat))
    }

    /// A run of a chat that is open.
    pub fn run(&self, key: &str, run: &str) -> JsValue {
        let look = |client: &Client<Value>| Some(shape::run(client.chat(key)?.run(run)?));
        self.driver.with(look).unwrap_or(JsValue::UNDEFINED)
    }

    /// See the facade.
    pub fn dispose(&self) {
        self.driver.dispose();
    }
}

fn mode_of(name: &str) -> Option<QueueMode> {
    [QueueMode::Steer, QueueMode::FollowUp, QueueMode::Collect, QueueMode::Interrupt]
        .into_iter()
        .find(|mode| mode.as_str() == name)
}

//! The OpenClaw client inside a driver.

use std::rc::Weak;

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::WebSocket;

use super::super::driver::{Driver, Engine, Signal};
use super::super::host::LogLevel;
use super::super::platform;
use super::payload::Value;
use super::port::OpenClawPort;
use crate::machine::{DialId, Input, Machine, Output, RequestId};
use crate::openclaw::device::{Answer, Question, SigningText};
use crate::openclaw::node::Invocation;
use crate::openclaw::wire::{ClientFrame, Frame};
use crate::openclaw::{Client, ClientEvent, Event, READ, State};
use crate::time::Timestamp;

#[wasm_bindgen(module = "/src/web/openclaw.js")]
extern "C" {
    /// Sets the handlers of a socket; they report to the port. `deliver` is handed what was admitted.
    #[wasm_bindgen(js_name = listenToOpenClaw)]
    fn listen(socket: &WebSocket, dial: u32, read: &str, port: &JsValue, deliver: Option<&Function>);
}

/// What the facade is told.
pub(super) enum Told {
    Event(ClientEvent<Value>),
    /// The device is to sign.
    Sign {
        request: RequestId,
        text: SigningText,
    },
    /// A command is to run.
    Run {
        request: RequestId,
        invocation: Invocation,
    },
}

impl Engine for Client<Value> {
    type Command = ClientFrame;
    type Told = Told;
    type Question = Question;
    type Answer = Answer;
    type Carries = ();

    fn carries(&self) {}

    fn port(driver: Weak<Driver<Self>>) -> JsValue {
        OpenClawPort::to(driver)
    }

    fn handle(&mut self, signal: Signal<Answer>, now: Timestamp) {
        Machine::handle(self, signal.of_any_frame(), now);
    }

    fn poll(&mut self) -> Option<Output<ClientFrame, Told, Question>> {
        Some(Machine::poll(self)?.map(|command| command, Told::Event))
    }

    fn deadline(&self) -> Option<Timestamp> {
        Machine::deadline(self).map(|(at, _)| at)
    }

    fn is_idle(&self) -> bool {
        matches!(self.session().state(), State::Closed)
    }

    fn listen(driver: &Driver<Self>, web_socket: &WebSocket, dial: DialId) -> JsValue {
        listen(web_socket, dial.0, READ, driver.port(), driver.host.deliver.as_ref());
        JsValue::UNDEFINED
    }

    fn encode(command: &ClientFrame) -> String {
        command.encode(&platform::quote)
    }

    fn tell(driver: &Driver<Self>, told: Told) {
        match &told {
            Told::Event(ClientEvent::Session(Event::StateChanged(state))) => log_state(driver, state),
            Told::Event(ClientEvent::Session(Event::Protocol { detail })) => {
                driver.host.log(LogLevel::Warn, "the gateway sent what is no frame, or refused one", detail);
            }
            Told::Event(_) | Told::Sign { .. } | Told::Run { .. } => {}
        }
        (driver.host.on_event)(told);
    }

    fn ask(driver: &Driver<Self>, request: RequestId, question: Question) {
        (driver.host.on_event)(match question {
            Question::Sign { text } => Told::Sign { request, text },
            Question::Run(invocation) => Told::Run { request, invocation },
        });
    }
}

impl Driver<Client<Value>> {
    /// Takes a parsed frame in.
    pub(super) fn frame(&self, dial: DialId, frame: JsValue, now: Timestamp) {
        let input = match Frame::read(&Value(frame)) {
            Ok(frame) => Input::Frame { dial, frame },
            Err(detail) => Input::Garbled { dial, detail: detail.to_owned() },
        };
        let Some(mut client) = self.in_use() else { return };
        Machine::handle(&mut *client, input, now);
        drop(client);
        self.carry_out();
    }
}

fn log_state(driver: &Driver<Client<Value>>, state: &State) {
    let (level, detail) = match state {
        State::Closed | State::Ready => (LogLevel::Info, ""),
        State::Connecting | State::Authenticating => (LogLevel::Debug, ""),
        State::Waiting { why, .. } => (LogLevel::Info, why.code.as_str()),
        State::Degraded(trouble) | State::Blocked(trouble) => (LogLevel::Warn, trouble.code.as_str()),
    };
    driver.host.log(level, state.as_str(), detail);
}

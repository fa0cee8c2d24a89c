//! The only event loop: feeds a session and carries out what it says.
//!
//! No borrow is held while JavaScript runs: a listener may call anything on any client, this one included.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use js_sys::Date;
use wasm_bindgen::prelude::*;

use super::alarm::Alarm;
use super::codec;
use super::host::{Host, LogLevel, TokenQuestion};
use super::port::AgentGatewayPort;
use super::socket::Socket;
use super::wake::WakeSignals;
use crate::agent::EventHead;
use crate::link::Status;
use crate::machine::{Answer, DialId, Input, Machine, Output, Question, RequestId, TokenReason};
use crate::text::decimal;
use crate::time::Timestamp;
use crate::v1::wire::{ClientFrame, ServerFrame};
use crate::v1::{Config, Event, Session};

type ToDo = Output<ClientFrame, Event<JsValue>>;

/// Listeners that call back into the client may nest this deep; the outermost call finishes the rest.
const DEEPEST_NESTING: u32 = 16;
/// Above this size the browser may split a message, which some gateways lose.
const LARGE_FRAME: usize = 60 * 1_024;

/// A session with its socket, its timer and its listeners on the page.
pub(super) struct Driver {
    state: RefCell<State>,
    host: Host,
    operation_id: String,
    port: JsValue,
    this: Weak<Driver>,
}

struct State {
    session: Session<JsValue>,
    socket: Option<Socket>,
    alarm: Alarm,
    wake_signals: Option<WakeSignals>,
    nesting: u32,
    disposed: bool,
    large_frame_told: bool,
}

impl Driver {
    pub(super) fn new(config: Config, host: Host) -> Rc<Self> {
        let operation_id = config.operation_id.clone();
        let state = State {
            session: Session::new(config),
            socket: None,
            alarm: Alarm::default(),
            wake_signals: None,
            nesting: 0,
            disposed: false,
            large_frame_told: false,
        };
        Rc::new_cyclic(|this: &Weak<Self>| {
            let port = AgentGatewayPort::to(this.clone());
            Self { state: RefCell::new(state), host, operation_id, port, this: this.clone() }
        })
    }

    pub(super) fn operation_id(&self) -> &str {
        &self.operation_id
    }

    /// What JavaScript calls back.
    #[cfg(feature = "npm")]
    pub(super) fn port(&self) -> &JsValue {
        &self.port
    }

    /// Looks at the session.
    pub(super) fn with<R>(&self, look: impl FnOnce(&Session<JsValue>) -> R) -> R {
        look(&self.state.borrow().session)
    }

    /// Calls the session and carries out what follows from it.
    pub(super) fn call<R>(&self, call: impl FnOnce(&mut Session<JsValue>, Timestamp) -> R) -> Option<R> {
        self.call_at(now(), call)
    }

    /// Ends everything at once. Nothing is told any more.
    pub(super) fn dispose(&self) {
        let (socket, wake_signals) = {
            let mut state = self.state.borrow_mut();
            state.disposed = true;
            state.alarm.stop();
            (state.socket.take(), state.wake_signals.take())
        };
        drop(wake_signals);
        if let Some(socket) = socket {
            socket.close(1000, "Client disconnect");
        }
    }

    /// Takes the host's answer in.
    pub(super) fn answer(&self, request: RequestId, answer: Answer) {
        self.input(Input::Answered { request, answer });
    }

    /// Whether an event may be delivered at once.
    #[inline(always)]
    pub(super) fn admit(&self, dial: DialId, number: u64, head: &EventHead) -> bool {
        self.state.borrow_mut().session.admit(dial, number, head)
    }

    /// Hands an admitted event to the host.
    pub(super) fn deliver(&self, event: JsValue) {
        (self.host.on_event)(Event::AgentEvent(event));
    }

    /// Takes the end of a socket in.
    pub(super) fn closed(&self, dial: DialId, code: u16, reason: String, now: Timestamp) {
        self.host.log(LogLevel::Info, "the socket was closed", &closing(code, &reason));
        let closed = self.take_socket(dial);
        self.input_at(Input::Closed { dial, code, reason }, now);
        drop(closed);
    }

    pub(super) fn input(&self, input: Input<ServerFrame<JsValue>>) {
        self.input_at(input, now());
    }

    pub(super) fn input_at(&self, input: Input<ServerFrame<JsValue>>, now: Timestamp) {
        self.call_at(now, |session, now| session.handle(input, now));
    }

    fn call_at<R>(&self, now: Timestamp, call: impl FnOnce(&mut Session<JsValue>, Timestamp) -> R) -> Option<R> {
        let result = {
            let mut state = self.state.borrow_mut();
            if state.disposed {
                return None;
            }
            call(&mut state.session, now)
        };
        self.carry_out();
        Some(result)
    }

    fn carry_out(&self) {
        if !self.enter() {
            return;
        }
        while let Some(output) = self.next_output() {
            self.perform(output);
        }
        self.leave();
    }

    fn enter(&self) -> bool {
        let mut state = self.state.borrow_mut();
        if state.nesting == DEEPEST_NESTING {
            return false;
        }
        state.nesting += 1;
        true
    }

    fn next_output(&self) -> Option<ToDo> {
        let mut state = self.state.borrow_mut();
        if state.disposed { None } else { state.session.poll() }
    }

    fn leave(&self) {
        let mut state = self.state.borrow_mut();
        state.nesting -= 1;
        if state.nesting > 0 || state.disposed {
            return;
        }
        let deadline = state.session.deadline().map(|(at, _)| at);
        state.alarm.set(deadline, now, || {
            let this = self.this.clone();
            Box::new(move || {
                if let Some(driver) = this.upgrade() {
                    driver.state.borrow_mut().alarm.stop();
                    driver.input(Input::Timeout);
                }
            })
        });
        let active = !state.session.is_idle();
        if active && state.wake_signals.is_none() {
            state.wake_signals = Some(WakeSignals::listen(&self.port));
        } else if !active {
            state.wake_signals = None;
        }
    }

    fn perform(&self, output: ToDo) {
        match output {
            Output::Event(event) => self.tell(event),
            Output::Send { dial, command } => self.send(dial, &command),
            Output::Dial { dial, url } => self.dial(dial, &url),
            Output::Hangup { dial, code, reason } => self.hang_up(dial, code, reason),
            Output::Ask { request, question: Question::Token { reason } } => self.ask(request, reason),
            Output::Withdraw { request } => self.withdraw(request),
        }
    }

    fn tell(&self, event: Event<JsValue>) {
        match &event {
            Event::StatusChanged(status) => self.log_status(*status),
            Event::Error { code, message } => self.host.log(LogLevel::Warn, code.as_str(), message),
            Event::AuthFailed { reason } => self.host.log(LogLevel::Error, "the credentials were refused", reason),
            Event::Continuity(kind) => self.host.log(LogLevel::Warn, "the event stream is broken", kind.as_str()),
            _ => {}
        }
        (self.host.on_event)(event);
    }

    fn log_status(&self, status: Status) {
        let reason = self.with(|session| session.snapshot().reason).map_or("", |reason| reason.as_str());
        let level = match status {
            Status::Connected | Status::Disconnected | Status::Reconnecting => LogLevel::Info,
            Status::Connecting | Status::Authenticating => LogLevel::Debug,
        };
        self.host.log(level, status.as_str(), reason);
    }

    fn send(&self, dial: DialId, command: &ClientFrame) {
        let text = command.encode(&codec::quote);
        let sent = {
            let mut state = self.state.borrow_mut();
            if text.len() > LARGE_FRAME && !std::mem::replace(&mut state.large_frame_told, true) {
                drop(state);
                let message = "a frame of over 60 KiB may be split by the browser, which some gateways lose";
                self.host.log(LogLevel::Warn, message, "");
                state = self.state.borrow_mut();
            }
            let Some(web_socket) = state.socket.as_ref().filter(|socket| socket.dial() == dial) else {
                return;
            };
            web_socket.handle()
        };
        // The platform may call back from here, so nothing is borrowed.
        if let Err(thrown) = sent.send_with_str(&text) {
            self.host.log(LogLevel::Warn, "a frame was not sent", &codec::message_of(&thrown));
        }
    }

    fn dial(&self, dial: DialId, url: &str) {
        let (constructor, deliver) = (self.host.web_socket.as_ref(), self.host.deliver.as_ref());
        match Socket::open(dial, url, constructor, &self.operation_id, &self.port, deliver) {
            Ok(socket) => self.state.borrow_mut().socket = Some(socket),
            Err(thrown) => {
                let detail = codec::message_of(&thrown);
                self.host.log(LogLevel::Error, "the socket could not be created", &detail);
                self.input(Input::Refused { dial, detail });
            }
        }
    }

    fn hang_up(&self, dial: DialId, code: u16, reason: &str) {
        if let Some(socket) = self.take_socket(dial) {
            socket.close(code, reason);
        }
    }

    fn take_socket(&self, dial: DialId) -> Option<Socket> {
        self.state.borrow_mut().socket.take_if(|socket| socket.dial() == dial)
    }

    fn ask(&self, request: RequestId, reason: TokenReason) {
        if let Some(on_token) = &self.host.on_token {
            on_token(TokenQuestion { asker: self.this.clone(), request, reason });
        }
    }

    fn withdraw(&self, request: RequestId) {
        if let Some(on_token_withdrawn) = &self.host.on_token_withdrawn {
            on_token_withdrawn(request);
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        codec::release(&self.port);
    }
}

fn closing(code: u16, reason: &str) -> String {
    let mut text = decimal(u64::from(code));
    text.push(' ');
    text.push_str(reason);
    text
}

fn now() -> Timestamp {
    Timestamp::from_millis(Date::now() as u64)
}

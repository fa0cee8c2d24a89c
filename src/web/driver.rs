//! The only event loop: feeds a session and carries out what it says.
//!
//! No borrow is held while JavaScript runs: a listener may call anything on any client, this one included.

use std::cell::{RefCell, RefMut};
use std::rc::{Rc, Weak};

use js_sys::Date;
use wasm_bindgen::prelude::*;

use super::alarm::Alarm;
use super::codec;
use super::engine::{Carries, Command, Engine, Signal, Told};
use super::host::{Host, LogLevel, TokenQuestion};
use super::port::AgentGatewayPort;
use super::socket::Socket;
use super::wake::WakeSignals;
use crate::agent::EventHead;
use crate::link::Status;
use crate::machine::{Answer, DialId, Input, Machine, Output, Question, RequestId, TokenReason};
use crate::text::decimal;
use crate::time::Timestamp;
use crate::v1::{Event, Session};
#[cfg(feature = "mux")]
use crate::v2::Mux;
use crate::v2::wire::Channel;
use crate::v2::{MuxEvent, SubscriptionId};

type ToDo = Output<Command, Told>;

/// Listeners that call back into the client may nest this deep; the outermost call finishes the rest.
const DEEPEST_NESTING: u32 = 16;
/// Above this size the browser may split a message, which some gateways lose.
const LARGE_FRAME: usize = 60 * 1_024;

/// A session with its socket, its timer and its listeners on the page.
pub(super) struct Driver {
    state: RefCell<State>,
    host: Host<Told>,
    carries: Carries,
    port: JsValue,
    this: Weak<Driver>,
}

struct State {
    engine: Engine,
    /// One, or two while the second takes over.
    sockets: Vec<Socket>,
    alarm: Alarm,
    wake_signals: Option<WakeSignals>,
    nesting: u32,
    disposed: bool,
    large_frame_told: bool,
}

impl Driver {
    pub(super) fn new(engine: Engine, host: Host<Told>) -> Rc<Self> {
        let carries = engine.carries();
        let state = State {
            engine,
            sockets: Vec::new(),
            alarm: Alarm::default(),
            wake_signals: None,
            nesting: 0,
            disposed: false,
            large_frame_told: false,
        };
        Rc::new_cyclic(|this: &Weak<Self>| {
            let port = AgentGatewayPort::to(this.clone());
            Self { state: RefCell::new(state), host, carries, port, this: this.clone() }
        })
    }

    /// What JavaScript calls back.
    #[cfg(feature = "npm")]
    pub(super) fn port(&self) -> &JsValue {
        &self.port
    }

    /// Calls the session of a stream and carries out what follows from it; `None` after disposal.
    pub(super) fn stream<R>(&self, call: impl FnOnce(&mut Session<JsValue>, Timestamp) -> R) -> Option<R> {
        let result = match &mut self.in_use()?.engine {
            Engine::Stream(session) => Some(call(session, now())),
            Engine::Mux(..) => None,
        };
        self.carry_out();
        result
    }

    /// The same for a mux.
    #[cfg(feature = "mux")]
    pub(super) fn mux<R>(&self, call: impl FnOnce(&mut Mux<JsValue>, Timestamp) -> R) -> Option<R> {
        let result = match &mut self.in_use()?.engine {
            Engine::Mux(mux, _) => Some(call(mux, now())),
            Engine::Stream(_) => None,
        };
        self.carry_out();
        result
    }

    /// Looks at the machine.
    pub(super) fn with<R>(&self, look: impl FnOnce(&Engine) -> R) -> R {
        look(&self.state.borrow().engine)
    }

    /// Ends everything at once. Nothing is told any more.
    pub(super) fn dispose(&self) {
        let (sockets, wake_signals) = {
            let mut state = self.state.borrow_mut();
            state.disposed = true;
            state.alarm.stop();
            (std::mem::take(&mut state.sockets), state.wake_signals.take())
        };
        drop(wake_signals);
        for socket in sockets {
            socket.close(1000, "Client disconnect");
        }
    }

    /// Takes the host's answer in.
    pub(super) fn answer(&self, request: RequestId, answer: Answer) {
        self.input(Input::Answered { request, answer });
    }

    /// Whether an event of a stream may be delivered at once.
    #[inline(always)]
    pub(super) fn admit(&self, dial: DialId, number: u64, head: &EventHead) -> bool {
        match &mut self.state.borrow_mut().engine {
            Engine::Stream(session) => session.admit(dial, number, head),
            Engine::Mux(..) => false,
        }
    }

    /// The subscription that an event of a mux may be delivered to at once.
    #[inline(always)]
    pub(super) fn admit_routed(
        &self,
        dial: DialId,
        channel: Channel,
        number: u64,
        head: &EventHead,
    ) -> Option<SubscriptionId> {
        match &mut self.state.borrow_mut().engine {
            Engine::Mux(mux, _) => mux.admit(dial, channel, number, head),
            Engine::Stream(_) => None,
        }
    }

    /// Hands an admitted event to the host.
    pub(super) fn deliver(&self, subscription: u32, event: JsValue) {
        let event = Event::AgentEvent(event);
        (self.host.on_event)(match self.carries {
            Carries::One(_) => Told::Stream(event),
            Carries::All(with) => {
                Told::Mux(MuxEvent::Operation { subscription: SubscriptionId(subscription), event }, with)
            }
        });
    }

    /// Takes a frame in: of a stream, or of a mux with the channel that it is routed to.
    pub(super) fn frame(
        &self,
        dial: DialId,
        channel: Option<Channel>,
        frame: JsValue,
        event_type: u32,
        now: Timestamp,
    ) {
        let Some(mut state) = self.in_use() else { return };
        match &mut state.engine {
            Engine::Stream(session) => {
                let frame = codec::frame(frame, event_type, session.operation_id());
                session.handle(Input::Frame { dial, frame }, now);
            }
            Engine::Mux(mux, _) => {
                let frame = codec::hub_frame(frame, event_type, channel);
                mux.handle(Input::Frame { dial, frame }, now);
            }
        }
        drop(state);
        self.carry_out();
    }

    /// Takes the end of a socket in.
    pub(super) fn closed(&self, dial: DialId, code: u16, reason: String, now: Timestamp) {
        self.host.log(LogLevel::Info, "the socket was closed", &closing(code, &reason));
        let closed = self.take_socket(dial);
        self.input_at(Input::Closed { dial, code, reason }, now);
        drop(closed);
    }

    pub(super) fn input(&self, input: Signal) {
        self.input_at(input, now());
    }

    pub(super) fn input_at(&self, input: Signal, now: Timestamp) {
        let Some(mut state) = self.in_use() else { return };
        state.engine.handle(input, now);
        drop(state);
        self.carry_out();
    }

    fn in_use(&self) -> Option<RefMut<'_, State>> {
        let state = self.state.borrow_mut();
        (!state.disposed).then_some(state)
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
        if state.disposed { None } else { state.engine.poll() }
    }

    fn leave(&self) {
        let mut state = self.state.borrow_mut();
        state.nesting -= 1;
        if state.nesting > 0 || state.disposed {
            return;
        }
        let deadline = state.engine.deadline();
        state.alarm.set(deadline, now, || {
            let this = self.this.clone();
            Box::new(move || {
                if let Some(driver) = this.upgrade() {
                    driver.state.borrow_mut().alarm.stop();
                    driver.input(Input::Timeout);
                }
            })
        });
        let active = !state.engine.is_idle();
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

    fn tell(&self, told: Told) {
        if let Some(status) = told.status() {
            self.log_status(status);
        }
        if let Some((title, detail)) = told.trouble() {
            self.host.log(LogLevel::Warn, title, detail);
        }
        (self.host.on_event)(told);
    }

    fn log_status(&self, status: Status) {
        let reason = self.with(Engine::reason).map_or("", |reason| reason.as_str());
        let level = match status {
            Status::Connected | Status::Disconnected | Status::Reconnecting => LogLevel::Info,
            Status::Connecting | Status::Authenticating => LogLevel::Debug,
        };
        self.host.log(level, status.as_str(), reason);
    }

    fn send(&self, dial: DialId, command: &Command) {
        let text = command.encode();
        let sent = {
            let mut state = self.state.borrow_mut();
            if text.len() > LARGE_FRAME && !std::mem::replace(&mut state.large_frame_told, true) {
                drop(state);
                let message = "a frame of over 60 KiB may be split by the browser, which some gateways lose";
                self.host.log(LogLevel::Warn, message, "");
                state = self.state.borrow_mut();
            }
            let Some(web_socket) = state.sockets.iter().find(|socket| socket.dial() == dial) else {
                return;
            };
            if let Some((operation_id, channel)) = command.route() {
                web_socket.route(operation_id, channel);
            }
            web_socket.handle()
        };
        // The platform may call back from here, so nothing is borrowed.
        if let Err(thrown) = sent.send_with_str(&text) {
            self.host.log(LogLevel::Warn, "a frame was not sent", &codec::message_of(&thrown));
        }
    }

    fn dial(&self, dial: DialId, url: &str) {
        let (constructor, deliver) = (self.host.web_socket.as_ref(), self.host.deliver.as_ref());
        match Socket::open(dial, url, constructor, &self.carries, &self.port, deliver) {
            Ok(socket) => self.state.borrow_mut().sockets.push(socket),
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
        let sockets = &mut self.state.borrow_mut().sockets;
        let place = sockets.iter().position(|socket| socket.dial() == dial)?;
        Some(sockets.swap_remove(place))
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

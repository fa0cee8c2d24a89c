//! The only event loop: feeds a machine and carries out what it says.
//!
//! No borrow is held while JavaScript runs: a listener may call anything on any client, this one included.

use std::cell::{RefCell, RefMut};
use std::convert::Infallible;
use std::rc::{Rc, Weak};

use wasm_bindgen::prelude::*;

use super::alarm::PortAlarm;
use super::host::{Host, LogLevel};
use super::platform::{self, now};
use super::socket::Socket;
use super::wake::WakeSignals;
use crate::machine::{DialId, Input, Output, RequestId};
use crate::text::decimal;
use crate::time::Timestamp;

/// Listeners that call back into the client may nest this deep; the outermost call finishes the rest.
const DEEPEST_NESTING: u32 = 16;
/// Above this size the browser may split a message, which some gateways lose.
const LARGE_FRAME: usize = 60 * 1_024;

/// A machine as a driver runs it, with what is particular about its gateway.
pub(super) trait Engine: Sized + 'static {
    /// A frame to be sent.
    type Command;
    /// What the application is told.
    type Told: 'static;
    /// What the host is asked.
    type Question;
    /// What the host answers.
    type Answer;
    /// What its sockets carry.
    type Carries;

    fn carries(&self) -> Self::Carries;

    /// The object through which JavaScript calls the driver back.
    fn port(driver: Weak<Driver<Self>>) -> JsValue;

    fn handle(&mut self, signal: Signal<Self::Answer>, now: Timestamp);

    fn poll(&mut self) -> Option<ToDo<Self>>;

    fn deadline(&self) -> Option<Timestamp>;

    /// Whether signals of the page and the network mean nothing to it.
    fn is_idle(&self) -> bool;

    /// Sets the handlers of a socket; what they return belongs to it.
    fn listen(driver: &Driver<Self>, web_socket: &web_sys::WebSocket, dial: DialId) -> JsValue;

    fn encode(command: &Self::Command) -> String;

    /// Prepares a socket for the answers to a command.
    fn route(_command: &Self::Command, _socket: &Socket) {}

    fn tell(driver: &Driver<Self>, told: Self::Told);

    fn ask(driver: &Driver<Self>, request: RequestId, question: Self::Question);
}

/// What happens to a machine besides frames.
pub(super) type Signal<A> = Input<Infallible, A>;

type ToDo<E> = Output<<E as Engine>::Command, <E as Engine>::Told, <E as Engine>::Question>;

/// A machine with its socket, its timer and its listeners on the page.
pub(super) struct Driver<E: Engine> {
    state: RefCell<State<E>>,
    pub(super) host: Host<E::Told>,
    #[cfg_attr(not(feature = "stream"), expect(dead_code, reason = "only streams need it"))]
    pub(super) carries: E::Carries,
    port: JsValue,
    this: Weak<Self>,
}

struct State<E> {
    engine: E,
    /// One, or two while the second takes over.
    sockets: Vec<Socket>,
    alarm: PortAlarm,
    wake_signals: Option<WakeSignals>,
    nesting: u32,
    disposed: bool,
    large_frame_told: bool,
}

impl<E: Engine> Driver<E> {
    pub(super) fn new(engine: E, host: Host<E::Told>) -> Rc<Self> {
        let carries = engine.carries();
        let state = State {
            engine,
            sockets: Vec::new(),
            alarm: PortAlarm::default(),
            wake_signals: None,
            nesting: 0,
            disposed: false,
            large_frame_told: false,
        };
        Rc::new_cyclic(|this: &Weak<Self>| {
            let port = E::port(this.clone());
            Self { state: RefCell::new(state), host, carries, port, this: this.clone() }
        })
    }

    /// What JavaScript calls back.
    pub(super) fn port(&self) -> &JsValue {
        &self.port
    }

    #[cfg_attr(not(feature = "stream"), expect(dead_code, reason = "only streams need it"))]
    pub(super) fn downgraded(&self) -> Weak<Self> {
        self.this.clone()
    }

    /// Calls the machine and carries out what follows from it; `None` after disposal.
    pub(super) fn call<R>(&self, call: impl FnOnce(&mut E, Timestamp) -> R) -> Option<R> {
        let result = call(&mut *self.in_use()?, now());
        self.carry_out();
        Some(result)
    }

    /// The machine, until it is disposed of. Nothing of JavaScript may run while it is held.
    pub(super) fn in_use(&self) -> Option<RefMut<'_, E>> {
        let state = self.state.borrow_mut();
        (!state.disposed).then(|| RefMut::map(state, |state| &mut state.engine))
    }

    #[cfg_attr(not(feature = "stream"), expect(dead_code, reason = "only streams need it"))]
    /// The machine, whatever became of it, for what runs for every frame.
    #[inline(always)]
    pub(super) fn engine(&self) -> RefMut<'_, E> {
        RefMut::map(self.state.borrow_mut(), |state| &mut state.engine)
    }

    /// Looks at the machine.
    pub(super) fn with<R>(&self, look: impl FnOnce(&E) -> R) -> R {
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
    pub(super) fn answer(&self, request: RequestId, answer: E::Answer) {
        self.input(Input::Answered { request, answer });
    }

    /// Takes in what a socket reports besides frames: 0 open, 1 an error, 2 its end, 3 a message that is no frame; and 4,
    /// of no socket, that the alarm rang.
    pub(super) fn signal(&self, dial: DialId, kind: u32, code: u16, text: String, now: Timestamp) {
        let input = match kind {
            0 => Input::Opened { dial },
            1 => Input::Faulted { dial },
            2 => return self.closed(dial, code, text, now),
            4 => {
                self.state.borrow_mut().alarm.stop();
                Input::Timeout
            }
            _ => Input::Garbled { dial, detail: text },
        };
        self.input_at(input, now);
    }

    fn closed(&self, dial: DialId, code: u16, reason: String, now: Timestamp) {
        self.host.log(LogLevel::Info, "the socket was closed", &closing(code, &reason));
        let closed = self.take_socket(dial);
        self.input_at(Input::Closed { dial, code, reason }, now);
        drop(closed);
    }

    pub(super) fn input(&self, input: Signal<E::Answer>) {
        self.input_at(input, now());
    }

    pub(super) fn input_at(&self, input: Signal<E::Answer>, now: Timestamp) {
        let Some(mut engine) = self.in_use() else { return };
        engine.handle(input, now);
        drop(engine);
        self.carry_out();
    }

    pub(super) fn carry_out(&self) {
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

    fn next_output(&self) -> Option<ToDo<E>> {
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
        state.alarm.tell(deadline, now, &self.port);
        let active = !state.engine.is_idle();
        if active && state.wake_signals.is_none() {
            state.wake_signals = Some(WakeSignals::listen(&self.port));
        } else if !active {
            state.wake_signals = None;
        }
    }

    fn perform(&self, output: ToDo<E>) {
        match output {
            Output::Event(event) => E::tell(self, event),
            Output::Send { dial, command } => self.send(dial, &command),
            Output::Dial { dial, url } => self.dial(dial, &url),
            Output::Hangup { dial, code, reason } => self.hang_up(dial, code, reason),
            Output::Ask { request, question } => E::ask(self, request, question),
            Output::Withdraw { request } => self.withdraw(request),
        }
    }

    fn send(&self, dial: DialId, command: &E::Command) {
        let text = E::encode(command);
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
            E::route(command, web_socket);
            web_socket.handle()
        };
        // The platform may call back from here, so nothing is borrowed.
        if let Err(thrown) = sent.send_with_str(&text) {
            self.host.log(LogLevel::Warn, "a frame was not sent", &platform::message_of(&thrown));
        }
    }

    fn dial(&self, dial: DialId, url: &str) {
        let listen = |web_socket: &web_sys::WebSocket| E::listen(self, web_socket, dial);
        match Socket::open(dial, url, self.host.web_socket.as_ref(), listen) {
            Ok(socket) => self.state.borrow_mut().sockets.push(socket),
            Err(thrown) => {
                let detail = platform::message_of(&thrown);
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

    fn withdraw(&self, request: RequestId) {
        if let Some(on_token_withdrawn) = &self.host.on_token_withdrawn {
            on_token_withdrawn(request);
        }
    }
}

impl<E: Engine> Drop for Driver<E> {
    fn drop(&mut self) {
        platform::release(&self.port);
    }
}

fn closing(code: u16, reason: &str) -> String {
    let mut text = decimal(u64::from(code));
    text.push(' ');
    text.push_str(reason);
    text
}

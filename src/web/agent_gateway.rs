//! The machine of an Agent Gateway inside a driver: one operation over v1, or all of them over v2.

use std::rc::Weak;

use wasm_bindgen::JsValue;
use web_sys::WebSocket;

use super::codec;
use super::driver::{Driver, Engine, Signal};
use super::host::{LogLevel, TokenQuestion};
use super::port::AgentGatewayPort;
use super::socket::Socket;
use crate::agent::EventHead;
use crate::link::{Reason, Status};
use crate::machine::{Answer, DialId, Machine, Output, Question, RequestId};
use crate::time::Timestamp;
use crate::v1::{Event, Session};
use crate::v2::wire::Channel;
use crate::v2::{Mux, MuxEvent, SubscriptionId};
use crate::{v1, v2};

/// One of the two machines.
#[cfg_attr(not(feature = "mux"), expect(dead_code, reason = "a build without the mux makes none"))]
pub(super) enum AgentGateway {
    Stream(Session<JsValue>),
    Mux(Mux<JsValue>, WithMux),
}

/// Proof that the mux is part of this build. Without one the compiler drops everything that only a mux reaches.
#[cfg(feature = "mux")]
#[derive(Clone, Copy)]
pub(super) struct WithMux;
#[cfg(not(feature = "mux"))]
#[derive(Clone, Copy)]
pub(super) enum WithMux {}

/// What a driver's sockets carry.
pub(super) enum Carries {
    /// One operation, by its id.
    One(String),
    /// All operations of a user.
    All(WithMux),
}

/// What an engine tells the application.
pub(super) enum Told {
    Stream(Event<JsValue>),
    Mux(MuxEvent<JsValue>, WithMux),
}

/// A frame of the client.
pub(super) enum Command {
    Stream(v1::wire::ClientFrame),
    Mux(v2::wire::ClientFrame, WithMux),
}

impl Engine for AgentGateway {
    type Command = Command;
    type Told = Told;
    type Question = Question;
    type Answer = Answer;
    type Carries = Carries;

    fn carries(&self) -> Carries {
        match self {
            Self::Stream(session) => Carries::One(session.operation_id().to_owned()),
            Self::Mux(_, with) => Carries::All(*with),
        }
    }

    fn port(driver: Weak<Driver<Self>>) -> JsValue {
        AgentGatewayPort::to(driver)
    }

    fn handle(&mut self, signal: Signal<Answer>, now: Timestamp) {
        match self {
            Self::Stream(session) => session.take(signal, now, |_, _, frame| match frame {}),
            Self::Mux(mux, _) => mux.take(signal, now, |_, _, frame| match frame {}),
        }
    }

    fn poll(&mut self) -> Option<Output<Command, Told>> {
        match self {
            Self::Stream(session) => Some(session.poll()?.map(Command::Stream, Told::Stream)),
            Self::Mux(mux, with) => {
                let with = *with;
                Some(mux.poll()?.map(|command| Command::Mux(command, with), |event| Told::Mux(event, with)))
            }
        }
    }

    fn deadline(&self) -> Option<Timestamp> {
        let deadline = match self {
            Self::Stream(session) => session.deadline(),
            Self::Mux(mux, _) => mux.deadline(),
        };
        deadline.map(|(at, _)| at)
    }

    fn is_idle(&self) -> bool {
        match self {
            Self::Stream(session) => session.is_idle(),
            Self::Mux(mux, _) => mux.is_idle(),
        }
    }

    fn listen(driver: &Driver<Self>, web_socket: &WebSocket, dial: DialId) -> JsValue {
        let deliver = driver.host.deliver.as_ref();
        match &driver.carries {
            Carries::One(operation_id) => codec::listen(web_socket, dial.0, operation_id, driver.port(), deliver),
            Carries::All(_) => codec::listen_to_hub(web_socket, dial.0, driver.port(), deliver),
        }
    }

    fn encode(command: &Command) -> String {
        match command {
            Command::Stream(command) => command.encode(&codec::quote),
            Command::Mux(command, _) => command.encode(&codec::quote),
        }
    }

    /// Frames of an operation go to its channel from here on, or nowhere after an unsubscription.
    fn route(command: &Command, socket: &Socket) {
        let (operation_id, channel) = match command {
            Command::Mux(v2::wire::ClientFrame::Subscribe { operation_id, channel, .. }, _) => {
                (operation_id, Some(channel.0))
            }
            Command::Mux(v2::wire::ClientFrame::Unsubscribe { operation_id }, _) => (operation_id, None),
            _ => return,
        };
        codec::route(socket.routes(), operation_id, channel);
    }

    fn tell(driver: &Driver<Self>, told: Told) {
        if let Some(status) = told.status() {
            driver.log_status(status);
        }
        if let Some((title, detail)) = told.trouble() {
            driver.host.log(LogLevel::Warn, title, detail);
        }
        (driver.host.on_event)(told);
    }

    fn ask(driver: &Driver<Self>, request: RequestId, Question::Token { reason }: Question) {
        if let Some(on_token) = &driver.host.on_token {
            on_token(TokenQuestion { asker: driver.downgraded(), request, reason });
        }
    }
}

impl AgentGateway {
    fn reason(&self) -> Option<Reason> {
        match self {
            Self::Stream(session) => session.snapshot().reason,
            Self::Mux(mux, _) => mux.snapshot().reason,
        }
    }
}

impl Driver<AgentGateway> {
    /// Calls the session of a stream and carries out what follows from it; `None` after disposal.
    pub(super) fn stream<R>(&self, call: impl FnOnce(&mut Session<JsValue>, Timestamp) -> R) -> Option<R> {
        self.call(|engine, now| match engine {
            AgentGateway::Stream(session) => Some(call(session, now)),
            AgentGateway::Mux(..) => None,
        })?
    }

    /// The same for a mux.
    #[cfg(feature = "mux")]
    pub(super) fn mux<R>(&self, call: impl FnOnce(&mut Mux<JsValue>, Timestamp) -> R) -> Option<R> {
        self.call(|engine, now| match engine {
            AgentGateway::Mux(mux, _) => Some(call(mux, now)),
            AgentGateway::Stream(_) => None,
        })?
    }

    /// Looks at a mux.
    #[cfg(feature = "mux")]
    pub(super) fn look<R>(&self, look: impl FnOnce(&Mux<JsValue>) -> R) -> Option<R> {
        self.with(|engine| match engine {
            AgentGateway::Mux(mux, _) => Some(look(mux)),
            AgentGateway::Stream(_) => None,
        })
    }

    /// The subscription that an event may be delivered to at once, 0 for none; 1 where there is only one.
    #[inline(always)]
    pub(super) fn admit(&self, dial: DialId, channel: Channel, number: u64, head: &EventHead) -> u32 {
        match &mut *self.engine() {
            AgentGateway::Stream(session) => u32::from(session.admit(dial, number, head)),
            AgentGateway::Mux(mux, _) => mux.admit(dial, channel, number, head).map_or(0, |id| id.0),
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
        let Some(mut engine) = self.in_use() else { return };
        match &mut *engine {
            AgentGateway::Stream(session) => {
                let frame = codec::frame(frame, event_type, session.operation_id());
                session.frame(dial, frame, now);
            }
            AgentGateway::Mux(mux, _) => {
                let frame = codec::hub_frame(frame, event_type, channel);
                mux.frame(dial, frame, now);
            }
        }
        drop(engine);
        self.carry_out();
    }

    fn log_status(&self, status: Status) {
        let reason = self.with(AgentGateway::reason).map_or("", |reason| reason.as_str());
        let level = match status {
            Status::Connected | Status::Disconnected | Status::Reconnecting => LogLevel::Info,
            Status::Connecting | Status::Authenticating => LogLevel::Debug,
        };
        self.host.log(level, status.as_str(), reason);
    }
}

impl Told {
    /// The event of a stream.
    pub(super) fn of_stream(self) -> Option<Event<JsValue>> {
        match self {
            Self::Stream(event) => Some(event),
            Self::Mux(..) => None,
        }
    }

    /// The new status of the connection, where that is what is told.
    pub(super) fn status(&self) -> Option<Status> {
        match self {
            Self::Stream(Event::StatusChanged(status)) | Self::Mux(MuxEvent::StatusChanged(status), _) => Some(*status),
            _ => None,
        }
    }

    /// What went wrong, where that is what is told: a title and a detail.
    pub(super) fn trouble(&self) -> Option<(&'static str, &str)> {
        let event = match self {
            Self::Mux(MuxEvent::Error { code, message }, _) => return Some((code.as_str(), message)),
            Self::Mux(MuxEvent::Unavailable { reason }, _) => return Some(("the gateway does not serve v2", reason)),
            Self::Mux(MuxEvent::Operation { event, .. }, _) | Self::Stream(event) => event,
            Self::Mux(..) => return None,
        };
        match event {
            Event::Error { code, message } => Some((code.as_str(), message)),
            Event::AuthFailed { reason } => Some(("the credentials were refused", reason)),
            Event::Continuity(kind) => Some(("the event stream is broken", kind.as_str())),
            _ => None,
        }
    }
}

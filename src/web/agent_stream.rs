//! A client for Rust front ends.

use std::rc::Rc;

use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

use super::agent_gateway::{AgentGateway, Told};
use super::codec;
use super::driver::Driver;
use super::host::Host;
use crate::link::{Snapshot, Token};
use crate::machine::{Answer, RequestId};
use crate::v1::wire::ClientFrame;
use crate::v1::{Config, Event, Session};

/// One operation's stream over v1, on the platform's WebSocket and timers. Dropped, it closes its socket and tells
/// nothing any more.
pub struct AgentStream {
    driver: Rc<Driver<AgentGateway>>,
}

impl AgentStream {
    /// A client that is not connected.
    pub fn new(config: Config, host: Host) -> Self {
        Self { driver: Driver::new(AgentGateway::Stream(Session::new(config)), host.hearing(Told::of_stream)) }
    }

    /// A client whose events come as a [`futures::Stream`]. It ends when the client is dropped.
    pub fn streaming(config: Config) -> (Self, UnboundedReceiver<Event<JsValue>>) {
        let (sender, receiver) = unbounded();
        let host = Host::listening(move |event| {
            // A receiver that was dropped wants no more events.
            let _ = sender.unbounded_send(event);
        });
        (Self::new(config, host), receiver)
    }

    /// Reads a payload into a type of the application's own.
    ///
    /// # Errors
    ///
    /// Where the payload does not fit the type.
    pub fn read<T: DeserializeOwned>(payload: JsValue) -> Result<T, serde_wasm_bindgen::Error> {
        serde_wasm_bindgen::from_value(payload)
    }

    /// The connection at this moment.
    pub fn snapshot(&self) -> Snapshot {
        self.with(|session| session.snapshot())
    }

    /// The id of the last delivered event; empty before the first.
    pub fn last_event_id(&self) -> String {
        self.with(|session| session.last_event_id())
    }

    /// A token as a session takes it, with the dates that a JSON Web Token tells.
    pub fn token(secret: String) -> Token {
        codec::token(secret)
    }

    /// Connects, unless a socket exists or is awaited.
    pub fn connect(&self) {
        self.driver.stream(|session, now| session.connect(now));
    }

    /// Closes and leaves the run alone.
    pub fn disconnect(&self) {
        self.driver.stream(|session, now| session.disconnect(now));
    }

    /// Replaces whatever socket there is, at once.
    pub fn reconnect(&self) {
        self.driver.stream(|session, now| session.reconnect(now));
    }

    /// Replaces the token; the next authentication uses it.
    pub fn update_token(&self, token: String) {
        self.driver.stream(|session, now| session.update_token(codec::token(token), now));
    }

    /// Answers a question for a token. An answer to one that is no longer open is ignored.
    pub fn answer(&self, request: RequestId, answer: Answer) {
        self.driver.answer(request, answer);
    }

    /// Sends a tool's result: an object with `toolCallId`, `content`, `success` and what else the wire knows. `false`:
    /// no socket is open and nothing was kept.
    ///
    /// # Errors
    ///
    /// What JSON threw where the payload cannot be written.
    pub fn send_tool_result(&self, payload: &JsValue) -> Result<bool, JsValue> {
        self.driver.send_tool_result(0, payload)
    }

    /// Sends a frame that nobody waits for when it cannot be sent. `false`: the connection does not stand.
    pub fn send(&self, command: ClientFrame) -> bool {
        self.driver.stream(|session, _| session.send(command)).unwrap_or(false)
    }

    /// Closes at once and tells nothing any more.
    pub fn dispose(&self) {
        self.driver.dispose();
    }

    fn with<R: Default>(&self, look: impl FnOnce(&Session<JsValue>) -> R) -> R {
        self.driver.with(|engine| match engine {
            AgentGateway::Stream(session) => look(session),
            AgentGateway::Mux(..) => R::default(),
        })
    }
}

impl Drop for AgentStream {
    fn drop(&mut self) {
        self.driver.dispose();
    }
}

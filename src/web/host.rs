//! What a session needs from its application.

#[cfg(feature = "stream")]
use std::rc::Weak;

use js_sys::Function;
use wasm_bindgen::JsValue;
#[cfg(feature = "stream")]
use wasm_bindgen_futures::spawn_local;

#[cfg(feature = "stream")]
use super::agent_gateway::AgentGateway;
#[cfg(feature = "stream")]
use super::driver::Driver;
use crate::machine::RequestId;
#[cfg(feature = "stream")]
use crate::machine::{Answer, TokenReason};
use crate::v1::Event;

/// Hears every event, in order.
type OnEvent<E> = Box<dyn Fn(E)>;
/// Answers a question for a token, at once or later.
#[cfg(feature = "stream")]
type OnToken = Box<dyn Fn(TokenQuestion)>;
/// Hears that a question is no longer open.
type OnTokenWithdrawn = Box<dyn Fn(RequestId)>;
/// Takes a line about a transition and a detail that may be empty, never with a token in it.
type Log = Box<dyn Fn(LogLevel, &str, &str)>;

/// The application's side of a client: of an `AgentStream` unless it is said otherwise.
pub struct Host<E = Event<JsValue>> {
    /// Hears every event.
    pub on_event: OnEvent<E>,
    /// Hears events instead of `on_event`, where they are live and in order: a JavaScript function that is called with
    /// the event (of a mux with the subscription and the event), without a detour through WebAssembly.
    pub deliver: Option<Function>,
    #[cfg(feature = "stream")]
    /// Gives tokens; needed when a session has none or one that may expire.
    pub on_token: Option<OnToken>,
    /// Hears that a token is no longer wanted.
    pub on_token_withdrawn: Option<OnTokenWithdrawn>,
    /// Takes log lines.
    pub log: Option<Log>,
    /// The WebSocket constructor; the global one when there is none.
    pub web_socket: Option<Function>,
}

#[cfg(feature = "stream")]
/// A question for a token. It stays open for 15 s.
pub struct TokenQuestion {
    pub(super) asker: Weak<Driver<AgentGateway>>,
    pub(super) request: RequestId,
    pub(super) reason: TokenReason,
}

/// How much a log line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Every transition.
    Debug,
    /// A connection made or lost.
    Info,
    /// Something that repairs itself.
    Warn,
    /// Something that somebody must look at.
    Error,
}

impl<E: 'static> Host<E> {
    /// A host that only listens.
    pub fn listening(on_event: impl Fn(E) + 'static) -> Self {
        Self {
            on_event: Box::new(on_event),
            deliver: None,
            #[cfg(feature = "stream")]
            on_token: None,
            on_token_withdrawn: None,
            log: None,
            web_socket: None,
        }
    }

    #[cfg(feature = "stream")]
    /// The same host behind another way of telling.
    pub(super) fn hearing<T: 'static>(self, heard: impl Fn(T) -> Option<E> + 'static) -> Host<T> {
        let on_event = self.on_event;
        Host {
            on_event: Box::new(move |told| {
                if let Some(event) = heard(told) {
                    on_event(event);
                }
            }),
            deliver: self.deliver,
            on_token: self.on_token,
            on_token_withdrawn: self.on_token_withdrawn,
            log: self.log,
            web_socket: self.web_socket,
        }
    }

    pub(super) fn log(&self, level: LogLevel, message: &str, detail: &str) {
        if let Some(log) = &self.log {
            log(level, message, detail);
        }
    }
}

#[cfg(feature = "stream")]
impl TokenQuestion {
    /// Why the token is needed.
    pub fn reason(&self) -> TokenReason {
        self.reason
    }

    /// The question's id, to recognise its withdrawal by.
    pub fn request(&self) -> RequestId {
        self.request
    }

    /// Answers. An answer that comes too late, or after the client is gone, is ignored.
    pub fn answer(self, answer: Answer) {
        if let Some(driver) = self.asker.upgrade() {
            driver.answer(self.request, answer);
        }
    }

    /// Answers when a future is done.
    pub fn answer_with(self, answer: impl Future<Output = Answer> + 'static) {
        spawn_local(async move { self.answer(answer.await) });
    }
}

impl LogLevel {
    /// The name of the console method.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

//! One way to follow a run: over the socket that runs share, or over one of its own.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use wasm_bindgen::JsValue;

use super::chat_event::ChatEvent;
use super::options::{Carriage, ChatRunOptions, HostError, TokenRequest};
use super::read::Reader;
use super::runner::Runner;
use super::shared_mux::{Follows, SharedMux};
use super::shell::Shell;
use super::tokens::{self, Tokens};
use super::told;
use crate::link::{Snapshot, Status};
use crate::operation::Event;
use crate::run::{Intervention, InterventionKind, Opening, Told, TransportId};
use crate::v1::Config;
use crate::v1::wire::ClientFrame;
use crate::v2::SubscriptionId;
use crate::web::agent_stream::AgentStream;
use crate::web::host::Host;

/// A transport of a run. Closed or dropped, it is silent.
pub(super) struct Transport {
    pub(super) id: TransportId,
    runner: Weak<Runner<Shell>>,
    reader: Reader,
    carrier: RefCell<Option<Carrier>>,
    open: Cell<bool>,
}

#[derive(Clone)]
enum Carrier {
    Own(Rc<AgentStream>),
    Shared(SharedMux, SubscriptionId),
}

impl Transport {
    pub(super) fn new(id: TransportId, runner: Weak<Runner<Shell>>, reader: Reader) -> Rc<Self> {
        Rc::new(Self { id, runner, reader, carrier: RefCell::default(), open: Cell::new(true) })
    }

    /// Begins to follow. Tells from within.
    pub(super) fn begin(self: &Rc<Self>, options: &ChatRunOptions, opening: &Opening) {
        let gateway_url = opening.gateway_url.as_deref().unwrap_or(&options.gateway_url);
        let may_be_shared = !opening.fallback && (options.mux.is_some() || SharedMux::is_served(gateway_url));
        let is_shared = match options.carriage {
            Carriage::Auto => may_be_shared,
            Carriage::V2 => true,
            Carriage::V1 => false,
        };
        if is_shared {
            self.share(options, opening, gateway_url);
        } else {
            self.stream(options, opening, gateway_url);
        }
        if !self.open.get() {
            self.close();
        }
    }

    /// The connection at this moment.
    pub(super) fn connection(&self) -> Option<Snapshot> {
        match self.carrier()? {
            Carrier::Own(stream) => Some(stream.snapshot()),
            Carrier::Shared(mux, id) => mux.mux().subscription(id),
        }
    }

    /// The id of the last event that was delivered.
    pub(super) fn last_event_id(&self) -> Option<String> {
        match self.carrier()? {
            Carrier::Own(stream) => Some(stream.last_event_id()),
            Carrier::Shared(mux, id) => mux.mux().last_event_id(id),
        }
    }

    pub(super) fn send_tool_result(&self, payload: &JsValue) {
        // The payload is made of texts, which JSON can write; a result that cannot go now is kept by the carrier.
        let _ = match self.carrier() {
            Some(Carrier::Own(stream)) => stream.send_tool_result(payload),
            Some(Carrier::Shared(mux, id)) => mux.mux().send_tool_result(id, payload),
            None => return,
        };
    }

    pub(super) fn send_answer(&self, Intervention { id, kind, .. }: &Intervention, reply: &JsValue) {
        let (id, is_text) = (String::from(&**id), *kind == InterventionKind::Input);
        let content = reply.as_string().unwrap_or_default();
        match self.carrier() {
            Some(Carrier::Own(stream)) if is_text => stream.send(ClientFrame::UserInput { request_id: id, content }),
            Some(Carrier::Own(stream)) => {
                stream.send(ClientFrame::ToolConfirmation { tool_call_id: id, approved: reply.as_bool() == Some(true) })
            }
            Some(Carrier::Shared(mux, subscription)) if is_text => mux.mux().send_user_input(subscription, id, content),
            Some(Carrier::Shared(mux, subscription)) => {
                mux.mux().send_tool_confirmation(subscription, id, reply.as_bool() == Some(true))
            }
            None => false,
        };
    }

    pub(super) fn close(&self) {
        self.open.set(false);
        match self.carrier.take() {
            Some(Carrier::Own(stream)) => stream.dispose(),
            Some(Carrier::Shared(mux, id)) => mux.unsubscribe(id),
            None => {}
        }
    }

    /// The token that came with the run first, then those of the application, which may not know the operation any more.
    fn tokens(self: &Rc<Self>, options: &ChatRunOptions, opening: &Opening) -> Tokens {
        let (get_token, operation_id) = (options.get_token.clone(), opening.operation_id.clone());
        let this = Rc::downgrade(self);
        let tokens: Tokens = Rc::new(move |reason, signal| {
            let given = get_token(TokenRequest { operation_id: operation_id.clone(), reason, signal });
            let this = this.clone();
            Box::pin(async move {
                let given = given.await;
                if matches!(given, Err(HostError::UnknownOperation)) {
                    this.upgrade().inspect(|transport| transport.operation_is_unknown());
                }
                given
            })
        });
        tokens::beginning_with(opening.token.clone(), tokens)
    }

    fn operation_is_unknown(&self) {
        if let Some(runner) = self.runner() {
            runner.told(self.id, Told::UnknownOperation);
        }
    }

    fn stream(self: &Rc<Self>, options: &ChatRunOptions, opening: &Opening, gateway_url: &str) {
        let this = Rc::downgrade(self);
        let mut host = Host::listening(move |event| {
            if let Some(transport) = this.upgrade() {
                transport.hear(event);
            }
        });
        host.web_socket = options.web_socket.clone();
        tokens::give(&mut host, self.tokens(options, opening));
        let config = Config {
            gateway_url: gateway_url.to_owned(),
            operation_id: String::from(&*opening.operation_id),
            host_gives_tokens: true,
            last_event_id: opening.last_event_id.clone(),
            auto_reconnect: true,
            resume_on_connect: opening.resume,
            ..Config::default()
        };
        let stream = Rc::new(AgentStream::new(config, host));
        self.carrier.replace(Some(Carrier::Own(stream.clone())));
        stream.connect();
    }

    fn share(self: &Rc<Self>, options: &ChatRunOptions, opening: &Opening, gateway_url: &str) {
        let (mux, tokens) = match &options.mux {
            Some(mux) => (mux.clone(), None),
            None => (SharedMux::of(gateway_url, options.web_socket.clone()), Some(self.tokens(options, opening))),
        };
        let this: Weak<Self> = Rc::downgrade(self);
        let may_fall_back = options.carriage == Carriage::Auto;
        let id = mux.subscribe(opening, may_fall_back, this, tokens);
        self.carrier.replace(Some(Carrier::Shared(mux, id)));
        if let Some(connection) = self.connection() {
            self.hear(Event::StatusChanged(connection.status));
        }
    }

    fn carrier(&self) -> Option<Carrier> {
        self.carrier.borrow().clone()
    }

    fn runner(&self) -> Option<Rc<Runner<Shell>>> {
        self.runner.upgrade().filter(|_| self.open.get())
    }

    fn status_changed(&self, runner: &Runner<Shell>, status: Status) {
        // What ended there is told when it is done.
        if status != Status::Disconnected {
            let reason = self.connection().and_then(|connection| connection.reason);
            runner.told(self.id, Told::Link { status, reason });
        }
        if status == Status::Connected {
            runner.connected();
        }
        runner.host().changed();
    }
}

impl Follows for Transport {
    fn hear(&self, event: Event<JsValue>) {
        let Some(runner) = self.runner() else { return };
        let asks = |frame: &JsValue, id, kind| {
            if let Some(told) = told::asks(frame, id, kind) {
                runner.told(self.id, told);
            }
        };
        match event {
            Event::AgentEvent(payload) => {
                runner.host().happened(|| ChatEvent::AgentEvent(payload.clone()));
                self.reader.read(self.id.0, &payload);
            }
            Event::StatusChanged(status) => self.status_changed(&runner, status),
            Event::Reconnecting { .. } => runner.host().changed(),
            Event::StatusChange(status) => runner.told(self.id, Told::Status(status)),
            Event::ResumeComplete { status, pending, .. } => {
                if let Some(status) = status {
                    runner.told(self.id, Told::Status(status));
                }
                runner.told(self.id, Told::Replayed { pending });
                runner.replayed();
            }
            Event::ToolConfirmationRequest(frame) => asks(&frame, "toolCallId", InterventionKind::ToolConfirmation),
            Event::InputRequest(frame) => asks(&frame, "requestId", InterventionKind::Input),
            Event::Continuity(continuity) => runner.broken(continuity),
            Event::Error { code, message } => runner.host().happened(|| ChatEvent::Error { code, message }),
            Event::Done(completion) => runner.told(self.id, Told::Done(completion)),
            // Told by their statuses, and by the completion.
            Event::Connected | Event::Disconnected | Event::AuthExpired | Event::AuthFailed { .. } => {}
            Event::SessionComplete(_) => {}
        }
    }

    fn unavailable(&self) {
        let last_event_id = self.last_event_id().unwrap_or_default();
        if let Some(runner) = self.runner() {
            runner.told(self.id, Told::Unavailable { last_event_id });
        }
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        self.close();
    }
}

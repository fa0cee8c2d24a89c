//! The host of a run in a Rust front end: its questions, its transports and its listeners.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use futures::channel::mpsc::{Sender, UnboundedSender};
use futures::future::LocalBoxFuture;
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, AbortSignal};

use super::chat_event::ChatEvent;
use super::options::{ChatRunOptions, HostError, InterventionRequest, TokenRequest, ToolContext, run_tool};
use super::read::Reader;
use super::runner::{RunHost, Runner};
use super::text::EngineText;
use super::transport::Transport;
use super::view::{ChatView, Mirror};
use super::{claims, review};
use crate::link;
use crate::machine::RequestId;
use crate::run::transcript::{Change, RefetchReason};
use crate::run::{Answer, Event, Intervention, Opening, Question, Snapshot, Started, ToolReply, TransportId};
use crate::web::codec;

#[wasm_bindgen(module = "/src/web/run/page.js")]
extern "C" {
    #[wasm_bindgen(js_name = nextFrame)]
    async fn next_frame();
}

pub(super) type Start = Box<dyn FnOnce(AbortSignal) -> LocalBoxFuture<'static, Result<Started, HostError>>>;

/// What carries a run out for a Rust front end.
pub(super) struct Shell {
    options: Rc<ChatRunOptions>,
    runner: Weak<Runner<Self>>,
    start: Cell<Option<Start>>,
    questions: RefCell<Vec<(RequestId, AbortController)>>,
    transports: RefCell<Vec<Rc<Transport>>>,
    mirror: RefCell<Mirror>,
    last_connection: Cell<Option<link::Snapshot>>,
    last_cursor: RefCell<String>,
    changes: RefCell<Vec<Sender<()>>>,
    events: RefCell<Vec<UnboundedSender<ChatEvent>>>,
}

/// A tool result as the wire knows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultPayload<'a> {
    tool_call_id: &'a str,
    content: Option<String>,
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ResultError>,
}

#[derive(Serialize)]
struct ResultError {
    #[serde(rename = "type")]
    error_type: &'static str,
    message: String,
}

impl Shell {
    pub(super) fn new(options: ChatRunOptions, last_cursor: String, runner: Weak<Runner<Self>>) -> Self {
        Self {
            options: Rc::new(options),
            runner,
            start: Cell::default(),
            questions: RefCell::default(),
            transports: RefCell::default(),
            mirror: RefCell::default(),
            last_connection: Cell::default(),
            last_cursor: RefCell::new(last_cursor),
            changes: RefCell::default(),
            events: RefCell::default(),
        }
    }

    /// What answers the question for the run's start.
    pub(super) fn start_with(&self, start: Start) {
        self.start.set(Some(start));
    }

    pub(super) fn view(&self, run: Snapshot, operation_id: Option<Rc<str>>) -> ChatView {
        let mirror = self.mirror.borrow();
        ChatView {
            run,
            operation_id,
            messages: mirror.messages.clone(),
            needs_refetch: mirror.needs_refetch,
            connection: self.connection(),
        }
    }

    /// Id of the last event that was delivered.
    pub(super) fn cursor(&self) -> String {
        let current = self.current().and_then(|transport| transport.last_event_id());
        current.unwrap_or_else(|| self.last_cursor.borrow().clone())
    }

    /// Tells that there is something to be seen, now and after each change.
    pub(super) fn tell_changes(&self, mut to: Sender<()>) {
        if to.try_send(()).is_ok() {
            self.changes.borrow_mut().push(to);
        }
    }

    pub(super) fn tell_events(&self, to: UnboundedSender<ChatEvent>) {
        self.events.borrow_mut().push(to);
    }

    /// Something that a page shows changed. One note waits for each listener, however much happens.
    pub(super) fn changed(&self) {
        self.changes.borrow_mut().retain_mut(|to| to.try_send(()).is_ok() || !to.is_closed());
    }

    pub(super) fn happened(&self, event: impl FnOnce() -> ChatEvent) {
        let mut events = self.events.borrow_mut();
        if events.is_empty() {
            return;
        }
        let event = event();
        events.retain(|to| to.unbounded_send(event.clone()).is_ok());
    }

    /// Closes what is open. Nothing is told any more.
    pub(super) fn dispose(&self) {
        self.close_all();
        self.changes.take();
        self.events.take();
    }

    fn close_all(&self) {
        let transports = self.transports.take();
        for transport in transports {
            self.remember(&transport);
            transport.close();
        }
    }

    fn connection(&self) -> Option<link::Snapshot> {
        self.current().and_then(|transport| transport.connection()).or(self.last_connection.get())
    }

    fn current(&self) -> Option<Rc<Transport>> {
        self.transports.borrow().last().cloned()
    }

    fn transport(&self, id: TransportId) -> Option<Rc<Transport>> {
        self.transports.borrow().iter().find(|transport| transport.id == id).cloned()
    }

    fn remember(&self, transport: &Transport) {
        if let Some(connection) = transport.connection() {
            self.last_connection.set(Some(connection));
        }
        if let Some(cursor) = transport.last_event_id() {
            self.last_cursor.replace(cursor);
        }
    }

    fn answering(&self, question: Question<JsValue>, signal: AbortSignal) -> LocalBoxFuture<'static, Answer<JsValue>> {
        let options = self.options.clone();
        let start = if question == Question::Start { self.start.take() } else { None };
        let runner = self.runner.clone();
        Box::pin(async move {
            match question {
                Question::Start => match start {
                    Some(start) => {
                        let started = start(signal.clone()).await;
                        // A run that was stopped, and left, while the server began it is followed by nobody.
                        if let Ok(Started { operation_id, .. }) = &started
                            && signal.aborted()
                            && runner.strong_count() == 0
                        {
                            let _ = (options.interrupt)(operation_id.clone()).await;
                        }
                        told(started, Answer::Started)
                    }
                    None => Answer::Failed { detail: "the run was started elsewhere".to_owned() },
                },
                Question::Token { operation_id, reason } => {
                    let token = (options.get_token)(TokenRequest { operation_id, reason, signal }).await;
                    told(token, |secret| Answer::Token(codec::token(secret)))
                }
                Question::Interrupt { operation_id } => {
                    told((options.interrupt)(operation_id).await, Answer::Interrupted)
                }
                Question::ClaimTool { may_run, .. } if !may_run || options.tools.is_empty() => Answer::Claimed(false),
                Question::ClaimTool { tool_call_id, .. } => {
                    match claims::claim(options.storage.clone(), tool_call_id).await {
                        Ok(claimed) => Answer::Claimed(claimed),
                        Err(detail) => Answer::Failed { detail },
                    }
                }
                Question::RunTool { payload, deadline, .. } => {
                    Answer::Tool(run_tool(&options, ToolContext { call: payload, deadline, signal }).await)
                }
                Question::Intervene { intervention, payload } => {
                    let Some(ask) = &options.intervene else {
                        return Answer::Failed { detail: "nobody answers questions here".to_owned() };
                    };
                    let request = InterventionRequest { intervention, request: payload, signal: signal.clone() };
                    let reply = ask(request).await;
                    if signal.aborted() { Answer::Aborted } else { told(reply, Answer::Replied) }
                }
            }
        })
    }
}

fn told<T>(given: Result<T, HostError>, answer: impl FnOnce(T) -> Answer<JsValue>) -> Answer<JsValue> {
    given.map_or_else(HostError::answer, answer)
}

impl RunHost for Shell {
    fn ask(&self, request: RequestId, question: Question<JsValue>) {
        let Ok(controller) = AbortController::new() else { return };
        let signal = controller.signal();
        self.questions.borrow_mut().push((request, controller));
        let answering = self.answering(question, signal.clone());
        let runner = self.runner.clone();
        spawn_local(async move {
            let answer = match answering.await {
                Answer::Failed { .. } if signal.aborted() => Answer::Aborted,
                answer => answer,
            };
            if let Some(runner) = runner.upgrade() {
                runner.host().questions.borrow_mut().retain(|(open, _)| *open != request);
                runner.answer(request, answer);
            }
        });
    }

    fn abort(&self, request: RequestId) {
        let aborted = self.questions.borrow().iter().find(|(open, _)| *open == request).cloned();
        if let Some((_, controller)) = aborted {
            controller.abort();
        }
    }

    fn open(&self, id: TransportId, opening: &Opening, reader: &Reader) {
        let transport = Transport::new(id, self.runner.clone(), reader.clone());
        self.transports.borrow_mut().push(transport.clone());
        transport.begin(&self.options, opening);
    }

    fn close(&self, id: TransportId) {
        let Some(transport) = self.transport(id) else { return };
        self.remember(&transport);
        self.transports.borrow_mut().retain(|known| known.id != id);
        transport.close();
    }

    fn send_result(&self, id: TransportId, tool_call_id: &str, reply: ToolReply<JsValue>) {
        let (content, error) = match reply {
            ToolReply::Given(content) => (content.as_string(), None),
            ToolReply::Failed { error, message } => (None, Some(ResultError { error_type: error.as_str(), message })),
        };
        let payload = ResultPayload { tool_call_id, content, success: error.is_none(), error };
        let (Some(transport), Ok(payload)) = (self.transport(id), payload.serialize(&Serializer::json_compatible()))
        else {
            return;
        };
        transport.send_tool_result(&payload);
    }

    fn send_answer(&self, id: TransportId, intervention: &Intervention, reply: &JsValue) {
        if let Some(transport) = self.transport(id) {
            transport.send_answer(intervention, reply);
        }
    }

    fn tell(&self, event: Event, _: Option<&str>) {
        match event {
            Event::Changed(_) => self.changed(),
            Event::Settled(_) => {
                self.close_all();
                self.changed();
            }
            Event::StopRefused => self.happened(|| ChatEvent::StopRefused),
            Event::ToolResultExpired { tool_call_id } => {
                self.happened(|| ChatEvent::ToolResultExpired { tool_call_id });
            }
        }
    }

    fn change(&self, change: Change<EngineText>) {
        self.mirror.borrow_mut().apply(&change);
    }

    fn show(&self, runner: &Runner<Self>, needs_refetch: Option<RefetchReason>) {
        self.mirror.borrow_mut().show(|index| runner.message(index), needs_refetch);
        self.changed();
    }

    fn request_frame(&self) {
        let runner = self.runner.clone();
        spawn_local(async move {
            next_frame().await;
            if let Some(runner) = runner.upgrade() {
                runner.frame();
            }
        });
    }

    fn review(&self, request: &JsValue) -> JsValue {
        review::review(request)
    }
}

//! What a run in a Rust front end is made with.

use std::collections::BTreeMap;
use std::rc::Rc;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use js_sys::{Function, JSON};
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use web_sys::AbortSignal;

use super::shared_mux::SharedMux;
use crate::machine::TokenReason;
use crate::run::{Answer, Intervention, Limits, Started, ToolAnswer};
use crate::time::Timestamp;
use crate::web::codec::{self, text_member};

/// What an application says where it has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostError {
    /// The user is signed out or may not. Final.
    Unauthorized(String),
    /// The server does not know the operation. Final.
    UnknownOperation,
    /// It did not work this time.
    Failed(String),
}

/// A question for a token.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// The operation that is followed.
    pub operation_id: Rc<str>,
    /// Why.
    pub reason: TokenReason,
    /// Aborted when the token is no longer wanted.
    pub signal: AbortSignal,
}

/// A question of the agent to the user.
#[derive(Clone, Debug)]
pub struct InterventionRequest {
    /// What is asked for, and until when.
    pub intervention: Intervention,
    /// The frame or the reviewed request; `prompt` holds the words of an `input_request`.
    pub request: JsValue,
    /// Aborted when the question is over.
    pub signal: AbortSignal,
}

/// A call that a tool runs for.
#[derive(Clone, Debug)]
pub struct ToolContext {
    /// The `data` of the event.
    pub call: JsValue,
    /// When it is aborted.
    pub deadline: Timestamp,
    /// Aborted at the deadline, and when the run is stopped.
    pub signal: AbortSignal,
}

/// Which gateway sockets carry a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carriage {
    /// One socket for all runs, or one each where the gateway has no v2.
    #[default]
    Auto,
    /// One socket for all runs.
    V2,
    /// A socket of its own.
    V1,
}

pub(super) type Asked<A> = LocalBoxFuture<'static, Result<A, HostError>>;
pub(super) type GetToken = Rc<dyn Fn(TokenRequest) -> Asked<String>>;
type Interrupt = Rc<dyn Fn(Rc<str>) -> Asked<bool>>;
type Intervene = Rc<dyn Fn(InterventionRequest) -> Asked<JsValue>>;
type Tool = Rc<dyn Fn(String, ToolContext) -> LocalBoxFuture<'static, ToolAnswer<JsValue>>>;

/// What a run needs of its application. Everything has a default but who gives tokens and who stops a run.
#[derive(Clone)]
pub struct ChatRunOptions {
    pub(super) gateway_url: String,
    pub(super) get_token: GetToken,
    pub(super) interrupt: Interrupt,
    pub(super) intervene: Option<Intervene>,
    pub(super) tools: BTreeMap<(String, String), Tool>,
    pub(super) limits: Limits,
    pub(super) messages: JsValue,
    pub(super) storage: Option<JsValue>,
    pub(super) mux: Option<SharedMux>,
    pub(super) carriage: Carriage,
    pub(super) executor: Option<bool>,
    pub(super) web_socket: Option<Function>,
}

impl ChatRunOptions {
    /// `get_token` gives a token, `interrupt` ends the run at the server: `true` where it took the stop on.
    pub fn new<T, I>(
        gateway_url: impl Into<String>,
        get_token: impl Fn(TokenRequest) -> T + 'static,
        interrupt: impl Fn(Rc<str>) -> I + 'static,
    ) -> Self
    where
        T: Future<Output = Result<String, HostError>> + 'static,
        I: Future<Output = Result<bool, HostError>> + 'static,
    {
        Self {
            gateway_url: gateway_url.into(),
            get_token: Rc::new(move |request| get_token(request).boxed_local()),
            interrupt: Rc::new(move |operation_id| interrupt(operation_id).boxed_local()),
            intervene: None,
            tools: BTreeMap::new(),
            limits: Limits::default(),
            messages: JsValue::UNDEFINED,
            storage: None,
            mux: None,
            carriage: Carriage::Auto,
            executor: None,
            web_socket: None,
        }
    }

    /// Runs calls of `identifier` and `api_name` here. What it returns is the content of the result; an error is the
    /// failure that the agent reads. Arguments that do not fit the type are a failure, too.
    pub fn tool<A, F>(mut self, identifier: &str, api_name: &str, run: impl Fn(A, ToolContext) -> F + 'static) -> Self
    where
        A: DeserializeOwned + 'static,
        F: Future<Output = Result<String, String>> + 'static,
    {
        let run = Rc::new(run);
        let tool: Tool = Rc::new(move |arguments, context| called(run.clone(), arguments, context).boxed_local());
        self.tools.insert((identifier.to_owned(), api_name.to_owned()), tool);
        self
    }

    /// Asks the user. A text or a `bool` is the answer, by the kind of the question; an error means that there is none.
    pub fn on_intervention<F>(mut self, ask: impl Fn(InterventionRequest) -> F + 'static) -> Self
    where
        F: Future<Output = Result<JsValue, HostError>> + 'static,
    {
        self.intervene = Some(Rc::new(move |request| ask(request).boxed_local()));
        self
    }

    /// How long to wait for what.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The stored messages that are there before: an array of objects (§6.1).
    pub fn messages(mut self, messages: JsValue) -> Self {
        self.messages = messages;
        self
    }

    /// Where all tabs keep which tool calls were taken on: `localStorage`, or an object with `getItem` and `setItem` that
    /// may return promises.
    pub fn storage(mut self, storage: impl Into<JsValue>) -> Self {
        self.storage = Some(storage.into());
        self
    }

    /// The socket that carries the run over v2; else all runs of the page share one for each gateway.
    pub fn mux(mut self, mux: SharedMux) -> Self {
        self.mux = Some(mux);
        self
    }

    /// Which sockets carry the run.
    pub fn carriage(mut self, carriage: Carriage) -> Self {
        self.carriage = carriage;
        self
    }

    /// Whether tools of this run run here before they run elsewhere; without it, where the run was submitted.
    pub fn executor(mut self, executor: bool) -> Self {
        self.executor = Some(executor);
        self
    }

    /// The WebSocket constructor; the global one unless it is given. A socket that runs share has that of the first.
    pub fn web_socket(mut self, constructor: Function) -> Self {
        self.web_socket = Some(constructor);
        self
    }
}

impl HostError {
    pub(super) fn answer(self) -> Answer<JsValue> {
        match self {
            Self::Unauthorized(detail) => Answer::Unauthorized { detail },
            Self::UnknownOperation => Answer::NotFound,
            Self::Failed(detail) => Answer::Failed { detail },
        }
    }
}

impl From<String> for HostError {
    fn from(detail: String) -> Self {
        Self::Failed(detail)
    }
}

impl From<&str> for HostError {
    fn from(detail: &str) -> Self {
        Self::Failed(detail.to_owned())
    }
}

impl Started {
    /// A run that began at the server, with the token that came with it.
    pub fn new(operation_id: &str, token: Option<String>) -> Self {
        let token = token.filter(|secret| !secret.is_empty()).map(codec::token);
        Self { operation_id: operation_id.into(), token, gateway_url: None }
    }
}

/// The tool that a call names, and what became of it.
pub(super) async fn run_tool(options: &ChatRunOptions, context: ToolContext) -> ToolAnswer<JsValue> {
    let text = |name| text_member(&context.call, name).unwrap_or_default();
    let key = (text("identifier"), text("apiName"));
    let arguments = text("arguments");
    match options.tools.get(&key) {
        Some(tool) => tool(arguments, context).await,
        None => ToolAnswer::Unknown { detail: ["There is no tool ", &key.0, ".", &key.1, " here."].concat() },
    }
}

async fn called<A, F>(
    run: Rc<impl Fn(A, ToolContext) -> F>,
    arguments: String,
    context: ToolContext,
) -> ToolAnswer<JsValue>
where
    A: DeserializeOwned,
    F: Future<Output = Result<String, String>>,
{
    let text = if arguments.is_empty() { "{}" } else { &arguments };
    let Ok(given) = JSON::parse(text) else { return ToolAnswer::ArgumentsUnparsable { arguments } };
    let given = match serde_wasm_bindgen::from_value(given) {
        Ok(given) => given,
        Err(misfit) => return ToolAnswer::Threw { detail: misfit.to_string() },
    };
    match run(given, context).await {
        Ok(content) => ToolAnswer::Returned(content.into()),
        Err(detail) => ToolAnswer::Threw { detail },
    }
}

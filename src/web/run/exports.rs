//! The class of a run that the TypeScript facade wraps. Internal: applications use the facade.

use std::rc::Rc;

use wasm_bindgen::prelude::*;

use super::answer::answer;
use super::facade::Facade;
use super::runner::Runner;
use super::{named, shape};
use crate::machine::RequestId;
use crate::run::transcript::{Fetch, Transcript, read};
use crate::run::{ChatRun, Ledger, Limits, Resume, TransportId};
use crate::web::codec::{member, number, text_member};
use crate::web::platform::date;

/// One run, with its messages.
#[wasm_bindgen]
pub struct RawChatRun {
    runner: Rc<Runner<Facade>>,
}

#[wasm_bindgen]
impl RawChatRun {
    /// Takes the facade's options and callbacks.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue, host: &JsValue) -> Self {
        let executor = member(options, "executor").as_bool();
        let run = ChatRun::new(limits(&member(options, "limits")), member(options, "hasFallback").is_truthy())
            .with_executor(executor);
        let rows = read::rows(&member(options, "messages")).unwrap_or_default();
        let host: &Facade = host.unchecked_ref();
        let runner = Runner::new(run, rows, |_| host.clone());
        runner.update(|_| ());
        Self { runner }
    }

    /// See [`ChatRun::submit`].
    pub fn submit(&self) -> bool {
        self.runner.command(ChatRun::submit)
    }

    /// See [`ChatRun::resume`].
    pub fn resume(&self, run: &JsValue) -> bool {
        let started_at = number(run, "startedAt");
        let resume = Resume {
            operation_id: text_member(run, "operationId").unwrap_or_default().into(),
            last_event_id: text_member(run, "cursor").unwrap_or_default(),
            started_at: (!started_at.is_nan()).then_some(date(started_at)),
            gateway_url: None,
        };
        self.runner.command(|run, now| run.resume(resume, now))
    }

    /// See [`ChatRun::stop`].
    pub fn stop(&self) -> bool {
        self.runner.command(ChatRun::stop)
    }

    /// See [`ChatRun::detach`].
    pub fn detach(&self) -> bool {
        self.runner.command(ChatRun::detach)
    }

    /// See [`ChatRun::supersede`].
    pub fn supersede(&self) -> bool {
        self.runner.command(ChatRun::supersede)
    }

    /// See the facade.
    pub fn snapshot(&self) -> JsValue {
        let (snapshot, operation_id) = self.runner.snapshot();
        shape::snapshot(&snapshot, operation_id.as_deref())
    }

    /// The host's answer to a question, by its name.
    pub fn answer(&self, request: u32, name: &str, value: JsValue) {
        self.runner.answer(RequestId(request), answer(name, value));
    }

    /// What a transport tells, by the name of the facade's event.
    pub fn told(&self, transport: u32, name: &str, argument: &JsValue) {
        named::tell(&self.runner, TransportId(transport), name, argument);
    }

    /// The page paints a frame.
    pub fn frame(&self) {
        self.runner.frame();
    }

    /// See [`Transcript::begin_refetch`]. Returns the number of the question.
    #[wasm_bindgen(js_name = beginRefetch)]
    pub fn begin_refetch(&self) -> u32 {
        self.runner.begin_refetch().map_or(0, |Fetch(question)| question)
    }

    /// The stored messages that a question is answered with, or anything else where they could not be fetched; see
    /// [`Transcript::refetched`].
    pub fn refetched(&self, question: u32, rows: &JsValue) -> bool {
        let fetch = Fetch(question);
        match read::rows(rows) {
            Some(rows) => self.runner.update(|transcript| transcript.refetched(fetch, rows)).unwrap_or(false),
            None => {
                self.runner.update(|transcript: &mut Transcript<_>| transcript.refetch_failed(fetch));
                false
            }
        }
    }

    /// Takes a tool call on, where the ledger with these ids does not name it. Returns the ids to save.
    pub fn claim(ids: Vec<String>, tool_call_id: &str) -> Option<Vec<String>> {
        let mut ledger = Ledger::load(ids.into_iter().map(Rc::from));
        let is_news = ledger.claim(&Rc::from(tool_call_id));
        is_news.then(|| ledger.ids().map(|id| (**id).to_owned()).collect())
    }

    /// See the facade.
    pub fn dispose(&self) {
        self.runner.dispose();
    }
}

fn limits(options: &JsValue) -> Limits {
    let limit = |name: &str, default: u64| {
        let millis = number(options, name);
        if millis > 0.0 { millis as u64 } else { default }
    };
    let default = Limits::default();
    Limits {
        start: limit("start", default.start),
        token: limit("token", default.token),
        connect: limit("connect", default.connect),
        reconnect: limit("reconnect", default.reconnect),
        pending: limit("pending", default.pending),
        stop: limit("stop", default.stop),
    }
}

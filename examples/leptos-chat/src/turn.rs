//! One exchange: the user's message and the run that answers it.

use std::rc::Rc;

use agent_gateway_client::link::Snapshot;
use agent_gateway_client::run::transcript::{Part, RefetchReason};
use agent_gateway_client::run::{Resume, WaitingFor};
use agent_gateway_client::time::Timestamp;
use agent_gateway_client::web::{ChatRun, ChatRunOptions, ChatView, SharedMux, TokenRequest, ToolContext};
use futures::StreamExt;
use js_sys::Date;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Deserialize;

use crate::api::{self, Api, NewRun, RunSummary};
use crate::log::Log;
use crate::questions::Questions;

/// What all turns of the page share.
#[derive(Clone)]
pub struct Shared {
    pub api: Api,
    pub mux: SharedMux,
    pub log: Log,
}

/// A turn. Its run is followed as long as the page shows it.
#[derive(Clone, Copy)]
pub struct Turn {
    pub number: usize,
    pub prompt: StoredValue<String>,
    /// All that is shown of the run.
    pub view: RwSignal<ChatView, LocalStorage>,
    pub questions: Questions,
    run: StoredValue<Option<ChatRun>, LocalStorage>,
    shared: StoredValue<Shared, LocalStorage>,
}

impl Shared {
    pub fn new(api: Api, log: Log) -> Self {
        let asked = api.clone();
        let mux = SharedMux::new(api.gateway_url.clone(), move |_, signal| {
            let api = asked.clone();
            async move {
                log.page("token requested");
                api.user_token(signal).await
            }
        });
        Self { api, mux, log }
    }

    fn options(&self, questions: Questions) -> ChatRunOptions {
        let (token_api, interrupt_api, log) = (self.api.clone(), self.api.clone(), self.log);
        let get_token = move |TokenRequest { operation_id, signal, .. }| {
            let api = token_api.clone();
            async move {
                log.page("token requested");
                api.run_token(&operation_id, signal).await
            }
        };
        let interrupt = move |operation_id: Rc<str>| {
            let api = interrupt_api.clone();
            async move { api.interrupt(&operation_id).await }
        };
        let options = ChatRunOptions::new(self.api.gateway_url.clone(), get_token, interrupt)
            .mux(self.mux.clone())
            .executor(true)
            .tool("demo", "getTime", get_time)
            .on_intervention(move |asked| questions.ask(asked));
        match window().local_storage() {
            Ok(Some(storage)) => options.storage(storage),
            // The browser keeps nothing: after a reload a tool may run again.
            _ => options,
        }
    }
}

impl Turn {
    /// Sends a message.
    pub fn send(shared: &Shared, number: usize, message: NewRun) -> Self {
        let turn = Self::new(shared, number, message.prompt.clone());
        let api = shared.api.clone();
        let run = ChatRun::new(shared.options(turn.questions));
        run.submit(move |signal| async move { api.start(message, signal).await });
        turn.follow(run);
        turn
    }

    /// Takes a run up that the server lists.
    pub fn listed(shared: &Shared, number: usize, listed: RunSummary) -> Self {
        let turn = Self::new(shared, number, listed.prompt);
        turn.resume(&listed.operation_id, Some(Timestamp::from_millis(listed.started_at)));
        turn
    }

    /// Follows the run again, after a failure that it may have outlived.
    pub fn connect_again(self) {
        let ChatView { operation_id, run, .. } = self.view.get_untracked();
        if let Some(operation_id) = operation_id {
            self.resume(&operation_id, run.started_at);
        }
    }

    pub fn stop(self) {
        self.run.with_value(|run| run.as_ref().map(ChatRun::stop));
    }

    /// The connection, with what changed since it was last told.
    pub fn connection(self) -> Option<Snapshot> {
        self.view.track();
        self.run.with_value(|run| run.as_ref()?.view().connection)
    }

    /// The text of the agent itself.
    pub fn text(self) -> String {
        let view = self.view.get_untracked();
        let own = view.messages.iter().filter(|message| message.member.is_none() && message.role != "user");
        let texts = own.flat_map(|message| &message.parts).filter_map(|part| match part {
            Part::Text(text) => Some(text.to_string()),
            _ => None,
        });
        texts.collect()
    }

    fn new(shared: &Shared, number: usize, prompt: String) -> Self {
        let turn = Self {
            number,
            prompt: StoredValue::new(prompt),
            view: RwSignal::new_local(ChatView::default()),
            questions: Questions::new(),
            run: StoredValue::new_local(None),
            shared: StoredValue::new_local(shared.clone()),
        };
        turn.answer_the_server();
        turn
    }

    fn resume(self, operation_id: &str, started_at: Option<Timestamp>) {
        let operation_id = operation_id.into();
        let resume = Resume { operation_id, last_event_id: String::new(), started_at, gateway_url: None };
        let options = self.shared.with_value(|shared| shared.options(self.questions));
        self.follow(ChatRun::resume(options, resume));
    }

    /// The one line that binds a run to the page.
    fn follow(self, run: ChatRun) {
        spawn_local(run.changes().for_each(move |view| async move { self.view.set(view) }));
        let log = self.shared.with_value(|shared| shared.log);
        spawn_local(run.events().for_each(move |event| async move { log.event(event) }));
        self.run.set_value(Some(run));
    }

    /// Two things that only this application's server can do: tell a gateway of a run that it forgot, and give the
    /// stored messages.
    fn answer_the_server(self) {
        let is_unknown = Memo::new(move |_| self.view.with(|view| view.run.waiting_for == Some(WaitingFor::Operation)));
        Effect::new(move || {
            if is_unknown.get() {
                spawn_local(self.announce());
            }
        });
        let is_broken = Memo::new(move |_| self.view.with(|view| view.needs_refetch == Some(RefetchReason::Gap)));
        Effect::new(move || {
            if is_broken.get() {
                self.shared.with_value(|shared| shared.log.page("continuity"));
            }
        });
        let is_over = Memo::new(move |_| self.view.with(|view| view.run.outcome.is_some()));
        Effect::new(move || {
            if is_broken.get() && is_over.get() {
                spawn_local(self.complete());
            }
        });
    }

    async fn announce(self) {
        let Some(operation_id) = self.view.with_untracked(|view| view.operation_id.clone()) else { return };
        let Shared { api, log, .. } = self.shared.get_value();
        match api.announce(&operation_id).await {
            Ok(()) => log.page("announced again"),
            Err(error) if error.status == 404 => {
                self.run.with_value(|run| run.as_ref().map(ChatRun::detach));
            }
            Err(_) => log.page("not announced"),
        }
    }

    /// Shows the stored text where a part of it was not streamed.
    async fn complete(self) {
        let Some(operation_id) = self.view.with_untracked(|view| view.operation_id.clone()) else { return };
        let Shared { api, log, .. } = self.shared.get_value();
        let Ok(text) = api.stored_text(&operation_id).await else { return log.page("text not loaded") };
        if text == self.text() {
            return;
        }
        let rows = api::rows_of(&operation_id, &text);
        let fetching = self.run.with_value(|run| run.as_ref().map(|run| run.refetch(async { rows })));
        if let Some(fetching) = fetching {
            log.page(if fetching.await { "text completed" } else { "text not loaded" });
        }
    }
}

#[derive(Deserialize)]
struct NoArguments {}

async fn get_time(_: NoArguments, _: ToolContext) -> Result<String, String> {
    Ok(Date::new_0().to_string().into())
}

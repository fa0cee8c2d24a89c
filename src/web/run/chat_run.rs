//! A run for Rust front ends.

use std::rc::Rc;

use futures::channel::mpsc::{UnboundedReceiver, channel, unbounded};
use futures::{FutureExt, Stream, StreamExt, future};
use wasm_bindgen::JsValue;
use web_sys::AbortSignal;

use super::chat_event::ChatEvent;
use super::options::{Carriage, ChatRunOptions, HostError};
use super::runner::Runner;
use super::shell::Shell;
use super::view::ChatView;
use crate::run::transcript::{Transcript, read};
use crate::run::{self, Outcome, Phase, Resume, Snapshot, Started};

/// One run of an agent, from the message that was sent to the one outcome, in a page.
///
/// It decides whether the button of the input sends or stops, asks for tokens, runs the tools of the page, assembles the
/// messages, and ends in any case. Dropped, it leaves the run alone, which goes on at the server, and its streams end.
/// What it promises and its states are those of [`run::ChatRun`].
pub struct ChatRun {
    runner: Rc<Runner<Shell>>,
}

impl ChatRun {
    /// A run that is idle until [`ChatRun::submit`].
    pub fn new(options: ChatRunOptions) -> Self {
        Self::with(options, String::new())
    }

    /// Takes up a run that goes on at the server, after a reload or in another tab.
    pub fn resume(options: ChatRunOptions, resume: Resume) -> Self {
        let run = Self::with(options, resume.last_event_id.clone());
        run.runner.command(|machine, now| machine.resume(resume, now));
        run
    }

    /// Starts the run. `start` begins it at the server; its signal is aborted when the user stops before there is an
    /// answer. `false`: this run was used already.
    pub fn submit<F>(&self, start: impl FnOnce(AbortSignal) -> F + 'static) -> bool
    where
        F: Future<Output = Result<Started, HostError>> + 'static,
    {
        if self.snapshot().phase != Phase::Idle {
            return false;
        }
        self.runner.host().start_with(Box::new(move |signal| start(signal).boxed_local()));
        self.runner.command(run::ChatRun::submit)
    }

    /// Ends the run on the server. `false`: there is nothing to stop, or it is being stopped.
    pub fn stop(&self) -> bool {
        self.runner.command(run::ChatRun::stop)
    }

    /// Leaves the run alone; it goes on at the server. `false`: there is none.
    pub fn detach(&self) -> bool {
        self.runner.command(run::ChatRun::detach)
    }

    /// Leaves the run because a newer one takes its place. `false`: there is none.
    pub fn supersede(&self) -> bool {
        self.runner.command(run::ChatRun::supersede)
    }

    /// What the input of a chat needs to know.
    pub fn snapshot(&self) -> Snapshot {
        self.runner.snapshot().0
    }

    /// All that a page shows.
    pub fn view(&self) -> ChatView {
        view(&self.runner)
    }

    /// What a page shows, now and after each change. Changes that come faster than they are taken are one. The stream
    /// keeps nothing alive and ends with the run's object.
    pub fn changes(&self) -> impl Stream<Item = ChatView> + use<> {
        let (sender, notes) = channel(0);
        self.runner.host().tell_changes(sender);
        let runner = Rc::downgrade(&self.runner);
        notes.filter_map(move |()| future::ready(runner.upgrade().map(|runner| view(&runner))))
    }

    /// What happens from now on besides changes. The stream ends with the run's object.
    pub fn events(&self) -> UnboundedReceiver<ChatEvent> {
        let (sender, events) = unbounded();
        self.runner.host().tell_events(sender);
        events
    }

    /// The outcome. `None`: the run's object was dropped before.
    pub fn done(&self) -> impl Future<Output = Option<Rc<Outcome>>> + use<> {
        let changes = self.changes();
        async move {
            let mut outcomes = changes.filter_map(|view| future::ready(view.run.outcome)).boxed_local();
            outcomes.next().await
        }
    }

    /// Id of the last event that was delivered; give it to [`ChatRun::resume`].
    pub fn cursor(&self) -> String {
        self.runner.host().cursor()
    }

    /// Takes in the stored messages that `load` fetches: an array of objects (§6.1), `None` where there are none to be
    /// had. `false`: they do not count, because something newer came.
    pub fn refetch<F>(&self, load: F) -> impl Future<Output = bool> + use<F>
    where
        F: Future<Output = Option<JsValue>>,
    {
        let (runner, fetch) = (Rc::downgrade(&self.runner), self.runner.begin_refetch());
        async move {
            let rows = load.await.and_then(|rows| read::rows(&rows));
            let (Some(runner), Some(fetch)) = (runner.upgrade(), fetch) else { return false };
            match rows {
                Some(rows) => runner.update(|transcript| transcript.refetched(fetch, rows)).unwrap_or(false),
                None => {
                    runner.update(|transcript: &mut Transcript<_>| transcript.refetch_failed(fetch));
                    false
                }
            }
        }
    }

    fn with(options: ChatRunOptions, cursor: String) -> Self {
        let rows = read::rows(&options.messages).unwrap_or_default();
        let machine =
            run::ChatRun::new(options.limits, options.carriage == Carriage::Auto).with_executor(options.executor);
        let runner = Runner::new(machine, rows, |runner| Shell::new(options, cursor, runner.clone()));
        runner.update(|_| ());
        Self { runner }
    }
}

impl Drop for ChatRun {
    fn drop(&mut self) {
        self.detach();
        self.runner.dispose();
        self.runner.host().dispose();
    }
}

fn view(runner: &Runner<Shell>) -> ChatView {
    let (run, operation_id) = runner.snapshot();
    runner.host().view(run, operation_id)
}

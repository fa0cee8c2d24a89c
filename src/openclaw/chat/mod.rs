//! A chat: the runs of one session, over drops, restarts and busy sessions.
//!
//! An answer is done when its end was told, not when it falls silent, and a session that is idle ends what is left. After
//! a lost connection the history says what became of each run; a message is never sent again by itself.

mod event;
mod history;
mod notices;
mod reading;
mod run;

use super::calls::{CallError, CallId, NotCalled};
use super::fleet::Activity;
use super::payload::Payload;
use super::queue::Queue;
use super::retry::Retry;
use super::state::{Event, State};
use super::watch::earlier;
use super::wire::Json;
use crate::machine::Timer;
use crate::time::Timestamp;
pub use event::{ChatEvent, ChatOutput, Purpose, QueueMode};
pub use run::{Run, RunState, TextChange};

/// How long an idle session may owe the end of a run.
const END_WITHIN: u64 = 1_000;
/// The runs that are remembered.
const MOST_RUNS: usize = 64;

/// The machine of one chat.
#[derive(Debug)]
pub struct Chat<P> {
    key: String,
    /// The same as the engine holds it.
    key_value: P,
    /// The name under which the gateway tells of the session, where it is another.
    name: Option<P>,
    /// Whether it said so.
    is_named: bool,
    runs: Vec<Run<P>>,
    activity: Activity,
    /// When the activity was true, in the gateway's milliseconds.
    as_of: u64,
    /// Whether it was told since the history was asked for.
    row_is_newer: bool,
    /// The messages that were told since then.
    meanwhile: Vec<P>,
    sync: Sync,
    /// When the subscription is asked for again, where the gateway refused it.
    subscribe_at: Option<Timestamp>,
    subscribe_retry: Retry,
    /// Of a history that failed, or did not tell all.
    read_retry: Retry,
    restarted: bool,
    calls: Vec<(CallId, Purpose)>,
    out: Queue<ChatOutput<P>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sync {
    Offline,
    Reading {
        again: bool,
    },
    Live,
    Due(Timestamp),
    /// It may not be read.
    Refused,
}

impl<P: Payload> Chat<P> {
    /// A chat of a session; `is_ready`: the connection stands.
    pub fn new(key: &str, is_ready: bool) -> Self {
        let mut chat = Self {
            key: key.to_owned(),
            key_value: P::of_text(key),
            name: None,
            is_named: false,
            runs: Vec::new(),
            activity: Activity::Unknown,
            as_of: 0,
            row_is_newer: false,
            meanwhile: Vec::new(),
            sync: Sync::Offline,
            subscribe_at: None,
            subscribe_retry: Retry::default(),
            read_retry: Retry::default(),
            restarted: false,
            calls: Vec::new(),
            out: Queue::default(),
        };
        if is_ready {
            chat.begin();
        }
        chat
    }

    /// The session.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The last runs, oldest first.
    pub fn runs(&self) -> &[Run<P>] {
        &self.runs
    }

    /// A run.
    pub fn run(&self, id: &str) -> Option<&Run<P>> {
        self.runs.iter().find(|run| run.id == id)
    }

    /// What the session does, by its own word.
    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Whether an answer is owed: by a run, or by the session's own word.
    pub fn is_busy(&self) -> bool {
        matches!(self.activity, Activity::Running(_)) || self.runs.iter().any(|run| run.state.is_open())
    }

    /// Whether what is shown is the present.
    pub fn is_live(&self) -> bool {
        self.sync == Sync::Live
    }

    /// The parameters of `chat.send`. `extra` are more members, as JSON text each.
    pub fn message(&self, run: &str, text: &str, mode: Option<QueueMode>, extra: &[(&'static str, String)]) -> Json {
        let mut members = Json::members(&[
            ("sessionKey", Some(&self.key)),
            ("message", Some(text)),
            ("idempotencyKey", Some(run)),
            ("queueMode", mode.map(QueueMode::as_str)),
        ]);
        for (name, value) in extra {
            members.push((name, Json::Raw(value.clone())));
        }
        Json::Object(members)
    }

    /// A message was sent by this call. Sent again under the same id it is the same run.
    pub fn sent(&mut self, run: &str, call: CallId) {
        self.calls.push((call, Purpose::Send(run.to_owned())));
        match self.runs.iter().position(|known| known.id == run) {
            Some(index) if self.runs[index].state.is_told() => {}
            Some(index) => self.turn(index, RunState::Sending, None),
            None => self.add(Run::new(run, true, RunState::Sending)),
        }
    }

    /// Ends a run, or all of the session.
    pub fn abort(&mut self, run: Option<&str>) {
        let members = Json::members(&[("sessionKey", Some(&self.key)), ("runId", run)]);
        self.call(Purpose::Abort, "chat.abort", members);
    }

    /// Takes in what a session tells. `true`: it is the answer to a call of this chat, and nobody else's.
    pub fn observe(&mut self, event: &Event<P>, now: Timestamp) -> bool {
        match event {
            Event::Hello(hello) => {
                self.restarted |= hello.restarted;
                self.as_of = 0;
                self.begin();
            }
            Event::StateChanged(State::Ready | State::Degraded(_)) => {}
            Event::StateChanged(_) => self.lost(),
            Event::Gap { .. } => self.due(now),
            Event::Notice(notice) => self.noticed(notice, now),
            Event::CallSettled { call, outcome } => {
                let Some(index) = self.calls.iter().position(|(own, _)| own == call) else { return false };
                let (_, purpose) = self.calls.remove(index);
                self.settled(purpose, outcome, now);
                return true;
            }
            Event::TokenGranted(_) | Event::TokenRefused(_) | Event::CallAccepted { .. } | Event::Protocol { .. } => {}
        }
        false
    }

    /// How a call of this chat was made, or why not.
    pub fn called(&mut self, purpose: Purpose, call: Result<CallId, NotCalled>, now: Timestamp) {
        match call {
            Ok(call) => self.calls.push((call, purpose)),
            Err(reason) => self.failed(purpose, (reason.as_str(), ""), None, now),
        }
    }

    /// A deadline passed.
    pub fn timeout(&mut self, now: Timestamp) {
        if self.subscribe_at.is_some_and(|at| now >= at) {
            self.subscribe();
            // What was not told until then is in the history.
            if !matches!(self.sync, Sync::Due(_)) {
                self.due(now);
            }
        }
        if let Sync::Due(at) = self.sync
            && now >= at
        {
            self.read();
        }
    }

    /// When [`Self::timeout`] is due.
    pub fn deadline(&self) -> Option<(Timestamp, Timer)> {
        let read_at = match self.sync {
            Sync::Due(at) => Some(at),
            // The call of a reading has a deadline of its own.
            Sync::Offline | Sync::Reading { .. } | Sync::Live | Sync::Refused => None,
        };
        let [read, subscribe] = [read_at, self.subscribe_at].map(|at| at.map(|at| (at, Timer::Resync)));
        earlier(read, subscribe)
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<ChatOutput<P>> {
        self.out.pop()
    }

    /// Whether this is the chat of a session.
    pub(super) fn is_of(&self, key: &P) -> bool {
        self.key_value == *key || self.name.as_ref() == Some(key)
    }

    /// Whether the gateway tells of the session under another name than the application.
    pub(super) fn has_other_name(&self) -> bool {
        self.name.is_some()
    }

    /// Whether both are chats of one session, as far as that is known.
    pub(super) fn shares(&self, other: &Self) -> Option<bool> {
        let name = |chat: &Self| chat.name.clone().unwrap_or_else(|| chat.key_value.clone());
        (self.is_named && other.is_named).then(|| name(self) == name(other))
    }

    /// Whether it may be the chat of a session with this name.
    pub(super) fn may_be_of(&self, name: &P) -> bool {
        !self.is_named || self.is_of(name)
    }

    /// The subscription was taken back; what was told since is read.
    pub(super) fn subscribe_again(&mut self, now: Timestamp) {
        if self.sync != Sync::Offline && self.subscribe_at.is_none() {
            self.subscribe();
            self.due(now);
        }
    }

    /// The place of a run whose answer comes in.
    pub(super) fn streaming(&self, id: &P) -> Option<usize> {
        self.runs.iter().rposition(|run| run.state == RunState::Streaming && run.id_value == *id)
    }

    /// The run at a place.
    pub(super) fn run_at(&mut self, place: usize) -> Option<&mut Run<P>> {
        self.runs.get_mut(place)
    }

    /// The calls that are open.
    pub(super) fn into_calls(self) -> impl Iterator<Item = CallId> {
        self.calls.into_iter().map(|(call, _)| call)
    }

    fn call(&mut self, purpose: Purpose, method: &'static str, members: Vec<(&'static str, Json)>) {
        self.out.push(ChatOutput::Call { purpose, method, params: Json::Object(members) });
    }

    fn settled(&mut self, purpose: Purpose, outcome: &Result<P, CallError<P>>, now: Timestamp) {
        match (purpose, outcome) {
            (Purpose::History, Ok(payload)) => self.history_read(payload, now),
            (Purpose::Send(run), Ok(payload)) => self.taken(&run, payload, now),
            (Purpose::Abort, Ok(payload)) if payload.flag("aborted") == Some(false) => self.due(now),
            (Purpose::Subscribe, Ok(payload)) => self.named(payload.member("key"), now),
            (Purpose::Abort, Ok(_)) => {}
            (Purpose::Send(run), Err(CallError::ConnectionLost { .. } | CallError::TimedOut { .. })) => {
                self.turn_sending(&run, RunState::Uncertain);
                self.due(now);
            }
            // The state changes next, and all of it is asked for after the next welcome.
            (_, Err(CallError::ConnectionLost { .. })) => {}
            (purpose, Err(CallError::Refused(fault))) => {
                self.failed(purpose, (&fault.specific_code(), &fault.message), fault.retry_after, now);
            }
            (purpose, Err(error @ CallError::TimedOut { .. })) => {
                self.failed(purpose, (error.as_str(), ""), None, now);
            }
        }
    }

    /// `asked` is how long the gateway wants to be left alone.
    fn failed(&mut self, purpose: Purpose, (code, message): (&str, &str), asked: Option<u64>, now: Timestamp) {
        let (code, message) = (code.to_owned(), message.to_owned());
        let may_succeed = !["FORBIDDEN", "MISSING_SCOPE", "INVALID_REQUEST"].contains(&&*code);
        match &purpose {
            Purpose::Send(run) => {
                return self.turn_sending(run, RunState::NotSent { code, message });
            }
            Purpose::History if may_succeed => self.read_later(asked, now),
            Purpose::History => self.sync = Sync::Refused,
            Purpose::Subscribe if may_succeed => {
                self.subscribe_at = Some(self.subscribe_retry.at(asked, now));
            }
            Purpose::Subscribe | Purpose::Abort => {}
        }
        self.tell(ChatEvent::Failed { purpose, code, message });
    }

    /// The gateway took a message, or says that it had.
    fn taken(&mut self, run: &str, payload: &P, now: Timestamp) {
        let Some(index) = self.runs.iter().position(|known| known.id == run) else { return };
        if matches!(self.runs[index].state, RunState::Sending | RunState::Uncertain) {
            self.turn(index, RunState::Accepted, None);
        }
        // It was answered before; the history has the answer.
        if payload.text("status").as_deref() == Some("ok") {
            self.due(now);
        }
    }

    fn become_active(&mut self, activity: Activity) {
        if self.activity != activity {
            self.activity = activity.clone();
            self.tell(ChatEvent::Activity(activity));
        }
    }

    fn add(&mut self, run: Run<P>) {
        if self.runs.len() >= MOST_RUNS {
            let oldest = self.runs.iter().position(|run| !run.state.is_open()).unwrap_or(0);
            self.runs.remove(oldest);
        }
        let id = run.id.clone();
        self.runs.push(run);
        self.tell(ChatEvent::Run { run: id, message: None });
    }

    fn turn_sending(&mut self, id: &str, state: RunState) {
        if let Some(index) = self.runs.iter().position(|run| run.id == id)
            && self.runs[index].state == RunState::Sending
        {
            self.turn(index, state, None);
        }
    }

    fn turn(&mut self, index: usize, state: RunState, message: Option<P>) {
        let run = &mut self.runs[index];
        if run.state != state {
            run.state = state;
            run.is_newer = true;
            let run = run.id.clone();
            self.tell(ChatEvent::Run { run, message });
        }
    }

    fn tell(&mut self, event: ChatEvent<P>) {
        self.out.push(ChatOutput::Event(event));
    }
}

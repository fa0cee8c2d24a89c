//! A client that remembers everything it was told.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use agent_gateway_client::agent::{Completion, Outcome};
use agent_gateway_client::link::Status;
use agent_gateway_client::v1::{Config, Event};
use agent_gateway_client::web::{AgentStream, Host};
use wasm_bindgen::JsValue;

use super::gateway::{Run, own_text};
use super::page::wait_for;

/// A client and its diary.
pub struct Follower {
    pub stream: AgentStream,
    pub diary: Rc<Diary>,
}

/// What a client was told, in order.
#[derive(Default)]
pub struct Diary {
    operation_id: String,
    /// Every event.
    pub events: RefCell<Vec<Event<JsValue>>>,
    /// The client's cursor at each event of the run.
    pub cursors: RefCell<Vec<String>>,
    text: RefCell<String>,
    connected: Cell<u32>,
}

impl Follower {
    /// A client that is not connected.
    pub fn new(config: Config) -> Rc<Self> {
        Self::with(config, |_| {}, |_, _| {})
    }

    /// A client whose host is adapted, and which calls `react` after each event was written down.
    pub fn with(
        config: Config,
        adapt: impl FnOnce(&mut Host),
        react: impl Fn(&Rc<Self>, &Event<JsValue>) + 'static,
    ) -> Rc<Self> {
        Rc::new_cyclic(|this: &Weak<Self>| {
            let diary = Rc::new(Diary { operation_id: config.operation_id.clone(), ..Diary::default() });
            let (this, notes) = (this.clone(), diary.clone());
            let mut host = Host::listening(move |event| {
                notes.note(&event);
                if let Some(this) = this.upgrade() {
                    if matches!(event, Event::AgentEvent(_)) {
                        notes.cursors.borrow_mut().push(this.stream.last_event_id());
                    }
                    react(&this, &event);
                }
            });
            adapt(&mut host);
            Self { stream: AgentStream::new(config, host), diary }
        })
    }

    /// A client of a run, connecting.
    pub fn connecting(run: &Run) -> Rc<Self> {
        let follower = Self::new(run.config());
        follower.stream.connect();
        follower
    }

    /// A client of a run, connected.
    pub async fn connected(run: &Run) -> Rc<Self> {
        let follower = Self::connecting(run);
        follower.diary.wait_for_connection(1).await;
        follower
    }

    pub fn status(&self) -> Status {
        self.stream.snapshot().status
    }
}

impl Diary {
    /// Everything that the agent wrote.
    pub fn text(&self) -> String {
        self.text.borrow().clone()
    }

    /// How often the gateway accepted the token of a socket.
    pub fn connections(&self) -> u32 {
        self.connected.get()
    }

    pub fn len(&self) -> usize {
        self.events.borrow().len()
    }

    pub fn count(&self, is: impl Fn(&Event<JsValue>) -> bool) -> usize {
        self.events.borrow().iter().filter(|event| is(event)).count()
    }

    /// Every event of the run.
    pub fn payloads(&self) -> Vec<JsValue> {
        let of = |event: &Event<JsValue>| match event {
            Event::AgentEvent(payload) => Some(payload.clone()),
            _ => None,
        };
        self.events.borrow().iter().filter_map(of).collect()
    }

    /// How many events of the run came after a cursor.
    pub fn events_after(&self, cursor: &str) -> usize {
        let cursors = self.cursors.borrow();
        let position = cursors.iter().position(|id| id == cursor).expect("a cursor that was noted");
        cursors.len() - position - 1
    }

    /// Every completion that was told.
    pub fn completions(&self) -> Vec<Completion> {
        let of = |event: &Event<JsValue>| match event {
            Event::Done(completion) => Some(completion.clone()),
            _ => None,
        };
        self.events.borrow().iter().filter_map(of).collect()
    }

    /// Checks that every event of the run came once and in order.
    pub fn assert_ids_ascend(&self) {
        let cursors = self.cursors.borrow();
        let ids: Vec<u64> = cursors.iter().map(|id| id.parse().expect("an id is a number")).collect();
        assert!(!ids.is_empty() && ids.is_sorted_by(|one, next| one < next), "{ids:?}");
    }

    /// Checks that the run completed, that this was told once, and last.
    pub fn assert_completed_once(&self) {
        let completions = self.completions();
        assert_eq!(completions.len(), 1, "{completions:?}");
        assert!(completions[0].succeeded && completions[0].outcome == Outcome::Completed, "{completions:?}");
        assert!(matches!(self.events.borrow().last(), Some(Event::Done(_))), "nothing follows the completion");
    }

    pub async fn wait_for_connection(&self, number: u32) {
        wait_for("a connection", || self.connections() >= number).await;
    }

    pub async fn wait_for_text(&self, length: usize) {
        wait_for("text", || self.text.borrow().len() >= length).await;
    }

    pub async fn wait_for_completion(&self) {
        wait_for("a completion", || !self.completions().is_empty()).await;
    }

    fn note(&self, event: &Event<JsValue>) {
        match event {
            Event::AgentEvent(payload) => {
                self.text.borrow_mut().push_str(&own_text(payload, &self.operation_id).unwrap_or_default());
            }
            Event::Connected => self.connected.set(self.connected.get() + 1),
            _ => {}
        }
        self.events.borrow_mut().push(event.clone());
    }
}

//! The event loop of a run: feeds the machine and the messages, and carries out what they say.
//!
//! No borrow is held while JavaScript runs: a listener may call anything on any client, this one included.

use std::cell::{RefCell, RefMut};
use std::rc::{Rc, Weak};

use js_sys::JsString;
use wasm_bindgen::prelude::*;

use super::port::{ChatRunPort, Hears};
use super::read::{PiecePlace, Reader, create_reader};
use super::text::EngineText;
use super::told;
use crate::agent::EventType;
use crate::machine::{RequestId, Wake};
use crate::operation::Continuity;
use crate::run::notify::{Action, Notify};
use crate::run::transcript::{Change, Fetch, Message, RefetchReason, Row, Transcript, read};
use crate::run::{
    Answer, ChatRun, Event, Input, Intervention, Opening, Output, Question, Snapshot, Told, ToolReply, TransportId,
};
use crate::time::Timestamp;
use crate::web::alarm::Alarm;
use crate::web::platform::{member, now, release, text_member};
use crate::web::wake::WakeSignals;

/// Listeners that call back into the run may nest this deep; the outermost call finishes the rest.
const DEEPEST_NESTING: u32 = 16;

/// Who carries a run out: the facade behind the npm package, or the shell of Rust front ends. It may call the runner
/// from within, but answers no question from within.
pub(super) trait RunHost: Sized + 'static {
    /// Puts a question to the application; the answer goes to [`Runner::answer`].
    fn ask(&self, request: RequestId, question: Question<JsValue>);

    /// Aborts a question.
    fn abort(&self, request: RequestId);

    /// Opens a transport. Its events go to the reader, what else it tells to [`Runner::told`].
    fn open(&self, transport: TransportId, opening: &Opening, reader: &Reader);

    fn close(&self, transport: TransportId);

    fn send_result(&self, transport: TransportId, tool_call_id: &str, reply: ToolReply<JsValue>);

    fn send_answer(&self, transport: TransportId, intervention: &Intervention, reply: &JsValue);

    fn tell(&self, event: Event, operation_id: Option<&str>);

    /// A change of the messages, to be shown when [`Self::show`] says so. [`Change::Everything`] empties the list, and
    /// each message follows.
    fn change(&self, change: Change<EngineText>);

    /// The messages are to be shown; [`Runner::message`] gives them.
    fn show(&self, runner: &Runner<Self>, needs_refetch: Option<RefetchReason>);

    /// Reports the next frame of the page to [`Runner::frame`].
    fn request_frame(&self);

    /// What of an intervention may be shown; undefined where it is malformed.
    fn review(&self, request: &JsValue) -> JsValue;
}

/// A run with its messages, its timer and its listeners on the page.
pub(super) struct Runner<H: RunHost> {
    state: RefCell<State>,
    host: H,
    port: JsValue,
    this: Weak<Self>,
}

struct State {
    run: ChatRun<JsValue>,
    transcript: Transcript<EngineText>,
    notify: Notify,
    /// Once there is a transport.
    reader: Option<Reader>,
    /// Whether the connection that stands next replays what the page may have seen.
    replays: bool,
    alarm: Alarm,
    wake_signals: Option<WakeSignals>,
    nesting: u32,
    disposed: bool,
}

impl<H: RunHost> Runner<H> {
    pub(super) fn new(
        run: ChatRun<JsValue>,
        rows: Vec<Row<EngineText>>,
        host: impl FnOnce(&Weak<Self>) -> H,
    ) -> Rc<Self> {
        let state = State {
            run,
            transcript: Transcript::new(rows, None),
            notify: Notify::default(),
            reader: None,
            replays: false,
            alarm: Alarm::default(),
            wake_signals: None,
            nesting: 0,
            disposed: false,
        };
        Rc::new_cyclic(|this: &Weak<Self>| Self {
            state: RefCell::new(state),
            host: host(this),
            port: ChatRunPort::to(this.clone()),
            this: this.clone(),
        })
    }

    /// Who carries it out.
    pub(super) fn host(&self) -> &H {
        &self.host
    }

    /// Calls the run and carries out what follows from it; `false` after disposal.
    pub(super) fn command(&self, call: impl FnOnce(&mut ChatRun<JsValue>, Timestamp) -> bool) -> bool {
        let Some(mut state) = self.in_use() else { return false };
        let result = call(&mut state.run, now());
        drop(state);
        self.carry_out();
        result
    }

    /// The run at this moment, and its operation.
    pub(super) fn snapshot(&self) -> (Snapshot, Option<Rc<str>>) {
        let state = self.state.borrow();
        (state.run.snapshot(), state.run.operation_id().cloned())
    }

    /// Takes the host's answer in.
    pub(super) fn answer(&self, request: RequestId, answer: Answer<JsValue>) {
        self.input(Input::Answered { request, answer });
    }

    /// Takes in what a transport tells besides events.
    #[inline(always)]
    pub(super) fn told(&self, transport: TransportId, told: Told<JsValue>) {
        self.input(Input::Told { transport, told });
    }

    /// The stream of a transport is broken.
    pub(super) fn broken(&self, continuity: Continuity) {
        self.update(|transcript| transcript.broken(continuity));
    }

    /// The connection of a transport stands; one that stands again replays what was missed.
    pub(super) fn connected(&self) {
        let Some(mut state) = self.in_use() else { return };
        if std::mem::replace(&mut state.replays, true) {
            state.notify.replay_began(now());
        }
        drop(state);
        self.set_alarm();
    }

    /// A replay is over.
    pub(super) fn replayed(&self) {
        self.act(|notify, now| notify.replay_ended(now));
    }

    /// What reads the events of all transports.
    fn reader(&self, operation_id: &str) -> Reader {
        let known = self.state.borrow().reader.clone();
        known.unwrap_or_else(|| {
            let reader = create_reader(&self.port, operation_id);
            self.state.borrow_mut().reader = Some(reader.clone());
            reader
        })
    }

    /// Changes the messages, and tells the mirror.
    pub(super) fn update<R>(&self, change: impl FnOnce(&mut Transcript<EngineText>) -> R) -> Option<R> {
        self.take_in();
        let mut state = self.in_use()?;
        let needed = state.transcript.needs_refetch();
        let result = change(&mut state.transcript);
        let needs_another = needed != state.transcript.needs_refetch();
        drop(state);
        if self.tell_changes() || needs_another {
            self.act(Notify::mark);
        }
        Some(result)
    }

    /// Takes in what the reader holds back. The page is to hear of that already.
    fn take_in(&self) {
        let reader = match self.in_use() {
            Some(state) if state.transcript.holds() => state.reader.clone(),
            _ => None,
        };
        let Some(reader) = reader else { return };
        let text = EngineText(reader.take());
        self.state.borrow_mut().transcript.take_in(text);
        self.tell_changes();
    }

    pub(super) fn begin_refetch(&self) -> Option<Fetch> {
        self.update(Transcript::begin_refetch)
    }

    /// The page paints a frame.
    pub(super) fn frame(&self) {
        self.act(|notify, _| notify.frame());
    }

    /// Ends everything at once. Nothing is told any more.
    pub(super) fn dispose(&self) {
        let wake_signals = {
            let mut state = self.state.borrow_mut();
            state.disposed = true;
            state.alarm.stop();
            state.wake_signals.take()
        };
        drop(wake_signals);
    }

    fn input(&self, input: Input<JsValue>) {
        let Some(mut state) = self.in_use() else { return };
        state.run.handle(input, now());
        drop(state);
        self.carry_out();
    }

    fn timed_out(&self) {
        self.act(Notify::timeout);
        self.input(Input::Timeout);
    }

    fn in_use(&self) -> Option<RefMut<'_, State>> {
        let state = self.state.borrow_mut();
        (!state.disposed).then_some(state)
    }

    fn carry_out(&self) {
        if !self.enter() {
            return;
        }
        while let Some(output) = self.next_output() {
            self.perform(output);
        }
        self.leave();
    }

    fn enter(&self) -> bool {
        let mut state = self.state.borrow_mut();
        if state.nesting == DEEPEST_NESTING {
            return false;
        }
        state.nesting += 1;
        true
    }

    fn next_output(&self) -> Option<Output<JsValue>> {
        self.in_use()?.run.poll()
    }

    fn leave(&self) {
        self.state.borrow_mut().nesting -= 1;
        self.set_alarm();
    }

    fn set_alarm(&self) {
        let mut state = self.state.borrow_mut();
        if state.nesting > 0 || state.disposed {
            return;
        }
        let run = state.run.deadline().map(|(at, _)| at);
        let deadline = run.into_iter().chain(state.notify.deadline()).min();
        state.alarm.set(deadline, now, || {
            let this = self.this.clone();
            Box::new(move || {
                if let Some(runner) = this.upgrade() {
                    runner.state.borrow_mut().alarm.stop();
                    runner.timed_out();
                }
            })
        });
        let active = state.run.is_under_way();
        if active && state.wake_signals.is_none() {
            state.wake_signals = Some(WakeSignals::listen(&self.port));
        } else if !active {
            state.wake_signals = None;
        }
    }

    fn perform(&self, output: Output<JsValue>) {
        let host = &self.host;
        match output {
            Output::Ask { request, question } => host.ask(request, question),
            Output::Abort { request } => host.abort(request),
            Output::Open { transport, opening } => {
                let reader = self.reader(&opening.operation_id);
                let mut state = self.state.borrow_mut();
                state.replays = opening.resume;
                // What comes after another transport was followed by this very run.
                if opening.resume && !opening.fallback {
                    state.transcript.resumed(!opening.last_event_id.is_empty());
                }
                drop(state);
                host.open(transport, &opening, &reader);
            }
            Output::Close { transport } => host.close(transport),
            Output::SendToolResult { transport, tool_call_id, reply } => {
                host.send_result(transport, &tool_call_id, reply);
            }
            Output::SendAnswer { transport, intervention, reply } => {
                host.send_answer(transport, &intervention, &reply);
            }
            Output::Event(event) => self.tell(event),
        }
    }

    fn tell(&self, event: Event) {
        if matches!(event, Event::Settled(_)) {
            self.update(Transcript::close);
            self.act(|notify, _| notify.ended());
        }
        let operation_id = self.state.borrow().run.operation_id().cloned();
        self.host.tell(event, operation_id.as_deref());
    }

    /// Asks when the page is to hear of the messages, and does as told.
    fn act(&self, decide: impl FnOnce(&mut Notify, Timestamp) -> Action) {
        let Some(mut state) = self.in_use() else { return };
        let action = decide(&mut state.notify, now());
        drop(state);
        self.set_alarm();
        match action {
            Action::Wait => {}
            Action::RequestFrame => self.host.request_frame(),
            Action::Tell => {
                self.take_in();
                let needs_refetch = self.state.borrow().transcript.needs_refetch();
                self.host.show(self, needs_refetch);
            }
        }
    }

    /// Tells the mirror what changed; whether anything did.
    fn tell_changes(&self) -> bool {
        let mut changed = false;
        let next = || self.in_use()?.transcript.poll_change();
        while let Some(change) = next() {
            self.tell_change(change);
            changed = true;
        }
        changed
    }

    fn tell_change(&self, change: Change<EngineText>) {
        let everything = change == Change::Everything;
        self.host.change(change);
        if everything {
            let mut message = 0;
            while let Some(content) = self.message(message) {
                self.host.change(Change::MessageInserted { message, content });
                message += 1;
            }
        }
    }

    pub(super) fn message(&self, index: usize) -> Option<Message<EngineText>> {
        self.state.borrow().transcript.messages().get(index).cloned()
    }
}

impl<H: RunHost> Hears for Runner<H> {
    fn wake(&self, wake: Wake) {
        self.input(Input::Woke(wake));
    }

    #[inline(always)]
    fn goes_on(&self, PiecePlace { piece, step, at }: PiecePlace) -> bool {
        let Some(mut state) = self.in_use() else { return false };
        state.notify.is_marked() && state.run.is_seen_writing() && state.transcript.goes_on(piece, step, at)
    }

    fn piece(&self, transport: TransportId, place: PiecePlace, text: JsString) {
        self.update(|transcript| transcript.handle(place.event(text)));
        self.told(transport, Told::Event { event_type: EventType::STREAM_CHUNK, own: true });
    }

    fn event(&self, transport: TransportId, event: &JsValue) {
        let Some(operation_id) = self.state.borrow().run.operation_id().cloned() else { return };
        let member_id = text_member(event, "operationId").filter(|id| !id.is_empty() && **id != *operation_id);
        let name = text_member(event, "type").unwrap_or_default();
        let own = member_id.is_none();
        if let Some(event) = read::event(event, &name, member_id) {
            self.update(|transcript| transcript.handle(event));
        }
        if let Some(told) = told::event(&name, own, member(event, "data"), |request| self.host.review(request)) {
            self.told(transport, told);
        }
    }
}

impl<H: RunHost> Drop for Runner<H> {
    fn drop(&mut self) {
        release(&self.port);
    }
}

//! The event loop of a run: feeds the machine and the messages, and carries out what they say.
//!
//! No borrow is held while JavaScript runs: a listener may call anything on any client, this one included.

use std::cell::{RefCell, RefMut};
use std::rc::{Rc, Weak};

use wasm_bindgen::prelude::*;

use super::mirror::{self, Step};
use super::text::EngineText;
use super::{read, shape, told};
use crate::agent::EventType;
use crate::machine::{RequestId, Wake};
use crate::operation::Continuity;
use crate::run::notify::{Action, Notify};
use crate::run::transcript::{Change, Fetch, Row, Transcript};
use crate::run::{Answer, ChatRun, Event, Input, Output, Question, Snapshot, Told, ToolReply, TransportId};
use crate::time::Timestamp;
use crate::web::alarm::Alarm;
use crate::web::platform::{member, now, release, text_member};
use crate::web::wake::WakeSignals;

/// Listeners that call back into the run may nest this deep; the outermost call finishes the rest.
const DEEPEST_NESTING: u32 = 16;

#[wasm_bindgen]
extern "C" {
    /// Closures of the facade, which never throw.
    #[derive(Clone)]
    pub(super) type RunHost;

    #[wasm_bindgen(method)]
    fn ask(this: &RunHost, request: u32, name: &str, argument: &JsValue);
    #[wasm_bindgen(method)]
    fn abort(this: &RunHost, request: u32);
    #[wasm_bindgen(method)]
    fn open(this: &RunHost, transport: u32, opening: &JsValue);
    #[wasm_bindgen(method)]
    fn close(this: &RunHost, transport: u32);
    #[wasm_bindgen(method, js_name = sendResult)]
    fn send_result(this: &RunHost, transport: u32, tool_call_id: &str, result: &JsValue);
    #[wasm_bindgen(method, js_name = sendFailure)]
    fn send_failure(this: &RunHost, transport: u32, tool_call_id: &str, error: &str, message: &str);
    #[wasm_bindgen(method, js_name = sendAnswer)]
    fn send_answer(this: &RunHost, transport: u32, kind: &str, id: &str, reply: &JsValue);
    #[wasm_bindgen(method)]
    fn emit(this: &RunHost, name: &str, argument: &JsValue);
    /// A text of the messages grew.
    #[wasm_bindgen(method)]
    fn append(this: &RunHost, message: u32, part: u32, text: &JsValue);
    /// Any other change of the messages.
    #[wasm_bindgen(method)]
    fn change(this: &RunHost, name: &str, message: u32, part: u32, content: &JsValue);
    /// The messages are to be shown.
    #[wasm_bindgen(method)]
    fn show(this: &RunHost, needs_refetch: Option<&str>);
    #[wasm_bindgen(method, js_name = requestFrame)]
    fn request_frame(this: &RunHost);
    /// What of an intervention may be shown; undefined where it is malformed.
    #[wasm_bindgen(method)]
    fn review(this: &RunHost, request: &JsValue) -> JsValue;
}

/// A run with its messages, its timer and its listeners on the page.
pub(super) struct Runner {
    state: RefCell<State>,
    host: RunHost,
    port: JsValue,
    this: Weak<Runner>,
}

struct State {
    run: ChatRun<JsValue>,
    transcript: Transcript<EngineText>,
    notify: Notify,
    own_id: Option<JsValue>,
    /// Whether the connection that stands next replays what the page may have seen.
    replays: bool,
    alarm: Alarm,
    wake_signals: Option<WakeSignals>,
    nesting: u32,
    disposed: bool,
}

impl Runner {
    pub(super) fn new(
        run: ChatRun<JsValue>,
        rows: Vec<Row<EngineText>>,
        host: RunHost,
        port: impl FnOnce(Weak<Self>) -> JsValue,
    ) -> Rc<Self> {
        let state = State {
            run,
            transcript: Transcript::new(rows, None),
            notify: Notify::default(),
            own_id: None,
            replays: false,
            alarm: Alarm::default(),
            wake_signals: None,
            nesting: 0,
            disposed: false,
        };
        Rc::new_cyclic(|this: &Weak<Self>| Self {
            state: RefCell::new(state),
            host,
            port: port(this.clone()),
            this: this.clone(),
        })
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
    pub(super) fn told(&self, transport: TransportId, name: &str, argument: &JsValue) {
        match name {
            "continuity" => {
                let reset = text_member(argument, "kind").as_deref() == Some("reset");
                self.update(|transcript| transcript.broken(if reset { Continuity::Reset } else { Continuity::Gap }));
            }
            "resume_complete" => {
                if let Some(told) = told::status_of_replay(argument) {
                    self.input(Input::Told { transport, told });
                }
            }
            _ => {}
        }
        if let Some(told) = told::told(name, argument) {
            self.input(Input::Told { transport, told });
        }
        match name {
            "status_changed" => self.connection_changed(argument),
            "resume_complete" => self.act(|notify, now| notify.replay_ended(now)),
            _ => {}
        }
    }

    /// Takes an event of the agent in.
    pub(super) fn event(&self, transport: TransportId, event: &JsValue) {
        let Some(own_id) = self.own_id() else { return };
        if let Some(piece) = read::piece(event, &own_id) {
            self.update(|transcript| transcript.handle(piece));
            let told = Told::Event { event_type: EventType::STREAM_CHUNK, own: true };
            return self.input(Input::Told { transport, told });
        }
        let Some(operation_id) = self.state.borrow().run.operation_id().cloned() else { return };
        let member_id = text_member(event, "operationId").filter(|id| !id.is_empty() && **id != *operation_id);
        let name = text_member(event, "type").unwrap_or_default();
        let own = member_id.is_none();
        if let Some(event) = read::event(event, &name, member_id) {
            self.update(|transcript| transcript.handle(event));
        }
        if let Some(told) = told::event(&name, own, member(event, "data"), |request| self.host.review(request)) {
            self.input(Input::Told { transport, told });
        }
    }

    /// The id of the run's operation, as the engine keeps it.
    fn own_id(&self) -> Option<JsValue> {
        let mut state = self.state.borrow_mut();
        if state.own_id.is_none() {
            state.own_id = state.run.operation_id().map(|id| JsValue::from_str(id));
        }
        state.own_id.clone()
    }

    /// Changes the messages, and tells the mirror.
    pub(super) fn update<R>(&self, change: impl FnOnce(&mut Transcript<EngineText>) -> R) -> Option<R> {
        let mut state = self.in_use()?;
        let needed = state.transcript.needs_refetch();
        let result = change(&mut state.transcript);
        let mut changed = needed != state.transcript.needs_refetch();
        drop(state);
        while let Some(change) = self.next_change() {
            self.tell_change(change);
            changed = true;
        }
        if changed {
            self.act(Notify::mark);
        }
        Some(result)
    }

    pub(super) fn begin_refetch(&self) -> Option<Fetch> {
        self.update(Transcript::begin_refetch)
    }

    /// What the page or the network reports.
    pub(super) fn wake(&self, wake: Wake) {
        self.input(Input::Woke(wake));
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

    fn next_change(&self) -> Option<Change<EngineText>> {
        self.in_use()?.transcript.poll_change()
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
            Output::Ask { request, question } => self.ask(request, question),
            Output::Abort { request } => host.abort(request.0),
            Output::Open { transport, opening } => {
                self.state.borrow_mut().replays = opening.resume;
                host.open(transport.0, &shape::opening(&opening));
            }
            Output::Close { transport } => host.close(transport.0),
            Output::SendToolResult { transport, tool_call_id, reply: ToolReply::Given(result) } => {
                host.send_result(transport.0, &tool_call_id, &result);
            }
            Output::SendToolResult { transport, tool_call_id, reply: ToolReply::Failed { error, message } } => {
                host.send_failure(transport.0, &tool_call_id, error.as_str(), &message);
            }
            Output::SendAnswer { transport, intervention, reply } => {
                host.send_answer(transport.0, shape::kind_name(intervention.kind), &intervention.id, &reply);
            }
            Output::Event(event) => self.tell(event),
        }
    }

    fn ask(&self, request: RequestId, question: Question<JsValue>) {
        let (name, argument) = match question {
            Question::Start => ("start", JsValue::UNDEFINED),
            Question::Token { operation_id, reason } => {
                ("token", shape::token_question(&operation_id, reason.as_str()))
            }
            Question::Interrupt { operation_id } => ("interrupt", (&*operation_id).into()),
            Question::ClaimTool { tool_call_id } => ("claim", (&*tool_call_id).into()),
            Question::RunTool { tool_call_id, payload, deadline } => {
                ("tool", shape::call(&tool_call_id, deadline, &payload))
            }
            Question::Intervene { intervention, payload } => {
                ("intervene", shape::intervention(&intervention, &payload))
            }
        };
        self.host.ask(request.0, name, &argument);
    }

    fn tell(&self, event: Event) {
        match event {
            Event::Changed(snapshot) => {
                let operation_id = self.state.borrow().run.operation_id().cloned();
                self.host.emit("changed", &shape::snapshot(&snapshot, operation_id.as_deref()));
            }
            Event::StopRefused => self.host.emit("stop_refused", &JsValue::UNDEFINED),
            Event::ToolResultExpired { tool_call_id } => {
                self.host.emit("tool_result_expired", &(&*tool_call_id).into());
            }
            // The outcome is in the snapshot that was told before.
            Event::Settled(_) => {
                self.update(Transcript::close);
                self.act(|notify, _| notify.ended());
                self.host.emit("settled", &JsValue::UNDEFINED);
            }
        }
    }

    /// A connection that stands again replays what was missed.
    fn connection_changed(&self, connection: &JsValue) {
        if text_member(connection, "status").as_deref() != Some("connected") {
            return;
        }
        let Some(mut state) = self.in_use() else { return };
        if std::mem::replace(&mut state.replays, true) {
            state.notify.replay_began(now());
        }
        drop(state);
        self.set_alarm();
    }

    /// Asks when the page is to hear of the messages, and does as told.
    fn act(&self, decide: impl FnOnce(&mut Notify, Timestamp) -> Action) {
        let Some(mut state) = self.in_use() else { return };
        let action = decide(&mut state.notify, now());
        let needs_refetch = state.transcript.needs_refetch();
        drop(state);
        self.set_alarm();
        match action {
            Action::Wait => {}
            Action::RequestFrame => self.host.request_frame(),
            Action::Tell => self.host.show(needs_refetch.map(|reason| reason.as_str())),
        }
    }

    fn tell_change(&self, change: Change<EngineText>) {
        let everything = change == Change::Everything;
        self.tell_step(mirror::step(change));
        if everything {
            let messages = self.state.borrow().transcript.messages().to_vec();
            for (message, content) in messages.iter().enumerate() {
                self.tell_step(mirror::inserted(message, content));
            }
        }
    }

    fn tell_step(&self, step: Step) {
        match step {
            Step::Append { message, part, text } => self.host.append(message as u32, part as u32, &text),
            Step::Change { name, message, part, content } => {
                self.host.change(name, message as u32, part as u32, &content);
            }
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        release(&self.port);
    }
}

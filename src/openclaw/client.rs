//! A session with the fleet and the chats that it keeps up to date.

use super::approvals::{self, ApprovalChange, ApprovalOutput, Approvals};
use super::calls::{Answers, CallId, NotCalled, strike};
use super::chat::{Chat, ChatEvent, ChatOutput, QueueMode};
use super::config::Config;
use super::credential::{Auth, StoredToken};
use super::device::{Answer, Question};
use super::fleet::{Change, Fleet, FleetOutput};
use super::node::{Commands, NodeOutput};
use super::payload::Payload;
use super::piece::Followed;
use super::queue::Queue;
use super::session::Session;
use super::state::Event;
use super::watch::earlier;
use super::wire::{ClientFrame, Frame, Json};
use crate::machine::{Input, Machine, Output, RequestId, Timer};
use crate::time::Timestamp;

const PROGRESS: &str = "node.invoke.progress";
const RESULT: &str = "node.invoke.result";

/// What a client tells.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientEvent<P> {
    /// Of the connection, its events and the calls of the application.
    Session(Event<P>),
    /// Of the fleet; every change is in it already.
    Fleet(Vec<Change>),
    /// Of what waits for leave.
    Approval(ApprovalChange),
    /// Of a chat.
    Chat {
        /// Its session.
        key: String,
        /// What.
        event: ChatEvent<P>,
    },
}

/// A message of a chat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The id of its run, chosen by the caller and never used for another message.
    pub run: String,
    /// The text.
    pub text: String,
    /// What a busy session does with it; the session's own way where it is not given.
    pub mode: Option<QueueMode>,
    /// More members of `chat.send`, as JSON text each, as `attachments`.
    pub extra: Vec<(&'static str, String)>,
}

/// A connection, and the fleet behind it.
#[derive(Debug)]
pub struct Client<P> {
    pub(super) session: Session<P>,
    fleet: Fleet<P>,
    approvals: Approvals<P>,
    commands: Commands,
    /// A node may not read.
    is_node: bool,
    /// The tools that agents are told of, a JSON array.
    tools: Option<String>,
    pub(super) chats: Vec<Chat<P>>,
    pub(super) followed: Followed,
    /// Calls whose answers nobody waits for.
    forgotten: Vec<CallId>,
    /// Those that take a subscription back.
    unsubscriptions: Vec<CallId>,
    pub(super) out: Queue<Output<ClientFrame, ClientEvent<P>, Question>>,
    pub(super) now: Timestamp,
}

impl<P: Payload> Client<P> {
    /// A client that is not connected.
    pub fn new(config: Config) -> Self {
        Self {
            is_node: config.role == "node",
            tools: config.tools.clone(),
            session: Session::new(config),
            commands: Commands::default(),
            fleet: Fleet::default(),
            approvals: Approvals::default(),
            chats: Vec::new(),
            followed: Followed::default(),
            forgotten: Vec::new(),
            unsubscriptions: Vec::new(),
            out: Queue::default(),
            now: Timestamp::default(),
        }
    }

    /// The connection.
    pub fn session(&self) -> &Session<P> {
        &self.session
    }

    /// The fleet. It is as of the last event that [`Machine::poll`] returned.
    pub fn fleet(&self) -> &Fleet<P> {
        &self.fleet
    }

    /// Connects; see [`Session::connect`].
    pub fn connect(&mut self, now: Timestamp) {
        self.now = now;
        self.session.connect(now);
    }

    /// Closes for good; the fleet stays as it was last.
    pub fn disconnect(&mut self, now: Timestamp) {
        self.now = now;
        self.session.disconnect();
    }

    /// Replaces the credentials; see [`Session::update_auth`].
    pub fn update_auth(&mut self, auth: Auth, now: Timestamp) {
        self.now = now;
        self.session.update_auth(auth, now);
    }

    /// Takes the token that the host keeps by now; see [`Session::renew_token`].
    pub fn renew_token(&mut self, stored: StoredToken, now: Timestamp) {
        self.now = now;
        self.session.renew_token(stored);
    }

    /// Calls a method; see [`Session::call`].
    ///
    /// # Errors
    ///
    /// Why nothing was sent.
    pub fn call(&mut self, method: &str, params: Json, answers: Answers, now: Timestamp) -> Result<CallId, NotCalled> {
        self.now = now;
        self.session.call(method, params, answers, now)
    }

    /// The commands that wait for leave. They are answered by a call of `exec.approval.resolve`.
    pub fn approvals(&self) -> &Approvals<P> {
        &self.approvals
    }

    /// A chat that is open.
    pub fn chat(&self, key: &str) -> Option<&Chat<P>> {
        self.chats.iter().find(|chat| chat.key() == key)
    }

    /// Follows a session: its messages and its runs. Opened twice it is one chat.
    pub fn open_chat(&mut self, key: &str, now: Timestamp) {
        self.now = now;
        self.followed = Followed::default();
        if self.chat(key).is_none() {
            self.chats.push(Chat::new(key, self.session.policy().is_some()));
            self.follow_chats();
        }
    }

    /// Follows a session no more. Its runs go on.
    pub fn close_chat(&mut self, key: &str, now: Timestamp) {
        self.now = now;
        self.followed = Followed::default();
        let Some(index) = self.chats.iter().position(|chat| chat.key() == key) else { return };
        let closed = self.chats.remove(index);
        // The gateway knows sessions and no chats: the other would hear nothing more.
        if !self.chats.iter().any(|chat| chat.shares(&closed) == Some(true)) {
            self.unsubscribe(&closed);
        }
        self.forgotten.extend(closed.into_calls());
    }

    fn unsubscribe(&mut self, closed: &Chat<P>) {
        let params = Json::Object(vec![("key", Json::text(closed.key()))]);
        let call = self.session.call("sessions.messages.unsubscribe", params, Answers::default(), self.now);
        self.unsubscriptions.extend(call);
    }

    /// The gateway took a subscription back, and tells of which session: another chat of it subscribes again.
    fn is_unsubscribed(&mut self, event: &Event<P>) -> bool {
        let Event::CallSettled { call, outcome } = event else { return false };
        if !strike(&mut self.unsubscriptions, *call) {
            return false;
        }
        if let Ok(payload) = outcome {
            let key = payload.object("key");
            for chat in self.chats.iter_mut().filter(|chat| chat.may_be_of(&key)) {
                chat.subscribe_again(self.now);
            }
        }
        true
    }

    /// Sends a message in a chat that is open. It is sent once; [`Chat::run`] says what becomes of it.
    ///
    /// # Errors
    ///
    /// Why nothing was sent; in a chat that is not open, [`NotCalled::NotReady`].
    pub fn send(&mut self, key: &str, message: &Message, now: Timestamp) -> Result<(), NotCalled> {
        self.now = now;
        let chat = self.chats.iter_mut().find(|chat| chat.key() == key).ok_or(NotCalled::NotReady)?;
        let params = chat.message(&message.run, &message.text, message.mode, &message.extra);
        let call = self.session.call("chat.send", params, Answers::default(), now)?;
        chat.sent(&message.run, call);
        self.follow_chats();
        Ok(())
    }

    /// Ends a run, or all runs of a session. The run's state says when it is over.
    pub fn abort(&mut self, key: &str, run: Option<&str>, now: Timestamp) {
        self.now = now;
        if let Some(chat) = self.chats.iter_mut().find(|chat| chat.key() == key) {
            chat.abort(run);
            self.follow_chats();
        }
    }

    /// What a command that runs has to say before its end.
    pub fn progress(&mut self, request: RequestId, text: &str, now: Timestamp) {
        self.now = now;
        self.commands.progress(request, text);
        self.follow_commands();
    }

    /// Takes one output of the session, and what follows from it. `false`: there is none.
    fn step(&mut self) -> bool {
        let Some(output) = self.session.poll() else { return false };
        self.followed = Followed::default();
        let Output::Event(event) = output else {
            self.out.push(output.map(|command| command, ClientEvent::Session));
            return true;
        };
        let mut is_own = self.is_forgotten(&event) || self.is_unsubscribed(&event);
        if !self.is_node {
            is_own |= self.fleet.observe(&event, self.session.heard_at(), self.now);
        }
        is_own |= self.approvals.observe(&event, self.now);
        is_own |= self.commands.observe(&event, self.now);
        self.announce_tools(&event);
        for chat in &mut self.chats {
            is_own |= chat.observe(&event, self.now);
        }
        if !is_own {
            self.out.push(Output::Event(ClientEvent::Session(event)));
        }
        self.follow_fleet();
        self.follow_approvals();
        self.follow_commands();
        self.follow_chats();
        true
    }

    /// The gateway forgets the tools of a node with its connection.
    fn announce_tools(&mut self, event: &Event<P>) {
        if let (Event::Hello(_), Some(tools)) = (event, &self.tools) {
            let params = Json::Object(vec![("tools", Json::Raw(tools.clone()))]);
            self.forgotten.extend(self.session.call("node.pluginTools.update", params, Answers::default(), self.now));
        }
    }

    fn follow_commands(&mut self) {
        for output in self.commands.take() {
            match output {
                NodeOutput::Run(request, invocation) => {
                    self.out.push(Output::Ask { request, question: Question::Run(invocation) });
                }
                NodeOutput::Withdraw(request) => self.out.push(Output::Withdraw { request }),
                // Whoever asked hears it, or that the connection was lost.
                NodeOutput::Progress(params) => _ = self.session.say(PROGRESS, params),
                NodeOutput::Result(asked, params) => {
                    if let Err(NotCalled::TooLarge { .. }) = self.session.say(RESULT, params) {
                        let failure =
                            asked.failure("result_too_large", "The gateway does not read a result that large.");
                        _ = self.session.say(RESULT, failure);
                    }
                }
            }
        }
        while let Some(params) = self.commands.piece() {
            let Ok(call) = self.session.call(PROGRESS, params, Answers::default(), self.now) else { break };
            self.commands.piece_told(call);
        }
    }

    fn follow_approvals(&mut self) {
        while let Some(output) = self.approvals.poll() {
            match output {
                ApprovalOutput::Changed(change) => {
                    self.out.push(Output::Event(ClientEvent::Approval(change)));
                }
                ApprovalOutput::List => {
                    let params = Json::Object(Vec::new());
                    let call = self.session.call(approvals::LIST, params, Answers::default(), self.now);
                    self.approvals.called(call, self.now);
                }
            }
        }
    }

    fn is_forgotten(&mut self, event: &Event<P>) -> bool {
        let Event::CallSettled { call, .. } = event else { return false };
        strike(&mut self.forgotten, *call)
    }

    fn follow_chats(&mut self) {
        for chat in &mut self.chats {
            while let Some(output) = chat.poll() {
                match output {
                    ChatOutput::Event(event) => {
                        let key = chat.key().to_owned();
                        self.out.push(Output::Event(ClientEvent::Chat { key, event }));
                    }
                    ChatOutput::Call { purpose, method, params } => {
                        let call = self.session.call(method, params, Answers::default(), self.now);
                        chat.called(purpose, call, self.now);
                    }
                }
            }
        }
    }

    fn follow_fleet(&mut self) {
        while let Some(output) = self.fleet.poll() {
            match output {
                FleetOutput::Changed(changes) => self.out.push(Output::Event(ClientEvent::Fleet(changes))),
                FleetOutput::Call { read, method, params } => {
                    let call = self.session.call(method, params, Answers::default(), self.now);
                    self.fleet.called(read, call, self.now);
                }
            }
        }
    }
}

impl<P: Payload> Machine for Client<P> {
    type Frame = Frame<P>;
    type Command = ClientFrame;
    type Event = ClientEvent<P>;
    type Question = Question;
    type Answer = Answer;

    fn handle(&mut self, input: Input<Frame<P>, Answer>, now: Timestamp) {
        self.now = now;
        if matches!(input, Input::Timeout) {
            self.fleet.timeout(now);
            self.follow_fleet();
            self.approvals.timeout(now);
            self.follow_approvals();
            self.commands.timeout(now);
            self.follow_commands();
            for chat in &mut self.chats {
                chat.timeout(now);
            }
            self.follow_chats();
        }
        match input {
            Input::Answered { request, answer: Answer::Ran(answer) } => {
                self.commands.answered(request, answer, now);
                self.follow_commands();
            }
            input => self.session.handle(input, now),
        }
    }

    fn poll(&mut self) -> Option<Output<ClientFrame, ClientEvent<P>, Question>> {
        while self.out.is_empty() && self.step() {}
        self.out.pop()
    }

    fn deadline(&self) -> Option<(Timestamp, Timer)> {
        let mut first = self.session.deadline();
        let others = [self.fleet.deadline(), self.approvals.deadline(), self.commands.deadline()];
        for other in others.into_iter().chain(self.chats.iter().map(Chat::deadline)) {
            first = earlier(first, other);
        }
        first
    }
}

//! A session with the fleet that it keeps up to date.

use std::collections::VecDeque;

use super::calls::{Answers, CallId, NotCalled};
use super::config::Config;
use super::credential::Auth;
use super::device::{Answer, Question};
use super::fleet::{Change, Fleet, FleetOutput};
use super::payload::Payload;
use super::session::Session;
use super::state::Event;
use super::wire::{ClientFrame, Frame, Json};
use crate::machine::{Input, Machine, Output, Timer};
use crate::time::Timestamp;

/// What a client tells.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientEvent<P> {
    /// Of the connection, its events and the calls of the application.
    Session(Event<P>),
    /// Of the fleet; every change is in it already.
    Fleet(Vec<Change>),
}

/// A connection, and the fleet behind it.
#[derive(Debug)]
pub struct Client<P> {
    session: Session<P>,
    fleet: Fleet<P>,
    out: VecDeque<Output<ClientFrame, ClientEvent<P>, Question>>,
    now: Timestamp,
}

impl<P: Payload> Client<P> {
    /// A client that is not connected.
    pub fn new(config: Config) -> Self {
        Self { session: Session::new(config), fleet: Fleet::default(), out: VecDeque::new(), now: Timestamp::default() }
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

    /// Calls a method; see [`Session::call`].
    ///
    /// # Errors
    ///
    /// Why nothing was sent.
    pub fn call(&mut self, method: &str, params: Json, answers: Answers, now: Timestamp) -> Result<CallId, NotCalled> {
        self.now = now;
        self.session.call(method, params, answers, now)
    }

    /// Takes one output of the session, and what follows from it. `false`: there is none.
    fn step(&mut self) -> bool {
        let Some(output) = self.session.poll() else { return false };
        let Output::Event(event) = output else {
            self.out.push_back(output.map(|command| command, ClientEvent::Session));
            return true;
        };
        let is_of_fleet = self.fleet.observe(&event, self.session.heard_at(), self.now);
        if !is_of_fleet {
            self.out.push_back(Output::Event(ClientEvent::Session(event)));
        }
        self.follow_fleet();
        true
    }

    fn follow_fleet(&mut self) {
        while let Some(output) = self.fleet.poll() {
            match output {
                FleetOutput::Changed(changes) => self.out.push_back(Output::Event(ClientEvent::Fleet(changes))),
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
        }
        self.session.handle(input, now);
    }

    fn poll(&mut self) -> Option<Output<ClientFrame, ClientEvent<P>, Question>> {
        while self.out.is_empty() && self.step() {}
        self.out.pop_front()
    }

    fn deadline(&self) -> Option<(Timestamp, Timer)> {
        [self.session.deadline(), self.fleet.deadline()].into_iter().flatten().min_by_key(|(at, _)| *at)
    }
}

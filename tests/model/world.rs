//! A client, a gateway, a network and a host in virtual time, with the invariants checked after every step.

mod actions;
mod network;

use std::collections::BTreeMap;

use agent_gateway_client::agent::Outcome;
use agent_gateway_client::link::{Status, Token};
use agent_gateway_client::machine::{Answer, DialId, Input, Machine, Output, RequestId, Wake};
use agent_gateway_client::time::Timestamp;
use agent_gateway_client::v1::wire::ClientFrame;
use agent_gateway_client::v1::{Config, Event, Session};

use actions::Action;
use network::{Parcel, Way};

use crate::gateway::{Frame, Gateway};
use crate::schedule::{Host, Schedule, Variant};

const START: u64 = 1_790_000_000_000;
/// More timeouts than this at one moment are a busy loop.
const TIMEOUTS_AT_ONCE: u32 = 8;
/// How long a healed world may take to bring the run to its end.
const PATIENCE: u64 = 15 * 60_000;

pub struct World {
    session: Session<u32>,
    gateway: Gateway,
    now: u64,
    latency: u64,
    host: Host,
    token: u32,
    /// What is on its way, by time and then by order.
    network: BTreeMap<(u64, u64), Parcel>,
    last_arrival: BTreeMap<(DialId, Way), u64>,
    sequence: u64,
    asleep_until: Option<(u64, bool)>,
    disconnect_after: Option<u8>,
    // What the invariants need.
    sockets: BTreeMap<DialId, bool>,
    running: bool,
    pushed: u32,
    true_end: Option<Outcome>,
    restarted: bool,
    delivered: Vec<u32>,
    ended: Option<Outcome>,
    cursor_generation: u32,
    timeouts_at_once: u32,
    trace: bool,
}

pub fn run(schedule: Schedule) {
    let mut world = World::new(&schedule.variant);
    world.connect();
    let mut actions: Vec<(u64, Action)> = Vec::new();
    let mut at = START;
    for (delay, push) in schedule.pushes {
        at += delay;
        actions.push((at, Action::Push(push)));
    }
    actions.push((at + 500, Action::End(schedule.end)));
    let mut at = START;
    for (delay, fault) in schedule.faults {
        at += delay;
        actions.push((at, Action::Fault(fault)));
    }
    actions.sort_by_key(|(at, _)| *at);
    for (at, action) in actions {
        world.advance_to(at);
        world.act(action);
        world.check();
    }
    world.heal();
    let limit = world.now + PATIENCE;
    while world.ended.is_none() && world.step(limit) {
        world.connect_again_after_a_refusal();
    }
    world.conclude();
}

impl World {
    fn new(variant: &Variant) -> Self {
        let config = Config {
            gateway_url: "ws://model".to_owned(),
            operation_id: "op".to_owned(),
            token: variant.starts_with_token.then(|| Token::read("t1")),
            host_gives_tokens: variant.host_gives_tokens,
            auto_reconnect: true,
            resume_on_connect: variant.resume_on_connect,
            rotate_after: variant.rotate_after,
            ..Config::default()
        };
        let mut gateway = Gateway::default();
        gateway.echo_as_status = variant.echo_as_status;
        if variant.initialised {
            gateway.initialise();
        }
        Self {
            session: Session::new(config),
            gateway,
            now: START,
            latency: 5,
            host: Host::Quick,
            token: 1,
            network: BTreeMap::new(),
            last_arrival: BTreeMap::new(),
            sequence: 0,
            asleep_until: None,
            disconnect_after: None,
            sockets: BTreeMap::new(),
            running: false,
            pushed: 0,
            true_end: None,
            restarted: false,
            delivered: Vec::new(),
            ended: None,
            cursor_generation: 0,
            timeouts_at_once: 0,
            trace: std::env::var_os("MODEL_TRACE").is_some(),
        }
    }

    /// From here on the gateway, the network, the host and the page are well.
    fn heal(&mut self) {
        self.asleep_until = None;
        self.disconnect_after = None;
        self.latency = 5;
        self.host = Host::Quick;
        self.gateway.refuses = false;
        self.gateway.without_acks = false;
        self.gateway.refuse_next_token = false;
        self.input(Input::Woke(Wake::Online));
        self.input(Input::Woke(Wake::Visible));
        if self.ended.is_some() {
            return;
        }
        self.refresh_by_hand();
    }

    /// A refusal that was under way when the world healed ends a cycle; the user signs in again.
    fn connect_again_after_a_refusal(&mut self) {
        if !self.running && self.ended.is_none() {
            self.refresh_by_hand();
        }
    }

    /// What an application without a token callback does about `auth_expired`.
    fn refresh_by_hand(&mut self) {
        let token = self.fresh_token();
        self.call(|session, now| session.update_token(token, now));
        self.reconnect();
    }

    fn conclude(&self) {
        let true_end = self.ended.is_some() && (self.ended == self.true_end || self.gateway.overtook_a_cursor);
        assert!(true_end, "a healthy gateway brings the run to its true end: {:?}, {:?}", self.ended, self.true_end);
        assert_eq!(self.session.deadline(), None, "a timer is left after the end");
        assert!(self.sockets.is_empty(), "a socket is left after the end");
        if !self.restarted {
            let all: Vec<u32> = (1..=self.pushed).collect();
            let ended_by_error_event = self.delivered.len() + 1 == all.len() && self.true_end == Some(Outcome::Error);
            assert!(self.delivered == all || ended_by_error_event, "events are missing: {:?}", self.delivered);
        }
    }

    fn advance_to(&mut self, at: u64) {
        while self.step(at) {}
        self.now = self.now.max(at);
    }

    /// Does the next thing that is due by `limit`.
    fn step(&mut self, limit: u64) -> bool {
        let parcel = self.network.keys().next().map(|(at, _)| *at);
        let timer = self.session.deadline().map(|(at, _)| at.as_millis());
        let own = [parcel.map(|at| (at, 1)), timer.map(|at| (at, 2))].into_iter().flatten();
        let own = own.map(|(at, what)| match self.asleep_until {
            Some((until, timers_first)) if at < until => (until, if timers_first && what == 2 { 0 } else { what }),
            _ => (at, what),
        });
        let gateway = self.gateway.deadline().map(|at| (at, 3));
        let Some((at, what)) = own.chain(gateway).min() else {
            return false;
        };
        if at > limit {
            return false;
        }
        if at > self.now {
            self.timeouts_at_once = 0;
            self.now = at;
        }
        if self.asleep_until.is_some_and(|(until, _)| self.now >= until) {
            self.asleep_until = None;
        }
        match what {
            1 => self.deliver_next(),
            3 => self.gateway.timeout(self.now),
            _ => self.time_out(),
        }
        self.collect_from_gateway();
        self.check();
        true
    }

    fn time_out(&mut self) {
        self.timeouts_at_once += 1;
        assert!(self.timeouts_at_once <= TIMEOUTS_AT_ONCE, "a busy loop: {:?}", self.session.deadline());
        self.input(Input::Timeout);
    }

    fn connect(&mut self) {
        if self.ended.is_none() {
            self.running = true;
            self.call(|session, now| session.connect(now));
        }
    }

    fn reconnect(&mut self) {
        if self.ended.is_none() {
            self.running = true;
            self.call(|session, now| session.reconnect(now));
        }
    }

    fn disconnect(&mut self) {
        self.call(|session, now| session.disconnect(now));
        assert!(!self.running && self.session.deadline().is_none(), "disconnect() ends everything at once");
    }

    fn hand_to_current(&mut self, input: impl FnOnce(DialId) -> Input<Frame>) {
        if let Some(dial) = self.sockets.keys().next() {
            let input = input(*dial);
            self.input(input);
        }
    }

    fn input(&mut self, input: Input<Frame>) {
        self.call(|session, now| session.handle(input, now));
    }

    fn call<R>(&mut self, call: impl FnOnce(&mut Session<u32>, Timestamp) -> R) -> R {
        let result = call(&mut self.session, Timestamp::from_millis(self.now));
        while let Some(output) = self.session.poll() {
            self.perform(output);
            if let Some(outputs) = self.disconnect_after {
                self.disconnect_after = outputs.checked_sub(1);
                if outputs == 0 {
                    self.session.disconnect(Timestamp::from_millis(self.now));
                }
            }
        }
        result
    }

    fn perform(&mut self, output: Output<ClientFrame, Event<u32>>) {
        if self.trace {
            eprintln!("{:>8} {output:?}", self.now - START);
        }
        match output {
            Output::Dial { dial, .. } => {
                assert!(self.running, "a dial after the end");
                let takes_over = self.sockets.len() == 1 && self.session.snapshot().status == Status::Connected;
                assert!(self.sockets.is_empty() || takes_over, "a second socket beside one that does not stand");
                self.sockets.insert(dial, false);
                self.post(self.latency, Some((dial, Way::ToGateway)), Parcel::Accept(dial));
            }
            Output::Send { dial, command } => {
                assert_eq!(self.sockets.get(&dial), Some(&true), "sent on a socket that is not open: {command:?}");
                self.post(
                    self.latency,
                    Some((dial, Way::ToGateway)),
                    Parcel::ToGateway(dial, command, self.cursor_generation),
                );
            }
            Output::Hangup { dial, .. } => {
                self.sockets.remove(&dial);
                self.post(self.latency, Some((dial, Way::ToGateway)), Parcel::Leave(dial));
            }
            Output::Ask { request, .. } => self.ask(request),
            Output::Withdraw { .. } => {}
            Output::Event(event) => self.hear(event),
        }
    }

    fn ask(&mut self, request: RequestId) {
        let failed = || Answer::Failed { detail: "failed".to_owned() };
        let (delay, answer) = match self.host {
            Host::Quick => (50, Answer::Token(self.fresh_token())),
            Host::Slow => (12_000, Answer::Token(self.fresh_token())),
            Host::Fails => (50, failed()),
            Host::Silent => (40_000, failed()),
            Host::Unauthorized => (50, Answer::Unauthorized { detail: "signed out".to_owned() }),
        };
        self.post(delay, None, Parcel::Answer(request, answer));
    }

    fn fresh_token(&mut self) -> Token {
        self.token += 1;
        Token::read(format!("t{}", self.token))
    }

    fn hear(&mut self, event: Event<u32>) {
        assert!(self.running || matches!(event, Event::Disconnected), "told after the end: {event:?}");
        match event {
            Event::AgentEvent(payload) => {
                let last = self.delivered.last().copied().unwrap_or(0);
                // A restart that its ids hide is found late, and with it what was said before they passed the cursor.
                let late = self.gateway.overtook_a_cursor && !self.delivered.contains(&payload);
                assert!(payload > last || late, "delivered {payload} after {last}");
                self.delivered.push(payload);
            }
            Event::AuthExpired if self.host == Host::Quick => self.post(50, None, Parcel::RefreshByHand),
            Event::Done(completion) => {
                self.running = false;
                let outcome = completion.outcome;
                if !matches!(outcome, Outcome::AuthFailed | Outcome::Disconnected) {
                    let true_end = Some(outcome) == self.true_end || self.gateway.overtook_a_cursor;
                    assert!(true_end, "said to have ended {outcome:?}, but {:?}", self.true_end);
                    self.ended = Some(outcome);
                }
            }
            _ => {}
        }
    }

    /// What holds at every moment.
    fn check(&self) {
        assert!(self.sockets.len() <= 2, "three sockets");
        if !self.running {
            assert_eq!(self.session.deadline(), None, "a timer after the end");
            assert!(self.sockets.is_empty(), "a socket after the end");
        }
        if !self.restarted {
            let cursor = self.session.last_event_id().parse().unwrap_or(0);
            let undelivered = self.gateway.events_up_to(cursor).find(|payload| !self.delivered.contains(payload));
            assert_eq!(undelivered, None, "the cursor {cursor} is beyond what was delivered");
        }
    }
}

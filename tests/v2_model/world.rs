//! A mux, a hub, a network and a host in virtual time, with the invariants checked after every step.

mod actions;
mod network;

use std::collections::BTreeMap;

use agent_gateway_client::agent::{Completion, CompletionSource, Outcome};
use agent_gateway_client::link::{Status, Token};
use agent_gateway_client::machine::{Answer, DialId, Input, Machine, Output};
use agent_gateway_client::operation::Event;
use agent_gateway_client::time::Timestamp;
use agent_gateway_client::v2::wire::{ClientFrame, HubFrame};
use agent_gateway_client::v2::{Mux, MuxConfig, MuxEvent, SubscriptionId};

use network::Parcel;

use crate::hub::Hub;
use crate::schedule::{End, OPERATIONS, Schedule};

const START: u64 = 1_790_000_000_000;
/// More timeouts than this at one moment are a busy loop.
const TIMEOUTS_AT_ONCE: u32 = 8;
/// How long a healed world may take to bring every run to its end.
const PATIENCE: u64 = 15 * 60_000;

struct World {
    mux: Mux<u32>,
    hub: Hub,
    now: u64,
    latency: u64,
    token_after: u64,
    network: BTreeMap<(u64, u64), Parcel>,
    sequence: u64,
    sockets: BTreeMap<DialId, Socket>,
    runs: [Run; OPERATIONS],
    followers: BTreeMap<SubscriptionId, Follower>,
    subscriptions: u32,
    refuse_token: bool,
    refusals: u32,
    no_token: bool,
    timeouts_at_once: u32,
    trace: bool,
}

#[derive(Default)]
struct Socket {
    ready: bool,
    frozen: bool,
    gone: bool,
}

/// The truth about an operation.
#[derive(Default)]
struct Run {
    labels: Vec<u32>,
    end: Option<End>,
    /// The hub forgot it: what was not delivered may be lost.
    forgotten: bool,
}

/// What one subscription was told.
struct Follower {
    operation: usize,
    delivered: Vec<u32>,
    done: Option<Completion>,
    /// Something is known to be missing.
    broken: bool,
}

pub fn run(schedule: Schedule) {
    let variant = schedule.variant.clone();
    let mut world = World::new(&schedule);
    for operation in 0..OPERATIONS {
        let twice = variant.subscribed_twice == Some(operation);
        for _ in 0..if twice { 2 } else { 1 } {
            world.subscribe_from(operation, "");
        }
    }
    if let Some(operation) = variant.begins_late {
        world.send_in(5_000, Parcel::Begin(operation));
    }
    for (delay, action) in schedule.actions {
        let at = world.now + delay;
        world.advance_to(at);
        world.act(action, &schedule.ends);
    }
    world.heal(&schedule.ends);
    let limit = world.now + PATIENCE;
    while !world.all_done() && world.step(limit) {}
    world.conclude();
}

impl World {
    fn new(schedule: &Schedule) -> Self {
        let mux = Mux::new(MuxConfig {
            gateway_url: "ws://model".to_owned(),
            client_id: "tab".to_owned(),
            auto_reconnect: true,
            keep_alive: false,
            heartbeat_every: 30_000,
            max_dial_failures: 3,
            rotate_after: schedule.variant.rotate_after,
            seed: schedule.variant.seed,
        });
        let mut hub = Hub::default();
        hub.echoes_session_complete_only = schedule.variant.echoes_session_complete_only;
        for operation in (0..OPERATIONS).filter(|operation| schedule.variant.begins_late != Some(*operation)) {
            hub.begin(operation);
        }
        Self {
            mux,
            hub,
            now: START,
            latency: schedule.variant.latency,
            token_after: schedule.variant.token_after,
            network: BTreeMap::new(),
            sequence: 0,
            sockets: BTreeMap::new(),
            runs: Default::default(),
            followers: BTreeMap::new(),
            subscriptions: 0,
            refuse_token: false,
            refusals: 0,
            no_token: false,
            timeouts_at_once: 0,
            trace: std::env::var("MODEL_TRACE").is_ok(),
        }
    }

    fn subscribe_from(&mut self, operation: usize, last_event_id: &str) -> SubscriptionId {
        self.subscriptions += 1;
        let id = SubscriptionId(self.subscriptions);
        self.followers.insert(id, Follower { operation, delivered: Vec::new(), done: None, broken: false });
        let name = name(operation);
        self.call(|mux, now| mux.subscribe(id, &name, last_event_id, false, now));
        id
    }

    /// Ends every fault and every run.
    fn heal(&mut self, ends: &[End; OPERATIONS]) {
        self.refuse_token = false;
        self.no_token = false;
        // What was swallowed is gone; its socket is found dead by its heartbeats.
        let quiet = self.now + 100_000;
        self.advance_to(quiet);
        for (operation, end) in ends.iter().enumerate() {
            self.hub.begin(operation);
            if self.runs[operation].end.is_none() {
                self.end(operation, *end);
            }
        }
        self.deliver_from_hub();
    }

    fn all_done(&self) -> bool {
        self.followers.values().all(|follower| follower.done.is_some())
    }

    fn advance_to(&mut self, at: u64) {
        while self.step(at) {}
        self.now = self.now.max(at);
    }

    /// Lets the next thing happen, if it does until then.
    fn step(&mut self, until: u64) -> bool {
        let parcel = self.network.keys().next().map(|(at, _)| *at);
        let deadline = self.mux.deadline().map(|(at, _)| at.as_millis());
        let Some(next) = [parcel, deadline].into_iter().flatten().min().filter(|next| *next <= until) else {
            return false;
        };
        if next > self.now {
            self.now = next;
            self.timeouts_at_once = 0;
        }
        if parcel == Some(next) {
            let (_, parcel) = self.network.pop_first().expect("a parcel");
            self.arrive(parcel);
        } else {
            self.timeouts_at_once += 1;
            assert!(self.timeouts_at_once <= TIMEOUTS_AT_ONCE, "a busy loop: {:?}", self.mux.deadline());
            self.input(Input::Timeout);
        }
        true
    }

    fn input(&mut self, input: Input<HubFrame<u32>>) {
        self.say(|| format!("{input:?}"));
        self.call(|mux, now| mux.handle(input, now));
    }

    fn call<R>(&mut self, call: impl FnOnce(&mut Mux<u32>, Timestamp) -> R) -> R {
        let result = call(&mut self.mux, Timestamp::from_millis(self.now));
        while let Some(output) = self.mux.poll() {
            self.say(|| format!("    {output:?}"));
            self.carry_out(output);
        }
        result
    }

    fn carry_out(&mut self, output: Output<ClientFrame, MuxEvent<u32>>) {
        match output {
            Output::Ask { request, .. } => {
                let answer = match std::mem::take(&mut self.no_token) {
                    true => Answer::Failed { detail: "no".to_owned() },
                    false => Answer::Token(Token::read("token")),
                };
                self.send_in(self.token_after, Parcel::Answer(request, answer));
            }
            Output::Withdraw { .. } => {}
            Output::Dial { dial, .. } => {
                let live = self.sockets.values().filter(|socket| !socket.gone).count();
                let takes_over = live == 1 && self.mux.is_ready();
                assert!(live == 0 || takes_over, "a second socket only takes over from one that stands");
                self.sockets.insert(dial, Socket::default());
                self.send_in(self.latency, Parcel::Accept(dial));
            }
            Output::Send { dial, command } => {
                let socket = &self.sockets[&dial];
                assert!(socket.ready && !socket.gone, "nothing is sent but on a ready socket: {command:?}");
                self.send_in(self.latency, Parcel::ToHub(dial, command));
            }
            Output::Hangup { dial, .. } => {
                self.sockets.get_mut(&dial).expect("a socket").gone = true;
                self.hub.close(dial);
            }
            Output::Event(MuxEvent::Operation { subscription, event }) => self.told(subscription, event),
            Output::Event(_) => {}
        }
    }

    fn told(&mut self, subscription: SubscriptionId, event: Event<u32>) {
        let follower = self.followers.get_mut(&subscription).expect("a subscription");
        assert!(follower.done.is_none(), "nothing follows the completion: {event:?}");
        match event {
            Event::AgentEvent(label) => {
                // A hub that forgot everything and counted past the cursor is found out late: what it said under ids
                // that looked delivered is then delivered behind what came after.
                let forgotten = self.runs[follower.operation].forgotten;
                let last = follower.delivered.last().copied().unwrap_or(0);
                assert!(label > last || forgotten, "{label} after {last}: events are delivered in order");
                assert!(!follower.delivered.contains(&label), "{label} is delivered once");
                follower.delivered.push(label);
            }
            Event::Continuity(_) => follower.broken = true,
            Event::Done(completion) => {
                let status = self.mux.subscription(subscription).map(|snapshot| snapshot.status);
                assert!(status.is_none_or(|status| status == Status::Disconnected));
                let follower = self.followers.get_mut(&subscription).expect("a subscription");
                follower.done = Some(completion);
            }
            _ => {}
        }
    }

    fn conclude(&mut self) {
        for (id, follower) in &self.followers {
            let run = &self.runs[follower.operation];
            let Some(done) = &follower.done else {
                // A run that ended before the hub forgot it is unknown to it for ever.
                assert!(run.forgotten, "{id:?} never ends; waits for {:?}", self.mux.deadline());
                continue;
            };
            let is_guess = done.source == CompletionSource::Lifecycle && done.succeeded;
            assert!(!is_guess || run.end == Some(End::Completed), "{id:?} is no success by guess");
            if run.forgotten {
                continue;
            }
            let truth = match run.end.expect("every run ends") {
                End::Completed => Outcome::Completed,
                End::Failed => Outcome::Error,
                End::Interrupted => Outcome::Interrupted,
            };
            assert_eq!(done.outcome, truth, "{id:?} ends as the run did");
            assert!(!follower.broken, "{id:?}: nothing was lost, and nothing is called lost");
            assert_eq!(follower.delivered, run.labels, "{id:?} is told everything");
        }
        if self.all_done() {
            let limit = self.now + 60_000;
            while self.step(limit) {}
            assert_eq!(self.mux.deadline(), None, "no timer runs when nobody needs the connection");
            assert!(self.sockets.values().all(|socket| socket.gone), "no socket is left open");
        }
    }

    fn say(&self, line: impl FnOnce() -> String) {
        if self.trace {
            println!("{:>9} {}", self.now - START, line());
        }
    }
}

fn name(operation: usize) -> String {
    format!("op{operation}")
}

fn number(operation_id: &str) -> usize {
    operation_id[2..].parse().expect("a number")
}

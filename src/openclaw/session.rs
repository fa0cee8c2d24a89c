//! One connection to a gateway across many sockets.
//!
//! ```text
//!             connect              challenge           signed             hello-ok
//!   Closed ────────────▶ Dialing ───────────▶ Signing ───────▶ Greeting ───────────▶ Open
//!      ▲                    ▲ │                  │ └─ (no device) ─▲ │                 │
//!      │ disconnect         │ └───────── lost ───┴──────────────────┤                 │ lost
//!      │                    │                                       ▼ refused          │
//!   (from anywhere)      Waiting ◀──────────────────────────────────┴──────────────────┤
//!                                                    Blocked ◀─────┘                  │
//!                           ▲                                                          │
//!                           └──────────────────────────────────────────────────────────┘
//! ```

use super::calls::{Answers, CallId, Calls, NotCalled};
use super::config::Config;
use super::credential::{Auth, Credentials, Presented};
use super::device::{Answer, Challenge, Question};
use super::hello::Policy;
use super::payload::Payload;
use super::queue::Queue;
use super::state::{Event, State};
use super::watch::{Watch, earlier};
use super::wire::{ClientFrame, Frame, Json};
use crate::link::{Backoff, Delays, socket_base};
use crate::machine::{DialId, Input, Machine, Output, RequestId, Timer};
use crate::time::Timestamp;

/// From the dial to the gateway's challenge.
const CHALLENGE_WITHIN: u64 = 15_000;

/// The machine of one connection. `P` is a payload, handed on untouched.
///
/// Every frame is taken in from the dial on, so nothing that arrives early is lost. A call is sent once: when the
/// connection is lost it fails, and the caller decides.
#[derive(Debug)]
pub struct Session<P> {
    pub(super) config: Config,
    pub(super) url: String,
    pub(super) credentials: Credentials,
    pub(super) phase: Phase,
    pub(super) state: State,
    pub(super) calls: Calls,
    pub(super) backoff: Backoff,
    pub(super) next_dial: u32,
    pub(super) next_request: u32,
    pub(super) offline: bool,
    pub(super) in_page_cache: bool,
    pub(super) heard_at: Timestamp,
    /// When a connection that stood was lost; `None` where none did since the application asked for one.
    pub(super) lost_at: Option<Timestamp>,
    pub(super) boot_id: Option<String>,
    /// The number of the last event on this socket.
    pub(super) last_seq: u64,
    /// How long the gateway said that its restart takes.
    pub(super) restart_expected: Option<u64>,
    /// The refusal that was met with one more attempt.
    pub(super) retried: Option<String>,
    pub(super) out: Queue<ToDo<P>>,
}

/// What a session wants done.
pub type ToDo<P> = Output<ClientFrame, Event<P>, Question>;

#[derive(Debug)]
pub(super) enum Phase {
    Closed,
    Dialing { dial: DialId, until: Timestamp },
    Signing { dial: DialId, request: RequestId, presented: Presented, challenge: Challenge, until: Timestamp },
    Greeting { dial: DialId, call: u32, presented: Presented, until: Timestamp },
    Open { dial: DialId, policy: Policy, watch: Watch },
    Waiting { until: Option<Timestamp>, commanded: bool },
    Blocked,
}

impl<P: Payload> Session<P> {
    /// A session that is not connected.
    pub fn new(config: Config) -> Self {
        Self {
            url: socket_base(&config.gateway_url),
            credentials: Credentials::new(config.auth.clone(), config.stored.clone()),
            phase: Phase::Closed,
            state: State::Closed,
            calls: Calls::default(),
            backoff: Backoff::new(Delays::Spread { seed: config.seed }),
            next_dial: 0,
            next_request: 0,
            offline: false,
            in_page_cache: false,
            heard_at: Timestamp::default(),
            lost_at: None,
            boot_id: None,
            last_seq: 0,
            restart_expected: None,
            retried: None,
            out: Queue::default(),
            config,
        }
    }

    /// The state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Attempts since the connection last stood.
    pub fn attempt(&self) -> u32 {
        self.backoff.attempt()
    }

    /// When the gateway was last heard.
    pub fn heard_at(&self) -> Timestamp {
        self.heard_at
    }

    /// The limits of the connection, while it stands.
    pub fn policy(&self) -> Option<Policy> {
        match self.phase {
            Phase::Open { policy, .. } => Some(policy),
            _ => None,
        }
    }

    /// Connects, unless a socket exists. A wait is cut short; after `blocked` every credential is tried again, because a
    /// person asked for it.
    pub fn connect(&mut self, now: Timestamp) {
        match self.phase {
            Phase::Closed | Phase::Blocked => self.credentials.pardon(),
            // The host still has a moment to say which token it keeps; else this blocks.
            Phase::Waiting { .. } if self.credentials.are_spent() => return,
            Phase::Waiting { .. } => {}
            Phase::Dialing { .. } | Phase::Signing { .. } | Phase::Greeting { .. } | Phase::Open { .. } => return,
        }
        // While nothing was connected nobody listened for the network.
        self.offline = false;
        self.in_page_cache = false;
        self.retried = None;
        self.begin(now);
    }

    /// Closes for good. Open calls fail.
    pub fn disconnect(&mut self) {
        self.hang_up(1000, "client disconnect");
        self.lose_calls();
        self.backoff.succeeded();
        self.lost_at = None;
        self.phase = Phase::Closed;
        self.set(State::Closed);
    }

    /// Replaces the credentials of the application; they are presented from the next socket on, and at once where the
    /// old ones were refused, or are being presented.
    pub fn update_auth(&mut self, auth: Auth, now: Timestamp) {
        self.credentials.replace(auth);
        match self.phase {
            Phase::Blocked => self.connect(now),
            // What is signed for the ones is not presented with the others, and a refusal of the ones says nothing of them.
            Phase::Signing { .. } | Phase::Greeting { .. } => {
                self.hang_up(1000, "other credentials");
                self.begin(now);
            }
            _ => {}
        }
    }

    /// Calls a method. It is sent once; whatever happens, one `CallSettled` follows.
    ///
    /// # Errors
    ///
    /// Why nothing was sent.
    pub fn call(&mut self, method: &str, params: Json, answers: Answers, now: Timestamp) -> Result<CallId, NotCalled> {
        let (dial, mut command) = self.command(method, params)?;
        if self.calls.is_full() {
            return Err(NotCalled::TooMany);
        }
        let call = self.calls.open(answers, now);
        command.id = call.0;
        self.out.push(Output::Send { dial, command });
        Ok(call)
    }

    /// Sends a request whose answer nobody waits for, however many calls are open.
    pub(super) fn say(&mut self, method: &str, params: Json) -> Result<(), NotCalled> {
        let (dial, command) = self.command(method, params)?;
        self.request(dial, &command.method, command.params);
        Ok(())
    }

    /// A request without its number, and where it is to be sent.
    fn command(&self, method: &str, params: Json) -> Result<(DialId, ClientFrame), NotCalled> {
        let Phase::Open { dial, policy, .. } = &self.phase else { return Err(NotCalled::NotReady) };
        let (limit, command) = (policy.max_payload, ClientFrame { id: 0, method: method.to_owned(), params });
        if command.least_size() > limit { Err(NotCalled::TooLarge { limit }) } else { Ok((*dial, command)) }
    }

    pub(super) fn begin(&mut self, now: Timestamp) {
        let dial = DialId(self.next_dial);
        self.next_dial = self.next_dial.wrapping_add(1);
        self.last_seq = 0;
        self.phase = Phase::Dialing { dial, until: now + CHALLENGE_WITHIN };
        self.set(State::Connecting);
        self.out.push(Output::Dial { dial, url: self.url.clone() });
    }

    /// The socket that inputs may belong to.
    pub(super) fn socket(&self) -> Option<DialId> {
        match self.phase {
            Phase::Dialing { dial, .. }
            | Phase::Signing { dial, .. }
            | Phase::Greeting { dial, .. }
            | Phase::Open { dial, .. } => Some(dial),
            Phase::Closed | Phase::Waiting { .. } | Phase::Blocked => None,
        }
    }

    pub(super) fn set(&mut self, state: State) {
        if self.state != state {
            self.state = state.clone();
            self.tell(Event::StateChanged(state));
        }
    }

    pub(super) fn tell(&mut self, event: Event<P>) {
        self.out.push(Output::Event(event));
    }

    pub(super) fn request(&mut self, dial: DialId, method: &str, params: Json) -> u32 {
        let id = self.calls.number();
        let command = ClientFrame { id, method: method.to_owned(), params };
        self.out.push(Output::Send { dial, command });
        id
    }
}

impl<P: Payload> Machine for Session<P> {
    type Frame = Frame<P>;
    type Command = ClientFrame;
    type Event = Event<P>;
    type Question = Question;
    type Answer = Answer;

    fn handle(&mut self, input: Input<Frame<P>, Answer>, now: Timestamp) {
        match input {
            Input::Frame { dial, frame } => self.frame_arrived(dial, frame, now),
            Input::Garbled { dial, detail } if self.socket() == Some(dial) => self.tell(Event::Protocol { detail }),
            Input::Opened { dial } if self.socket() == Some(dial) => self.offline = false,
            // The socket is known from its dial on, its error from the close that follows.
            Input::Garbled { .. } | Input::Opened { .. } | Input::Faulted { .. } => {}
            Input::Refused { dial, detail } => self.dial_refused(dial, detail, now),
            Input::Closed { dial, code, reason } => self.closed(dial, code, reason, now),
            Input::Answered { request, answer } => self.signed(request, answer, now),
            Input::Woke(wake) => self.woke(wake, now),
            Input::Timeout => self.timed_out(now),
        }
    }

    fn poll(&mut self) -> Option<ToDo<P>> {
        self.out.pop()
    }

    fn deadline(&self) -> Option<(Timestamp, Timer)> {
        let of_phase = match &self.phase {
            Phase::Dialing { until, .. } | Phase::Greeting { until, .. } => Some((*until, Timer::Handshake)),
            Phase::Signing { until, .. } => Some((*until, Timer::Signature)),
            Phase::Open { watch, .. } => Some(watch.deadline()),
            Phase::Waiting { until, .. } => until.map(|at| (at, Timer::Retry)),
            Phase::Closed | Phase::Blocked => None,
        };
        earlier(of_phase, self.calls.deadline())
    }
}

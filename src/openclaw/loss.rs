//! What follows when a socket is gone or the gateway says no: another attempt, and when, or a person.

use super::calls::CallError;
use super::config::is_loopback;
use super::credential::{Presented, StoredToken};
use super::payload::Payload;
use super::refusal::{Verdict, closing, row_of, trouble_of};
use super::retry::LONGEST_WAIT;
use super::session::{Phase, Session};
use super::state::{Event, State, Trouble};
use super::watch;
use super::wire::{Fault, Json};
use crate::machine::{DialId, Output, Wake};
use crate::time::Timestamp;

/// From the refusal of a token to the attempt with another; so long the host has to say which one it keeps by now.
const OTHER_TOKEN_AFTER: u64 = 250;
/// What a gateway may ask for while it starts.
const STARTING: (u64, u64) = (100, 2_000);

/// A gateway that was there a moment ago is probably being restarted: for so long it is asked at least so often.
const RESTARTS_WITHIN: u64 = 60_000;
const WHILE_RESTARTING: u64 = 1_200;

const BY_ITSELF: &str = "Nothing: another attempt follows by itself.";

impl<P: Payload> Session<P> {
    /// The gateway refused `connect`.
    pub(super) fn refused(&mut self, presented: Presented, fault: &Fault<P>, now: Timestamp) {
        let trouble = trouble_of(fault, self.config.origin.as_deref());
        self.hang_up(1000, "connect refused");
        match row_of(fault).verdict {
            Verdict::Retry => self.retry_refused(fault, trouble, now),
            Verdict::RetryOnce if self.retried.as_ref() != Some(&trouble.code) => {
                self.retried = Some(trouble.code.clone());
                self.retry_refused(fault, trouble, now);
            }
            Verdict::AwaitApproval if goes_on(fault) => self.retry_refused(fault, trouble, now),
            Verdict::TryDeviceToken => {
                self.credentials.refuse(presented);
                if presented == Presented::Shared && self.may_try_device_token(fault) {
                    self.wait(now + OTHER_TOKEN_AFTER, true, trouble);
                } else {
                    self.block(trouble);
                }
            }
            Verdict::ForgetDeviceToken => {
                self.credentials.refuse(presented);
                let forgotten = self.credentials.forget_stored(presented);
                let may_be_renewed = forgotten.is_some() && !self.credentials.is_renewed();
                if let Some(token) = forgotten {
                    self.tell(Event::TokenRefused(token));
                }
                // Any other credential was not refused yet; each is presented once.
                if self.credentials.are_spent() && !may_be_renewed {
                    self.block(trouble);
                } else {
                    self.wait(now + OTHER_TOKEN_AFTER, true, trouble);
                }
            }
            Verdict::RetryOnce | Verdict::AwaitApproval | Verdict::Block => {
                self.credentials.refuse(presented);
                self.block(trouble);
            }
        }
    }

    /// Takes the token that the host keeps by now; another client of the same device may have changed it. While an attempt
    /// is under way or the connection stands nothing changes. Instead of a refused token one such token is presented, and
    /// no further one before a connection stood or a person connects.
    pub fn renew_token(&mut self, stored: StoredToken) {
        let may = match self.phase {
            Phase::Closed | Phase::Blocked => true,
            Phase::Waiting { .. } => !self.credentials.is_renewed(),
            Phase::Dialing { .. } | Phase::Signing { .. } | Phase::Greeting { .. } | Phase::Open { .. } => false,
        };
        if may {
            self.credentials.renew(stored);
        }
    }

    /// The other side or the network ended the socket.
    pub(super) fn closed(&mut self, dial: DialId, code: u16, reason: String, now: Timestamp) {
        if self.socket() != Some(dial) {
            return;
        }
        let closing = closing(code, matches!(self.phase, Phase::Open { .. }));
        self.note_loss(now);
        let trouble = Trouble {
            code: closing.code.to_owned(),
            message: reason,
            next_step: closing.next_step.into(),
            remedy: None,
            retry_after: None,
        };
        self.lose_calls();
        if closing.blocks { self.block(trouble) } else { self.wait_as_usual(trouble, now) }
    }

    /// The socket could not be created.
    pub(super) fn dial_refused(&mut self, dial: DialId, detail: String, now: Timestamp) {
        if self.socket() == Some(dial) {
            self.wait_as_usual(usual("dial_failed", detail), now);
        }
    }

    /// Hangs up and tries again later.
    pub(super) fn give_up(&mut self, code: &'static str, detail: String, now: Timestamp) {
        self.hang_up(4000, code);
        self.note_loss(now);
        self.lose_calls();
        self.wait_as_usual(usual(code, detail), now);
    }

    pub(super) fn timed_out(&mut self, now: Timestamp) {
        for (call, accepted) in self.calls.overdue(now) {
            self.tell(Event::CallSettled { call, outcome: Err(CallError::TimedOut { accepted }) });
        }
        match &mut self.phase {
            Phase::Dialing { until, .. } if now >= *until => self.give_up("challenge_timeout", String::new(), now),
            Phase::Signing { until, .. } if now >= *until => self.give_up("signature_timeout", String::new(), now),
            Phase::Greeting { until, .. } if now >= *until => self.give_up("welcome_timeout", String::new(), now),
            Phase::Open { dial, watch, .. } => match (*dial, watch.timeout(now)) {
                (_, watch::Verdict::Alive) => {}
                (dial, watch::Verdict::Probe) => self.ask_for_life(dial),
                (_, watch::Verdict::Dead) => self.give_up("tick_timeout", String::new(), now),
            },
            Phase::Waiting { until: Some(at), .. } if now >= *at => self.waited(now),
            Phase::Dialing { .. } | Phase::Signing { .. } | Phase::Greeting { .. } => {}
            Phase::Waiting { .. } | Phase::Closed | Phase::Blocked => {}
        }
    }

    /// The page or the network changed.
    pub(super) fn woke(&mut self, wake: Wake, now: Timestamp) {
        match wake {
            Wake::Offline => return self.went_offline(now),
            Wake::Hidden => return self.went_into_page_cache(now),
            Wake::Online => self.offline = false,
            Wake::Visible | Wake::Resumed | Wake::Shown => self.in_page_cache = false,
        }
        match &mut self.phase {
            Phase::Open { dial, watch, .. } => {
                let dial = *dial;
                if watch.probe(now) {
                    self.ask_for_life(dial);
                }
            }
            // A wait that the gateway asked for is kept.
            Phase::Waiting { until: Some(_), commanded: true } => {}
            Phase::Waiting { .. } if !self.offline && !self.in_page_cache => self.begin(now),
            Phase::Waiting { .. } | Phase::Closed | Phase::Blocked => {}
            Phase::Dialing { .. } | Phase::Signing { .. } | Phase::Greeting { .. } => {}
        }
    }

    pub(super) fn hang_up(&mut self, code: u16, reason: &'static str) {
        if let Phase::Signing { request, .. } = self.phase {
            self.out.push(Output::Withdraw { request });
        }
        if let Some(dial) = self.socket() {
            self.out.push(Output::Hangup { dial, code, reason });
        }
    }

    pub(super) fn lose_calls(&mut self) {
        for (call, accepted) in self.calls.lose() {
            self.tell(Event::CallSettled { call, outcome: Err(CallError::ConnectionLost { accepted }) });
        }
    }

    fn note_loss(&mut self, now: Timestamp) {
        if matches!(self.phase, Phase::Open { .. }) {
            self.lost_at = Some(now);
        }
    }

    /// Any answer is a sign of life, a refusal, too.
    fn ask_for_life(&mut self, dial: DialId) {
        self.request(dial, "health", Json::Object(Vec::new()));
    }

    fn may_try_device_token(&self, fault: &Fault<P>) -> bool {
        let offered = fault.details.flag("canRetryWithDeviceToken").unwrap_or(false)
            || fault.details.text("recommendedNextStep").as_deref() == Some("retry_with_device_token");
        let trusted = self.config.trusts_endpoint || is_loopback(&self.url);
        offered && trusted && self.config.device.is_some() && self.credentials.has_stored()
    }

    /// The wait is over: another attempt, unless there is nothing left to present, no page or no network.
    fn waited(&mut self, now: Timestamp) {
        match &self.state {
            State::Waiting { why, .. } if self.credentials.are_spent() => self.block(why.clone()),
            State::Waiting { why, .. } if self.held().is_some() => self.wait(now, false, why.clone()),
            _ => self.begin(now),
        }
    }

    fn retry_refused(&mut self, fault: &Fault<P>, trouble: Trouble, now: Timestamp) {
        let starting = fault.details.text("reason").as_deref() == Some("startup-sidecars");
        let Some(asked) = trouble.retry_after else {
            return self.wait_as_usual(trouble, now);
        };
        let (least, most) = if starting { STARTING } else { (STARTING.0, LONGEST_WAIT) };
        let delay = self.backoff.spread(asked.clamp(least, most));
        self.wait(now + delay, true, trouble);
    }

    fn wait_as_usual(&mut self, trouble: Trouble, now: Timestamp) {
        let is_recent = self.lost_at.is_some_and(|at| now - at < RESTARTS_WITHIN);
        let delay = self.backoff.next_delay_within(if is_recent { WHILE_RESTARTING } else { u64::MAX });
        let restart = self.restart_expected.take().unwrap_or(0);
        self.wait(now + restart + delay, false, trouble);
    }

    /// Waits for a time, or for the page or the network. A wait that the gateway asked for comes first.
    fn wait(&mut self, until: Timestamp, commanded: bool, why: Trouble) {
        let held = self.held().filter(|_| !commanded);
        let (until, why) = held.map_or((Some(until), why), |code| (None, usual(code, String::new())));
        self.phase = Phase::Waiting { until, commanded };
        self.set(State::Waiting { until, why });
    }

    fn block(&mut self, trouble: Trouble) {
        self.phase = Phase::Blocked;
        self.set(State::Blocked(trouble));
    }

    /// What keeps an attempt from being made.
    fn held(&self) -> Option<&'static str> {
        match (self.in_page_cache, self.offline) {
            (true, _) => Some("page_hidden"),
            (false, true) => Some("offline"),
            (false, false) => None,
        }
    }

    /// No interface leads anywhere; this machine itself is there all the same.
    fn went_offline(&mut self, now: Timestamp) {
        self.offline = !is_loopback(&self.url);
        if self.offline && matches!(self.phase, Phase::Waiting { commanded: false, .. }) {
            self.wait(now, false, usual("offline", String::new()));
        }
    }

    fn went_into_page_cache(&mut self, now: Timestamp) {
        if matches!(self.phase, Phase::Closed | Phase::Blocked) {
            return;
        }
        self.in_page_cache = true;
        if !matches!(self.phase, Phase::Waiting { commanded: true, .. }) {
            self.hang_up(1000, "page hidden");
            self.lose_calls();
            self.wait(now, false, usual("page_hidden", String::new()));
        }
    }
}

/// Whether attempts go on while a person is asked to approve.
fn goes_on<P: Payload>(fault: &Fault<P>) -> bool {
    fault.details.flag("pauseReconnect") == Some(false)
        || fault.details.text("recommendedNextStep").as_deref() == Some("wait_then_retry")
}

fn usual(code: &str, detail: String) -> Trouble {
    Trouble { code: code.to_owned(), message: detail, next_step: BY_ITSELF.into(), remedy: None, retry_after: None }
}

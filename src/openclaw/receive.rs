//! What arrives on a socket: the challenge, the welcome, events and answers.

use std::borrow::Cow;

use super::calls::{Answered, CallError};
use super::connect;
use super::device::{Answer, Challenge, Question};
use super::hello::Hello;
use super::payload::Payload;
use super::session::{Phase, Session};
use super::state::{Event, State, Trouble};
use super::watch::Watch;
use super::wire::{Fault, Frame, Notice};
use crate::machine::{DialId, Output, RequestId};
use crate::text::decimal;
use crate::time::Timestamp;

/// How long the host may take to sign.
const SIGNED_WITHIN: u64 = 10_000;
/// From `connect` to the gateway's welcome.
const WELCOME_WITHIN: u64 = 15_000;
/// The longest restart that is waited for before the next attempt.
const LONGEST_RESTART: u64 = 60_000;

impl<P: Payload> Session<P> {
    pub(super) fn frame_arrived(&mut self, dial: DialId, frame: Frame<P>, now: Timestamp) {
        if self.socket() != Some(dial) {
            return;
        }
        self.heard_at = now;
        if let Phase::Open { watch, .. } = &mut self.phase {
            watch.heard(now);
        }
        match frame {
            Frame::Event(notice) => self.noticed(notice, now),
            Frame::Response { id, outcome } => self.responded(&id, outcome, now),
            Frame::Unknown => {}
        }
    }

    /// The host signed, or could not.
    pub(super) fn signed(&mut self, request: RequestId, answer: Answer, now: Timestamp) {
        let Phase::Signing { dial, request: asked, presented, challenge, .. } = &self.phase else { return };
        if *asked != request {
            return;
        }
        let (dial, presented, challenge) = (*dial, *presented, challenge.clone());
        match answer {
            Answer::Signed { signature } => self.greet(dial, presented, Some((&challenge, &signature)), now),
            Answer::Failed { detail } => {
                // The question is closed; nothing is withdrawn.
                self.phase = Phase::Dialing { dial, until: now };
                self.give_up("signature_failed", detail, now);
            }
            // Of a question that the session did not ask.
            Answer::Ran(_) => {}
        }
    }

    fn noticed(&mut self, notice: Notice<P>, now: Timestamp) {
        if let Some(seq) = notice.seq {
            self.count(seq);
        }
        match notice.name.as_str() {
            "connect.challenge" => return self.challenged(&notice.payload, now),
            "tick" => return,
            "shutdown" => {
                let expected = notice.payload.count("restartExpectedMs").unwrap_or(0);
                self.restart_expected = Some(expected.min(LONGEST_RESTART));
            }
            _ => {}
        }
        self.tell(Event::Notice(notice));
    }

    /// Events are numbered from 1 on each connection, without holes.
    fn count(&mut self, seq: u64) {
        let next = self.last_seq.saturating_add(1);
        if seq > next {
            self.tell(Event::Gap { from: next, to: seq - 1 });
        }
        self.last_seq = self.last_seq.max(seq);
    }

    fn challenged(&mut self, payload: &P, now: Timestamp) {
        let Phase::Dialing { dial, .. } = self.phase else { return };
        let challenge = Challenge {
            nonce: payload.text("nonce").unwrap_or_default(),
            at: payload.count("ts").unwrap_or(now.as_millis()),
        };
        let presented = self.credentials.choice();
        self.set(State::Authenticating);
        let Some(text) = connect::to_sign(&self.config, &self.credentials, presented, &challenge) else {
            return self.greet(dial, presented, None, now);
        };
        let request = RequestId(self.next_request);
        self.next_request = self.next_request.wrapping_add(1);
        self.phase = Phase::Signing { dial, request, presented, challenge, until: now + SIGNED_WITHIN };
        self.out.push(Output::Ask { request, question: Question::Sign { text } });
    }

    fn greet(
        &mut self,
        dial: DialId,
        presented: super::credential::Presented,
        signed: Option<(&Challenge, &str)>,
        now: Timestamp,
    ) {
        let params = connect::parameters(&self.config, &self.credentials, presented, signed);
        let call = self.request(dial, "connect", params);
        self.phase = Phase::Greeting { dial, call, presented, until: now + WELCOME_WITHIN };
    }

    fn responded(&mut self, id: &str, outcome: Result<P, Fault<P>>, now: Timestamp) {
        if let Phase::Greeting { dial, call, presented, .. } = self.phase
            && decimal(u64::from(call)) == id
        {
            return match outcome {
                Ok(payload) => self.welcomed(dial, &payload, now),
                Err(fault) => self.refused(presented, &fault, now),
            };
        }
        if let ("invalid", Err(fault)) = (id, &outcome) {
            return self.tell(Event::Protocol { detail: fault.message.clone() });
        }
        let accepted = outcome.as_ref().is_ok_and(|payload| payload.text("status").as_deref() == Some("accepted"));
        match (self.calls.answered(id, accepted, now), outcome) {
            (Answered::Accepted(call), Ok(payload)) => self.tell(Event::CallAccepted { call, payload }),
            (Answered::Over(call), outcome) => {
                self.tell(Event::CallSettled { call, outcome: outcome.map_err(CallError::Refused) });
            }
            (Answered::Accepted(_), Err(_)) | (Answered::Unknown, _) => {}
        }
    }

    fn welcomed(&mut self, dial: DialId, payload: &P, now: Timestamp) {
        let Some(hello) = Hello::read(payload, self.boot_id.as_deref()) else {
            return self.give_up("no_welcome", String::new(), now);
        };
        self.backoff.succeeded();
        self.credentials.accepted();
        self.retried = None;
        self.restart_expected = None;
        self.boot_id.clone_from(&hello.boot_id);
        self.phase = Phase::Open { dial, policy: hello.policy, watch: Watch::new(hello.policy.tick_every, now) };
        let state = self.granted(&hello);
        let token = payload.object("auth").text("deviceToken").filter(|_| self.config.device.is_some());
        let to_store = token.and_then(|token| self.credentials.granted(token, &hello.scopes));
        self.tell(Event::Hello(Box::new(hello)));
        if let Some(stored) = to_store {
            self.tell(Event::TokenGranted(stored));
        }
        self.set(state);
    }

    /// An operator without a scope is connected and can do nothing.
    fn granted(&self, hello: &Hello<P>) -> State {
        if self.config.role != "operator" || !hello.scopes.is_empty() {
            return State::Ready;
        }
        State::Degraded(Trouble {
            code: "no_scopes".to_owned(),
            message: String::new(),
            next_step: Cow::Borrowed(match self.config.device {
                None => "The gateway grants a client without a device key nothing. Connect with one.",
                Some(_) => {
                    "The gateway granted this device nothing. Approve the device for the scopes that it asks for."
                }
            }),
            remedy: self.config.device.as_ref().map(|_| "openclaw devices approve".to_owned()),
            retry_after: None,
        })
    }
}

//! The token: held, asked for, renewed. Never logged.

use crate::machine::{Answer, RequestId, Timer, TokenReason};
use crate::time::Timestamp;

use super::Presents;
use super::token::{Lifetime, Token};

/// How long the host may take to answer.
const TOKEN_WITHIN: u64 = 15_000;
/// The part of a token's life after which it is renewed, in percent.
const REFRESH_AT_PERCENT: u64 = 80;
/// The shortest time between two renewals, whatever `exp` says. It doubles with each renewal that brought nothing.
const REFRESH_PAUSE: u64 = 10_000;
/// The longest that it becomes.
const LONGEST_REFRESH_PAUSE: u64 = 300_000;
/// A token with no more than this part of its life left until its renewal is no better than none: the host keeps tokens
/// for long, or one of the clocks is wrong.
const WORTHLESS_PERCENT: u64 = 25;

/// One client's token and the one question that may be open about it (V1-05, single flight).
#[derive(Debug)]
pub struct Credential {
    token: Option<Token>,
    called_expired: bool,
    host_answers: bool,
    presents: Presents,
    open: Option<OpenQuestion>,
    next_request: u32,
    refresh_at: Option<Timestamp>,
    refresh_pause: u64,
}

#[derive(Debug)]
struct OpenQuestion {
    request: RequestId,
    deadline: Timestamp,
}

impl Credential {
    /// A credential with or without a first token, and with or without a host that can be asked for one.
    pub fn new(token: Option<Token>, host_answers: bool, presents: Presents) -> Self {
        Self {
            token,
            called_expired: false,
            host_answers,
            presents,
            open: None,
            next_request: 0,
            refresh_at: None,
            refresh_pause: REFRESH_PAUSE,
        }
    }

    /// The token to authenticate with, empty when there is none and nobody to ask.
    pub fn secret(&self) -> &str {
        self.token.as_ref().map_or("", |token| token.secret.as_str())
    }

    /// Whether the host can be asked for tokens.
    pub fn host_answers(&self) -> bool {
        self.host_answers
    }

    /// Whether a question is open.
    pub fn is_asking(&self) -> bool {
        self.open.is_some()
    }

    /// Why the host must be asked before the next dial; `None`: the held token will do.
    pub fn needed(&self, now: Timestamp) -> Option<TokenReason> {
        if !self.host_answers {
            return None;
        }
        let Some(token) = &self.token else {
            return Some(TokenReason::Initial);
        };
        if self.presents == Presents::InUrl {
            return Some(if self.called_expired { TokenReason::Expired } else { TokenReason::Initial });
        }
        let over = token.lifetime.is_some_and(|lifetime| lifetime.expires_at <= now);
        (over || self.called_expired).then_some(TokenReason::Expired)
    }

    /// When [`Self::question_is_overdue`] becomes true or, while the connection `stands`, [`Self::refresh_is_due`].
    pub fn deadline(&self, stands: bool) -> Option<(Timestamp, Timer)> {
        match &self.open {
            Some(open) => Some((open.deadline, Timer::Token)),
            None => self.refresh_at.filter(|_| stands).map(|at| (at, Timer::Refresh)),
        }
    }

    /// Whether the open question has been open for too long.
    pub fn question_is_overdue(&self, now: Timestamp) -> bool {
        self.open.as_ref().is_some_and(|open| now >= open.deadline)
    }

    /// Whether the token is to be renewed now.
    pub fn refresh_is_due(&self, now: Timestamp) -> bool {
        self.open.is_none() && self.refresh_at.is_some_and(|at| now >= at)
    }

    /// Opens the question. `None`: one is open already, its answer serves both.
    pub fn ask(&mut self, now: Timestamp) -> Option<RequestId> {
        if self.open.is_some() {
            return None;
        }
        let request = RequestId(self.next_request);
        self.next_request += 1;
        self.open = Some(OpenQuestion { request, deadline: now + TOKEN_WITHIN });
        Some(request)
    }

    /// Closes the question without an answer.
    pub fn withdraw(&mut self) -> Option<RequestId> {
        self.open.take().map(|open| open.request)
    }

    /// Takes an answer in. `false`: nobody waits for it any more.
    pub fn answered(&mut self, request: RequestId, answer: &Answer, now: Timestamp) -> bool {
        if self.open.as_ref().is_none_or(|open| open.request != request) {
            return false;
        }
        self.open = None;
        if let Answer::Token(token) = answer {
            self.hold(token.clone());
            if self.is_worthless(now) {
                self.back_off(now);
            } else {
                self.refresh_pause = REFRESH_PAUSE;
                self.schedule_refresh(now);
            }
        }
        true
    }

    /// The gateway called the held token expired.
    pub fn expired(&mut self) {
        self.called_expired = true;
    }

    /// Whether the gateway called the held token expired.
    pub fn is_called_expired(&self) -> bool {
        self.called_expired
    }

    /// Replaces the token; the next `auth` uses it.
    pub fn hold(&mut self, token: Token) {
        self.token = Some(token);
        self.called_expired = false;
    }

    /// Plans the renewal at 80 % of the token's life. A token without `exp` is left alone.
    pub fn schedule_refresh(&mut self, now: Timestamp) {
        self.refresh_at = self.refresh_moment(now).map(|due| due.max(now + self.refresh_pause));
    }

    /// Plans another try after a renewal that failed, the last one shortly before the token is over.
    pub fn postpone_refresh(&mut self, now: Timestamp) {
        self.back_off(now);
        if let (Some(at), Some(lifetime)) = (self.refresh_at, self.lifetime()) {
            let last = Timestamp::from_millis(lifetime.expires_at.as_millis().saturating_sub(REFRESH_PAUSE));
            if last > now {
                self.refresh_at = Some(at.min(last.max(now + REFRESH_PAUSE)));
            }
        }
    }

    fn back_off(&mut self, now: Timestamp) {
        self.schedule_refresh(now);
        self.refresh_pause = (self.refresh_pause * 2).min(LONGEST_REFRESH_PAUSE);
    }

    fn lifetime(&self) -> Option<Lifetime> {
        self.token.as_ref()?.lifetime
    }

    fn refresh_moment(&self, now: Timestamp) -> Option<Timestamp> {
        if !self.host_answers || self.presents == Presents::InUrl {
            return None;
        }
        let lifetime = self.lifetime()?;
        let from = lifetime.issued_at.unwrap_or(now);
        Some(from + (lifetime.expires_at - from).saturating_mul(REFRESH_AT_PERCENT) / 100)
    }

    fn is_worthless(&self, now: Timestamp) -> bool {
        let (Some(due), Some(lifetime)) = (self.refresh_moment(now), self.lifetime()) else { return false };
        let life = lifetime.expires_at - lifetime.issued_at.unwrap_or(now);
        due - now <= life.saturating_mul(WORTHLESS_PERCENT) / 100
    }
}

//! How a link comes by its token: asked for, answered, given, late or refused.

use super::output::LinkOutput;
use super::status::Reason;
use super::token::Token;
use super::{Limit, Link, Phase};
use crate::machine::{Answer, RequestId, TokenReason};
use crate::time::Timestamp;

/// How long an application without a token callback may take to replace an expired token.
const UPDATE_TOKEN_WITHIN: u64 = 15_000;
/// From a fresh token on the same socket to the gateway's acceptance.
const REAUTHENTICATE_WITHIN: u64 = 5_000;

impl Link {
    /// The host answered.
    pub fn answered(&mut self, request: RequestId, answer: Answer, now: Timestamp) {
        if !self.credential.answered(request, &answer, now) {
            return;
        }
        match answer {
            Answer::Token(_) => self.token_arrived(now),
            Answer::Unauthorized { detail } => self.out.push(LinkOutput::Unauthorized { detail }),
            Answer::Failed { detail } => {
                self.out.push(LinkOutput::TokenFault { detail, overdue: false });
                self.token_failed(Reason::TokenFailed, now);
            }
        }
    }

    /// The gateway called the token expired (V1-13).
    pub fn refresh(&mut self, now: Timestamp) {
        let Some(dial) = self.open_socket() else { return };
        let already_renewed = matches!(self.phase, Phase::Handshaking { renewed: true, .. });
        self.drop_standby();
        self.credential.expired();
        self.snapshot.reason = Some(Reason::TokenExpired);
        if !self.credential.host_answers() {
            let limit = Limit::new(now + UPDATE_TOKEN_WITHIN);
            self.phase = Phase::Handshaking { dial, limit, renewed: false };
        } else if already_renewed {
            self.give_up_socket(Reason::TokenExpired, now);
        } else {
            self.phase = Phase::Refreshing { dial };
            self.ask(TokenReason::Expired, now);
        }
    }

    /// Replaces the token (V1-05). One that the host owed ends the wait.
    pub fn update_token(&mut self, token: Token, now: Timestamp) {
        self.credential.hold(token);
        if matches!(self.phase, Phase::Asking | Phase::Refreshing { .. }) {
            self.withdraw();
            self.token_arrived(now);
        }
    }

    pub(super) fn ask(&mut self, reason: TokenReason, now: Timestamp) {
        if let Some(request) = self.credential.ask(now) {
            self.out.push(LinkOutput::Ask { request, reason });
        }
    }

    pub(super) fn withdraw(&mut self) {
        if let Some(request) = self.credential.withdraw() {
            self.out.push(LinkOutput::Withdraw { request });
        }
    }

    fn token_arrived(&mut self, now: Timestamp) {
        if self.standby_may_dial(now) {
            return;
        }
        match self.phase {
            Phase::Asking => self.dial(now),
            Phase::Refreshing { dial } => {
                let limit = Limit::new(now + REAUTHENTICATE_WITHIN);
                self.phase = Phase::Handshaking { dial, limit, renewed: true };
                self.out.push(LinkOutput::Authenticate { dial });
            }
            _ => {}
        }
    }

    pub(super) fn token_failed(&mut self, reason: Reason, now: Timestamp) {
        if self.standby_has_no_token(now) {
            return;
        }
        match self.phase {
            Phase::Asking => self.lost(reason, now),
            Phase::Refreshing { .. } => self.give_up_socket(reason, now),
            _ => self.credential.postpone_refresh(now),
        }
    }
}

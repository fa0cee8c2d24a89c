//! Make before break: a second socket that takes over from one that still stands.
//!
//! It is opened when the first stays silent on a probe, and when the first is to be replaced anyway (rotation). Until the
//! gateway accepted the credential on the second, the first carries everything; the status stays connected throughout.

use super::output::LinkOutput;
use super::status::{Reason, Status};
use super::{HANDSHAKE_WITHIN, Limit, Link, Phase, Presents};
use crate::machine::{DialId, Timer};
use crate::time::Timestamp;

/// How long after a second socket that came to nothing the next one is tried, while the first lives.
const ROTATE_AGAIN_AFTER: u64 = 10_000;
/// A socket stands at least for so long: what is asked on it must have time to be answered.
const ROTATE_AT_LEAST: u64 = 2_000;

/// The second socket of a link that is ready.
#[derive(Debug)]
pub(super) struct Standby {
    cause: Cause,
    stage: Stage,
}

/// Why there is a second socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// A probe of the first stayed unanswered: without a second, the first is lost.
    Silence,
    /// The first has stood for as long as it may.
    Rotation,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Asking,
    Dialing { dial: DialId, limit: Limit },
    Handshaking { dial: DialId, limit: Limit },
}

impl Link {
    /// Whether this is the second socket, which has nothing to tell but whether its credential is accepted.
    pub fn is_standby(&self, dial: DialId) -> bool {
        self.standby.as_ref().is_some_and(|standby| standby.socket() == Some(dial))
    }

    /// The second socket takes over: the first is hung up, and everything begins anew on the second.
    pub fn take_over(&mut self, now: Timestamp) {
        let Some(dial) = self.standby.take().and_then(|standby| standby.socket()) else { return };
        if let Some(first) = self.socket() {
            self.out.push(LinkOutput::Hangup { dial: first, carried: false });
        }
        self.stands(dial, now);
    }

    /// The second socket was closed from outside, perhaps because its token was refused: the next one carries a fresh one.
    pub fn standby_closed(&mut self, refused: bool, now: Timestamp) {
        if refused {
            self.credential.expired();
        }
        self.standby_lost(now);
    }

    /// The gateway does not accept the token on the second socket; the next one carries a fresh one.
    pub fn standby_refused(&mut self, now: Timestamp) {
        self.credential.expired();
        self.give_up_standby(now);
    }

    /// The second socket came to nothing. Where the first was silent, that is a loss.
    fn standby_lost(&mut self, now: Timestamp) {
        let Some(standby) = self.standby.take() else { return };
        match standby.cause {
            Cause::Silence => self.give_up_socket(Reason::ProbeTimeout, now),
            Cause::Rotation => self.rotate_again(now),
        }
    }

    fn rotate_again(&mut self, now: Timestamp) {
        self.rotate_at = Some(now + ROTATE_AGAIN_AFTER);
    }

    pub(super) fn plan_rotation(&mut self, now: Timestamp) {
        self.rotate_at = self.rotate_after.map(|after| now + after.max(ROTATE_AT_LEAST));
    }

    pub(super) fn standby_deadline(&self) -> Option<(Timestamp, Timer)> {
        match &self.standby {
            Some(standby) => standby.limit().map(|limit| (limit.at, Timer::Handshake)),
            None => self.rotate_at.map(|at| (at, Timer::Rotation)),
        }
    }

    pub(super) fn standby_timeout(&mut self, now: Timestamp) {
        if let Some(limit) = self.standby.as_mut().and_then(Standby::limit_mut) {
            if limit.is_over(now) {
                self.give_up_standby(now);
            }
        } else if self.rotate_at.is_some_and(|at| now >= at) {
            self.rotate_at = None;
            self.replace(Cause::Rotation, now);
        }
    }

    /// Opens a second socket beside the one that stands; where none may be dialled, a silent one is given up.
    pub(super) fn replace(&mut self, cause: Cause, now: Timestamp) {
        if let Some(standby) = &mut self.standby {
            if cause == Cause::Silence {
                standby.cause = cause;
            }
        } else if !self.auto_reconnect || self.offline {
            match cause {
                Cause::Silence => self.give_up_socket(Reason::ProbeTimeout, now),
                Cause::Rotation if self.auto_reconnect => self.rotate_again(now),
                Cause::Rotation => {}
            }
        } else if let Some(reason) = self.credential.needed(now) {
            self.standby = Some(Standby { cause, stage: Stage::Asking });
            self.ask(reason, now);
        } else {
            self.dial_standby(cause, now);
        }
    }

    /// A token arrived that the second socket waited for. `false`: it did not.
    pub(super) fn standby_may_dial(&mut self, now: Timestamp) -> bool {
        let Some(Standby { cause, stage: Stage::Asking }) = self.standby else { return false };
        self.dial_standby(cause, now);
        true
    }

    /// No token arrived that the second socket waited for. `false`: it did not.
    pub(super) fn standby_has_no_token(&mut self, now: Timestamp) -> bool {
        let waits = matches!(self.standby, Some(Standby { stage: Stage::Asking, .. }));
        if waits {
            self.standby_lost(now);
        }
        waits
    }

    pub(super) fn standby_opened(&mut self) {
        let Some(Standby { stage, .. }) = &mut self.standby else { return };
        let Stage::Dialing { dial, limit } = *stage else { return };
        *stage = Stage::Handshaking { dial, limit };
        if self.presents == Presents::InFrame {
            self.out.push(LinkOutput::Authenticate { dial });
        }
    }

    /// The first socket is lost while a second is on its way: that one goes on alone. `false`: there is none.
    pub(super) fn promote(&mut self, reason: Reason, now: Timestamp) -> bool {
        let Some(standby) = self.standby.take() else { return false };
        self.rotate_at = None;
        self.retry_after(0, reason, now);
        match standby.stage {
            Stage::Asking => {
                self.phase = Phase::Asking;
                self.snapshot.reason = Some(Reason::TokenPending);
            }
            Stage::Dialing { dial, limit } => {
                self.phase = Phase::Dialing { dial, limit };
                self.set(Status::Connecting, now);
            }
            Stage::Handshaking { dial, limit } => {
                self.phase = Phase::Handshaking { dial, limit, renewed: false };
                self.set(Status::Connecting, now);
                if self.presents == Presents::InFrame {
                    self.set(Status::Authenticating, now);
                }
            }
        }
        true
    }

    /// Nothing takes over any more.
    pub(super) fn drop_standby(&mut self) {
        self.rotate_at = None;
        self.hang_up_standby();
        self.standby = None;
    }

    fn give_up_standby(&mut self, now: Timestamp) {
        self.hang_up_standby();
        self.standby_lost(now);
    }

    fn dial_standby(&mut self, cause: Cause, now: Timestamp) {
        let dial = self.new_dial();
        let limit = Limit::new(now + HANDSHAKE_WITHIN);
        self.standby = Some(Standby { cause, stage: Stage::Dialing { dial, limit } });
        self.out.push(LinkOutput::Dial { dial });
    }

    fn hang_up_standby(&mut self) {
        if let Some(dial) = self.standby.as_ref().and_then(Standby::socket) {
            self.out.push(LinkOutput::Hangup { dial, carried: false });
        }
    }
}

impl Standby {
    fn socket(&self) -> Option<DialId> {
        match self.stage {
            Stage::Asking => None,
            Stage::Dialing { dial, .. } | Stage::Handshaking { dial, .. } => Some(dial),
        }
    }

    fn limit(&self) -> Option<Limit> {
        match self.stage {
            Stage::Asking => None,
            Stage::Dialing { limit, .. } | Stage::Handshaking { limit, .. } => Some(limit),
        }
    }

    fn limit_mut(&mut self) -> Option<&mut Limit> {
        match &mut self.stage {
            Stage::Asking => None,
            Stage::Dialing { limit, .. } | Stage::Handshaking { limit, .. } => Some(limit),
        }
    }
}

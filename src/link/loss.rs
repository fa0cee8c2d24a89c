//! What follows when a socket is gone: another attempt, and when, or none.

use super::output::LinkOutput;
use super::status::{Reason, Status};
use super::{Link, Phase};
use crate::machine::DialId;
use crate::time::Timestamp;

impl Link {
    /// The current socket was closed because its token was refused or expired: `at_once` or after a delay another is
    /// tried.
    pub fn closed_for_its_token(&mut self, reason: Reason, at_once: bool, now: Timestamp) {
        self.drop_standby();
        if reason == Reason::TokenExpired {
            self.credential.expired();
        }
        if !self.auto_reconnect {
            self.stop_after_loss(reason, now);
        } else {
            let delay = self.backoff.next_delay();
            self.retry_after(if at_once { 0 } else { delay }, reason, now);
        }
    }

    /// The socket could not be created (V1-06): the status says so while the next attempt is already planned.
    pub fn refused(&mut self, dial: DialId, now: Timestamp) {
        if self.is_standby(dial) {
            return self.standby_closed(false, now);
        }
        if !self.is_current(dial) {
            return;
        }
        self.snapshot.reason = Some(Reason::DialFailed);
        self.set(Status::Disconnected, now);
        if self.auto_reconnect {
            let delay = self.backoff.next_delay();
            self.schedule(delay, now);
        } else {
            self.phase = Phase::Idle;
            self.out.push(LinkOutput::GaveUp);
        }
    }

    pub(super) fn lost(&mut self, reason: Reason, now: Timestamp) {
        if self.auto_reconnect && !self.offline && self.promote(reason, now) {
            return;
        }
        self.drop_standby();
        let stood = self.ready_socket().is_some();
        self.failures += u32::from(!stood);
        if !stood && self.failures_allowed.is_some_and(|allowed| self.failures >= allowed) {
            self.phase = Phase::Idle;
            self.snapshot.reason = Some(reason);
            self.out.push(LinkOutput::Exhausted { attempts: self.failures });
        } else if !self.auto_reconnect {
            self.stop_after_loss(reason, now);
        } else if self.is_refreshing() && self.credential.is_asking() {
            // The token that is on its way will be used on the next socket.
            self.phase = Phase::Asking;
            self.snapshot.reason = Some(Reason::TokenPending);
            self.set(Status::Reconnecting, now);
        } else {
            let delay = self.backoff.next_delay();
            self.retry_after(delay, reason, now);
        }
    }

    pub(super) fn retry_after(&mut self, delay: u64, reason: Reason, now: Timestamp) {
        self.snapshot.reason = Some(reason);
        self.set(Status::Reconnecting, now);
        self.schedule(delay, now);
    }

    pub(super) fn stop_after_loss(&mut self, reason: Reason, now: Timestamp) {
        self.withdraw();
        self.phase = Phase::Idle;
        self.snapshot.reason = Some(reason);
        self.set(Status::Disconnected, now);
        self.announce_disconnect();
        self.out.push(LinkOutput::GaveUp);
    }

    pub(super) fn announce_disconnect(&mut self) {
        if !self.announced_disconnect {
            self.announced_disconnect = true;
            self.out.push(LinkOutput::Disconnected);
        }
    }

    pub(super) fn schedule(&mut self, delay: u64, now: Timestamp) {
        let until = (!self.offline).then_some(now + delay);
        if self.offline {
            self.snapshot.reason = Some(Reason::Offline);
        }
        self.phase = Phase::Waiting { until };
        self.out.push(LinkOutput::Reconnecting { delay });
    }
}

//! Whether the socket lives and whether dialling makes sense: heartbeats, wake-ups, networks that come and go.

use super::output::LinkOutput;
use super::status::{Reason, Status};
use super::{Link, Phase};
use crate::machine::Wake;
use crate::time::Timestamp;

impl Link {
    /// The page or the network changed (Liveness).
    pub fn woke(&mut self, wake: Wake, now: Timestamp) {
        match wake {
            Wake::Offline => return self.went_offline(),
            Wake::Hidden => return self.went_into_page_cache(now),
            Wake::Online => self.offline = false,
            Wake::Visible | Wake::Resumed | Wake::Shown => self.in_page_cache = false,
        }
        match self.phase {
            Phase::Ready { .. } => self.probe(now),
            Phase::Waiting { .. } if self.in_page_cache => {}
            Phase::Waiting { .. } if self.offline => self.snapshot.reason = Some(Reason::Offline),
            Phase::Waiting { .. } => self.begin(now),
            _ => {}
        }
    }

    /// The gateway acknowledged a heartbeat (V1-17). `true`: everything sent before the probe was read.
    pub fn acknowledged(&mut self) -> bool {
        match &mut self.phase {
            Phase::Ready { heartbeat, .. } => heartbeat.acknowledged(),
            _ => false,
        }
    }

    /// Sends a heartbeat now; unanswered for 4 s, the socket is given up.
    pub fn probe(&mut self, now: Timestamp) {
        if let Phase::Ready { dial, heartbeat } = &mut self.phase
            && heartbeat.probe(now)
        {
            self.out.push(LinkOutput::Ping { dial: *dial });
        }
    }

    /// Sends a heartbeat whose acknowledgement proves that everything sent before it was read; unanswered for 4 s, the
    /// socket is given up.
    pub fn barrier(&mut self, now: Timestamp) {
        if let Phase::Ready { dial, heartbeat } = &mut self.phase {
            heartbeat.barrier(now);
            self.out.push(LinkOutput::Ping { dial: *dial });
        }
    }

    fn went_offline(&mut self) {
        self.offline = true;
        if let Phase::Waiting { until: until @ Some(_) } = &mut self.phase {
            *until = None;
            self.snapshot.reason = Some(Reason::Offline);
        }
    }

    fn went_into_page_cache(&mut self, now: Timestamp) {
        if self.is_idle() {
            return;
        }
        self.in_page_cache = true;
        self.withdraw();
        self.hang_up();
        self.phase = Phase::Waiting { until: None };
        self.snapshot.reason = Some(Reason::PageHidden);
        self.set(Status::Reconnecting, now);
    }
}

//! The one timer of a client.

use gloo_timers::callback::Timeout;

use crate::time::Timestamp;

/// The longest delay that timers take.
const LONGEST: u64 = i32::MAX as u64;

/// A timer that is set anew only when it must ring earlier than planned.
#[derive(Default)]
pub(super) struct Alarm {
    set: Option<(Timestamp, Timeout)>,
}

impl Alarm {
    /// Rings no later than `at`, if at all. Ringing early costs one look.
    pub(super) fn set(&mut self, at: Option<Timestamp>, now: impl FnOnce() -> Timestamp, ring: impl FnOnce() -> Ring) {
        let Some(at) = at else { return self.stop() };
        if self.set.as_ref().is_some_and(|(planned, _)| *planned <= at) {
            return;
        }
        let delay = (at - now()).min(LONGEST);
        self.set = Some((at, Timeout::new(delay as u32, ring())));
    }

    /// It rang, or nothing is waited for any more.
    pub(super) fn stop(&mut self) {
        self.set = None;
    }
}

/// What a timer calls.
pub(super) type Ring = Box<dyn FnOnce()>;

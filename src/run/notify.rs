//! When a page hears of changes: once per animation frame, at once when a run ends, once for a whole replay.

use crate::time::Timestamp;

/// A hidden page has no animation frames. After this long, in milliseconds, the page is told without one.
const FRAME_WITHIN: u64 = 250;
/// A replay that takes longer, in milliseconds, is no longer held back: its end may never be told.
const HELD_FOR: u64 = 5_000;

/// Decides when the marked changes are told. Time and animation frames are arguments; whoever owns it asks for a frame
/// when told so, and waits until [`Notify::deadline`].
#[derive(Debug, Default)]
pub struct Notify {
    state: State,
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Action {
    /// Nothing.
    Wait,
    /// Ask the host for an animation frame and report it to [`Notify::frame`].
    RequestFrame,
    /// Tell the page what changed.
    Tell,
}

#[derive(Debug, Default)]
enum State {
    /// Everything was told.
    #[default]
    Told,
    /// A frame was asked for.
    FrameDue { by: Timestamp },
    /// A replay is under way.
    Held { marked: bool, until: Timestamp },
}

impl Notify {
    /// When [`Self::timeout`] has something to say.
    pub fn deadline(&self) -> Option<Timestamp> {
        match self.state {
            State::Told => None,
            State::FrameDue { by } => Some(by),
            State::Held { until, .. } => Some(until),
        }
    }

    /// Whether the page is to hear of a change already.
    pub const fn is_marked(&self) -> bool {
        matches!(self.state, State::FrameDue { .. } | State::Held { marked: true, .. })
    }

    /// Something changed.
    pub fn mark(&mut self, now: Timestamp) -> Action {
        match &mut self.state {
            State::Told => self.ask_for_frame(now),
            State::FrameDue { .. } => Action::Wait,
            State::Held { marked, .. } => {
                *marked = true;
                Action::Wait
            }
        }
    }

    /// The run is over: what is marked and the end are told at once, also in the middle of a replay.
    pub fn ended(&mut self) -> Action {
        self.state = State::Told;
        Action::Tell
    }

    /// A replay begins; what it changes is told when it is over.
    pub fn replay_began(&mut self, now: Timestamp) {
        let marked = match self.state {
            State::Told => false,
            State::FrameDue { .. } => true,
            State::Held { marked, .. } => marked,
        };
        self.state = State::Held { marked, until: now + HELD_FOR };
    }

    /// The replay is over.
    pub fn replay_ended(&mut self, now: Timestamp) -> Action {
        match self.state {
            State::Held { marked: true, .. } => self.ask_for_frame(now),
            State::Held { marked: false, .. } => {
                self.state = State::Told;
                Action::Wait
            }
            State::Told | State::FrameDue { .. } => Action::Wait,
        }
    }

    /// The host painted a frame. A frame that nobody waits for any more means nothing.
    pub fn frame(&mut self) -> Action {
        match self.state {
            State::FrameDue { .. } => self.ended(),
            State::Told | State::Held { .. } => Action::Wait,
        }
    }

    /// The deadline passed.
    pub fn timeout(&mut self, now: Timestamp) -> Action {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Action::Wait;
        }
        match self.state {
            State::Held { .. } => self.replay_ended(now),
            State::Told | State::FrameDue { .. } => self.frame(),
        }
    }

    fn ask_for_frame(&mut self, now: Timestamp) -> Action {
        self.state = State::FrameDue { by: now + FRAME_WITHIN };
        Action::RequestFrame
    }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_changes_are_told_once_per_frame() {
        let mut notify = Notify::default();
        let asked = (0..1_000).filter(|now| notify.mark(at(now / 10)) == Action::RequestFrame).count();
        assert_eq!(asked, 1);
        assert_eq!([notify.frame(), notify.frame()], [Action::Tell, Action::Wait]);
        assert_eq!(notify.mark(at(101)), Action::RequestFrame, "the next frame takes the next change");
    }

    #[test]
    fn a_frame_before_any_change_tells_nothing() {
        assert_eq!(Notify::default().frame(), Action::Wait);
    }

    #[test]
    fn an_end_is_told_at_once_and_its_frame_tells_nothing_more() {
        let mut notify = Notify::default();
        let _ = notify.mark(at(0));
        assert_eq!(notify.ended(), Action::Tell);
        assert_eq!(notify.frame(), Action::Wait);
        assert_eq!(notify.deadline(), None);
    }

    #[test]
    fn an_end_is_told_at_once_also_in_the_middle_of_a_replay() {
        let mut notify = Notify::default();
        notify.replay_began(at(0));
        assert_eq!(notify.mark(at(1)), Action::Wait);
        assert_eq!(notify.ended(), Action::Tell);
        assert_eq!(notify.replay_ended(at(2)), Action::Wait, "nothing is left to tell");
    }

    #[test]
    fn a_replay_is_told_as_one_change() {
        let mut notify = Notify::default();
        notify.replay_began(at(0));
        for now in 0..100 {
            assert_eq!([notify.mark(at(now)), notify.frame()], [Action::Wait; 2]);
        }
        assert_eq!(notify.replay_ended(at(100)), Action::RequestFrame);
        assert_eq!(notify.frame(), Action::Tell);
    }

    #[test]
    fn a_replay_that_changes_nothing_is_not_told() {
        let mut notify = Notify::default();
        notify.replay_began(at(0));
        assert_eq!(notify.replay_ended(at(1)), Action::Wait);
        assert_eq!(notify.deadline(), None);
    }

    #[test]
    fn a_change_before_a_replay_is_told_with_it() {
        let mut notify = Notify::default();
        let _ = notify.mark(at(0));
        notify.replay_began(at(1));
        assert_eq!(notify.frame(), Action::Wait);
        assert_eq!(notify.replay_ended(at(2)), Action::RequestFrame);
    }

    #[test]
    fn a_hidden_page_is_told_without_a_frame() {
        let mut notify = Notify::default();
        let _ = notify.mark(at(0));
        assert_eq!(notify.deadline(), Some(at(FRAME_WITHIN)), "a frame may never come");
        assert_eq!(notify.timeout(at(FRAME_WITHIN - 1)), Action::Wait);
        assert_eq!(notify.timeout(at(FRAME_WITHIN)), Action::Tell);
    }

    #[test]
    fn a_replay_without_an_end_is_told_in_the_end() {
        let mut notify = Notify::default();
        notify.replay_began(at(0));
        let _ = notify.mark(at(1));
        assert_eq!(notify.deadline(), Some(at(HELD_FOR)), "its end may never be told");
        assert_eq!(notify.timeout(at(HELD_FOR)), Action::RequestFrame);
        assert_eq!(notify.frame(), Action::Tell);
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }
}

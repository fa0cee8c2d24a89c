//! Which tool calls were taken on, so that none runs twice.

use std::collections::VecDeque;
use std::rc::Rc;

/// As many calls are remembered as a gateway replays events.
const REMEMBERED: usize = 1_000;

/// The ids of tool calls that were taken on, the oldest first.
///
/// A run keeps one for what is replayed to it. The application keeps another for all its runs and answers
/// [`Question::ClaimTool`](super::Question::ClaimTool) from it. One that is kept in a storage outlives a reload: under a
/// lock that all tabs share, load the ids, [`claim`](Self::claim), and save them before answering.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    ids: VecDeque<Rc<str>>,
}

impl Ledger {
    /// A ledger with these ids, the oldest first.
    pub fn load(ids: impl IntoIterator<Item = Rc<str>>) -> Self {
        let mut ledger = Self::default();
        for id in ids {
            ledger.claim(&id);
        }
        ledger
    }

    /// Takes a call on. `false`: it was taken on before.
    pub fn claim(&mut self, tool_call_id: &Rc<str>) -> bool {
        if self.ids.contains(tool_call_id) {
            return false;
        }
        if self.ids.len() == REMEMBERED {
            self.ids.pop_front();
        }
        self.ids.push_back(tool_call_id.clone());
        true
    }

    /// The ids to save, the oldest first.
    pub fn ids(&self) -> impl Iterator<Item = &Rc<str>> {
        self.ids.iter()
    }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;

    fn id(number: usize) -> Rc<str> {
        number.to_string().into()
    }

    #[test]
    fn a_call_is_claimed_once_even_by_a_ledger_that_was_saved_and_loaded() {
        let mut ledger = Ledger::default();
        assert!(ledger.claim(&id(1)));
        assert!(!ledger.claim(&id(1)));
        let mut loaded = Ledger::load(ledger.ids().cloned());
        assert!(!loaded.claim(&id(1)));
        assert!(loaded.claim(&id(2)));
    }

    #[test]
    fn the_thousand_newest_calls_are_remembered() {
        let mut ledger = Ledger::load((0..=REMEMBERED).map(id));
        assert_eq!(ledger.ids().count(), REMEMBERED);
        assert!(!ledger.claim(&id(1)), "the second is remembered");
        assert!(ledger.claim(&id(0)), "the first is forgotten");
    }
}

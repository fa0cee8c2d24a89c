//! Pieces of an answer that the host holds back until somebody looks: each costs a comparison of numbers and no crossing
//! of its text.

use super::Transcript;
use super::column::Found;
use super::event::Piece;
use super::text::Text;

/// The part that the pieces go on, by the indices of its message and in the parts of that.
pub(super) type Spot = (usize, usize);

impl<T: Text> Transcript<T> {
    /// Whether a delta of the run's own answer does nothing but go on a text that is being streamed, so that the host may
    /// hold it back, behind those it holds already. Before the transcript is called in any other way or read,
    /// [`Self::take_in`] gets what is held. `false`: [`Self::handle`] is to take it.
    #[inline(always)]
    pub fn goes_on(&mut self, piece: Piece, step: u32, at: Option<u64>) -> bool {
        let column = &mut self.columns[Self::OWN];
        let Found::Stream(index) = column.find(step, at) else { return false };
        let stream = &mut column.streams[index];
        if stream.end.is_some() {
            return false;
        }
        let Some(spot) = self.list.end_of_text(stream.message, piece) else { return false };
        if self.held.is_some_and(|held| held != spot) || !stream.flow(piece).goes_on(at) {
            return false;
        }
        self.held = Some(spot);
        true
    }

    /// Whether the host holds pieces back.
    pub const fn holds(&self) -> bool {
        self.held.is_some()
    }

    /// Takes in what the host held back: the pieces, one after the other.
    pub fn take_in(&mut self, text: T) {
        if let Some((message, part)) = self.held.take()
            && !text.is_empty()
        {
            self.list.append(message, part, text);
        }
    }
}

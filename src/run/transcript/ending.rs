//! How runs end, the run's own and those of members.

use super::Transcript;
use super::column::Place;
use super::event::{End, EndReason, Stored};
use super::message::{Activity, Message, ToolPhase};
use super::refetch::RefetchReason;
use super::text::Text;

impl<T: Text> Transcript<T> {
    /// The run ended, and no event of its own said so: another frame did, or the connection is gone for good.
    pub fn close(&mut self) {
        if self.columns[Self::OWN].ended {
            return;
        }
        self.settle_all(EndReason::Other);
        self.refetch.need(RefetchReason::EndWithoutMessages);
    }

    pub(super) fn ended(&mut self, place: Place, end: End<T>) {
        let End { reason, stored, value } = end;
        let tells_rows = matches!(stored, Stored::Rows(_));
        let was_streamed = !self.columns[place.column].streams.is_empty();
        if place.column != Self::OWN {
            self.settle(place.column, reason);
            if reason == EndReason::WaitsForHuman {
                self.refetch.need(RefetchReason::MemberWaits);
            }
        } else {
            self.settle_all(reason);
            match (stored, reason) {
                (Stored::Rows(rows), _) => self.told_all(rows),
                (Stored::Revision(revision), _) => self.compare_revision(revision),
                (Stored::Untold, EndReason::Interrupted | EndReason::WaitsForTool) if was_streamed => self.need_names(),
                (Stored::Untold, _) => self.refetch.need(RefetchReason::EndWithoutMessages),
            }
        }
        if reason == EndReason::Failed {
            self.show_error(place, value, tells_rows);
        }
    }

    pub(super) fn failed(&mut self, place: Place, error: T::Value) {
        match place.column {
            Self::OWN => self.settle_all(EndReason::Failed),
            member => self.settle(member, EndReason::Failed),
        }
        self.show_error(place, error, false);
    }

    /// The end of the run is that of its members, too.
    fn settle_all(&mut self, reason: EndReason) {
        for column in 0..self.columns.len() {
            self.settle(column, reason);
        }
    }

    /// Nothing is streamed any more; a tool without a result is stopped, unless the run waits for it.
    fn settle(&mut self, index: usize, reason: EndReason) {
        let column = &mut self.columns[index];
        column.ended = true;
        let member = column.member.clone();
        for stream in column.streams.iter_mut().filter(|stream| stream.end.is_none()) {
            stream.end(None, false);
            if stream.is_uncertain() {
                self.refetch.need(RefetchReason::TextUncertain);
            }
        }
        let waits = matches!(reason, EndReason::WaitsForTool | EndReason::WaitsForHuman);
        for message in 0..self.list.messages().len() {
            if self.list.messages()[message].member != member {
                continue;
            }
            if self.list.messages()[message].activity != Activity::Settled {
                self.list.set_activity(message, Activity::Settled);
            }
            if !waits {
                self.stop_tools(message);
            }
        }
    }

    fn stop_tools(&mut self, message: usize) {
        for part in 0..self.list.messages()[message].parts.len() {
            if let Some(mut call) = self.list.tool(message, part)
                && matches!(call.phase, ToolPhase::Called | ToolPhase::Running)
            {
                call.phase = ToolPhase::Stopped;
                self.list.set_tool(message, part, call);
            }
        }
    }

    /// Shows why a run failed in its last message, or in one of its own, unless a stored message that was told during the
    /// run says so.
    fn show_error(&mut self, place: Place, error: T::Value, tells_rows: bool) {
        let is_told = place.column == Self::OWN && (tells_rows || self.revision > 0);
        let last = self.list.messages().last().filter(|_| is_told);
        if last.is_some_and(|message| message.member.is_none() && message.has_error()) {
            return;
        }
        let latest = self.columns[place.column].streams.last().map(|stream| stream.message);
        let message = latest.and_then(|key| self.list.index_of_key(key)).unwrap_or_else(|| {
            let member = self.columns[place.column].member.clone();
            let message = Message::new(self.list.new_key(), None, member, self.list.generation);
            self.add_message(Place { step: u32::MAX, ..place }, message)
        });
        if !(is_told && self.list.messages()[message].has_error()) {
            self.list.set_error(message, error);
        }
    }
}

//! Calls of tools: who names them, whether they run, what came of them.

use super::Transcript;
use super::column::{Found, Place};
use super::event::Calling;
use super::held::Spot;
use super::message::{Activity, Message, Part, ToolCall, ToolPhase};
use super::refetch::RefetchReason;
use super::text::Text;

/// What is known of a call, wherever it is shown.
#[derive(Debug, Default)]
pub(super) struct Call {
    /// The number of its last state.
    state: u64,
    run: Run,
}

/// Whether a call runs. Times are those of the producer, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
enum Run {
    #[default]
    NotStarted,
    Started {
        at: Option<u64>,
    },
    Ended {
        at: Option<u64>,
    },
}

/// What a start means.
enum Started {
    Now,
    Again,
    Before,
    Unclear,
}

/// A call as it is to be shown.
struct Shown<T: Text> {
    message: usize,
    /// `None`: it is new there.
    part: Option<usize>,
    call: ToolCall<T>,
}

impl Call {
    fn started(&mut self, at: Option<u64>) -> Started {
        let (run, meaning) = match (self.run, at) {
            (Run::NotStarted, _) => (Run::Started { at }, Started::Now),
            (Run::Started { at: known }, _) => (Run::Started { at: known.max(at) }, Started::Now),
            (Run::Ended { at: Some(end) }, Some(start)) if start > end => (Run::Started { at }, Started::Again),
            (Run::Ended { at: Some(_) }, Some(_)) => (self.run, Started::Before),
            (Run::Ended { .. }, _) => (self.run, Started::Unclear),
        };
        self.run = run;
        meaning
    }

    /// Whether an end is that of the run under way, and not known.
    fn ends(&mut self, at: Option<u64>) -> bool {
        let ends = match self.run {
            Run::NotStarted => true,
            Run::Started { at: start } => at.is_none() || at >= start,
            Run::Ended { at: end } => at > end,
        };
        if ends {
            self.run = Run::Ended { at };
        }
        ends
    }

    fn admits_state(&mut self, sequence: u64) -> bool {
        let admits = sequence > self.state && !matches!(self.run, Run::Ended { .. });
        if admits {
            self.state = sequence;
        }
        admits
    }
}

impl<T: Text> Transcript<T> {
    pub(super) fn tools_calling(&mut self, place: Place, calls: Vec<Calling<T>>) {
        let Some(message) = self.message_of_step(place) else { return };
        let Found::Stream(index) = self.columns[place.column].find(place.step, place.at) else { return };
        let stream = &mut self.columns[place.column].streams[index];
        if !stream.admits_calls(place.at) {
            return;
        }
        let is_open = stream.end.is_none();
        self.withdraw_calls(message, &calls);
        let order: Vec<String> = calls.iter().map(|call| call.id.clone()).collect();
        for (position, call) in calls.into_iter().enumerate() {
            let before = self.index_of_first(message, &order[position + 1..]);
            self.call_named(place, message, before, call);
        }
        if is_open {
            self.list.set_activity(message, Activity::Calling);
        }
    }

    /// An answer names a call, which is shown in its message from now on.
    pub(super) fn call_named(&mut self, place: Place, message: usize, before: Option<usize>, call: Calling<T>) {
        let Some((shown, part)) = self.index_of_tool(place.column, &call.id, false) else {
            return self.list.add_tool(message, before, ToolCall::new(call, ToolPhase::Called));
        };
        let stays = shown == message && before.is_none_or(|before| part < before);
        let known = if stays { self.list.tool(shown, part) } else { self.list.remove_tool(shown, part) };
        let Some(mut known) = known else { return };
        known.learn(call);
        if stays {
            self.list.set_tool(shown, part, known);
        } else {
            self.list.add_tool(message, before, known);
        }
    }

    pub(super) fn tool_start(&mut self, place: Place, parent: Option<String>, call: Calling<T>) {
        match self.known_call(place.column, &call.id).started(place.at) {
            Started::Now => self.tool_runs(place, parent, call, false),
            Started::Again => self.tool_runs(place, parent, call, true),
            Started::Before => {
                if let Some(shown) = self.tool_is(place, parent, call) {
                    self.show_tool(shown);
                }
            }
            Started::Unclear => self.refetch.need(RefetchReason::ToolUncertain),
        }
    }

    /// The gateway asks a client to run a tool. Its step and its time are those of the gateway.
    pub(super) fn tool_execute(&mut self, place: Place, parent: Option<String>, call: Calling<T>) {
        let step = self.columns[place.column].streams.last().map_or(0, |stream| stream.step);
        let place = Place { step, ..place };
        let known = self.known_call(place.column, &call.id);
        if matches!(known.run, Run::Ended { .. }) {
            return;
        }
        known.started(None);
        self.tool_runs(place, parent, call, false);
    }

    pub(super) fn tool_end(
        &mut self,
        place: Place,
        parent: Option<String>,
        call: Calling<T>,
        succeeded: bool,
        result: Option<T::Value>,
    ) {
        if self.known_call(place.column, &call.id).ends(place.at)
            && let Some(mut shown) = self.tool_is(place, parent, call)
        {
            shown.call.phase = if succeeded { ToolPhase::Succeeded } else { ToolPhase::Failed };
            shown.call.result = result;
            self.show_tool(shown);
        }
    }

    pub(super) fn tool_state(&mut self, place: Place, id: String, state: T::Value, sequence: u64) {
        let is_shown = self.index_of_tool(place.column, &id, true).is_some();
        if !is_shown && self.columns[place.column].latest(place.step).is_none() {
            return self.refetch.need(RefetchReason::ToolUnknown);
        }
        if self.known_call(place.column, &id).admits_state(sequence)
            && let Some(mut shown) = self.tool_is(place, None, Calling { id, value: None, message_id: None })
        {
            shown.call.state = Some(state);
            if matches!(shown.call.phase, ToolPhase::Called | ToolPhase::Recorded) {
                shown.call.phase = ToolPhase::Running;
            }
            self.show_tool(shown);
        }
    }

    pub(super) fn tool_progress(&mut self, message_id: &str, progress: T::Value) {
        let is_it = |_: &Message<T>, call: &ToolCall<T>| call.message_id.as_deref() == Some(message_id);
        if let Some((message, part)) = self.list.index_of_call(is_it)
            && let Some(mut call) = self.list.tool(message, part)
        {
            call.progress = Some(progress);
            call.lost = false;
            self.list.set_tool(message, part, call);
        }
    }

    fn tool_runs(&mut self, place: Place, parent: Option<String>, call: Calling<T>, again: bool) {
        let Some(mut shown) = self.tool_is(place, parent, call) else { return };
        shown.call.phase = ToolPhase::Running;
        if again {
            shown.call.result = None;
        }
        self.show_tool(shown);
    }

    /// A call with what is told of it; one that no answer named yet is to be shown where it belongs.
    fn tool_is(&mut self, place: Place, parent: Option<String>, call: Calling<T>) -> Option<Shown<T>> {
        self.remember_caller(place, parent.as_deref());
        let Some((message, part)) = self.index_of_tool(place.column, &call.id, parent.is_none()) else {
            let message = self.message_of_tool(place, parent)?;
            return Some(Shown { message, part: None, call: ToolCall::new(call, ToolPhase::Called) });
        };
        let mut known = self.list.tool(message, part)?;
        known.learn(call);
        Some(Shown { message, part: Some(part), call: known })
    }

    fn show_tool(&mut self, Shown { message, part, call }: Shown<T>) {
        match part {
            Some(part) => self.list.set_tool(message, part, call),
            None => self.list.add_tool(message, None, call),
        }
    }

    /// Events were lost, among them perhaps some of calls that were under way.
    pub(super) fn lose_calls(&mut self) {
        for call in self.list.calls_mut() {
            call.lost |= matches!(call.phase, ToolPhase::Called | ToolPhase::Running);
        }
    }

    /// What is known of a call. There are few, and the last ones are asked for.
    fn known_call(&mut self, column: usize, id: &str) -> &mut Call {
        let calls = &mut self.columns[column].calls;
        let known = calls.iter().rposition(|(known, _)| known == id);
        let index = known.unwrap_or(calls.len());
        if known.is_none() {
            calls.push((id.to_owned(), Call::default()));
        }
        &mut calls[index].1
    }

    /// Where the call of a speaker is shown. Others, and the answers of earlier runs, may have calls with the same id;
    /// where the speaker has none and no message is named, it is one that is stored.
    fn index_of_tool(&self, column: usize, id: &str, may_be_stored: bool) -> Option<Spot> {
        let (column, all) = (&self.columns[column], &self.columns);
        let is_stored = |key| !all.iter().any(|column| column.speaks_in(key));
        let own = self.list.index_of_call(|message, call| call.id == id && column.speaks_in(message.key));
        own.or_else(|| {
            may_be_stored.then(|| self.list.index_of_call(|message, call| call.id == id && is_stored(message.key)))?
        })
    }

    /// The message that is said to call a tool is one of the speaker's.
    fn remember_caller(&mut self, place: Place, parent: Option<&str>) {
        let Some(index) = parent.and_then(|parent| self.list.index_of_id(parent)) else { return };
        let key = self.list.messages()[index].key;
        let column = &mut self.columns[place.column];
        if !column.speaks_in(key) {
            column.callers.push(key);
        }
    }

    /// The message that called a tool: the one that is named, or else the last answer before. Tools run in steps of
    /// their own.
    fn message_of_tool(&mut self, place: Place, parent: Option<String>) -> Option<usize> {
        if let Some(parent) = parent {
            return Some(self.list.index_of_id(&parent).unwrap_or_else(|| self.add_caller(place, parent)));
        }
        let column = &self.columns[place.column];
        let index = column.latest(place.step).unwrap_or_else(|| self.begin_unannounced(place));
        self.list.index_of_key(self.columns[place.column].streams[index].message)
    }

    /// Shows a message of which only a tool that it calls is known.
    fn add_caller(&mut self, place: Place, id: String) -> usize {
        let column = &self.columns[place.column];
        let message = Message::new(self.list.new_key(), Some(id), column.member.clone(), self.list.generation);
        self.columns[place.column].callers.push(message.key);
        self.add_message(place, message)
    }

    /// An answer that is made anew may call other tools.
    fn withdraw_calls(&mut self, message: usize, calls: &[Calling<T>]) {
        let is_withdrawn = |part: &Part<T>| match part {
            Part::Tool(known) => known.phase == ToolPhase::Called && calls.iter().all(|call| call.id != known.id),
            _ => false,
        };
        while let Some(part) = self.list.messages()[message].parts.iter().position(is_withdrawn) {
            self.list.remove_tool(message, part);
        }
    }

    /// Where the first of some calls is shown in a message.
    fn index_of_first(&self, message: usize, ids: &[String]) -> Option<usize> {
        let is_one = |part: &Part<T>| matches!(part, Part::Tool(call) if ids.contains(&call.id));
        self.list.messages()[message].parts.iter().position(is_one)
    }
}

impl<T: Text> ToolCall<T> {
    /// Takes what is told of the call.
    fn learn(&mut self, call: Calling<T>) {
        self.calling = call.value.or_else(|| self.calling.take());
        self.message_id = call.message_id.or_else(|| self.message_id.take());
        self.lost = false;
    }
}

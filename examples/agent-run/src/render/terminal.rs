//! The run as text: the answer on standard output, everything else on standard error.

use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anstream::{AutoStream, stderr, stdout};
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::value::RawValue;

use super::event::{self, Shown, Tool};
use super::members::{self, Members};
use super::speech::{Said, Speech, Words};
use super::{Render, printable};
use crate::exit::{End, Outcome};

const TICK: Duration = Duration::from_millis(100);
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// Writes as events come. Colours are left out where a stream is no terminal or `NO_COLOR` is set.
pub struct TerminalOutput {
    operation_id: String,
    answer: AutoStream<io::Stdout>,
    aside: AutoStream<io::Stderr>,
    /// Both are one terminal, so that what stands on a line of one is in the way of the other.
    shared: bool,
    /// The last line of the answer, or of the reasoning, is not complete.
    answer_open: bool,
    reasoning_open: bool,
    waiting: ProgressBar,
    tools: Vec<Tool>,
    speech: Speech,
    members: Members,
    speeches: HashMap<String, Speech>,
}

impl TerminalOutput {
    /// Shows a run that is yet to be followed.
    pub fn new() -> Self {
        let waiting = ProgressBar::new_spinner();
        waiting.set_style(ProgressStyle::default_spinner());
        Self {
            operation_id: String::new(),
            answer: stdout(),
            aside: stderr(),
            shared: io::stdout().is_terminal() && io::stderr().is_terminal(),
            answer_open: false,
            reasoning_open: false,
            waiting,
            tools: Vec::new(),
            speech: Speech::default(),
            members: Members::default(),
            speeches: HashMap::new(),
        }
    }

    fn text(&mut self, words: &Words) -> io::Result<()> {
        if words.text.is_empty() {
            return Ok(());
        }
        self.waiting.finish_and_clear();
        self.end_reasoning()?;
        if words.begins {
            self.end_answer()?;
        }
        write!(self.answer, "{}", printable(&words.text))?;
        self.answer_open = !words.text.ends_with('\n');
        self.answer.flush()
    }

    fn reasoning(&mut self, words: &Words) -> io::Result<()> {
        if words.text.is_empty() {
            return Ok(());
        }
        self.make_room()?;
        if words.begins {
            self.end_reasoning()?;
        }
        write!(self.aside, "{DIM}{}{DIM:#}", printable(&words.text))?;
        self.reasoning_open = !words.text.ends_with('\n');
        self.aside.flush()
    }

    /// A line beside the answer.
    fn aside(&mut self, style: Style, text: &str) -> io::Result<()> {
        self.make_room()?;
        self.end_reasoning()?;
        writeln!(self.aside, "{style}{}{style:#}", printable(text))?;
        self.wait();
        Ok(())
    }

    /// Takes away what is in the way of a line beside the answer. An answer that goes elsewhere is not: it stays whole.
    fn make_room(&mut self) -> io::Result<()> {
        self.waiting.finish_and_clear();
        if self.shared { self.end_answer() } else { Ok(()) }
    }

    fn end_answer(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.answer_open) {
            return Ok(());
        }
        writeln!(self.answer)?;
        self.answer.flush()
    }

    fn end_reasoning(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.reasoning_open) { writeln!(self.aside) } else { Ok(()) }
    }

    /// Shows that the run goes on, until something else is shown.
    fn wait(&mut self) {
        let message = match self.tools.last() {
            Some(tool) => format!("{} runs", printable(&tool.name)),
            None => "waiting for the agent".to_owned(),
        };
        self.waiting.reset();
        self.waiting.set_message(message);
        self.waiting.enable_steady_tick(TICK);
    }

    fn own(&mut self, shown: Shown) -> io::Result<()> {
        match shown {
            Shown::Words(event) => match self.speech.take(event) {
                Said::Text(words) => self.text(&words),
                Said::Reasoning(words) => self.reasoning(&words),
                Said::Ended(rest) => {
                    self.text(&rest)?;
                    self.end_answer()?;
                    self.end_reasoning()?;
                    self.wait();
                    Ok(())
                }
                Said::Nothing => Ok(()),
            },
            Shown::ToolStarted(tool) => {
                let line = format!("⚙ {} runs", tool.name);
                self.tools.push(tool);
                self.aside(DIM, &line)
            }
            Shown::ToolAwaited(tool) => {
                self.aside(DIM, &format!("⚙ {} waits for a client that can run it; this one cannot", tool.name))
            }
            Shown::ToolEnded(tool, result) => {
                self.tools.retain(|running| running.call_id != tool.call_id);
                match result {
                    Ok(()) => self.aside(GREEN, &format!("✓ {}", tool.name)),
                    Err(why) => self.aside(RED, &format!("✗ {}: {why}", tool.name)),
                }
            }
            Shown::Error(_) | Shown::Nothing => Ok(()),
        }
    }

    fn of_member(&mut self, operation_id: &str, shown: Shown) -> io::Result<()> {
        let member = &members::name_of(operation_id, &self.operation_id);
        match shown {
            Shown::Words(event) => match self.speeches.entry(operation_id.to_owned()).or_default().take(event) {
                Said::Text(words) => self.member_says(member, &words),
                Said::Ended(rest) => {
                    self.member_says(member, &rest)?;
                    self.member_pauses(member)
                }
                Said::Reasoning(_) | Said::Nothing => Ok(()),
            },
            Shown::Error(why) => self.aside(DIM, &format!("{member} failed: {why}")),
            Shown::ToolStarted(_) | Shown::ToolAwaited(_) | Shown::ToolEnded(..) | Shown::Nothing => Ok(()),
        }
    }

    fn member_says(&mut self, member: &str, words: &Words) -> io::Result<()> {
        if words.begins {
            self.member_pauses(member)?;
        }
        for line in self.members.said(member, &words.text) {
            self.aside(DIM, &line)?;
        }
        Ok(())
    }

    fn member_pauses(&mut self, member: &str) -> io::Result<()> {
        match self.members.paused(member) {
            Some(line) => self.aside(DIM, &line),
            None => Ok(()),
        }
    }
}

impl Render for TerminalOutput {
    fn follows(&mut self, operation_id: &str) {
        operation_id.clone_into(&mut self.operation_id);
        self.wait();
    }

    fn event(&mut self, event: &RawValue) -> io::Result<()> {
        match event::read(event, &self.operation_id) {
            (Some(member), shown) => self.of_member(&member, shown),
            (None, shown) => self.own(shown),
        }
    }

    fn notice(&mut self, text: &str) -> io::Result<()> {
        self.aside(DIM, text)
    }

    fn finish(mut self: Box<Self>, end: &End) -> io::Result<()> {
        self.waiting.finish_and_clear();
        self.end_answer()?;
        self.end_reasoning()?;
        let (style, mark) = match end.outcome {
            Outcome::Completed => (GREEN, "✓"),
            Outcome::Failed => (RED, "✗"),
            Outcome::Interrupted => (YELLOW, "■"),
            Outcome::WaitingForHuman | Outcome::Unknown => (YELLOW, "?"),
        };
        let name = end.outcome.as_str();
        match end.detail.as_deref().map(printable) {
            Some(detail) if end.outcome != Outcome::Completed => {
                writeln!(self.aside, "{style}{mark} {name}:{style:#} {detail}")
            }
            _ => writeln!(self.aside, "{style}{mark} {name}{style:#}"),
        }
    }
}

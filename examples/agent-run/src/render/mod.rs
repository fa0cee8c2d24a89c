//! What the user sees of a run.

mod event;
mod json;
mod members;
mod speech;
mod terminal;

use std::io;

use serde_json::value::RawValue;

use crate::exit::End;
pub use json::JsonOutput;
pub use terminal::TerminalOutput;

/// Shows a run. An error is that of standard output or standard error, which nobody reads any more.
pub trait Render {
    /// Which operation the run is; its events follow.
    fn follows(&mut self, operation_id: &str);

    /// An event of the run, or of one of its members.
    fn event(&mut self, event: &RawValue) -> io::Result<()>;

    /// Something about the connection; not a part of the answer.
    fn notice(&mut self, text: &str) -> io::Result<()>;

    /// The end. Whatever happens to a run, this is called once, and nothing after it.
    fn finish(self: Box<Self>, end: &End) -> io::Result<()>;
}

/// An agent and a gateway may say anything, but not move the cursor or set the window's title.
fn printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control() || matches!(character, '\n' | '\t')).collect()
}

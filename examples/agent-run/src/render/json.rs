//! The run as one JSON array, printed at the end.

use std::io::{self, Write};

use serde_json::value::RawValue;

use super::{Render, printable};
use crate::exit::{End, Outcome};

/// Keeps every event, exactly as it came.
#[derive(Default)]
pub struct JsonOutput {
    events: Vec<Box<RawValue>>,
}

impl Render for JsonOutput {
    fn follows(&mut self, _: &str) {}

    fn event(&mut self, event: &RawValue) -> io::Result<()> {
        self.events.push(event.to_owned());
        Ok(())
    }

    fn notice(&mut self, text: &str) -> io::Result<()> {
        writeln!(io::stderr(), "{}", printable(text))
    }

    fn finish(self: Box<Self>, end: &End) -> io::Result<()> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        out.write_all(b"[")?;
        for (index, event) in self.events.iter().enumerate() {
            write!(out, "{}\n  {}", if index == 0 { "" } else { "," }, event.get())?;
        }
        out.write_all(if self.events.is_empty() { b"]\n" } else { b"\n]\n" })?;
        out.flush()?;
        match &end.detail {
            Some(detail) if end.outcome != Outcome::Completed => {
                writeln!(io::stderr(), "{}: {}", end.outcome.as_str(), printable(detail))
            }
            _ => Ok(()),
        }
    }
}

//! The recorded conversations in `tests/fixtures`; the format is described there.
#![allow(dead_code)]

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

/// One recorded v1 connection.
pub struct Connection {
    pub transcript: String,
    pub name: String,
    /// Whether what the client sent was recorded, too.
    pub two_sided: bool,
    pub steps: Vec<Step>,
}

/// What happened, with the milliseconds since the transcript began.
pub struct Step {
    pub at: u64,
    pub what: What,
}

pub enum What {
    Dialed {
        url: String,
    },
    Opened,
    /// The text of a server's frame.
    Received(String),
    /// The text of a client's frame.
    Sent(String),
    /// The client sent a message that is no single text frame.
    SentOtherwise,
    Failed,
    Closed {
        code: u16,
        reason: String,
    },
    ClosedByClient {
        code: u16,
        reason: String,
    },
}

#[derive(Deserialize)]
struct Line {
    t: u64,
    kind: String,
    conn: Option<String>,
    dir: Option<String>,
    raw: Option<String>,
    url: Option<String>,
    code: Option<u16>,
    reason: Option<String>,
    what: Option<Value>,
    frames: Option<Vec<String>>,
}

/// The names of all transcripts, in order.
pub fn transcripts() -> Vec<String> {
    let entries = std::fs::read_dir(directory()).expect("the fixtures are there");
    let names = entries.map(|entry| entry.expect("a directory entry").file_name().into_string().expect("a name"));
    let mut names: Vec<_> = names.filter_map(|name| Some(name.strip_suffix(".jsonl")?.to_owned())).collect();
    names.sort();
    names
}

/// The v1 connections of a transcript, in the order of their first lines.
pub fn connections(transcript: &str) -> Vec<Connection> {
    all_connections(transcript).into_iter().filter(|connection| !connection.is_v2()).collect()
}

/// The v2 connections of a transcript, in the order of their first lines.
pub fn v2_connections(transcript: &str) -> Vec<Connection> {
    all_connections(transcript).into_iter().filter(Connection::is_v2).collect()
}

fn all_connections(transcript: &str) -> Vec<Connection> {
    let text = std::fs::read_to_string(directory().join(format!("{transcript}.jsonl"))).expect("a transcript");
    let mut connections: Vec<Connection> = Vec::new();
    for line in text.lines().map(|line| serde_json::from_str::<Line>(line).expect("a line is JSON")) {
        if line.kind == "browser" {
            connections.extend(told_by_browser(transcript, line));
            continue;
        }
        let Some(name) = line.conn.clone() else { continue };
        let Some(step) = step(line) else { continue };
        match connections.iter_mut().find(|connection| connection.name == name) {
            Some(connection) => connection.steps.push(step),
            None => {
                let transcript = transcript.to_owned();
                connections.push(Connection { transcript, name, two_sided: true, steps: vec![step] });
            }
        }
    }
    connections
}

/// A client's frame as JSON. `None`: it is none.
pub fn parsed(raw: &str) -> Option<Value> {
    serde_json::from_str(raw).ok()
}

/// Whether the recorder kept only the beginning and the length of this frame.
pub fn is_cut(raw: &str) -> bool {
    raw.ends_with(" bytes>") && raw.contains('…')
}

impl Connection {
    /// The frames of the server.
    pub fn received(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match &step.what {
            What::Received(raw) => Some(raw.as_str()),
            _ => None,
        })
    }

    /// The frames of the client.
    pub fn sent(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match &step.what {
            What::Sent(raw) => Some(raw.as_str()),
            _ => None,
        })
    }

    /// Where the client dialled to; empty where only a browser told of the connection.
    pub fn url(&self) -> &str {
        self.steps
            .iter()
            .find_map(|step| if let What::Dialed { url } = &step.what { Some(url.as_str()) } else { None })
            .unwrap_or_default()
    }

    fn is_v2(&self) -> bool {
        self.url().contains("/v2/ws")
    }
}

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/agent-gateway")
}

fn step(line: Line) -> Option<Step> {
    let raw = line.raw.unwrap_or_default();
    let (code, reason) = (line.code.unwrap_or(0), line.reason.unwrap_or_default());
    let what = match line.kind.as_str() {
        "dial" => What::Dialed { url: line.url.expect("a dial has an address") },
        "open" => What::Opened,
        "frame" if line.dir.as_deref() == Some("s2c") => What::Received(raw),
        "frame" => What::Sent(raw),
        "frame-binary" | "frame-fragments" => What::SentOtherwise,
        "error" => What::Failed,
        "close" => What::Closed { code, reason },
        "close-sent" => What::ClosedByClient { code, reason },
        // A pong is the browser's or the operating system's; a refused upgrade is followed by its close.
        "pong" | "http-refused" => return None,
        other => panic!("a line of kind {other} belongs to a connection"),
    };
    Some(Step { at: line.t, what })
}

/// A browser's report of one v1 connection: the frames it saw and the close.
fn told_by_browser(transcript: &str, line: Line) -> Option<Connection> {
    let what = line.what?.as_str()?.to_owned();
    let (Some(frames), Some(code)) = (line.frames.filter(|frames| !frames.is_empty()), line.code) else {
        return None;
    };
    let reason = line.reason.unwrap_or_default();
    let mut happened = vec![What::Dialed { url: String::new() }, What::Opened];
    happened.extend(frames.into_iter().map(What::Received));
    happened.push(What::Closed { code, reason });
    let steps = happened.into_iter().map(|what| Step { at: line.t, what }).collect();
    Some(Connection { transcript: transcript.to_owned(), name: what, two_sided: false, steps })
}

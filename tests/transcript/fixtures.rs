//! The events of recorded connections, put in order by an operation, shown by a transcript.

use std::collections::BTreeMap;

use agent_gateway_client::agent::Protocol;
use agent_gateway_client::machine::DialId;
use agent_gateway_client::operation::{At, Effect, Event, Operation};
use agent_gateway_client::run::transcript::{Transcript, json as read};
use agent_gateway_client::time::Timestamp;
use agent_gateway_client::v1::json::decode;
use serde_json::Value;

use crate::recording::{Connection, connections, parsed, transcripts, v2_connections};
use crate::support::{Page, text_of};

/// What every recorded connection with events of answers showed: transcript, connection, texts of the messages.
const SHOWN: &str = "
    fast-cleanup-gone | v1 | x
    fast-cleanup-gone | v1-late | new 1
    fast-cleanup-gone | v2 | x
    fast-watchdog-inflight | v1 | tool x running
    v1-basic-stream | A | Hello world ✓ 世界
    v1-before-init | A | first
    v1-before-init | E | before init
    v1-gap | A | c502…c1001
    v1-gap | B | c502…c1001
    v1-mirrored-terminal | A | owner goes on, error
    v1-mirrored-terminal | B | owner goes on, error
    v1-resume | A | c1c2c3c4c5c6
    v1-resume | B | c4c5c6
    v1-resume | C | c5c6
    v1-resume | E | c1c2c3c4c5c6
    v1-resume | F | c1c2c3c4c5c6
    v1-resume-terminal | A | x, error
    v1-status-change | B | late
    v1-tool-execute | A | tool call_mwpr91we running
    v1-tool-execute | B | tool call_mwpr91we running
    v2-basic | tab | a1a2 / m
    v2-basic | tab | b1b2
    v2-pending | tab | pre-init
    v2-tools | executor | after, tool v2call_mwpr91we running
    v2-tools | observer | after, tool v2call_mwpr91we2 running
    v2-tools | v1 | after, tool v2call_mwpr91we running, tool v2call_mwpr91we2 running
";

#[test]
fn every_recorded_connection_shows_what_it_told() {
    let mut shown = Vec::new();
    for name in transcripts() {
        let v1 = connections(&name).into_iter().map(|connection| (connection, Protocol::V1));
        let v2 = v2_connections(&name).into_iter().map(|connection| (connection, Protocol::V2));
        let mut rows: Vec<_> = v1.chain(v2).flat_map(|(connection, protocol)| rows(&connection, protocol)).collect();
        rows.sort();
        shown.extend(rows);
    }
    let expected: Vec<_> = SHOWN.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(shown, expected, "\n{}", shown.join("\n"));
}

/// What the operations of a connection show, where they show anything.
fn rows(connection: &Connection, protocol: Protocol) -> Vec<String> {
    let mut operations: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for raw in connection.received() {
        let Some(frame) = parsed(raw) else { continue };
        let is_told = matches!(frame["type"].as_str(), Some("agent_event" | "resume_complete"));
        if let Some(operation_id) = operation_of(connection, &frame).filter(|_| is_told) {
            operations.entry(operation_id).or_default().push(raw);
        }
    }
    let pages = operations.into_iter().map(|(operation_id, frames)| page(&operation_id, &frames, protocol));
    let shown = pages.map(|page| show(&page)).filter(|shown| !shown.is_empty());
    shown.map(|shown| format!("{} | {} | {shown}", connection.transcript, connection.name)).collect()
}

/// The operation of a frame: v2 names it, v1 in the address of the connection.
fn operation_of(connection: &Connection, frame: &Value) -> Option<String> {
    let of_frame = frame["operationId"].as_str();
    let of_address = connection.url().split_once("operationId=").map(|(_, id)| id);
    of_frame.or(of_address).map(str::to_owned)
}

/// The page that follows an operation from its start, on one socket.
fn page(operation_id: &str, frames: &[&str], protocol: Protocol) -> Page {
    let mut page = Page::of(Transcript::new(Vec::new(), None));
    let mut operation = Operation::new(protocol, "");
    let mut at = At { dial: DialId(0), now: Timestamp::from_millis(0) };
    operation.begin(false, at);
    for frame in frames {
        operation.arrived(decode(frame, operation_id).expect("a recorded frame"), at);
        deliver(&mut operation, at, operation_id, &mut page);
    }
    while let Some((deadline, _)) = operation.deadline() {
        at.now = deadline;
        operation.timed_out(at);
        operation.acknowledged(at.dial);
        deliver(&mut operation, at, operation_id, &mut page);
    }
    page
}

fn deliver(operation: &mut Operation<Box<serde_json::value::RawValue>>, at: At, operation_id: &str, page: &mut Page) {
    loop {
        while let Some(effect) = operation.poll() {
            let Effect::Tell(Event::AgentEvent(payload)) = effect else { continue };
            let event = serde_json::from_str(payload.get()).expect("an event is JSON");
            if let Some(event) = read::event(&event, operation_id) {
                page.transcript.handle(event);
            }
            page.apply_changes();
        }
        if !operation.step(at) {
            return;
        }
    }
}

/// Texts, tools and errors of each message.
fn show(page: &Page) -> String {
    let messages = page.messages().iter().enumerate().map(|(index, message)| {
        let others =
            page.parts(index).into_iter().filter(|part| part.starts_with("tool")).chain(
                page.parts(index).into_iter().filter(|part| part.starts_with("error")).map(|_| "error".to_owned()),
            );
        let text = shorten(text_of(message));
        std::iter::once(text).filter(|text| !text.is_empty()).chain(others).collect::<Vec<_>>().join(", ")
    });
    messages.collect::<Vec<_>>().join(" / ")
}

/// The five hundred chunks of the connection with a gap, by the first and the last of them.
fn shorten(text: String) -> String {
    let all: String = (502..=1001).map(|number| format!("c{number}")).collect();
    if text == all { "c502…c1001".to_owned() } else { text }
}

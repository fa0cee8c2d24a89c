#![cfg(not(target_family = "wasm"))]
//! Every capture of an OpenClaw gateway, replayed through the core: the gateway's frames at the times they were recorded.

#[path = "support/captures.rs"]
mod captures;
#[path = "support/openclaw.rs"]
mod openclaw;

use std::collections::{BTreeMap, BTreeSet};

use agent_gateway_client::openclaw::wire::{Frame, Json};
use agent_gateway_client::openclaw::{Answers, State};
use captures::{Record, What, captures, config_of, connections, records};
use openclaw::{OpenClawSim, state_line};
use serde_json::{Value, json};

/// Capture, connection, what was told, and the state at its end. A run of attempts that failed alike is one line.
const EXPECTED: &str = include_str!("openclaw_captures.txt");

/// What no connection can be made of.
const NOT_REPLAYED: [(&str, &str); 1] = [("19-real-browsers-chromium-firefox", "one summary for each page load")];

#[test]
fn every_captured_connection_ends_as_recorded() {
    let rows: Vec<String> = replayed().iter().flat_map(|capture| play(capture)).collect();
    let expected: Vec<&str> = EXPECTED.lines().collect();
    let changed: Vec<_> = rows.iter().filter(|row| !expected.contains(&row.as_str())).collect();
    let missed: Vec<_> = expected.iter().filter(|row| !rows.iter().any(|other| other == *row)).collect();
    println!("{} connections and runs of attempts replayed through the core", rows.len());
    assert!(changed.is_empty() && missed.is_empty(), "now:\n{changed:#?}\nexpected:\n{missed:#?}");
}

#[test]
fn every_capture_is_replayed_or_has_a_reason_not_to_be() {
    let mentioned = EXPECTED.lines().filter_map(|line| Some(line.split_once(" | ")?.0.to_owned()));
    let mentioned: BTreeSet<_> = mentioned.chain(NOT_REPLAYED.map(|(name, _)| name.to_owned())).collect();
    assert_eq!(captures().into_iter().collect::<BTreeSet<_>>(), mentioned);
}

#[test]
fn every_captured_frame_of_the_gateway_is_read_as_what_it_is() {
    let mut counted = BTreeMap::new();
    for record in replayed().iter().flat_map(|capture| records(capture)) {
        let What::Received(frame) = record.what else { continue };
        let kind = match Frame::read(&frame) {
            Ok(Frame::Response { id, outcome }) => {
                assert_eq!((json!(id), json!(outcome.is_ok())), (frame["id"].clone(), frame["ok"].clone()));
                assert!(outcome.is_ok() || outcome.is_err_and(|fault| json!(fault.code) == frame["error"]["code"]));
                "response"
            }
            Ok(Frame::Event(notice)) => {
                assert_eq!((json!(notice.name), json!(notice.seq)), (frame["event"].clone(), frame["seq"].clone()));
                "event"
            }
            other => panic!("{other:?}: {frame}"),
        };
        *counted.entry(kind).or_insert(0) += 1;
    }
    assert_eq!(counted, BTreeMap::from([("event", 771), ("response", 152)]));
}

#[test]
fn every_captured_request_to_connect_is_written_alike() {
    let mut compared = 0;
    for connection in replayed().iter().flat_map(|capture| connections(capture)) {
        let Some(mut recorded) = connect_of(&connection) else { continue };
        let Some(challenge) = connection.iter().find_map(|record| match &record.what {
            What::Received(frame) if frame["event"] == "connect.challenge" => Some(frame.clone()),
            _ => None,
        }) else {
            continue;
        };
        let mut sim = OpenClawSim::new(config_of(&connection));
        sim.connect();
        sim.open();
        sim.receive(challenge);
        if let Some(device) = recorded.get_mut("device") {
            device["signature"] = json!("sig");
        }
        // Optional, and empty.
        recorded.as_object_mut().expect("an object").remove("permissions");
        assert_eq!(sim.sent()[0]["params"], recorded);
        compared += 1;
    }
    assert_eq!(compared, 42);
}

fn replayed() -> Vec<String> {
    captures().into_iter().filter(|name| NOT_REPLAYED.iter().all(|(other, _)| other != name)).collect()
}

fn connect_of(connection: &[Record]) -> Option<Value> {
    connection.iter().find_map(|record| match &record.what {
        What::Sent(frame) if frame["method"] == "connect" => Some(frame["params"].clone()),
        _ => None,
    })
}

/// Replays the connections of a capture one after the other; a row for each.
fn play(capture: &str) -> Vec<String> {
    let connections = connections(capture);
    let mut sim = OpenClawSim::new(config_of(&connections[0]));
    sim.connect();
    let mut rows: Vec<String> = Vec::new();
    for (index, connection) in connections.iter().enumerate() {
        if matches!(sim.session.state(), State::Waiting { .. }) {
            sim.advance_to_dial();
        }
        sim.log();
        sim.sent();
        let row = [capture.to_owned(), (index + 1).to_string(), play_connection(&mut sim, connection)];
        let is_repeated = rows.last().is_some_and(|last| last.ends_with(&format!(" | {}", row[2])));
        if !is_repeated || connection.len() > 1 {
            rows.push(row.join(" | "));
        }
    }
    rows
}

fn play_connection(sim: &mut OpenClawSim, connection: &[Record]) -> String {
    let mut ids = BTreeMap::new();
    let mut log = Vec::new();
    let begun = connection[0].at;
    let start = sim.now;
    for record in connection {
        sim.advance((start + record.at - begun).saturating_sub(sim.now));
        match &record.what {
            What::Opened => sim.open(),
            What::Received(frame) => {
                let mut frame = frame.clone();
                if let Some(id) = frame["id"].as_str().and_then(|id| ids.get(id)) {
                    frame["id"] = Value::clone(id);
                }
                sim.receive(frame);
            }
            What::Sent(frame) => {
                let id = frame["id"].as_str().unwrap_or_default().to_owned();
                if sim.session.policy().is_some() {
                    let (method, params) = (frame["method"].as_str().unwrap_or("?"), frame["params"].to_string());
                    let answers = Answers::default();
                    let call = sim.call(|session, now| session.call(method, Json::Raw(params), answers, now));
                    ids.insert(id, json!(call.expect("the call is made").0.to_string()));
                } else if let Some(connect) = sim.sent().last() {
                    ids.insert(id, connect["id"].clone());
                }
            }
            What::SentOtherwise => {}
            What::Closed { code, reason } => sim.close(*code, reason),
        }
        log.extend(sim.log());
    }
    // The host keeps no other token.
    if log.iter().any(|line| line.starts_with("token refused")) {
        sim.advance(250);
    }
    summary(&log, &state_line(sim.session.state()))
}

fn summary(log: &[String], state: &str) -> String {
    let count = |prefix: &str| log.iter().filter(|line| line.starts_with(prefix)).count();
    let told =
        log.iter().filter(|line| ["hello", "token", "gap", "protocol"].iter().any(|word| line.starts_with(word)));
    let mut parts: Vec<String> = told.map(|line| line.chars().take(60).collect()).collect();
    for (name, prefix) in [("events", "event "), ("answers", "answer "), ("failed", "failed ")] {
        if count(prefix) > 0 {
            parts.push(format!("{} {name}", count(prefix)));
        }
    }
    parts.push(state.to_owned());
    parts.join("; ")
}

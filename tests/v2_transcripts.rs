#![cfg(not(target_family = "wasm"))]
//! Every recorded v2 connection, replayed through the core: the hub's frames at the times they were recorded, the
//! client's as the calls that lead to them.

#[path = "support/recording.rs"]
mod recording;
#[path = "support/mux.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};

use agent_gateway_client::machine::Input;
use agent_gateway_client::v2::SubscriptionId;
use recording::{Connection, What, parsed, transcripts, v2_connections};
use serde_json::Value;
use support::{MuxSim, config};

/// Where this client does not send what the recorded one did, and why.
const DIFFERENCES: [(&str, &str); 4] = [
    ("no-malformed-frames", "the recorded client tried out what a hub does with frames that no client sends"),
    ("own-heartbeats", "the recorded client sent heartbeats when it liked"),
    ("once-subscribed", "an operation that is subscribed already is not subscribed again from the same event"),
    ("hangs-up-when-idle", "a connection without subscriptions is closed"),
];

/// A row for every connection: transcript | connection | subscriptions as `operation: ids of the delivered events, last
/// words` | the status at the end | differences.
const EXPECTED: &str = include_str!("v2_transcripts.txt");

#[test]
fn every_recorded_v2_connection_ends_as_recorded() {
    let mut rows = Vec::new();
    let mut met = BTreeSet::new();
    for connection in transcripts().iter().flat_map(|name| v2_connections(name)) {
        let played = Player::play(&connection);
        met.extend(played.differences.iter().copied());
        rows.push(played.row(&connection));
    }
    println!("{} v2 connections replayed through the core, {} deliberate differences", rows.len(), met.len());
    for (name, reason) in DIFFERENCES {
        assert!(met.contains(name), "{name}: nothing shows this difference any more");
        println!("  {name}: {reason}");
    }
    let now = rows.join("\n");
    assert!(now == EXPECTED.trim_end(), "the rows differ; now:\n{now}\n");
}

struct Player {
    sim: MuxSim,
    subscriptions: BTreeMap<String, SubscriptionId>,
    names: BTreeMap<u32, String>,
    told: BTreeMap<String, (Vec<u64>, String)>,
    differences: BTreeSet<&'static str>,
    status: String,
    sent: Vec<Value>,
}

impl Player {
    fn play(connection: &Connection) -> Self {
        let mut player = Self {
            sim: MuxSim::new(agent_gateway_client::v2::MuxConfig { keep_alive: true, ..config() }),
            subscriptions: BTreeMap::new(),
            names: BTreeMap::new(),
            told: BTreeMap::new(),
            differences: BTreeSet::new(),
            status: String::new(),
            sent: Vec::new(),
        };
        player.sim.connect();
        let begin = connection.steps.first().map_or(0, |step| step.at);
        let mut elapsed = 0;
        for step in &connection.steps {
            player.sim.advance(step.at - begin - elapsed);
            elapsed = step.at - begin;
            player.read_log();
            player.step(&step.what);
            player.read_log();
        }
        player.sim.advance(0);
        player.read_log();
        player.status = player.sim.mux.snapshot().status.as_str().to_owned();
        player
    }

    fn step(&mut self, what: &What) {
        match what {
            What::Opened => self.sim.open(),
            What::Received(raw) => self.received(raw),
            What::Sent(raw) => self.sent_by_the_recorded_client(raw),
            What::Closed { code, reason } => self.sim.close(*code, reason),
            What::ClosedByClient { .. } => self.sim.disconnect(),
            What::SentOtherwise => {
                self.differences.insert("no-malformed-frames");
            }
            What::Dialed { .. } | What::Failed => {}
        }
    }

    fn received(&mut self, raw: &str) {
        let dial = self.sim.dial.expect("a socket was dialled");
        let decoded = agent_gateway_client::v2::json::decode(raw, |operation_id| self.sim.mux.channel_of(operation_id));
        let frame = decoded.unwrap_or_else(|error| panic!("{error}: {raw}"));
        self.sim.input(Input::Frame { dial, frame });
    }

    /// What the recorded client sent must be sent by this one, too, once the application asks for the same.
    fn sent_by_the_recorded_client(&mut self, raw: &str) {
        let Some(frame) = parsed(raw) else {
            self.differences.insert("no-malformed-frames");
            return;
        };
        self.sent.clear();
        let text = |name: &str| frame[name].as_str().unwrap_or_default().to_owned();
        let operation_id = text("operationId");
        let known = self.subscriptions.get(&operation_id).copied();
        match (text("type").as_str(), known) {
            ("heartbeat", _) => {
                self.differences.insert("own-heartbeats");
                return;
            }
            ("subscribe", _)
                if operation_id.is_empty() || !frame["lastEventId"].is_string() && !frame["lastEventId"].is_null() =>
            {
                self.differences.insert("no-malformed-frames");
                return;
            }
            ("subscribe", known) => {
                let executor = frame["executor"].as_bool().unwrap_or(false);
                let id = self.sim.subscribe_from(&operation_id, &text("lastEventId"), executor);
                if let Some(known) = known {
                    self.differences.insert("once-subscribed");
                    self.sim.unsubscribe(known);
                    self.read_log();
                    self.subscriptions.insert(operation_id.clone(), id);
                    self.names.insert(id.0, operation_id);
                    return;
                }
                self.names.insert(id.0, operation_id.clone());
                self.subscriptions.insert(operation_id, id);
            }
            ("unsubscribe", Some(id)) => self.sim.unsubscribe(id),
            ("tool_confirmation", Some(id)) => {
                let approved = frame["approved"].as_bool().unwrap_or(false);
                self.sim.call(|mux, _| mux.send_tool_confirmation(id, text("toolCallId"), approved));
            }
            ("user_input", Some(id)) => {
                self.sim.call(|mux, _| mux.send_user_input(id, text("requestId"), text("content")));
            }
            ("tool_result", Some(id)) => {
                let result = agent_gateway_client::agent::ToolResult {
                    tool_call_id: text("toolCallId").into(),
                    frame: frame.to_string().into(),
                };
                self.sim.call(|mux, now| mux.send_tool_result(id, result, now));
            }
            _ => {
                self.differences.insert("no-malformed-frames");
                return;
            }
        }
        self.read_log();
        assert!(self.sent.contains(&frame), "this client sends {raw}, but: {:?}", self.sent);
    }

    fn read_log(&mut self) {
        for line in self.sim.log() {
            if let Some(frame) = line.strip_prefix("send ") {
                self.sent.push(parsed(frame).expect("a frame is JSON"));
                continue;
            }
            if line.starts_with("hangup") {
                self.differences.insert("hangs-up-when-idle");
            }
            let Some((subscription, told)) = line.split_once(' ') else { continue };
            let Ok(subscription) = subscription.parse::<u32>() else { continue };
            let name = self.names.get(&subscription).cloned().unwrap_or_default();
            let (ids, last) = self.told.entry(name.clone()).or_default();
            if told.starts_with("event ") {
                let id = self.sim.mux.last_event_id(SubscriptionId(subscription));
                ids.push(id.and_then(|id| id.parse().ok()).unwrap_or(0));
            } else if !told.starts_with("status ") && told != "connected" && told != "ending" && told != "disconnected"
            {
                if !last.is_empty() {
                    last.push_str("; ");
                }
                last.push_str(told);
                if told.starts_with("done ") {
                    self.subscriptions.remove(&name);
                }
            }
        }
    }

    fn row(&self, connection: &Connection) -> String {
        let told = self.told.iter().map(|(name, (ids, last))| {
            let name = name.split('_').nth(1).unwrap_or(name);
            format!("{name}: {} events, {last}", ids.len())
        });
        let differences: Vec<_> = self.differences.iter().copied().collect();
        let told: Vec<_> = told.collect();
        let (transcript, name) = (&connection.transcript, &connection.name);
        format!("{transcript} | {name} | {} | {} | {}", told.join(" / "), self.status, differences.join(", "))
            .trim_end()
            .to_owned()
    }
}

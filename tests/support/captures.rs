//! The captures of OpenClaw gateways in `tests/fixtures/openclaw`; the format is described in `tests/fixtures/README.md`.
#![allow(dead_code)]

use std::path::PathBuf;

use agent_gateway_client::openclaw::device::DeviceKey;
use agent_gateway_client::openclaw::{Application, Auth, Config, Secret};
use serde_json::Value;

/// One line of a capture.
pub struct Record {
    /// Milliseconds.
    pub at: u64,
    pub what: What,
}

pub enum What {
    Opened,
    Received(Value),
    Sent(Value),
    /// The client sent a message that is no frame.
    SentOtherwise,
    Closed {
        code: u16,
        reason: String,
    },
}

/// The names of all captures, in order.
pub fn captures() -> Vec<String> {
    let entries = std::fs::read_dir(directory()).expect("the fixtures are there");
    let names = entries.map(|entry| entry.expect("a directory entry").file_name().into_string().expect("a name"));
    let mut names: Vec<_> = names.filter_map(|name| Some(name.strip_suffix(".jsonl")?.to_owned())).collect();
    names.sort();
    names
}

/// The connections of a capture, each up to its close. An attempt that failed is a connection, too.
pub fn connections(capture: &str) -> Vec<Vec<Record>> {
    let mut connections = vec![Vec::new()];
    for record in records(capture) {
        let closes = matches!(record.what, What::Closed { .. });
        connections.last_mut().expect("one is begun").push(record);
        if closes {
            connections.push(Vec::new());
        }
    }
    connections.retain(|connection| !connection.is_empty());
    connections
}

pub fn records(capture: &str) -> Vec<Record> {
    let text = std::fs::read_to_string(directory().join(format!("{capture}.jsonl"))).expect("a capture");
    text.lines().filter_map(|line| record(&serde_json::from_str(line).expect("a line is JSON"))).collect()
}

/// The configuration that sends the recorded `connect`; the usual one where none was recorded.
pub fn config_of(connection: &[Record]) -> Config {
    let connect = connection.iter().find_map(|record| match &record.what {
        What::Sent(frame) if frame["method"] == "connect" => Some(&frame["params"]),
        _ => None,
    });
    let Some(params) = connect else { return Config::default() };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let texts = |value: &Value| value.as_array().into_iter().flatten().filter_map(text).collect::<Vec<_>>();
    let secret = |name: &str| text(&params["auth"][name]).map(Secret);
    let client = &params["client"];
    Config {
        protocols: (params["minProtocol"].as_u64().unwrap_or(0), params["maxProtocol"].as_u64().unwrap_or(0)),
        client: Application {
            id: text(&client["id"]).unwrap_or_default(),
            mode: text(&client["mode"]).unwrap_or_default(),
            version: text(&client["version"]).unwrap_or_default(),
            platform: text(&client["platform"]).unwrap_or_default(),
            instance_id: text(&client["instanceId"]),
            display_name: text(&client["displayName"]),
            locale: text(&params["locale"]),
            user_agent: text(&params["userAgent"]),
        },
        role: text(&params["role"]).unwrap_or_default(),
        scopes: texts(&params["scopes"]),
        capabilities: texts(&params["caps"]),
        commands: texts(&params["commands"]),
        device: params.get("device").map(|device| DeviceKey {
            id: text(&device["id"]).unwrap_or_default(),
            public_key: text(&device["publicKey"]).unwrap_or_default(),
        }),
        auth: Auth { token: secret("token"), device_token: secret("deviceToken"), ..Auth::default() },
        ..Config::default()
    }
}

fn record(line: &Value) -> Option<Record> {
    let what = match (line["dir"].as_str()?, line["note"].as_str()) {
        ("meta", Some("ws-open")) => What::Opened,
        ("in", _) => What::Received(line["frame"].clone()),
        ("out", _) => line.get("frame").map_or(What::SentOtherwise, |frame| What::Sent(frame.clone())),
        ("close", _) => What::Closed {
            code: u16::try_from(line["code"].as_u64()?).ok()?,
            reason: line["reason"].as_str().unwrap_or_default().to_owned(),
        },
        _ => return None,
    };
    Some(Record { at: line["t"].as_u64()?, what })
}

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/openclaw")
}

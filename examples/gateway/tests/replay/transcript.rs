//! How a transcript is read: its pace, and what the recorder left out.

use std::time::Duration;

use agent_gateway::Timers;
use serde_json::{Value, json};

/// Timers and the factor by which a transcript is played faster than recorded.
pub fn pace_of(name: &str) -> (Timers, u32) {
    if name.starts_with("fast-") {
        let timers = Timers {
            auth_timeout: Duration::from_millis(1500),
            heartbeat_timeout: Duration::from_secs(4),
            v2_heartbeat_timeout: Duration::from_secs(6),
            cleanup_after: Duration::from_secs(3),
            idle_watchdog: Duration::from_secs(3),
            inflight_watchdog: Duration::from_secs(5),
        };
        return (timers, 1);
    }
    let scale = match name {
        "v1-auth-expired" | "long-v1-auth-timeout-10s" | "long-v1-heartbeat-timeout-90s" => 10,
        "long-v2-heartbeat-timeout-180s" => 20,
        name if name.starts_with("long-") => 100,
        _ => 1,
    };
    let real = Timers::default();
    let timers = Timers {
        cleanup_after: real.cleanup_after / scale,
        idle_watchdog: real.idle_watchdog / scale,
        inflight_watchdog: real.inflight_watchdog / scale,
        ..real
    };
    if scale == 100 {
        // A hundredth of the timers a client must keep would be too short to keep under load.
        return (timers, scale);
    }
    let auth_timeout = real.auth_timeout / scale;
    let heartbeat_timeout = real.heartbeat_timeout / scale;
    let v2_heartbeat_timeout = real.v2_heartbeat_timeout / scale;
    (Timers { auth_timeout, heartbeat_timeout, v2_heartbeat_timeout, ..timers }, scale)
}

pub fn finalize_answer(name: &str) -> (u16, Value) {
    match name {
        "fast-watchdog-phantom" => (200, json!({ "found": true, "finalized": false })),
        "fast-watchdog-backend-down" => (500, Value::Null),
        _ => (200, json!({ "abandoned": true })),
    }
}

pub fn text<'a>(line: &'a Value, field: &str) -> &'a str {
    line[field].as_str().unwrap_or_default()
}

pub fn plain(body: &Value) -> String {
    body.as_str().map_or_else(|| body.to_string(), str::to_owned)
}

pub fn stub_request(line: &Value) -> String {
    let mut request = line.clone();
    let fields = request.as_object_mut().expect("a line is an object");
    fields.retain(|field, _| !matches!(field.as_str(), "t" | "kind" | "dir"));
    request.to_string()
}

/// The recorder cut long messages to their start and their length.
pub fn whole(raw: &str) -> String {
    let Some((start, rest)) = raw.split_once('…') else {
        return raw.to_owned();
    };
    let bytes = rest.trim_matches(|character: char| !character.is_ascii_digit()).trim_end_matches(" bytes");
    fill(start, bytes.parse().expect("a length"))
}

pub fn fill(start: &str, total: usize) -> String {
    let tail = r#"","success":true,"type":"tool_result"}"#;
    let filler = start.chars().last().expect("a start");
    let missing = total - start.len() - tail.len();
    format!("{start}{}{tail}", filler.to_string().repeat(missing))
}

/// The one request body too long to be recorded, rebuilt from the frames it caused.
pub fn thousand_and_one_events(lines: &[Value]) -> Value {
    let frame = lines.iter().find(|line| line["kind"] == "frame" && text(line, "raw").contains("stream_chunk"));
    let frame: Value = serde_json::from_str(text(frame.expect("a recorded event"), "raw")).expect("a frame is JSON");
    let event = |number: usize| {
        let mut event = frame["event"].clone();
        event["data"]["content"] = json!(format!("c{number}"));
        event
    };
    let operation_id = &frame["event"]["operationId"];
    json!({ "operationId": operation_id, "events": (1..=1001).map(event).collect::<Vec<_>>() })
}

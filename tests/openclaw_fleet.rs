#![cfg(not(target_family = "wasm"))]
//! The fleet of an OpenClaw gateway: one picture of agents and sessions, the newest word for each, stale when it may be.

#[path = "support/captures.rs"]
mod captures;
#[path = "support/fleet.rs"]
mod fleet;

use std::collections::BTreeMap;

use agent_gateway_client::openclaw::Answers;
use agent_gateway_client::openclaw::fleet::{Activity, Freshness, RunStatus};
use agent_gateway_client::openclaw::wire::Json;
use captures::{What, captures, connections};
use fleet::{FleetSim, START, agents, list, stale};
use serde_json::{Value, json};

const KEY: &str = "agent:main:main";

#[test]
fn after_the_welcome_the_subscription_comes_before_what_is_read() {
    let sim = FleetSim::welcomed();
    assert_eq!(sim.asked(), ["sessions.subscribe", "agents.list", "sessions.list"]);
    assert_eq!(sim.open[1]["params"], json!({}), "the gateway refuses any member here");
}

#[test]
fn agents_and_sessions_become_the_picture_together() {
    let mut sim = FleetSim::welcomed();
    sim.answer("sessions.subscribe", json!({"subscribed": true}));
    sim.answer("agents.list", agents(&["main"]));
    assert!(sim.log().is_empty());
    assert_eq!(sim.client.fleet().freshness(), Freshness::Empty);
    sim.answer("sessions.list", list(START, json!([row(KEY, json!({"hasActiveRun": true, "activeRunIds": ["r1"]}))])));
    assert_eq!(sim.log(), [format!("session {KEY}, agent main, freshness")]);
    assert_eq!((sim.client.fleet().freshness(), sim.running("main")), (Freshness::Live, vec![KEY.to_owned()]));
    let agent = sim.client.fleet().agent("main").expect("the agent is there");
    assert_eq!((agent.name.as_deref(), agent.is_default, agent.work.sessions), (Some("Agent main"), true, 1));
}

#[test]
fn the_answers_to_the_readings_are_told_to_nobody_else() {
    let mut sim = FleetSim::welcomed();
    let call = sim.call(|client, now| client.call("status", Json::Object(Vec::new()), Answers::default(), now));
    sim.answer("status", json!({}));
    assert_eq!(sim.log(), [format!("settled {} true", call.expect("called").0)]);
    sim.sync(json!([]));
    assert_eq!(sim.log(), ["agent main, freshness"]);
}

#[test]
fn a_change_of_a_session_changes_its_card_and_its_agent() {
    let mut sim = FleetSim::live(json!([row(KEY, json!({"activeRunIds": []}))]));
    sim.changed(KEY, START + 5, json!({"status": "running", "hasActiveRun": true, "activeRunIds": ["r1"]}));
    assert_eq!(sim.log(), [format!("session {KEY}, agent main")]);
    let card = sim.client.fleet().session(KEY).expect("the session is there");
    assert_eq!((card.status.as_ref(), sim.activity(KEY)), (Some(&RunStatus::Running), "running r1".to_owned()));
    sim.changed(KEY, START + 6, json!({"status": "running", "label": "Trip"}));
    assert_eq!(sim.log(), [format!("session {KEY}")], "the agent does what it did");
}

#[test]
fn ids_of_runs_mean_unknown_unchanged_taken_back_or_idle() {
    // Of a snapshot, of an event after it, and what is known then.
    let known = json!({"activeRunIds": ["r1"]});
    let rows = [
        (json!({}), None, "unknown"),
        (json!({"activeRunIds": null}), None, "unknown"),
        (json!({"activeRunIds": []}), None, "idle"),
        (json!({"hasActiveRun": true}), None, "running "),
        (json!({"hasActiveRun": false}), None, "idle"),
        (json!({"hasActiveRun": true, "activeRunIds": ["a", "b"]}), None, "running a b"),
        (known.clone(), Some(json!({})), "running r1"),
        (known.clone(), Some(json!({"hasActiveRun": true})), "running r1"),
        (known.clone(), Some(json!({"activeRunIds": null})), "unknown"),
        (known.clone(), Some(json!({"activeRunIds": null, "hasActiveRun": true})), "running "),
        (known.clone(), Some(json!({"activeRunIds": []})), "idle"),
        (known.clone(), Some(json!({"hasActiveRun": false})), "idle"),
        (known, Some(json!({"activeRunIds": ["r2"]})), "running r2"),
        (json!({"activeRunIds": []}), Some(json!({})), "idle"),
        (json!({"activeRunIds": []}), Some(json!({"hasActiveRun": true})), "running "),
        (json!({}), Some(json!({})), "unknown"),
    ];
    for (snapshot, event, expected) in rows {
        let mut sim = FleetSim::live(json!([row(KEY, snapshot.clone())]));
        if let Some(event) = &event {
            sim.changed(KEY, START + 5, event.clone());
        }
        assert_eq!(sim.activity(KEY), expected, "{snapshot} {event:?}");
    }
}

#[test]
fn a_reading_takes_back_what_only_older_news_said() {
    let mut sim = FleetSim::live(json!([row(KEY, json!({"activeRunIds": ["r1"]}))]));
    sim.close(1006);
    sim.advance_to_dial();
    sim.welcome();
    let now = sim.now;
    sim.answer("sessions.subscribe", json!({}));
    sim.answer("agents.list", agents(&["main"]));
    sim.answer("sessions.list", list(now, json!([row_at(KEY, now, json!({"hasActiveRun": true}))])));
    assert_eq!(sim.activity(KEY), "running ", "after a lost connection the ids are unknown");
}

#[test]
fn news_during_a_reading_win_where_they_are_newer_and_lose_where_they_are_older() {
    for (at, expected) in [(START + 9, "idle"), (START + 10, "running r1"), (START + 11, "idle")] {
        let mut sim = FleetSim::welcomed();
        sim.changed(KEY, at, json!({"activeRunIds": []}));
        sim.answer("sessions.subscribe", json!({}));
        sim.answer("agents.list", agents(&["main"]));
        let read = row_at(KEY, START + 10, json!({"activeRunIds": ["r1"]}));
        let later = row_at(KEY, START + 8, json!({"activeRunIds": ["r1"]}));
        let answer = if at == START + 9 { later } else { read };
        sim.answer("sessions.list", list(START + 10, json!([answer])));
        assert_eq!(sim.activity(KEY), expected, "{at}");
    }
}

#[test]
fn an_event_older_than_the_picture_changes_nothing() {
    let mut sim = FleetSim::live(json!([row_at(KEY, START + 10, json!({"activeRunIds": []}))]));
    sim.changed(KEY, START + 9, json!({"activeRunIds": ["r1"]}));
    assert_eq!((sim.log(), sim.activity(KEY)), (vec![], "idle".to_owned()));
}

#[test]
fn the_row_counts_and_not_the_phase_or_the_time_of_the_event() {
    let mut sim = FleetSim::live(json!([row(KEY, json!({"activeRunIds": ["r1"]}))]));
    sim.changed(KEY, START + 20, json!({"status": "done", "activeRunIds": []}));
    let late = json!({"key": KEY, "snapshotAt": START + 21, "status": "done", "activeRunIds": []});
    sim.event("sessions.changed", json!({"sessionKey": KEY, "phase": "model", "ts": START + 3, "session": late}));
    assert_eq!(sim.activity(KEY), "idle");
}

#[test]
fn a_row_beside_its_key_as_older_gateways_send_it_is_read() {
    let mut sim = FleetSim::live(json!([row(KEY, json!({"activeRunIds": [], "label": "Trip"}))]));
    let event = json!({"sessionKey": KEY, "ts": START + 5, "status": "running", "hasActiveRun": true});
    sim.event("sessions.changed", event);
    let card = sim.client.fleet().session(KEY).expect("the session is there");
    assert_eq!((sim.activity(KEY).as_str(), card.title.as_deref()), ("running ", Some("Trip")));
    assert_eq!(card.row["label"], "Trip", "the row that is known stays");
}

#[test]
fn a_session_that_only_an_event_tells_of_is_added() {
    let mut sim = FleetSim::live(json!([]));
    sim.changed("agent:main:new", START + 5, json!({"hasActiveRun": true}));
    assert_eq!(sim.log(), ["session agent:main:new, agent main"]);
}

#[test]
fn a_session_created_during_the_reading_survives_it() {
    let mut sim = FleetSim::welcomed();
    sim.changed("agent:main:new", START + 5, json!({}));
    sim.now = START + 1;
    sim.sync(json!([]));
    assert_eq!(sim.activity("agent:main:new"), "unknown");
}

#[test]
fn a_session_that_a_reading_does_not_show_is_gone() {
    let mut sim = FleetSim::live(json!([row(KEY, json!({})), row("agent:main:old", json!({}))]));
    sim.event("sessions.changed", json!({"reason": "cron-bindings-loaded", "ts": START + 9}));
    sim.advance(250);
    sim.sync(json!([row(KEY, json!({}))]));
    assert_eq!(sim.log(), ["presence, session agent:main:old gone, agent main"]);
}

#[test]
fn a_deleted_session_is_gone_and_a_reading_under_way_does_not_bring_it_back() {
    let mut sim = FleetSim::live(json!([row(KEY, json!({}))]));
    sim.event("sessions.changed", json!({"reason": "keyless"}));
    sim.advance(250);
    sim.event("sessions.changed", json!({"sessionKey": KEY, "reason": "deleted", "ts": START + 300}));
    assert_eq!(sim.log(), [format!("session {KEY} gone, agent main")]);
    sim.sync(json!([row(KEY, json!({}))]));
    assert_eq!(sim.activity(KEY), "gone");
}

#[test]
fn many_changes_without_a_session_are_read_once() {
    let mut sim = FleetSim::live(json!([]));
    for _ in 0..5 {
        sim.event("sessions.changed", json!({"reason": "cron-bindings-loaded"}));
        sim.event("config.changed", json!({}));
        sim.advance(20);
    }
    assert!(sim.open.is_empty());
    sim.advance(150);
    assert_eq!(sim.asked(), ["agents.list", "sessions.list", "system-presence"]);
    assert_eq!(sim.client.fleet().freshness(), Freshness::Live);
    sim.event("sessions.changed", json!({"reason": "cron-bindings-loaded"}));
    sim.advance(1_000);
    assert_eq!(sim.open.len(), 3, "what changes during a reading is read after it");
    sim.sync(json!([]));
    sim.advance(250);
    assert_eq!(sim.open.len(), 3);
    sim.sync(json!([]));
    sim.advance(20_000);
    assert!(sim.open.is_empty());
}

#[test]
fn a_gap_makes_the_picture_stale_until_it_is_read_again() {
    let mut sim = FleetSim::live(json!([row(KEY, json!({}))]));
    sim.skip(3);
    sim.now = START + 700;
    sim.event("presence", json!({"presence": []}));
    assert_eq!(sim.client.fleet().freshness(), stale(START + 700));
    assert_eq!(sim.log(), ["freshness", "presence"]);
    sim.advance(250);
    sim.sync(json!([row(KEY, json!({}))]));
    assert_eq!(sim.log(), ["freshness"], "nothing else changed");
    assert_eq!(sim.client.fleet().freshness(), Freshness::Live);
}

#[test]
fn offline_the_picture_stays_and_says_when_it_was_true() {
    let mut sim = FleetSim::live(json!([row(KEY, json!({"activeRunIds": ["r1"]}))]));
    sim.now = START + 5_000;
    sim.event("tick", json!({}));
    sim.now = START + 9_000;
    sim.close(1006);
    assert_eq!(sim.log(), ["freshness"]);
    assert_eq!((sim.client.fleet().freshness(), sim.activity(KEY)), (stale(START + 5_000), "running r1".to_owned()));
    sim.advance_to_dial();
    sim.welcome();
    assert_eq!(sim.client.fleet().freshness(), stale(START + 5_000), "a welcome alone brings nothing up to date");
    sim.sync(json!([row(KEY, json!({"activeRunIds": []}))]));
    assert_eq!((sim.client.fleet().freshness(), sim.activity(KEY)), (Freshness::Live, "idle".to_owned()));
}

#[test]
fn a_gateway_whose_clock_was_set_back_is_believed_after_a_new_connection() {
    let mut sim = FleetSim::live(json!([row_at(KEY, START + 900_000, json!({"activeRunIds": ["r1"]}))]));
    sim.close(1012);
    sim.advance_to_dial();
    sim.welcome();
    sim.sync(json!([row_at(KEY, START, json!({"activeRunIds": []}))]));
    assert_eq!(sim.activity(KEY), "idle");
}

#[test]
fn a_connection_lost_during_a_reading_is_no_failure_of_the_reading() {
    let mut sim = FleetSim::welcomed();
    sim.close(1006);
    assert!(sim.log().is_empty());
    assert_eq!(sim.client.fleet().freshness(), Freshness::Empty);
    sim.advance_to_dial();
    sim.welcome();
    sim.sync(json!([]));
    assert_eq!(sim.log(), ["agent main, freshness"]);
}

#[test]
fn a_reading_that_fails_is_tried_again_with_growing_delays() {
    let mut sim = FleetSim::live(json!([]));
    sim.event("config.changed", json!({}));
    sim.advance(250);
    sim.refuse("sessions.list", "UNAVAILABLE");
    assert_eq!(sim.log(), ["freshness, read failed UNAVAILABLE, again"]);
    sim.answer("agents.list", agents(&["other"]));
    sim.answer("system-presence", json!([]));
    assert!(sim.log().is_empty(), "half a reading is none");
    for delay in [2_000, 4_000] {
        sim.advance(delay - 1);
        assert!(sim.open.is_empty());
        sim.advance(1);
        sim.refuse("agents.list", "UNAVAILABLE");
        sim.open.clear();
    }
    sim.advance(8_000);
    sim.sync(json!([]));
    assert_eq!(sim.client.fleet().freshness(), Freshness::Live);
}

#[test]
fn a_reading_that_is_not_answered_is_tried_again() {
    let mut sim = FleetSim::welcomed();
    sim.advance(30_000);
    assert_eq!(sim.log(), ["read failed call_timeout, again"]);
    sim.open.clear();
    sim.event("tick", json!({}));
    sim.advance(2_000);
    assert_eq!(sim.asked(), ["sessions.subscribe", "agents.list", "sessions.list", "system-presence"]);
}

#[test]
fn a_picture_is_live_only_with_the_subscription_that_keeps_it_so() {
    let mut sim = FleetSim::welcomed();
    sim.refuse("sessions.subscribe", "UNAVAILABLE");
    sim.answer("agents.list", agents(&["main"]));
    sim.answer("sessions.list", list(START, json!([])));
    sim.advance(2_000);
    assert!(sim.is_asked("sessions.subscribe"));
    sim.answer("agents.list", agents(&["main"]));
    sim.answer("sessions.list", list(sim.now, json!([])));
    sim.answer("system-presence", json!([]));
    assert_eq!(sim.client.fleet().freshness(), Freshness::Empty);
    sim.answer("sessions.subscribe", json!({"subscribed": true}));
    assert_eq!(sim.client.fleet().freshness(), Freshness::Live);
    sim.event("config.changed", json!({}));
    sim.advance(250);
    assert!(!sim.is_asked("sessions.subscribe"), "it stands until the connection is lost");
}

#[test]
fn a_reading_that_is_put_off_is_tried_again_when_the_gateway_said_and_not_before() {
    for (asked, delay) in [(1, 2_000), (9_000, 9_000), (10_000_000, 300_000)] {
        let mut sim = FleetSim::welcomed();
        sim.put_off("sessions.list", asked);
        sim.open.clear();
        sim.stay(delay - 1);
        assert!(!sim.is_asked("sessions.list"), "{asked}");
        sim.stay(1);
        assert!(sim.is_asked("sessions.list"), "{asked}");
    }
}

#[test]
fn a_reading_that_is_not_allowed_is_not_tried_again_by_itself() {
    let mut sim = FleetSim::welcomed();
    sim.refuse("agents.list", "FORBIDDEN");
    assert_eq!(sim.log(), ["read failed FORBIDDEN"]);
    sim.open.clear();
    sim.advance(50_000);
    assert!(sim.open.iter().all(|frame| frame["method"] == "health"), "{:?}", sim.asked());
}

#[test]
fn every_page_of_the_sessions_is_read() {
    let mut sim = FleetSim::welcomed();
    sim.answer("sessions.subscribe", json!({}));
    sim.answer("agents.list", agents(&["main"]));
    let page = |key: &str, next: Value| json!({"ts": START, "sessions": [row(key, json!({}))], "hasMore": !next.is_null(), "nextOffset": next});
    sim.answer("sessions.list", page("agent:main:a", json!(200)));
    assert_eq!(sim.open[0]["params"]["offset"], 200);
    assert!(sim.log().is_empty());
    sim.answer("sessions.list", page("agent:main:b", json!(null)));
    assert_eq!(sim.log(), ["session agent:main:a, session agent:main:b, agent main, freshness"]);
    assert!(sim.client.fleet().is_complete());
}

#[test]
fn more_sessions_than_are_kept_are_left_out_and_that_is_said() {
    let mut sim = FleetSim::welcomed();
    sim.answer("sessions.subscribe", json!({}));
    sim.answer("agents.list", agents(&["main"]));
    let rows: Vec<Value> = (0..2_100).map(|index| row(&format!("agent:main:{index}"), json!({}))).collect();
    sim.answer("sessions.list", json!({"ts": START, "sessions": rows, "hasMore": true, "nextOffset": 2_100}));
    assert_eq!((sim.client.fleet().sessions().count(), sim.client.fleet().is_complete()), (2_000, false));
    sim.changed("agent:main:new", START + 5, json!({}));
    assert_eq!(sim.activity("agent:main:new"), "gone");
}

#[test]
fn an_agent_that_only_its_session_tells_of_is_looked_for_once() {
    let mut sim = FleetSim::live(json!([]));
    sim.changed("agent:new:main", START + 5, json!({"hasActiveRun": true}));
    sim.advance(250);
    sim.answer("system-presence", json!([]));
    sim.answer("agents.list", agents(&["main"]));
    let now = sim.now;
    sim.answer("sessions.list", list(now, json!([row("agent:new:main", json!({"hasActiveRun": true}))])));
    sim.changed("agent:new:main", now + 5, json!({"hasActiveRun": true}));
    sim.advance(10_000);
    assert!(sim.open.is_empty(), "{:?}", sim.asked());
    sim.event("config.changed", json!({}));
    sim.advance(250);
    sim.answer("system-presence", json!([]));
    sim.answer("agents.list", agents(&["main", "new"]));
    sim.answer("sessions.list", list(sim.now, json!([row("agent:new:main", json!({"hasActiveRun": true}))])));
    assert_eq!(sim.running("new"), ["agent:new:main"]);
}

#[test]
fn presence_is_the_last_list_that_was_told() {
    let mut sim = FleetSim::live(json!([]));
    assert_eq!(sim.client.fleet().presence(), &json!([{"host": "gateway"}]));
    sim.event("config.changed", json!({}));
    sim.advance(250);
    sim.event("presence", json!({"presence": [{"host": "told"}]}));
    sim.answer("system-presence", json!([{"host": "read before"}]));
    sim.answer("agents.list", agents(&["main"]));
    sim.answer("sessions.list", list(sim.now, json!([])));
    assert_eq!(sim.client.fleet().presence(), &json!([{"host": "told"}]));
}

#[test]
fn the_captured_changes_lead_to_what_the_gateway_lists_afterwards() {
    let mut compared = 0;
    for capture in captures() {
        for connection in connections(&capture) {
            compared += replay(&capture, &connection);
        }
    }
    assert_eq!(compared, 16, "listed sessions that changed before");
}

/// Feeds what was recorded of sessions; how many listed sessions agree with what their changes said.
fn replay(capture: &str, connection: &[captures::Record]) -> usize {
    let mut sim = FleetSim::live(json!([]));
    let mut changed = BTreeMap::new();
    let mut compared = 0;
    for record in connection {
        let What::Received(frame) = &record.what else { continue };
        if frame["event"] == "sessions.changed" {
            let payload = frame["payload"].clone();
            if let Some(key) = payload["sessionKey"].as_str() {
                changed.insert(key.to_owned(), ());
            }
            sim.event("sessions.changed", payload);
        }
        for row in frame["payload"]["sessions"].as_array().into_iter().flatten() {
            let key = row["key"].as_str().unwrap_or_default();
            if changed.contains_key(key) {
                let card = sim.client.fleet().session(key).expect("the session is there");
                let status = card.status.as_ref().map(RunStatus::as_str);
                let runs = matches!(card.activity, Activity::Running(_));
                assert_eq!(
                    (status, Some(runs)),
                    (row["status"].as_str(), row["hasActiveRun"].as_bool()),
                    "{capture} {key}"
                );
                compared += 1;
            }
        }
    }
    compared
}

fn row(key: &str, row: Value) -> Value {
    let mut row = row;
    row["key"] = json!(key);
    row
}

fn row_at(key: &str, at: u64, members: Value) -> Value {
    let mut row = row(key, members);
    row["snapshotAt"] = json!(at);
    row
}

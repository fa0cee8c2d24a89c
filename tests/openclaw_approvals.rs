#![cfg(not(target_family = "wasm"))]
//! The approvals of an OpenClaw gateway: what is not told twice is listed after every welcome.

#[path = "support/captures.rs"]
mod captures;
#[path = "support/fleet.rs"]
mod fleet;

use captures::{What, records};
use fleet::FleetSim;
use serde_json::{Value, json};

const LIST: &str = "exec.approval.list";

#[test]
fn what_waits_is_listed_after_every_welcome() {
    let mut sim = listed(json!([{"id": "a"}]));
    assert_eq!(sim.log(), ["approval a", "approvals live"]);
    sim.reconnect();
    assert!(!sim.client.approvals().is_live());
    sim.answer(LIST, json!([{"id": "b"}]));
    assert_eq!(sim.log(), ["approval a gone", "approval b", "approvals live"]);
    assert!(sim.client.approvals().is_live());
}

#[test]
fn an_empty_list_is_news_too() {
    let mut sim = listed(json!([]));
    assert_eq!(sim.log(), ["approvals live"]);
}

#[test]
fn without_the_scope_nothing_is_listed() {
    let sim = FleetSim::welcomed();
    assert!(!sim.is_asked(LIST));
}

#[test]
fn a_request_is_pending_until_it_is_resolved() {
    let mut sim = listed(json!([]));
    sim.event("exec.approval.requested", json!({"id": "a", "request": {"command": "ls"}}));
    let pending: Vec<_> = sim.client.approvals().pending().map(|(id, row)| (id.to_owned(), row.clone())).collect();
    assert_eq!(pending, [("a".to_owned(), json!({"id": "a", "request": {"command": "ls"}}))]);
    sim.event("exec.approval.requested", json!({"id": "a", "request": {"command": "ls"}}));
    sim.event("exec.approval.resolved", json!({"id": "a", "decision": "deny"}));
    sim.event("exec.approval.resolved", json!({"id": "a", "decision": "deny"}));
    assert_eq!(sim.log(), ["approvals live", "approval a", "approval a gone"]);
}

#[test]
fn what_is_told_while_the_list_is_on_its_way_is_newer() {
    let mut sim = welcomed();
    sim.event("exec.approval.requested", json!({"id": "new"}));
    sim.event("exec.approval.resolved", json!({"id": "old"}));
    sim.answer(LIST, json!([{"id": "old"}, {"id": "other"}]));
    assert_eq!(sim.log(), ["approval new", "approval other", "approvals live"]);
}

#[test]
fn a_gap_lists_them_anew() {
    let mut sim = listed(json!([{"id": "a"}]));
    sim.log();
    sim.skip(1);
    sim.event("presence", json!({}));
    sim.advance(0);
    sim.answer(LIST, json!([]));
    assert!(sim.log().contains(&"approval a gone".to_owned()));
}

#[test]
fn a_list_that_a_gap_made_worthless_is_told_to_nobody() {
    let mut sim = welcomed();
    sim.skip(1);
    sim.event("presence", json!({}));
    sim.advance(0);
    sim.log();
    sim.answer(LIST, json!([{"id": "old"}]));
    assert!(sim.log().is_empty());
    sim.answer(LIST, json!([{"id": "new"}]));
    assert_eq!(sim.log(), ["approval new", "approvals live"]);
}

#[test]
fn a_list_that_fails_is_asked_for_again_unless_it_is_forbidden() {
    let mut sim = welcomed();
    for delay in [2_000, 4_000] {
        sim.refuse(LIST, "UNAVAILABLE");
        sim.advance(delay - 1);
        assert!(!sim.is_asked(LIST));
        sim.advance(1);
    }
    sim.refuse(LIST, "FORBIDDEN");
    sim.advance(20_000);
    assert!(!sim.is_asked(LIST) && !sim.client.approvals().is_live());
}

#[test]
fn a_list_that_the_gateway_puts_off_is_asked_for_when_it_said() {
    let mut sim = welcomed();
    sim.put_off(LIST, 9_000);
    sim.advance(8_999);
    assert!(!sim.is_asked(LIST));
    sim.advance(1);
    assert!(sim.is_asked(LIST));
}

#[test]
fn the_captured_approval_comes_and_goes() {
    let mut sim = listed(json!([]));
    for record in records("11-exec-approval") {
        let What::Received(frame) = record.what else { continue };
        if let Some(name) = frame["event"].as_str().filter(|name| name.starts_with("exec.approval")) {
            sim.event(name, frame["payload"].clone());
        }
    }
    let log = sim.log();
    let [live, pending, gone] = log.as_slice() else { panic!("{log:?}") };
    assert_eq!((live.as_str(), gone), ("approvals live", &format!("{pending} gone")));
}

fn welcomed() -> FleetSim {
    let mut sim = FleetSim::new();
    sim.scopes = vec!["operator.read", "operator.approvals"];
    sim.call(|client, now| client.connect(now));
    sim.welcome();
    sim.log();
    sim
}

fn listed(approvals: Value) -> FleetSim {
    let mut sim = welcomed();
    sim.answer(LIST, approvals);
    sim
}

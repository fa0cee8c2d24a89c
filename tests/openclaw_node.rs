#![cfg(not(target_family = "wasm"))]
//! The commands that an OpenClaw gateway calls here: each runs once, ends in time, and every request is answered.

#[path = "support/captures.rs"]
mod captures;
#[path = "support/fleet.rs"]
mod fleet;

use agent_gateway_client::machine::Input;
use agent_gateway_client::openclaw::device::{Answer, DeviceKey};
use agent_gateway_client::openclaw::wire::Json;
use agent_gateway_client::openclaw::{Answers, Config};
use agent_gateway_client::run::ToolAnswer;
use captures::{What, records};
use fleet::FleetSim;
use serde_json::{Value, json};

const REQUEST: &str = "node.invoke.request";
const PROGRESS: &str = "node.invoke.progress";
const RESULT: &str = "node.invoke.result";
const UPDATE: &str = "node.pluginTools.update";

#[test]
fn a_node_tells_its_tools_after_every_welcome_and_reads_nothing() {
    let mut sim = node();
    assert_eq!(sim.asked(), [UPDATE]);
    assert_eq!(sim.accept(UPDATE), json!({"tools": [{"name": "echo", "command": "demo.echo"}]}));
    sim.reconnect();
    assert_eq!(sim.asked(), [UPDATE]);
}

#[test]
fn a_command_runs_and_its_result_is_told() {
    let mut sim = asked();
    assert_eq!(sim.log(), ["run demo.echo k1 {\"a\":1}"]);
    ran(&mut sim, 0, returned("[1]"));
    assert_eq!(sim.accept(RESULT), json!({"id": "i1", "nodeId": "n1", "ok": true, "payloadJSON": "[1]"}));
    ran(&mut sim, 0, returned("[2]"));
    assert!(!sim.is_asked(RESULT), "it is told once");
}

#[test]
fn what_a_command_throws_is_told_with_its_kind() {
    let answers = [
        (ToolAnswer::Threw { detail: "no".to_owned() }, "client_tool_execution_error", "no"),
        (ToolAnswer::Unknown { detail: "which?".to_owned() }, "executor_not_found", "which?"),
        (
            ToolAnswer::ArgumentsUnparsable { arguments: "{".to_owned() },
            "arguments_parse_error",
            "The arguments are not JSON: {",
        ),
    ];
    for (answer, code, message) in answers {
        let mut sim = asked();
        ran(&mut sim, 0, answer);
        let error = json!({"code": code, "message": message});
        assert_eq!(sim.accept(RESULT), json!({"id": "i1", "nodeId": "n1", "ok": false, "error": error}));
    }
}

#[test]
fn a_call_that_is_asked_for_again_runs_once_and_every_request_is_answered() {
    let mut sim = asked();
    sim.event(REQUEST, request("i1", "k1", "{\"a\":1}"));
    sim.event(REQUEST, request("i2", "k1", "{\"a\":1}"));
    ran(&mut sim, 0, returned("1"));
    assert_eq!(sim.accept(RESULT)["id"], "i1");
    assert_eq!(sim.accept(RESULT)["id"], "i2");
    sim.event(REQUEST, request("i3", "k1", "{\"a\":1}"));
    assert_eq!(sim.accept(RESULT)["payloadJSON"], "1");
    assert_eq!(sim.running.len(), 1);
}

#[test]
fn calls_of_one_id_with_other_parameters_or_of_another_session_are_others() {
    let mut sim = asked();
    sim.event(REQUEST, request("i2", "k1", "{\"a\":2}"));
    let mut of_session = request("i3", "k1", "{\"a\":1}");
    of_session["sessionKey"] = json!("agent:main:other");
    sim.event(REQUEST, of_session);
    assert_eq!(sim.running.len(), 3);
}

#[test]
fn a_command_that_is_too_late_is_withdrawn_and_the_gateway_hears_of_it_before_it_gives_up() {
    let mut sim = asked();
    sim.log();
    sim.advance(4_499);
    assert!(!sim.is_asked(RESULT));
    sim.advance(1);
    assert_eq!(sim.log(), ["withdraw"]);
    assert_eq!(sim.accept(RESULT)["error"]["code"], "client_executor_timeout");
    ran(&mut sim, 0, returned("1"));
    assert!(!sim.is_asked(RESULT));
}

#[test]
fn a_command_without_a_time_limit_has_thirty_seconds() {
    let mut sim = node();
    sim.event(REQUEST, json!({"id": "i1", "nodeId": "n1", "command": "demo.echo"}));
    sim.advance(29_499);
    assert!(!sim.is_asked(RESULT));
    sim.advance(1);
    assert!(sim.is_asked(RESULT));
}

#[test]
fn a_call_that_the_gateway_cancels_is_withdrawn_when_nobody_else_wants_it() {
    let mut sim = asked();
    sim.event(REQUEST, request("i2", "k1", "{\"a\":1}"));
    sim.log();
    sim.event("node.invoke.cancel", json!({"invokeId": "i1", "nodeId": "n1"}));
    assert!(sim.log().is_empty());
    sim.event("node.invoke.cancel", json!({"invokeId": "i2", "nodeId": "n1"}));
    sim.event("node.invoke.cancel", json!({"invokeId": "i2", "nodeId": "n1"}));
    assert_eq!(sim.log(), ["withdraw"]);
    ran(&mut sim, 0, returned("1"));
    assert!(!sim.is_asked(RESULT));
}

#[test]
fn a_result_of_a_lost_connection_is_told_when_it_is_asked_for_again() {
    let mut sim = asked();
    sim.reconnect();
    ran(&mut sim, 0, returned("1"));
    assert!(!sim.is_asked(RESULT), "nobody waits for it");
    sim.event(REQUEST, request("i9", "k1", "{\"a\":1}"));
    assert_eq!(sim.accept(RESULT)["id"], "i9");
    assert_eq!(sim.running.len(), 1);
    sim.advance(121_000);
    sim.event(REQUEST, request("i10", "k1", "{\"a\":1}"));
    assert_eq!(sim.running.len(), 2, "after two minutes it is another call");
}

#[test]
fn whoever_disconnects_ends_what_runs() {
    let mut sim = asked();
    sim.log();
    sim.call(|client, now| client.disconnect(now));
    assert_eq!(sim.log(), ["withdraw"]);
}

#[test]
fn progress_is_told_in_numbered_pieces_that_the_gateway_takes_and_not_after_the_end() {
    let mut sim = asked();
    let request = sim.running[0];
    let text = "é".repeat(9_000);
    sim.call(|client, now| client.progress(request, &text, now));
    let (first, second) = (sim.accept("node.invoke.progress"), sim.accept("node.invoke.progress"));
    assert_eq!((&first["invokeId"], &first["nodeId"]), (&json!("i1"), &json!("n1")));
    assert_eq!((first["seq"].as_u64(), second["seq"].as_u64()), (Some(0), Some(1)));
    let pieces = [first, second].map(|params| params["chunk"].as_str().expect("a text").to_owned());
    assert_eq!(pieces.concat(), text);
    assert!(pieces.iter().all(|piece| piece.len() <= 16_384));
    ran(&mut sim, 0, returned("1"));
    sim.call(|client, now| client.progress(request, "late", now));
    assert!(!sim.is_asked("node.invoke.progress"));
}

#[test]
fn a_result_is_told_however_much_progress_is_not_answered() {
    let mut sim = asked();
    let text = three_hundred_lines(&mut sim);
    assert!(sim.open.len() < 100, "{} pieces are open", sim.open.len());
    ran(&mut sim, 0, returned("1"));
    assert_eq!(sim.accept(RESULT)["payloadJSON"], "1");
    assert_eq!(told(&mut sim), text);
}

#[test]
fn a_result_is_told_although_the_application_has_as_many_calls_open_as_may_be() {
    let mut sim = asked();
    let request = sim.running[0];
    let status = |sim: &mut FleetSim| {
        sim.call(|client, now| client.call("status", Json::Object(Vec::new()), Answers::default(), now)).is_ok()
    };
    while status(&mut sim) {}
    sim.call(|client, now| client.progress(request, "a", now));
    assert!(!sim.is_asked(PROGRESS));
    sim.answer("status", json!({}));
    assert_eq!(told(&mut sim), "a");
    assert!(status(&mut sim) && !status(&mut sim));
    ran(&mut sim, 0, returned("1"));
    assert_eq!(sim.accept(RESULT)["payloadJSON"], "1");
}

#[test]
fn progress_waits_for_answers_and_goes_on_with_them() {
    let mut sim = asked();
    let text = three_hundred_lines(&mut sim);
    assert_eq!(told(&mut sim), text);
    assert!(sim.log().iter().all(|line| !line.starts_with("settled")), "these are nobody else's calls");
}

#[test]
fn progress_that_the_gateway_does_not_take_up_is_left_out_behind_what_is_kept() {
    let mut sim = asked();
    let request = sim.running[0];
    for _ in 0..40 {
        sim.call(|client, now| client.progress(request, &"x".repeat(100_000), now));
    }
    let told = told(&mut sim);
    assert!((1_000_000..2_000_000).contains(&told.len()), "{}", told.len());
    sim.call(|client, now| client.progress(request, "more", now));
    assert_eq!(self::told(&mut sim), "more");
}

#[test]
fn a_result_that_the_gateway_does_not_read_is_told_as_an_error() {
    let mut sim = asked();
    ran(&mut sim, 0, returned(&"1".repeat(30_000_000)));
    assert_eq!(sim.accept(RESULT)["error"]["code"], "result_too_large");
}

#[test]
fn the_sixty_fifth_command_at_once_is_refused() {
    let mut sim = node();
    for number in 0..64 {
        sim.event(REQUEST, request(&format!("i{number}"), &format!("k{number}"), "{}"));
    }
    assert!(!sim.is_asked(RESULT));
    sim.event(REQUEST, request("more", "more", "{}"));
    assert_eq!(sim.accept(RESULT)["error"]["code"], "busy");
    assert_eq!(sim.running.len(), 64);
}

#[test]
fn the_captured_calls_run_here_and_the_cancelled_one_is_withdrawn() {
    for capture in ["12-node-role-node-side", "12b-node-role-node-side-origin"] {
        let mut sim = node();
        let mut expected = Vec::new();
        for record in records(capture) {
            match record.what {
                What::Received(frame)
                    if frame["event"].as_str().is_some_and(|name| name.starts_with("node.invoke")) =>
                {
                    sim.event(frame["event"].as_str().expect("a name"), frame["payload"].clone());
                }
                What::Sent(frame) if frame["method"] == RESULT => {
                    let result = frame["params"]["payloadJSON"].as_str().expect("a result");
                    ran(&mut sim, expected.len(), returned(result));
                    expected.push(frame["params"].clone());
                }
                _ => {}
            }
        }
        for params in &expected {
            assert_eq!(sim.accept(RESULT), *params);
        }
        assert!(!sim.is_asked(RESULT), "the last call was cancelled");
        assert_eq!(sim.running.len(), expected.len() + 1);
        assert_eq!(sim.log().last().map(String::as_str), Some("withdraw"));
    }
}

fn node() -> FleetSim {
    let mut sim = FleetSim::with(Config {
        role: "node".to_owned(),
        device: Some(DeviceKey { id: "n1".to_owned(), public_key: "pk1".to_owned() }),
        commands: vec!["demo.echo".to_owned()],
        tools: Some(json!([{"name": "echo", "command": "demo.echo"}]).to_string()),
        ..Config::default()
    });
    sim.scopes = Vec::new();
    sim.call(|client, now| client.connect(now));
    sim.welcome();
    sim.log();
    sim
}

/// What the gateway reads as progress of the first call, which it answers piece by piece.
fn told(sim: &mut FleetSim) -> String {
    let mut text = String::new();
    let mut next = None;
    while sim.is_asked(PROGRESS) {
        let params = sim.accept(PROGRESS);
        let seq = params["seq"].as_u64().expect("a number");
        assert!(next.is_none_or(|next| next == seq), "what comes behind a hole is not read");
        next = Some(seq + 1);
        text.push_str(params["chunk"].as_str().expect("a text"));
    }
    text
}

/// A node that was asked for a result.
fn asked() -> FleetSim {
    let mut sim = node();
    sim.event(REQUEST, request("i1", "k1", "{\"a\":1}"));
    sim
}

fn request(invoke: &str, key: &str, params: &str) -> Value {
    json!({
        "id": invoke, "nodeId": "n1", "command": "demo.echo", "paramsJSON": params, "timeoutMs": 5000,
        "idempotencyKey": key,
    })
}

/// The host answers the command that it was asked to run as the so-manieth.
fn ran(sim: &mut FleetSim, index: usize, answer: ToolAnswer<String>) {
    let request = sim.running[index];
    sim.input(Input::Answered { request, answer: Answer::Ran(answer) });
}

fn returned(json: &str) -> ToolAnswer<String> {
    ToolAnswer::Returned(json.to_owned())
}

/// A command that runs tells three hundred lines of progress, which nobody answers yet.
fn three_hundred_lines(sim: &mut FleetSim) -> String {
    let request = sim.running[0];
    let lines: Vec<String> = (0..300).map(|line| format!("line {line}\n")).collect();
    for line in &lines {
        sim.call(|client, now| client.progress(request, line, now));
    }
    lines.concat()
}

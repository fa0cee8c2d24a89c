//! Order and duplicates, and what is proved by an id (V1-C1, V1-C6, V1-C7).

use agent_gateway_client::v1::Config;
use serde_json::json;

use crate::support::{START, Sim, asking, chunk_at, config, end, event_with, resume_complete, session_complete};
use crate::{after_five, replace_socket, resume_from};

#[test]
fn c1_an_event_that_comes_live_and_again_inside_the_replay_is_delivered_once_and_in_order() {
    let mut sim = Sim::connected(config());
    sim.chunk(6, "6");
    assert_eq!(sim.events(), [""; 0], "five events before it are still to come");
    for id in 1..=6 {
        sim.chunk(id, &id.to_string());
    }
    assert_eq!(sim.events(), ["1", "2", "3", "4", "5", "6"]);
}

#[test]
fn c1_a_duplicate_is_dropped() {
    let mut sim = Sim::connected(config());
    sim.receive(&resume_complete("running"));
    for id in [1, 1, 2, 1, 2, 3] {
        sim.chunk(id, &id.to_string());
    }
    assert_eq!(sim.events(), ["1", "2", "3"]);
}

#[test]
fn c1_holes_in_the_sequence_are_normal() {
    let mut sim = Sim::connected(config());
    sim.receive(&resume_complete("running"));
    for id in [1, 4, 9] {
        sim.chunk(id, &id.to_string());
    }
    assert_eq!(sim.events(), ["1", "4", "9"]);
}

#[test]
fn c1_a_hole_at_the_start_of_a_replay_waits_for_its_end() {
    let mut sim = Sim::connected(config());
    sim.chunk(1, "1");
    replace_socket(&mut sim);
    sim.chunk(5, "5");
    sim.chunk(4, "4");
    assert_eq!(sim.events(), [""; 0]);
    sim.receive(&resume_complete("running"));
    assert_eq!(sim.events(), ["4", "5"]);
}

#[test]
fn c1_while_a_token_is_renewed_nothing_is_waited_for_in_a_busy_loop() {
    let mut sim = Sim::connected(asking());
    sim.chunk(3, "3");
    sim.receive(r#"{"type":"auth_expired"}"#);
    sim.log();
    sim.advance(5_000);
    assert_eq!(sim.log(), [""; 0]);
    sim.answer_token("fresh");
    sim.advance(1_000);
    sim.receive(r#"{"type":"auth_success"}"#);
    sim.chunk(3, "3");
    sim.receive(&resume_complete("running"));
    assert_eq!(sim.events(), ["3"], "what the gateway was asked for anew");
}

#[test]
fn c1_without_resume_complete_an_acknowledged_heartbeat_proves_that_the_replay_is_over() {
    let mut sim = Sim::connected(config());
    sim.chunk(3, "3");
    sim.advance(500);
    assert_eq!(sim.log(), [r#"send {"type":"heartbeat"}"#]);
    sim.receive(r#"{"type":"heartbeat_ack"}"#);
    assert_eq!(sim.log(), ["event 3"]);
    sim.chunk(9, "9");
    assert_eq!(sim.log(), ["event 9"], "from here on everything is live");
}

#[test]
fn c1_a_replay_that_arrives_after_a_slow_round_trip_is_not_lost() {
    let mut sim = Sim::connected(config());
    sim.chunk(3, "3");
    sim.advance(2_000);
    for id in 1..=3 {
        sim.chunk(id, &id.to_string());
    }
    assert_eq!(sim.events(), ["1", "2", "3"]);
}

#[test]
fn c1_the_runs_end_that_comes_before_the_replay_waits_for_it() {
    let mut sim = Sim::connected(config());
    sim.receive(&end(3, "op", "done"));
    sim.receive(&session_complete(4));
    sim.chunk(1, "1");
    sim.chunk(2, "2");
    assert_eq!(sim.events(), ["1", "2", "agent_runtime_end"]);
    assert_eq!(sim.done.len(), 1);
}

#[test]
fn c1_ids_that_are_no_numbers_pass_and_become_the_cursor() {
    let mut sim = Sim::connected(config());
    for id in ["evt-9", "evt-1"] {
        sim.receive(&event_with(Some(id), "op", "stream_chunk", json!({"content": id}), START));
    }
    assert_eq!(sim.events(), ["evt-9", "evt-1"]);
    assert_eq!(sim.session.last_event_id(), "evt-1");
}

#[test]
fn c1_an_event_without_an_id_is_delivered_and_leaves_the_cursor() {
    let mut sim = Sim::connected(config());
    sim.chunk(1, "1");
    sim.receive(&event_with(None, "op", "stream_chunk", json!({"content": "no id"}), START));
    sim.receive(&event_with(Some(""), "op", "stream_chunk", json!({"content": "empty id"}), START));
    assert_eq!(sim.events(), ["1", "no id", "empty id"]);
    assert_eq!(sim.session.last_event_id(), "1");
}

#[test]
fn c1_a_younger_event_under_an_old_id_on_a_new_socket_proves_that_the_gateway_restarted() {
    let mut sim = after_five();
    sim.receive(&resume_complete("running"));
    sim.log();
    sim.receive(&chunk_at(2, "new 2", START + 100));
    assert_eq!(sim.log(), ["continuity reset".to_owned(), resume_from("")]);
    sim.receive(&chunk_at(1, "new 1", START + 99));
    sim.receive(&chunk_at(2, "new 2", START + 100));
    sim.receive(&resume_complete("running"));
    assert_eq!(sim.events(), ["new 1", "new 2"]);
    sim.receive(&chunk_at(3, "new 3", START + 101));
    assert_eq!(sim.events(), ["new 3"]);
    assert_eq!(sim.session.last_event_id(), "3");
}

#[test]
fn c1_a_new_sequence_delivers_nothing_that_was_delivered_before_it() {
    let mut sim = after_five();
    sim.receive(&resume_complete("running"));
    sim.receive(&chunk_at(3, "new", START + 100));
    sim.receive(&chunk_at(1, "4", START + 4));
    sim.receive(&chunk_at(2, "5", START + 5));
    sim.receive(&chunk_at(3, "new", START + 100));
    sim.receive(&resume_complete("running"));
    assert_eq!(sim.events(), ["new"]);
}

#[test]
fn c1_an_end_that_proves_a_new_sequence_is_not_lost() {
    let mut sim = after_five();
    sim.receive(&resume_complete("running"));
    sim.receive(&event_with(Some("1"), "op", "agent_runtime_end", json!({"reason": "error"}), START + 100));
    sim.receive(&session_complete(2));
    sim.advance(500);
    assert_eq!(sim.done[0].outcome.as_str(), "error");
}

#[test]
fn c1_a_duplicate_on_a_new_socket_is_never_taken_for_a_new_sequence() {
    let mut sim = after_five();
    for id in 1..=5 {
        sim.chunk(id, &id.to_string());
    }
    sim.receive(&resume_complete("running"));
    assert_eq!(sim.log(), ["resume_complete running"]);
}

#[test]
fn c1_what_cannot_be_compared_under_an_old_id_is_looked_into_once() {
    let unknown =
        r#"{"type":"agent_event","id":"2","event":{"type":"stream_chunk","operationId":"op","data":{"content":"?"}}}"#;
    let mut sim = after_five();
    sim.receive(unknown);
    assert_eq!(sim.log(), [resume_from("")]);
    for id in 1..=5 {
        sim.chunk(id, &id.to_string());
    }
    sim.receive(&resume_complete("running"));
    sim.receive(&resume_complete("running"));
    sim.log();
    sim.receive(unknown);
    assert_eq!(sim.log(), [""; 0]);
}

#[test]
fn c6_disconnect_inside_a_replay_skips_nothing() {
    let mut sim = Sim::connected(Config { resume_on_connect: true, ..config() });
    sim.chunk(1, "1");
    sim.chunk(2, "2");
    sim.disconnect();
    assert_eq!(sim.events(), [""; 0]);
    sim.connect();
    sim.authenticate();
    assert!(sim.log().contains(&resume_from("")));
}

#[test]
fn c7_a_drop_inside_a_replay_forgets_what_was_not_delivered() {
    let mut sim = Sim::connected(Config { resume_on_connect: true, ..config() });
    sim.chunk(1, "1");
    replace_socket(&mut sim);
    sim.chunk(1, "1");
    sim.receive(&resume_complete("running"));
    assert_eq!(sim.events(), ["1"]);
}

#[test]
fn a_gap_is_told() {
    let mut sim = after_five();
    sim.receive(r#"{"type":"resume_complete","status":"running","gap":true}"#);
    assert_eq!(sim.log(), ["continuity gap", "resume_complete running gap"]);
}

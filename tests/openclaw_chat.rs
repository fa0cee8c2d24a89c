#![cfg(not(target_family = "wasm"))]
//! A chat with an OpenClaw gateway: every run has one end, told or drawn from the session's own word, and no message is
//! sent again by itself.

#[path = "support/captures.rs"]
mod captures;
#[path = "support/fleet.rs"]
mod fleet;

use agent_gateway_client::openclaw::chat::{QueueMode, RunState};
use agent_gateway_client::openclaw::{Message, NotCalled};
use captures::{What, records};
use fleet::{FleetSim, START};
use serde_json::{Value, json};

const KEY: &str = "agent:main:main";

#[test]
fn an_opened_chat_subscribes_before_it_reads() {
    let mut sim = FleetSim::live(json!([]));
    sim.call(|client, now| client.open_chat(KEY, now));
    assert_eq!(sim.asked(), ["sessions.messages.subscribe", "chat.history"]);
    assert_eq!(sim.open[0]["params"], json!({"key": KEY}));
    sim.call(|client, now| client.open_chat(KEY, now));
    assert_eq!(sim.open.len(), 2, "opened twice it is one chat");
}

#[test]
fn a_chat_that_is_opened_offline_is_read_after_the_welcome() {
    let mut sim = FleetSim::new();
    sim.call(|client, now| client.open_chat(KEY, now));
    sim.call(|client, now| client.connect(now));
    sim.welcome();
    assert!(sim.is_asked("sessions.messages.subscribe") && sim.is_asked("chat.history"));
}

#[test]
fn a_message_becomes_a_run_with_a_text_and_an_end() {
    let mut sim = chat();
    send(&mut sim, "r1");
    let params = json!({"sessionKey": KEY, "message": "hello", "idempotencyKey": "r1"});
    assert_eq!(sim.open[0]["params"], params);
    assert_eq!(state(&sim, "r1"), "sending");
    sim.answer("chat.send", json!({"runId": "r1", "status": "started"}));
    assert_eq!(state(&sim, "r1"), "accepted");
    delta(&mut sim, "r1", "Hel", "Hel");
    delta(&mut sim, "r1", "lo", "Hello");
    last(&mut sim, "r1", "Hello!");
    assert_eq!(
        sim.chat_log(),
        ["run r1", "run r1", "run r1", r#"r1 + "Hel""#, r#"r1 + "lo""#, r#"r1 + "!""#, "run r1"]
    );
    assert_eq!((state(&sim, "r1"), text(&sim, "r1"), busy(&sim)), ("done", "Hello!", false));
}

#[test]
fn the_queue_mode_and_more_members_are_sent() {
    let mut sim = chat();
    let message = Message {
        run: "r1".to_owned(),
        text: "hi".to_owned(),
        mode: Some(QueueMode::Interrupt),
        extra: vec![("attachments", r#"[{"type":"image"}]"#.to_owned())],
    };
    sim.call(|client, now| client.send(KEY, &message, now)).expect("sent");
    let params = &sim.open[0]["params"];
    assert_eq!((&params["queueMode"], &params["attachments"]), (&json!("interrupt"), &json!([{"type": "image"}])));
}

#[test]
fn events_that_come_before_the_acknowledgement_are_not_taken_back_by_it() {
    let mut sim = chat();
    send(&mut sim, "r1");
    delta(&mut sim, "r1", "a", "a");
    sim.answer("chat.send", json!({"runId": "r1", "status": "started"}));
    assert_eq!(state(&sim, "r1"), "streaming");
}

#[test]
fn a_second_end_and_what_follows_an_end_change_nothing() {
    let ends = [
        json!({"state": "final", "message": message("x")}),
        json!({"state": "aborted", "stopReason": "rpc"}),
        json!({"state": "error", "errorKind": "timeout", "errorMessage": "slow"}),
    ];
    for (first, name) in ends.iter().zip(["done", "aborted", "failed"]) {
        let mut sim = started();
        chat_event(&mut sim, "r1", first.clone());
        let end = sim.client.chat(KEY).expect("open").run("r1").cloned();
        sim.chat_log();
        for second in &ends {
            chat_event(&mut sim, "r1", second.clone());
        }
        delta(&mut sim, "r1", "late", "late");
        assert!(sim.chat_log().is_empty());
        assert_eq!(state(&sim, "r1"), name);
        assert_eq!(sim.client.chat(KEY).expect("open").run("r1").cloned(), end);
    }
}

#[test]
fn an_error_keeps_its_kind_and_its_words() {
    let mut sim = started();
    chat_event(&mut sim, "r1", json!({"state": "error", "errorKind": "rate_limit", "errorMessage": "later"}));
    let expected = RunState::Failed { kind: "rate_limit".to_owned(), message: "later".to_owned() };
    assert_eq!(sim.client.chat(KEY).expect("open").run("r1").expect("a run").state, expected);
}

#[test]
fn pieces_without_the_whole_are_put_behind_and_a_replacement_replaces() {
    let mut sim = started();
    sim.chat_log();
    chat_event(&mut sim, "r1", json!({"state": "delta", "deltaText": "one"}));
    chat_event(&mut sim, "r1", json!({"state": "delta", "deltaText": " two"}));
    chat_event(&mut sim, "r1", json!({"state": "delta", "deltaText": "three", "replace": true}));
    let expected = ["run r1", r#"r1 + "one""#, r#"r1 + " two""#, r#"r1 = "three""#];
    assert_eq!(sim.chat_log(), expected);
}

#[test]
fn the_whole_text_alone_is_told_as_what_came_behind() {
    let mut sim = started();
    sim.chat_log();
    for whole in ["one", "one two", "other"] {
        chat_event(&mut sim, "r1", json!({"state": "delta", "message": message(whole)}));
    }
    assert_eq!(sim.chat_log(), ["run r1", r#"r1 + "one""#, r#"r1 + " two""#, r#"r1 = "other""#]);
}

#[test]
fn the_same_number_within_a_run_is_no_repetition() {
    let mut sim = started();
    chat_event(&mut sim, "r1", json!({"state": "delta", "seq": 21, "message": message("a")}));
    chat_event(&mut sim, "r1", json!({"state": "final", "seq": 21, "message": message("ab")}));
    assert_eq!((state(&sim, "r1"), text(&sim, "r1")), ("done", "ab"));
}

#[test]
fn an_end_without_a_message_hands_over_and_is_no_answer() {
    let mut sim = started();
    delta(&mut sim, "r1", "one", "one");
    send(&mut sim, "r2");
    sim.answer("chat.send", json!({"runId": "r2", "status": "started"}));
    chat_event(&mut sim, "r2", json!({"state": "final", "seq": 1}));
    assert_eq!((state(&sim, "r2"), state(&sim, "r1"), busy(&sim)), ("handed_over", "streaming", true));
    last(&mut sim, "r1", "one\n\ntwo");
    assert_eq!((state(&sim, "r1"), text(&sim, "r1")), ("done", "one\n\ntwo"));
}

#[test]
fn an_end_without_a_message_after_a_text_is_the_end_of_that_text() {
    let mut sim = started();
    delta(&mut sim, "r1", "one", "one");
    chat_event(&mut sim, "r1", json!({"state": "final"}));
    assert_eq!((state(&sim, "r1"), text(&sim, "r1")), ("done", "one"));
}

#[test]
fn a_queued_message_is_answered_under_another_run() {
    let mut sim = started();
    send(&mut sim, "r2");
    sim.answer("chat.send", json!({"runId": "r2", "status": "started"}));
    chat_event(&mut sim, "r2", json!({"state": "final", "seq": 1}));
    last(&mut sim, "r1", "first");
    delta(&mut sim, "r3", "second", "second");
    let foreign = sim.client.chat(KEY).expect("open").run("r3").expect("a run");
    assert_eq!((foreign.is_own, foreign.state.as_str()), (false, "streaming"));
    chat_event(&mut sim, "r3", json!({"state": "final", "message": message("second")}));
    assert_eq!((state(&sim, "r3"), busy(&sim)), ("done", false));
}

#[test]
fn an_interrupting_message_aborts_the_run_before_it() {
    let mut sim = started();
    delta(&mut sim, "r1", "par", "par");
    send(&mut sim, "r2");
    sim.answer("chat.send", json!({"runId": "r2", "status": "started", "interruptedActiveRun": true}));
    chat_event(&mut sim, "r1", json!({"state": "aborted", "stopReason": "aborted", "message": message("part")}));
    last(&mut sim, "r2", "new");
    assert_eq!((state(&sim, "r1"), text(&sim, "r1"), state(&sim, "r2")), ("aborted", "part", "done"));
}

#[test]
fn an_abort_is_over_when_the_run_is_and_a_late_error_is_no_failure() {
    let mut sim = started();
    sim.call(|client, now| client.abort(KEY, Some("r1"), now));
    assert_eq!(sim.open[0]["params"], json!({"sessionKey": KEY, "runId": "r1"}));
    assert_eq!(state(&sim, "r1"), "accepted");
    chat_event(&mut sim, "r1", json!({"state": "aborted", "stopReason": "rpc"}));
    sim.answer("chat.abort", json!({"ok": true, "aborted": true, "runIds": ["r1"]}));
    chat_event(&mut sim, "r1", json!({"state": "error", "errorMessage": "This operation was aborted"}));
    assert_eq!((state(&sim, "r1"), sim.open.len()), ("aborted", 0));
}

#[test]
fn an_abort_that_found_nothing_reads_how_the_run_stands() {
    let mut sim = started();
    sim.call(|client, now| client.abort(KEY, Some("r1"), now));
    sim.answer("chat.abort", json!({"ok": true, "aborted": false, "runIds": []}));
    sim.advance(0);
    history(&mut sim, json!({"messages": [user("r1"), assistant("r1", "it was done")], "sessionInfo": idle()}));
    assert_eq!((state(&sim, "r1"), text(&sim, "r1")), ("ended", "it was done"));
}

#[test]
fn the_end_of_a_run_that_was_missed_is_drawn_from_the_idle_session() {
    let mut sim = started();
    delta(&mut sim, "r1", "It ", "It ");
    sim.changed(KEY, START + 50, json!({"hasActiveRun": false, "activeRunIds": []}));
    assert_eq!(state(&sim, "r1"), "streaming", "the end may still come");
    sim.advance(999);
    assert!(!sim.is_asked("chat.history"));
    sim.advance(1);
    history(&mut sim, json!({"messages": [user("r1"), assistant("r1", "It is.")], "sessionInfo": idle()}));
    assert_eq!((state(&sim, "r1"), text(&sim, "r1"), busy(&sim)), ("ended", "It is.", false));
    chat_event(&mut sim, "r1", json!({"state": "final", "message": message("It is.")}));
    assert_eq!(state(&sim, "r1"), "done", "an end that is told late is believed");
}

#[test]
fn the_end_of_a_run_that_was_missed_is_the_one_that_the_row_of_the_session_names() {
    let failed = |kind: &str, message: &str| RunState::Failed { kind: kind.to_owned(), message: message.to_owned() };
    let rows = [
        (json!({"lastRunId": "r1", "status": "done"}), RunState::Done),
        (json!({"lastRunId": "r1", "status": "killed"}), RunState::Aborted),
        (json!({"lastRunId": "r1", "status": "failed", "lastRunError": "no model"}), failed("unknown", "no model")),
        (json!({"lastRunId": "r1", "status": "timeout"}), failed("timeout", "")),
        (json!({"lastRunId": "r1", "status": "running"}), RunState::Ended),
        (json!({"lastRunId": "r1"}), RunState::Ended),
        (json!({"lastRunId": "r9", "status": "done"}), RunState::Ended),
        (json!({"status": "done"}), RunState::Ended),
    ];
    for (row, expected) in rows {
        let mut info = row.clone();
        info["hasActiveRun"] = json!(false);
        let mut sim = started();
        sim.reconnect();
        history(&mut sim, json!({"messages": [user("r1"), assistant("r1", "It is.")], "sessionInfo": info}));
        let run = sim.client.chat(KEY).expect("open").run("r1").expect("a run");
        assert_eq!((&run.state, run.text.as_str()), (&expected, Some("It is.")), "{row}");
    }
}

#[test]
fn a_run_that_ended_without_a_word_has_the_end_that_a_later_row_names() {
    let mut sim = started();
    sim.reconnect();
    history(&mut sim, json!({"messages": [], "sessionInfo": idle()}));
    assert_eq!(state(&sim, "r1"), "ended");
    sim.reconnect();
    let info = json!({"hasActiveRun": false, "lastRunId": "r1", "status": "done"});
    history(&mut sim, json!({"messages": [user("r1"), assistant("r1", "It is.")], "sessionInfo": info}));
    assert_eq!((state(&sim, "r1"), text(&sim, "r1")), ("done", "It is."));
}

#[test]
fn the_captured_histories_tell_how_their_runs_ended() {
    let rows = [("05-chat-run", "done"), ("06-chat-abort", "aborted"), ("08-chat-error", "failed")];
    for (capture, expected) in rows {
        let answer = records(capture).into_iter().find_map(|record| match record.what {
            What::Received(frame) if frame["payload"]["sessionInfo"].is_object() => Some(frame["payload"].clone()),
            _ => None,
        });
        let answer = answer.expect("a history was read");
        let (key, run) = sent_in(capture);
        let mut sim = FleetSim::live(json!([]));
        sim.call(|client, now| client.open_chat(&key, now));
        history(&mut sim, json!({}));
        send_in(&mut sim, &key, &run);
        sim.answer("chat.send", json!({"runId": run, "status": "started"}));
        sim.reconnect();
        history(&mut sim, answer);
        assert_eq!(
            sim.client.chat(&key).expect("open").run(&run).expect("a run").state.as_str(),
            expected,
            "{capture}"
        );
    }
}

#[test]
fn a_message_that_was_told_while_the_history_was_read_stays_behind_it() {
    let mut sim = FleetSim::live(json!([]));
    sim.call(|client, now| client.open_chat(KEY, now));
    let told = |id: &str| json!({"role": "user", "content": "hi", "__openclaw": {"id": id}});
    for id in ["m1", "m2", "m3"] {
        sim.event("session.message", json!({"sessionKey": KEY, "message": told(id)}));
    }
    sim.event("session.message", json!({"sessionKey": KEY, "message": {"role": "assistant", "content": "old"}}));
    sim.event("session.message", json!({"sessionKey": KEY, "message": {"role": "system", "content": "new"}}));
    sim.chat_log();
    let known = json!({"role": "assistant", "content": "old"});
    history(&mut sim, json!({"messages": [told("m1"), known, told("m3")], "sessionInfo": idle()}));
    assert_eq!(sim.chat_log(), ["history", "message user", "message system", "idle"]);
    sim.skip(1);
    sim.event("presence", json!({}));
    sim.advance(0);
    history(&mut sim, json!({"messages": [], "sessionInfo": idle()}));
    assert_eq!(sim.chat_log(), ["history"], "what was told before is in it, or is gone");
}

#[test]
fn the_row_of_the_history_counts_unless_a_newer_one_was_told_while_it_was_read() {
    let working = |at: u64| {
        let info = json!({"hasActiveRun": true, "activeRunIds": ["r1"], "snapshotAt": at});
        json!({"messages": [], "inFlightRun": {"runId": "r1", "text": "H"}, "sessionInfo": info})
    };
    for (read_at, expected) in [(START + 19, false), (START + 20, true), (START + 21, true)] {
        let mut sim = FleetSim::live(json!([]));
        sim.call(|client, now| client.open_chat(KEY, now));
        sim.changed(KEY, START + 20, idle());
        history(&mut sim, working(read_at));
        assert_eq!(busy(&sim), expected, "{read_at}");
    }
    // Read after it was told, whatever the clock says.
    let mut sim = chat();
    sim.changed(KEY, START + 20, idle());
    sim.skip(1);
    sim.event("presence", json!({}));
    sim.advance(0);
    history(&mut sim, working(START + 10));
    assert!(busy(&sim));
}

#[test]
fn a_row_that_is_told_after_the_history_and_is_older_changes_nothing() {
    let mut sim = FleetSim::live(json!([]));
    sim.call(|client, now| client.open_chat(KEY, now));
    let info = json!({"hasActiveRun": true, "snapshotAt": START + 20});
    history(&mut sim, json!({"messages": [], "sessionInfo": info}));
    sim.changed(KEY, START + 19, idle());
    assert!(busy(&sim));
    sim.changed(KEY, START + 21, idle());
    assert!(!busy(&sim));
}

#[test]
fn an_older_history_ends_no_run_and_a_newer_one_is_read() {
    let mut sim = started();
    sim.skip(1);
    sim.event("presence", json!({}));
    sim.advance(0);
    sim.changed(KEY, START + 20, json!({"hasActiveRun": true, "activeRunIds": ["r1"]}));
    history(&mut sim, json!({"messages": [], "sessionInfo": {"hasActiveRun": false, "snapshotAt": START + 10}}));
    assert_eq!((state(&sim, "r1"), busy(&sim)), ("accepted", true));
    sim.advance(2_000);
    let info = json!({"hasActiveRun": false, "snapshotAt": START + 40});
    history(&mut sim, json!({"messages": [], "sessionInfo": info}));
    assert_eq!((state(&sim, "r1"), busy(&sim)), ("ended", false));
}

#[test]
fn a_history_that_was_asked_for_before_a_message_says_nothing_of_its_run() {
    // The message before the history was asked for, and the acknowledgement; or both behind it.
    for is_sent_before in [true, false] {
        let mut sim = chat();
        if is_sent_before {
            send(&mut sim, "r1");
        }
        sim.skip(1);
        sim.event("presence", json!({}));
        sim.advance(0);
        if !is_sent_before {
            send(&mut sim, "r1");
        }
        sim.answer("chat.send", json!({"runId": "r1", "status": "started"}));
        sim.chat_log();
        history(&mut sim, json!({"messages": [], "sessionInfo": idle()}));
        assert_eq!((state(&sim, "r1"), busy(&sim)), ("accepted", true));
        assert_eq!(sim.chat_log(), ["history"], "nothing is taken back");
        sim.skip(1);
        sim.event("presence", json!({}));
        sim.advance(0);
        history(&mut sim, json!({"messages": [], "sessionInfo": idle()}));
        assert_eq!(state(&sim, "r1"), "ended", "the next one was asked for behind it");
    }
}

#[test]
fn a_history_that_was_asked_for_before_another_began_a_run_does_not_end_it() {
    let mut sim = FleetSim::live(json!([]));
    sim.call(|client, now| client.open_chat(KEY, now));
    delta(&mut sim, "r1", "Hel", "Hel");
    history(&mut sim, json!({"messages": [], "sessionInfo": idle()}));
    assert_eq!((state(&sim, "r1"), text(&sim, "r1")), ("streaming", "Hel"));
}

#[test]
fn a_run_that_seemed_over_goes_on_when_the_session_works_on_it_after_all() {
    let mut sim = started();
    sim.reconnect();
    history(&mut sim, json!({"sessionInfo": idle()}));
    assert_eq!(state(&sim, "r1"), "ended");
    sim.reconnect();
    history(&mut sim, in_flight("r1", "one"));
    assert_eq!((state(&sim, "r1"), text(&sim, "r1"), busy(&sim)), ("streaming", "one", true));
}

#[test]
fn a_run_is_not_over_while_the_session_works_on_it_or_has_it_in_its_queue() {
    let infos = [
        json!({"inFlightRun": {"runId": "r1", "text": ""}, "sessionInfo": idle()}),
        json!({"pendingInputs": {"items": [{"runId": "r1", "state": "queued"}]}, "sessionInfo": idle()}),
        json!({"sessionInfo": {"hasActiveRun": true, "activeRunIds": ["r1"]}}),
        json!({"sessionInfo": {"hasActiveRun": true}}),
        json!({}),
    ];
    for info in infos {
        let mut sim = started();
        sim.reconnect();
        history(&mut sim, info.clone());
        assert_eq!(state(&sim, "r1"), "accepted", "{info}");
    }
}

#[test]
fn after_a_drop_the_answer_goes_on_from_the_history() {
    let mut sim = started();
    delta(&mut sim, "r1", "one", "one");
    sim.reconnect();
    sim.chat_log();
    chat_event(&mut sim, "r1", json!({"state": "delta", "deltaText": " three"}));
    assert_eq!(text(&sim, "r1"), "one", "a piece cannot be placed before the history is there");
    history(&mut sim, in_flight("r1", "one two three"));
    chat_event(&mut sim, "r1", json!({"state": "delta", "deltaText": " four"}));
    assert_eq!(sim.chat_log(), ["history", "running", r#"r1 + " two three""#, r#"r1 + " four""#]);
}

#[test]
fn a_history_that_is_behind_takes_nothing_away() {
    let mut sim = started();
    sim.reconnect();
    delta(&mut sim, "r1", "", "one two three");
    history(&mut sim, in_flight("r1", "one"));
    assert_eq!(text(&sim, "r1"), "one two three");
}

#[test]
fn a_waiting_message_in_flight_takes_no_text_of_the_run_before_it() {
    let mut sim = started();
    delta(&mut sim, "r1", "one", "one");
    sim.reconnect();
    history(&mut sim, in_flight("r2", ""));
    assert_eq!((text(&sim, "r1"), state(&sim, "r1"), text(&sim, "r2")), ("one", "streaming", ""));
}

#[test]
fn a_restart_says_nothing_of_runs_that_begin_after_it() {
    let mut sim = started();
    last(&mut sim, "r1", "one");
    sim.restart();
    sim.reconnect();
    let row = json!({"hasActiveRun": false, "activeRunIds": [], "snapshotAt": START + 100});
    sim.event("sessions.changed", json!({"sessionKey": KEY, "session": row}));
    history(&mut sim, json!({"messages": [], "sessionInfo": {"hasActiveRun": false, "snapshotAt": START + 50}}));
    sim.advance(60_000);
    assert!(sim.is_asked("chat.history"), "it was behind");
}

#[test]
fn after_a_crash_the_turn_goes_on_under_another_run_and_the_first_one_ends() {
    let mut sim = started();
    delta(&mut sim, "r1", "one", "one");
    sim.restart();
    sim.reconnect();
    history(&mut sim, in_flight("r9", "one again"));
    assert_eq!((state(&sim, "r1"), state(&sim, "r9"), text(&sim, "r9")), ("ended", "streaming", "one again"));
    assert!(busy(&sim));
}

#[test]
fn a_message_that_the_gateway_may_not_have_is_looked_up_and_never_sent_again() {
    let outcomes = [
        (json!({"messages": [], "sessionInfo": idle()}), "not_sent"),
        (json!({"messages": [user("r1")], "sessionInfo": idle()}), "ended"),
        (json!({"messages": [user("r1")], "sessionInfo": {"hasActiveRun": true}}), "accepted"),
        (in_flight("r1", ""), "accepted"),
        (json!({"messages": [], "sessionInfo": {"hasActiveRun": true}}), "uncertain"),
    ];
    for (answer, expected) in outcomes {
        let mut sim = chat();
        send(&mut sim, "r1");
        sim.close(1006);
        assert_eq!((state(&sim, "r1"), busy(&sim)), ("uncertain", true));
        sim.advance_to_dial();
        sim.welcome();
        assert!(!sim.is_asked("chat.send"));
        history(&mut sim, answer.clone());
        assert_eq!(state(&sim, "r1"), expected, "{answer}");
        let reads_on = sim.client.chat(KEY).expect("open").deadline().is_some();
        assert_eq!(reads_on, expected == "uncertain", "only what is unclear is asked for again");
    }
}

#[test]
fn a_message_that_was_not_sent_can_be_sent_again_under_the_same_id() {
    let mut sim = chat();
    send(&mut sim, "r1");
    sim.reconnect();
    history(&mut sim, json!({"messages": [], "sessionInfo": idle()}));
    send(&mut sim, "r1");
    sim.answer("chat.send", json!({"runId": "r1", "status": "started"}));
    assert_eq!((state(&sim, "r1"), sim.client.chat(KEY).expect("open").runs().len()), ("accepted", 1));
}

#[test]
fn a_message_that_was_answered_before_is_read_and_not_run_again() {
    let mut sim = chat();
    send(&mut sim, "r1");
    sim.answer("chat.send", json!({"runId": "r1", "status": "ok"}));
    sim.advance(0);
    history(&mut sim, json!({"messages": [user("r1"), assistant("r1", "before")], "sessionInfo": idle()}));
    assert_eq!((state(&sim, "r1"), text(&sim, "r1")), ("ended", "before"));
}

#[test]
fn a_refused_message_says_why() {
    let mut sim = chat();
    send(&mut sim, "r1");
    sim.refuse("chat.send", "UNAVAILABLE");
    let expected = RunState::NotSent { code: "UNAVAILABLE".to_owned(), message: "no".to_owned() };
    assert_eq!(sim.client.chat(KEY).expect("open").run("r1").expect("a run").state, expected);
}

#[test]
fn a_message_that_is_not_acknowledged_in_time_is_looked_up() {
    let mut sim = chat();
    send(&mut sim, "r1");
    sim.advance(30_000);
    assert_eq!(state(&sim, "r1"), "uncertain");
    history(&mut sim, json!({"messages": [], "sessionInfo": idle()}));
    assert_eq!(state(&sim, "r1"), "not_sent");
}

#[test]
fn offline_nothing_is_sent_and_no_run_is_made() {
    let mut sim = chat();
    sim.close(1006);
    let message = Message { run: "r1".to_owned(), ..Message::default() };
    assert_eq!(sim.call(|client, now| client.send(KEY, &message, now)), Err(NotCalled::NotReady));
    assert!(sim.client.chat(KEY).expect("open").run("r1").is_none());
    assert_eq!(sim.call(|client, now| client.send("agent:other", &message, now)), Err(NotCalled::NotReady));
}

#[test]
fn a_session_that_works_is_busy_without_a_run_that_is_known() {
    let mut sim = chat();
    sim.changed(KEY, START + 5, json!({"hasActiveRun": true}));
    assert!(busy(&sim));
    sim.changed(KEY, START + 6, json!({"hasActiveRun": false}));
    assert!(!busy(&sim));
}

#[test]
fn events_of_other_sessions_are_none_of_this_chat() {
    let mut sim = chat();
    let other = json!({"runId": "x", "sessionKey": "agent:main:other", "state": "delta", "deltaText": "no"});
    sim.event("chat", other);
    sim.event("session.message", json!({"sessionKey": "agent:main:other", "message": {}}));
    sim.event("session.message", json!({"sessionKey": KEY, "message": {"role": "user"}}));
    assert_eq!(sim.chat_log(), ["message user"]);
}

#[test]
fn a_chat_under_another_name_of_its_session_hears_what_the_gateway_tells_under_its_own() {
    let mut sim = named("main");
    send_in(&mut sim, "main", "r1");
    assert_eq!(sim.open[0]["params"]["sessionKey"], "main");
    sim.answer("chat.send", json!({"runId": "r1", "status": "started"}));
    delta(&mut sim, "r1", "Hel", "Hel");
    sim.event("session.message", json!({"sessionKey": KEY, "message": {"role": "assistant"}}));
    last(&mut sim, "r1", "Hello");
    sim.changed(KEY, START + 5, idle());
    assert_eq!(
        sim.chat_log(),
        ["run r1", "run r1", "run r1", r#"r1 + "Hel""#, "message assistant", r#"r1 + "lo""#, "run r1"]
    );
    let chat = sim.client.chat("main").expect("open");
    assert_eq!((chat.run("r1").map(|run| run.state.as_str()), chat.is_busy()), (Some("done"), false));
}

#[test]
fn two_chats_of_one_session_hear_the_same_and_one_that_is_closed_leaves_the_other_its_news() {
    let mut sim = named("main");
    sim.call(|client, now| client.open_chat(KEY, now));
    sim.answer("sessions.messages.subscribe", json!({"subscribed": true, "key": KEY}));
    sim.answer("chat.history", json!({"messages": [], "sessionInfo": idle()}));
    delta(&mut sim, "r1", "Hel", "Hel");
    let text = |sim: &FleetSim, key: &str| {
        sim.client.chat(key).and_then(|chat| chat.run("r1")).and_then(|run| run.text.as_str()).map(str::to_owned)
    };
    assert_eq!((text(&sim, "main").as_deref(), text(&sim, KEY).as_deref()), (Some("Hel"), Some("Hel")));
    sim.call(|client, now| client.close_chat(KEY, now));
    assert!(!sim.is_asked("sessions.messages.unsubscribe"));
    delta(&mut sim, "r1", "lo", "Hello");
    assert_eq!(text(&sim, "main").as_deref(), Some("Hello"));
    sim.call(|client, now| client.close_chat("main", now));
    assert_eq!(sim.accept("sessions.messages.unsubscribe"), json!({"key": "main"}));
}

#[test]
fn a_chat_that_may_be_of_the_session_of_one_that_is_closed_subscribes_again() {
    let mut sim = FleetSim::live(json!([]));
    sim.call(|client, now| client.open_chat("agent:main:other", now));
    sim.call(|client, now| client.open_chat(KEY, now));
    sim.answer("sessions.messages.subscribe", json!({"subscribed": true, "key": "agent:main:other"}));
    sim.open.clear();
    sim.call(|client, now| client.close_chat("agent:main:other", now));
    assert_eq!(sim.asked(), ["sessions.messages.unsubscribe"]);
    sim.answer("sessions.messages.unsubscribe", json!({"subscribed": false, "key": "agent:main:other"}));
    assert_eq!(sim.asked(), ["sessions.messages.subscribe"], "it does not know its session yet");
    assert_eq!(sim.open[0]["params"], json!({"key": KEY}));
    sim.answer("sessions.messages.subscribe", json!({"subscribed": true, "key": KEY}));
    for (session, asked) in [("agent:main:another", [].as_slice()), (KEY, &["sessions.messages.subscribe"])] {
        sim.call(|client, now| client.open_chat("main", now));
        sim.open.clear();
        sim.call(|client, now| client.close_chat("main", now));
        assert_eq!(sim.asked(), ["sessions.messages.unsubscribe"]);
        sim.answer("sessions.messages.unsubscribe", json!({"subscribed": false, "key": session}));
        assert_eq!(sim.asked(), asked, "{session}");
    }
    sim.close(1006);
    sim.call(|client, now| client.open_chat("main", now));
    sim.chat_log();
    sim.call(|client, now| client.close_chat("main", now));
    assert!(sim.chat_log().is_empty() && sim.client.chat(KEY).expect("open").deadline().is_none());
}

#[test]
fn what_a_session_told_before_its_name_was_known_is_read() {
    let mut sim = FleetSim::live(json!([]));
    sim.call(|client, now| client.open_chat("main", now));
    sim.answer("chat.history", json!({"messages": [], "sessionInfo": idle()}));
    last(&mut sim, "r1", "said meanwhile");
    sim.answer("sessions.messages.subscribe", json!({"subscribed": true, "key": KEY}));
    sim.advance(0);
    assert_eq!(sim.asked(), ["chat.history"]);
}

#[test]
fn a_gap_reads_the_history_once() {
    let mut sim = chat();
    sim.skip(1);
    sim.event("presence", json!({}));
    sim.skip(1);
    sim.event("presence", json!({}));
    sim.advance(0);
    assert_eq!(sim.asked().iter().filter(|method| **method == "chat.history").count(), 1);
}

#[test]
fn a_history_that_cannot_be_read_is_tried_again_unless_it_may_not_be() {
    let mut sim = FleetSim::live(json!([]));
    sim.call(|client, now| client.open_chat(KEY, now));
    sim.answer("sessions.messages.subscribe", json!({}));
    for delay in [2_000, 4_000] {
        sim.refuse("chat.history", "UNAVAILABLE");
        sim.advance(delay - 1);
        assert!(!sim.is_asked("chat.history"));
        sim.advance(1);
    }
    sim.refuse("chat.history", "FORBIDDEN");
    sim.open.clear();
    sim.event("tick", json!({}));
    sim.advance(59_000);
    assert!(sim.open.is_empty() && !sim.client.chat(KEY).expect("open").is_live());
}

#[test]
fn a_subscription_that_fails_is_asked_for_again() {
    let mut sim = FleetSim::live(json!([]));
    sim.call(|client, now| client.open_chat(KEY, now));
    sim.answer("chat.history", json!({}));
    sim.refuse("sessions.messages.subscribe", "UNAVAILABLE");
    sim.advance(2_000);
    assert_eq!(sim.asked(), ["sessions.messages.subscribe", "chat.history"]);
}

#[test]
fn a_subscription_that_fails_again_is_asked_for_ever_later_whatever_the_history_says() {
    let mut sim = FleetSim::live(json!([]));
    sim.call(|client, now| client.open_chat(KEY, now));
    for delay in [2_000, 4_000, 8_000] {
        sim.refuse("sessions.messages.subscribe", "UNAVAILABLE");
        sim.answer("chat.history", json!({}));
        sim.advance(delay - 1);
        assert!(sim.open.is_empty(), "{:?}", sim.asked());
        sim.advance(1);
        assert_eq!(sim.asked(), ["sessions.messages.subscribe", "chat.history"]);
    }
    sim.answer("sessions.messages.subscribe", json!({}));
    sim.answer("chat.history", json!({}));
    sim.stay(120_000);
    assert!(sim.open.is_empty() && sim.client.chat(KEY).expect("open").is_live());
}

#[test]
fn a_subscription_that_fails_before_the_history_is_there_waits_and_the_history_does_not() {
    let mut sim = FleetSim::live(json!([]));
    sim.call(|client, now| client.open_chat(KEY, now));
    sim.refuse("sessions.messages.subscribe", "UNAVAILABLE");
    sim.skip(1);
    sim.event("presence", json!({}));
    sim.answer("chat.history", json!({}));
    sim.advance(0);
    assert_eq!(sim.asked().last(), Some(&"chat.history"));
    assert!(!sim.is_asked("sessions.messages.subscribe"));
    sim.advance(2_000);
    assert!(sim.is_asked("sessions.messages.subscribe"));
}

#[test]
fn what_the_gateway_puts_off_is_asked_for_when_it_said_and_not_before() {
    for method in ["sessions.messages.subscribe", "chat.history"] {
        for (asked, delay) in [(1, 2_000), (9_000, 9_000), (10_000_000, 300_000)] {
            let mut sim = FleetSim::live(json!([]));
            sim.call(|client, now| client.open_chat(KEY, now));
            sim.put_off(method, asked);
            sim.open.clear();
            sim.stay(delay - 1);
            assert!(!sim.is_asked(method), "{method} {asked}");
            sim.stay(1);
            assert!(sim.is_asked(method), "{method} {asked}");
        }
    }
}

#[test]
fn a_closed_chat_hears_nothing_more_and_nobody_hears_its_answers() {
    let mut sim = started();
    sim.call(|client, now| client.abort(KEY, None, now));
    sim.call(|client, now| client.close_chat(KEY, now));
    sim.log();
    sim.chat_log();
    assert_eq!(sim.asked(), ["chat.abort", "sessions.messages.unsubscribe"]);
    sim.answer("chat.abort", json!({"aborted": true}));
    sim.answer("sessions.messages.unsubscribe", json!({}));
    last(&mut sim, "r1", "late");
    assert_eq!((sim.log(), sim.chat_log().len()), (vec![], 0));
}

#[test]
fn the_last_runs_are_remembered_and_open_ones_before_others() {
    let mut sim = started();
    for index in 0..100 {
        chat_event(&mut sim, &format!("x{index}"), json!({"state": "final", "message": message("x")}));
    }
    let runs = sim.client.chat(KEY).expect("open").runs();
    assert_eq!((runs.len(), runs[0].id.as_str(), runs[63].id.as_str()), (64, "r1", "x99"));
}

#[test]
fn the_captured_chats_end_as_they_did() {
    let rows = [
        ("05-chat-run", "done", "Hello from the mock model. You said something of 408 characters."),
        ("05b-chat-run-no-message-subscription", "done", ""),
        ("05c-chat-dup-idempotency", "done", ""),
        ("06-chat-abort", "aborted", "part0 part1 part2 part3 part4 part5"),
        ("07-chat-tool", "done", ""),
        ("08-chat-error", "failed", ""),
        ("09-restart-in-process-mid-run", "done", ""),
    ];
    for (capture, state, text) in rows {
        let (key, run) = sent_in(capture);
        let mut sim = FleetSim::live(json!([]));
        sim.call(|client, now| client.open_chat(&key, now));
        sim.answer("sessions.messages.subscribe", json!({}));
        sim.answer("chat.history", json!({}));
        let message = Message { run: run.clone(), ..Message::default() };
        sim.call(|client, now| client.send(&key, &message, now)).expect("sent");
        for record in records(capture) {
            let What::Received(frame) = record.what else { continue };
            if let Some(name) = frame["event"].as_str().filter(|name| *name != "connect.challenge") {
                sim.event(name, frame["payload"].clone());
            }
        }
        let run = sim.client.chat(&key).expect("open").run(&run).expect("a run");
        assert_eq!(run.state.as_str(), state, "{capture}");
        assert!(run.text.as_str().is_some_and(|told| told.starts_with(text)), "{capture}: {}", run.text);
        assert_eq!(sim.client.chat(&key).expect("open").runs().iter().filter(|run| run.state.is_open()).count(), 0);
    }
}

/// A chat that was read and where nothing goes on.
fn chat() -> FleetSim {
    let mut sim = FleetSim::live(json!([]));
    sim.call(|client, now| client.open_chat(KEY, now));
    sim.answer("sessions.messages.subscribe", json!({"subscribed": true}));
    sim.answer("chat.history", json!({"messages": [], "sessionInfo": idle()}));
    sim.chat_log();
    sim
}

/// The same under another name of the session.
fn named(name: &str) -> FleetSim {
    let mut sim = FleetSim::live(json!([]));
    sim.call(|client, now| client.open_chat(name, now));
    sim.answer("sessions.messages.subscribe", json!({"subscribed": true, "key": KEY}));
    for _ in 0..2 {
        sim.answer("chat.history", json!({"messages": [], "sessionInfo": idle()}));
        sim.advance(0);
    }
    sim.chat_log();
    sim
}

/// A chat with one message that the gateway took.
fn started() -> FleetSim {
    let mut sim = chat();
    send(&mut sim, "r1");
    sim.answer("chat.send", json!({"runId": "r1", "status": "started"}));
    sim
}

fn send(sim: &mut FleetSim, run: &str) {
    send_in(sim, KEY, run);
}

fn send_in(sim: &mut FleetSim, key: &str, run: &str) {
    let message = Message { run: run.to_owned(), text: "hello".to_owned(), ..Message::default() };
    sim.call(|client, now| client.send(key, &message, now)).expect("sent");
}

/// Answers the subscription, where it is asked for, and the history.
fn history(sim: &mut FleetSim, answer: Value) {
    if sim.is_asked("sessions.messages.subscribe") {
        sim.answer("sessions.messages.subscribe", json!({}));
    }
    sim.answer("chat.history", answer);
}

fn chat_event(sim: &mut FleetSim, run: &str, payload: Value) {
    let mut payload = payload;
    payload["runId"] = json!(run);
    payload["sessionKey"] = json!(KEY);
    sim.event("chat", payload);
}

fn delta(sim: &mut FleetSim, run: &str, piece: &str, whole: &str) {
    chat_event(sim, run, json!({"state": "delta", "deltaText": piece, "message": message(whole)}));
}

fn last(sim: &mut FleetSim, run: &str, whole: &str) {
    chat_event(sim, run, json!({"state": "final", "stopReason": "stop", "message": message(whole)}));
}

fn message(text: &str) -> Value {
    json!({"role": "assistant", "content": [{"type": "text", "text": text}]})
}

fn user(run: &str) -> Value {
    json!({"role": "user", "content": "hello", "idempotencyKey": format!("{run}:user")})
}

fn assistant(run: &str, text: &str) -> Value {
    json!({"role": "assistant", "content": [{"type": "text", "text": text}], "__openclaw": {"runId": run}})
}

fn idle() -> Value {
    json!({"hasActiveRun": false, "activeRunIds": []})
}

fn in_flight(run: &str, text: &str) -> Value {
    json!({"messages": [], "inFlightRun": {"runId": run, "text": text}, "sessionInfo": {"hasActiveRun": true}})
}

fn state<'a>(sim: &'a FleetSim, run: &str) -> &'a str {
    sim.client.chat(KEY).expect("open").run(run).map_or("none", |run| run.state.as_str())
}

fn text<'a>(sim: &'a FleetSim, run: &str) -> &'a str {
    sim.client.chat(KEY).expect("open").run(run).and_then(|run| run.text.as_str()).unwrap_or("none")
}

fn busy(sim: &FleetSim) -> bool {
    sim.client.chat(KEY).expect("open").is_busy()
}

/// The session and the run of the first message that was sent in a capture.
fn sent_in(capture: &str) -> (String, String) {
    let params = records(capture).into_iter().find_map(|record| match record.what {
        What::Sent(frame) if frame["method"] == "chat.send" => Some(frame["params"].clone()),
        _ => None,
    });
    let params = params.expect("a message was sent");
    let text = |name: &str| params[name].as_str().expect("a text").to_owned();
    (text("sessionKey"), text("idempotencyKey"))
}

//! Tools run at most once, until their deadline, and have exactly one result.

use std::rc::Rc;

use agent_gateway_client::link::Status;
use agent_gateway_client::run::{Answer, Ledger, Phase, Timer, Told, ToolAnswer, WaitingFor};

use crate::sim::RunSim;

#[test]
fn a_tool_is_claimed_run_and_answered() {
    let mut sim = RunSim::streaming();
    sim.call_tool("call_a");
    assert_eq!(sim.log(), ["running_tools stop", "ask claim call_a"]);
    assert_eq!((sim.waiting_for(), sim.snapshot().deadline.unwrap().1), (Some(WaitingFor::Tool), Timer::Tool));
    sim.answer("claim call_a", Answer::Claimed(true));
    assert_eq!(sim.log(), ["ask tool call_a for 119500 ms"]);
    sim.tool_returns("call_a", "done");
    assert_eq!(sim.log(), ["streaming stop", "result call_a done"]);
}

#[test]
fn the_deadline_is_half_a_second_before_the_servers_and_never_below_a_tenth() {
    for (timeout, given) in [(Some(30_000), 29_500), (Some(550), 100), (Some(1), 100), (None, 119_500)] {
        let mut sim = RunSim::streaming();
        sim.call_tool_within("call_a", timeout);
        sim.answer("claim call_a", Answer::Claimed(true));
        assert_eq!(sim.log()[2], format!("ask tool call_a for {given} ms"));
    }
}

#[test]
fn a_call_that_is_replayed_runs_once() {
    let mut sim = RunSim::streaming();
    sim.run_tool("call_a");
    sim.log();
    sim.call_tool("call_a");
    sim.tool_returns("call_a", "done");
    sim.lose();
    sim.connect();
    sim.call_tool("call_a");
    assert_eq!(sim.log(), ["streaming stop", "result call_a done", "reconnecting stop", "streaming stop"]);
}

#[test]
fn a_call_that_another_run_or_tab_took_on_is_left_to_it() {
    let mut shared = Ledger::load([Rc::from("call_a")]);
    let mut sim = RunSim::streaming();
    sim.call_tool("call_a");
    sim.log();
    sim.answer("claim call_a", Answer::Claimed(shared.claim(&"call_a".into())));
    assert_eq!(sim.log(), ["streaming stop"]);
    sim.advance(600_000);
    assert_eq!(sim.log(), Vec::<String>::new());
}

#[test]
fn the_arguments_of_no_json_are_quoted_up_to_two_hundred_characters() {
    let mut sim = RunSim::streaming();
    sim.run_tool("call_a");
    sim.log();
    let arguments = "ä".repeat(300);
    sim.answer("tool call_a", Answer::Tool(ToolAnswer::ArgumentsUnparsable { arguments }));
    let quoted = "ä".repeat(200);
    let line = format!("result call_a arguments_parse_error: The arguments are not JSON: {quoted}");
    assert_eq!(sim.log()[1], line);
}

#[test]
fn every_failure_has_its_type() {
    let threw = ToolAnswer::Threw { detail: "boom".to_owned() };
    let cases = [
        (Answer::Tool(threw), "client_tool_execution_error: boom"),
        (Answer::Failed { detail: "boom".to_owned() }, "client_tool_execution_error: boom"),
        (Answer::Tool(ToolAnswer::Unknown { detail: "no x/y".to_owned() }), "executor_not_found: no x/y"),
        (Answer::Tool(ToolAnswer::Nothing), "client_executor_no_result: The tool ended without a result."),
        (Answer::Aborted, "client_tool_execution_error: The run was stopped."),
    ];
    for (answer, failure) in cases {
        let mut sim = RunSim::streaming();
        sim.run_tool("call_a");
        sim.log();
        sim.answer("tool call_a", answer);
        assert_eq!(sim.log()[1], format!("result call_a {failure}"));
    }
}

#[test]
fn a_tool_that_takes_too_long_is_aborted_and_its_late_result_dropped() {
    let mut sim = RunSim::streaming();
    sim.call_tool_within("call_a", Some(1_000));
    sim.answer("claim call_a", Answer::Claimed(true));
    sim.log();
    sim.advance(500);
    let timed_out = "result call_a client_executor_timeout: The tool did not answer in time.";
    assert_eq!(sim.log(), ["streaming stop", "abort tool call_a", timed_out]);
    sim.tool_returns("call_a", "late");
    assert_eq!(sim.log(), Vec::<String>::new());
}

#[test]
fn a_claim_that_is_not_answered_ends_with_the_tools_deadline() {
    let mut sim = RunSim::streaming();
    sim.call_tool_within("call_a", Some(1_000));
    sim.log();
    sim.advance(500);
    let timed_out = "result call_a client_executor_timeout: The tool did not answer in time.";
    assert_eq!(sim.log(), ["streaming stop", "abort claim call_a", timed_out]);
    sim.answer("claim call_a", Answer::Claimed(true));
    assert_eq!(sim.log(), Vec::<String>::new());
}

#[test]
fn a_claim_that_fails_is_a_failure_of_the_tool() {
    let mut sim = RunSim::streaming();
    sim.call_tool("call_a");
    sim.log();
    sim.fail("claim call_a");
    assert_eq!(sim.log(), ["streaming stop", "result call_a client_tool_execution_error: no luck"]);
}

#[test]
fn tools_run_side_by_side() {
    let mut sim = RunSim::streaming();
    sim.run_tool("call_a");
    sim.run_tool("call_b");
    sim.tool_returns("call_b", "b");
    assert_eq!(sim.phase(), Phase::RunningTools);
    sim.tool_returns("call_a", "a");
    assert_eq!(sim.phase(), Phase::Streaming);
}

#[test]
fn a_result_waits_for_the_connection() {
    let mut sim = RunSim::streaming();
    sim.run_tool("call_a");
    sim.lose();
    sim.tool_returns("call_a", "done");
    assert_eq!(sim.phase(), Phase::Reconnecting);
    sim.log();
    sim.connect();
    assert_eq!(sim.log(), ["streaming stop", "result call_a done"]);
}

#[test]
fn a_tool_that_still_runs_shows_again_after_the_connection_came_back() {
    let mut sim = RunSim::streaming();
    sim.run_tool("call_a");
    sim.lose();
    sim.connect();
    assert_eq!(sim.phase(), Phase::RunningTools);
}

#[test]
fn a_result_that_no_transport_carried_expires_after_two_minutes() {
    let mut sim = RunSim::streaming();
    sim.run_tool("call_a");
    sim.lose();
    sim.tool_returns("call_a", "done");
    sim.log();
    sim.advance(120_000);
    assert_eq!(sim.log(), ["expired call_a"]);
    sim.connect();
    assert_eq!(sim.log(), ["streaming stop"]);
}

#[test]
fn a_result_that_a_transport_carried_is_left_to_the_transport() {
    let mut sim = RunSim::streaming();
    sim.run_tool("call_a");
    sim.tool_returns("call_a", "done");
    sim.log();
    sim.advance(600_000);
    assert_eq!(sim.log(), Vec::<String>::new());
    assert_eq!(sim.run.deadline(), None, "it is forgotten");
}

#[test]
fn a_result_that_one_transport_did_not_deliver_is_sent_by_the_next() {
    let mut sim = RunSim::with_fallback();
    sim.submit();
    sim.start();
    sim.connect();
    sim.run_tool("call_a");
    sim.tool_returns("call_a", "done");
    sim.tell(Told::Unavailable { last_event_id: "3".to_owned() });
    sim.log();
    sim.connect();
    assert_eq!(sim.log(), ["streaming stop", "result call_a done"]);
}

#[test]
fn a_stop_aborts_the_tools_and_answers_their_calls() {
    let mut sim = RunSim::streaming();
    sim.run_tool("call_a");
    sim.log();
    sim.stop();
    let stopped = "result call_a client_tool_execution_error: The run was stopped.";
    assert_eq!(sim.log(), ["stopping send", "ask interrupt op", "abort tool call_a", stopped]);
}

#[test]
fn a_call_that_comes_while_the_run_is_stopped_does_not_run() {
    let mut sim = RunSim::streaming();
    sim.stop();
    sim.log();
    sim.call_tool("call_a");
    assert_eq!(sim.log(), ["ask claim call_a"]);
    sim.answer("claim call_a", Answer::Claimed(true));
    assert_eq!(sim.log(), ["result call_a client_tool_execution_error: The run was stopped."]);
}

#[test]
fn a_run_that_is_stopped_answers_no_call_that_is_anothers() {
    let mut sim = RunSim::streaming();
    sim.call_tool("call_a");
    sim.stop();
    sim.call_tool("call_b");
    sim.log();
    sim.answer("claim call_a", Answer::Claimed(false));
    sim.answer("claim call_b", Answer::Claimed(false));
    assert_eq!(sim.log(), Vec::<String>::new());
}

#[test]
fn a_call_that_is_claimed_as_the_run_is_stopped_is_answered() {
    let mut sim = RunSim::streaming();
    sim.call_tool("call_a");
    sim.stop();
    sim.log();
    sim.answer("claim call_a", Answer::Claimed(true));
    assert_eq!(sim.log(), ["result call_a client_tool_execution_error: The run was stopped."]);
}

#[test]
fn a_run_that_was_taken_up_does_not_run_what_was_called_before() {
    let mut sim = taken_up(None);
    sim.call_tool("call_a");
    assert_eq!(sim.log(), ["running_tools stop", "ask claim call_a if it was left"]);
    sim.answer("claim call_a", Answer::Claimed(false));
    assert_eq!(sim.log(), ["streaming stop"]);
    sim.tell(Told::Replayed { pending: false });
    sim.call_tool("call_b");
    assert_eq!(sim.log(), ["running_tools stop", "ask claim call_b"]);
}

#[test]
fn a_connection_that_does_not_say_when_it_told_what_was_has_done_so_after_ten_seconds() {
    let mut sim = taken_up(None);
    sim.advance(9_999);
    sim.call_tool("call_a");
    sim.advance(1);
    sim.call_tool("call_b");
    let claims = ["ask claim call_a if it was left", "ask claim call_b"];
    assert_eq!(sim.log(), ["running_tools stop", claims[0], claims[1]]);
}

#[test]
fn what_was_called_while_a_connection_was_lost_was_called_before() {
    let mut sim = taken_up(None);
    sim.tell(Told::Replayed { pending: false });
    sim.lose();
    sim.link(Status::Connected, None);
    sim.log();
    sim.call_tool("call_a");
    assert_eq!(sim.log(), ["running_tools stop", "ask claim call_a if it was left"]);
}

#[test]
fn a_call_that_was_left_is_answered_whoever_follows_the_run() {
    let mut sim = taken_up(None);
    sim.call_tool("call_a");
    sim.log();
    sim.fail("claim call_a");
    assert_eq!(sim.log(), ["streaming stop", "result call_a client_tool_execution_error: no luck"]);
}

#[test]
fn the_executor_runs_what_was_called_before() {
    let mut sim = taken_up(Some(true));
    sim.call_tool("call_a");
    assert_eq!(sim.log(), ["running_tools stop", "ask claim call_a"]);
}

#[test]
fn a_run_that_is_started_here_may_leave_its_tools_to_others() {
    let mut sim = RunSim::new().with_executor(Some(false));
    sim.submit();
    sim.start();
    sim.link(Status::Connected, None);
    sim.log();
    sim.call_tool("call_a");
    assert_eq!(sim.log(), ["running_tools stop", "ask claim call_a if it was left"]);
}

/// A run that began elsewhere and is connected, with an empty log.
fn taken_up(executor: Option<bool>) -> RunSim {
    let mut sim = RunSim::new().with_executor(executor);
    sim.resume();
    sim.answer_token("t");
    sim.link(Status::Connected, None);
    sim.log();
    sim
}

#[test]
fn a_call_without_an_id_cannot_be_answered_and_does_not_run() {
    let mut sim = RunSim::streaming();
    sim.call_tool("");
    assert_eq!(sim.log(), Vec::<String>::new());
}

//! Results of tools, and requests to the user.

use agent_gateway_client::v1::wire::ClientFrame;

use crate::replace_socket;
use crate::support::{Sim, config};

#[test]
fn tools_a_result_given_before_the_token_was_accepted_is_sent_after_it() {
    let mut sim = Sim::new(config());
    sim.connect();
    sim.open();
    assert!(sim.send_tool_result("call_1"));
    assert!(!sim.log().iter().any(|line| line.contains("call_1")));
    sim.receive(r#"{"type":"auth_success"}"#);
    assert!(sim.log().iter().any(|line| line.contains("call_1")));
}

#[test]
fn tools_a_result_that_died_with_its_socket_is_sent_again_after_the_next_resume() {
    let mut sim = Sim::connected(config());
    sim.send_tool_result("call_1");
    sim.close(1006, "");
    sim.advance(1_000);
    sim.log();
    sim.authenticate();
    let log = sim.log();
    let resume = log.iter().position(|line| line.contains("resume")).unwrap();
    assert!(log[resume + 1].contains("call_1"));
}

#[test]
fn tools_a_result_is_confirmed_by_a_later_frame_on_its_socket() {
    let mut sim = Sim::connected(config());
    sim.send_tool_result("call_1");
    sim.chunk(1, "1");
    replace_socket(&mut sim);
    assert!(!sim.log().iter().any(|line| line.contains("call_1")));
}

#[test]
fn tools_a_result_that_nobody_waits_for_any_more_is_reported() {
    let mut sim = Sim::connected(config());
    sim.send_tool_result("call_1");
    sim.advance(119_999);
    assert!(!sim.log().contains(&"error tool_result_expired".to_owned()));
    sim.advance(1);
    assert!(sim.log().contains(&"error tool_result_expired".to_owned()));
}

#[test]
fn requests_to_the_user_are_told_once_and_answered_over_the_socket() {
    let mut sim = Sim::connected(config());
    let request = r#"{"type":"input_request","id":"1","requestId":"r","prompt":"Which branch?"}"#;
    sim.receive(request);
    sim.receive(request);
    assert_eq!(sim.log(), ["input_request"]);
    sim.receive(r#"{"type":"tool_confirmation_request","id":"2","toolCallId":"c","tool":{}}"#);
    assert_eq!(sim.log(), ["tool_confirmation_request"]);
    let answer = ClientFrame::UserInput { request_id: "r".to_owned(), content: "main".to_owned() };
    assert!(sim.call(|session, _| session.send(answer)));
    assert_eq!(sim.log(), [r#"send {"type":"user_input","requestId":"r","content":"main"}"#]);
}

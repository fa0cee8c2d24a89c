//! The text of every frame that is sent from a page, the same as `tests/wire.rs` knows it.

use std::rc::Rc;

use agent_gateway_client::link::Status;
use agent_gateway_client::v1::wire::ClientFrame;
use agent_gateway_client::v1::{Config, Event};
use agent_gateway_client::web::AgentStream;
use js_sys::Function;
use wasm_bindgen_test::wasm_bindgen_test;

use super::follower::Follower;
use super::page::{close_of, dispatch_on_document, open_socket, parse, receive, scripted_web_socket, sent_on, url_of};

const AUTH: &str = r#"{"type":"auth","token":"eyJ.e30.x"}"#;
const RESUME: &str = r#"{"type":"resume","lastEventId":"","wantStatus":true}"#;

#[wasm_bindgen_test]
fn the_opening_is_auth_then_resume() {
    let (follower, socket) = scripted(config());
    follower.stream.connect();
    assert_eq!(url_of(&socket), "wss://gateway.example.org/ws?operationId=op_1");
    open_socket(&socket);
    assert_eq!(sent_on(&socket), [AUTH]);
    receive(&socket, r#"{"type":"auth_success"}"#);
    assert_eq!(sent_on(&socket), [AUTH, RESUME]);
    assert_eq!(follower.status(), Status::Connected);
}

#[wasm_bindgen_test]
fn auth_carries_the_client_and_resume_the_cursor() {
    for (token, client_id, last_event_id, auth, resume) in [
        (
            "eyJ.e30.x",
            "tab-7",
            "118",
            r#"{"type":"auth","token":"eyJ.e30.x","clientId":"tab-7"}"#,
            r#"{"type":"resume","lastEventId":"118","wantStatus":true}"#,
        ),
        (
            r#"a"b"#,
            "c\\d",
            "evt-\"1\"",
            r#"{"type":"auth","token":"a\"b","clientId":"c\\d"}"#,
            r#"{"type":"resume","lastEventId":"evt-\"1\"","wantStatus":true}"#,
        ),
        ("", "", "", r#"{"type":"auth","token":""}"#, RESUME),
    ] {
        let (follower, socket) = scripted(Config {
            token: Some(AgentStream::token(token.to_owned())),
            client_id: Some(client_id.to_owned()),
            last_event_id: last_event_id.to_owned(),
            ..config()
        });
        connect(&follower, &socket);
        assert_eq!(sent_on(&socket), [auth, resume]);
    }
}

#[wasm_bindgen_test]
fn a_wake_up_sends_a_heartbeat() {
    let (follower, socket) = scripted(config());
    connect(&follower, &socket);
    dispatch_on_document("visibilitychange");
    assert_eq!(sent_on(&socket)[2..], [r#"{"type":"heartbeat"}"#]);
}

#[wasm_bindgen_test]
fn a_tool_result_keeps_its_members_in_order() {
    let long = r#"{"toolCallId":"call_ab","content":"{\"files\":2}","success":true,"type":"tool_result"}"#;
    let failed = r#"{"toolCallId":"c","content":null,"success":false,"error":{"message":"x"},"type":"tool_result"}"#;
    for (payload, expected) in [
        (r#"{"toolCallId":"call_ab","content":"{\"files\":2}","success":true}"#, long),
        (r#"{"toolCallId":"call_ab","content":{"files":2},"success":true}"#, long),
        (r#"{"toolCallId":"c","content":null,"success":false,"error":{"message":"x"}}"#, failed),
        (
            r#"{"toolCallId":"c","content":"","success":true,"executionTimeMs":12.6}"#,
            r#"{"toolCallId":"c","content":"","success":true,"executionTimeMs":13,"type":"tool_result"}"#,
        ),
    ] {
        let (follower, socket) = scripted(config());
        connect(&follower, &socket);
        assert_eq!(follower.stream.send_tool_result(&parse(payload)), Ok(true));
        assert_eq!(sent_on(&socket)[2..], [expected]);
    }
}

#[wasm_bindgen_test]
fn what_the_user_says_is_sent_as_it_was_said() {
    let (follower, socket) = scripted(config());
    connect(&follower, &socket);
    let said = [
        (input("yes, \"two\""), r#"{"type":"user_input","requestId":"8f0c","content":"yes, \"two\""}"#),
        (input("a\nb\r\n\tc"), r#"{"type":"user_input","requestId":"8f0c","content":"a\nb\r\n\tc"}"#),
        (input("\u{1}\u{1f}"), r#"{"type":"user_input","requestId":"8f0c","content":"\u0001\u001f"}"#),
        (input("ü ✓ 世界 🦀"), r#"{"type":"user_input","requestId":"8f0c","content":"ü ✓ 世界 🦀"}"#),
        (confirmation(true), r#"{"type":"tool_confirmation","toolCallId":"call_ad","approved":true}"#),
        (confirmation(false), r#"{"type":"tool_confirmation","toolCallId":"call_ad","approved":false}"#),
        (ClientFrame::Interrupt, r#"{"type":"interrupt"}"#),
    ];
    for (position, (frame, expected)) in said.into_iter().enumerate() {
        assert!(follower.stream.send(frame));
        assert_eq!(sent_on(&socket)[2 + position..], [expected]);
    }
}

#[wasm_bindgen_test]
fn nothing_is_sent_on_a_socket_that_is_not_open() {
    let (follower, socket) = scripted(config());
    assert!(!follower.stream.send(ClientFrame::Interrupt), "there is no socket");
    follower.stream.connect();
    assert!(!follower.stream.send(ClientFrame::Interrupt), "the socket opens");
    assert_eq!(follower.stream.send_tool_result(&parse(r#"{"toolCallId":"c"}"#)), Ok(false));
    assert!(sent_on(&socket).is_empty());
}

#[wasm_bindgen_test]
fn a_disconnect_closes_with_the_agreed_words() {
    let (follower, socket) = scripted(config());
    connect(&follower, &socket);
    assert_eq!(close_of(&socket), None);
    follower.stream.disconnect();
    assert_eq!(close_of(&socket).as_deref(), Some("1000 Client disconnect"));
    assert_eq!(follower.diary.completions().len(), 1);
}

#[wasm_bindgen_test]
fn an_event_is_handed_through_untouched() {
    let (follower, socket) = scripted(config());
    connect(&follower, &socket);
    let event = r#"{"type":"no_such_type","operationId":"op_1","stepIndex":1,"data":{"later":[1,{"a":null}]}}"#;
    receive(&socket, &[r#"{"type":"agent_event","id":"1","event":"#, event, "}"].concat());
    let texts: Vec<String> = follower.diary.payloads().iter().map(stringified).collect();
    assert_eq!(texts, [event]);
    assert_eq!(follower.stream.last_event_id(), "1");
}

fn stringified(payload: &wasm_bindgen::JsValue) -> String {
    js_sys::JSON::stringify(payload).map(String::from).expect("an event is JSON")
}

fn input(content: &str) -> ClientFrame {
    ClientFrame::UserInput { request_id: "8f0c".to_owned(), content: content.to_owned() }
}

fn confirmation(approved: bool) -> ClientFrame {
    ClientFrame::ToolConfirmation { tool_call_id: "call_ad".to_owned(), approved }
}

fn config() -> Config {
    Config {
        gateway_url: "https://gateway.example.org".to_owned(),
        operation_id: "op_1".to_owned(),
        token: Some(AgentStream::token("eyJ.e30.x".to_owned())),
        auto_reconnect: true,
        ..Config::default()
    }
}

/// A client whose sockets do what the test says.
fn scripted(config: Config) -> (Rc<Follower>, Function) {
    let constructor = scripted_web_socket();
    let given = constructor.clone();
    (Follower::with(config, |host| host.web_socket = Some(given), |_, _| {}), constructor)
}

/// Up to `resume`.
fn connect(follower: &Follower, socket: &Function) {
    follower.stream.connect();
    open_socket(socket);
    receive(socket, r#"{"type":"auth_success"}"#);
    assert_eq!(follower.diary.count(|event| matches!(event, Event::Connected)), 1);
}

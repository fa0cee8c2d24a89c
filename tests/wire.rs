#![cfg(not(target_family = "wasm"))]
//! The frames of v1 on the wire: recorded ones are read, sent ones have the agreed text, garbage is named.

#[path = "support/recording.rs"]
mod recording;

use std::collections::BTreeMap;

use agent_gateway_client::agent::{EventType, ToolResult};
use agent_gateway_client::v1::json::{decode, encode};
use agent_gateway_client::v1::wire::{ClientFrame, ServerFrame};
use proptest::prelude::*;
use recording::{Connection, connections, is_cut, parsed, transcripts};
use serde_json::value::RawValue;
use serde_json::{Value, json};

type Frame = ServerFrame<Box<RawValue>>;

#[test]
fn every_recorded_frame_of_the_gateway_is_read_as_what_it_is() {
    let mut counted = BTreeMap::new();
    for connection in recorded() {
        for raw in connection.received() {
            let operation_id = connection.url().split_once("operationId=").map_or("", |(_, id)| id);
            let frame = decode(raw, operation_id).unwrap_or_else(|error| panic!("{error}: {raw}"));
            let expected: Value = serde_json::from_str(raw).expect("a frame is JSON");
            assert_eq!(json!(name_of(&frame)), expected["type"], "{raw}");
            compare_fields(&frame, raw, &expected, operation_id);
            *counted.entry(name_of(&frame)).or_insert(0) += 1;
        }
    }
    let expected = [
        ("agent_event", 1063),
        ("auth_expired", 3),
        ("auth_failed", 17),
        ("auth_success", 56),
        ("heartbeat_ack", 66),
        ("input_request", 5),
        ("resume_complete", 15),
        ("session_complete", 9),
        ("status_change", 11),
        ("tool_confirmation_request", 3),
    ];
    assert_eq!(counted, BTreeMap::from(expected));
}

#[test]
fn every_recorded_frame_of_a_client_that_this_one_can_send_is_written_alike() {
    let (mut alike, mut others) = (BTreeMap::new(), Vec::new());
    for connection in recorded() {
        for raw in connection.sent().filter(|raw| !is_cut(raw)) {
            match parsed(raw).and_then(|frame| Some((ours(&frame, raw)?, frame))) {
                Some((frame, expected)) => {
                    let written: Value = serde_json::from_str(&encode(&frame)).expect("a frame is JSON");
                    assert_eq!(written, expected);
                    *alike.entry(expected["type"].as_str().unwrap_or_default().to_owned()).or_insert(0) += 1;
                }
                None => others.push(raw.to_owned()),
            }
        }
    }
    let expected = [
        ("auth", 69),
        ("heartbeat", 3),
        ("interrupt", 1),
        ("resume", 17),
        ("tool_confirmation", 1),
        ("tool_result", 4),
        ("user_input", 1),
    ];
    assert_eq!(alike, BTreeMap::from(expected.map(|(name, count)| (name.to_owned(), count))));
    let expected = [
        r#"{"type":"auth","token":"lh_sk_ok_alice","tokenType":"apiKey","serverUrl":"http://127.0.0.1:18788"}"#,
        r#"{"type":"auth","token":"lh_sk_ok_alice","tokenType":"apiKey"}"#,
        r#"{"type":"auth","token":"nope","tokenType":"apiKey","serverUrl":"http://127.0.0.1:18788"}"#,
        r#"{"type":"auth","token":"lh_sk_long","tokenType":"apiKey","serverUrl":"http://127.0.0.1:18788"}"#,
        r#"{"type":"resume","lastEventId":""}"#,
        r#"{"type":"resume","lastEventId":""}"#,
        "not json",
        r#"{"type":"no_such_type"}"#,
        "{oops",
        r#"{"type":"resume","lastEventId":"4"}"#,
        r#"{"type":"resume","wantStatus":true}"#,
        r#"{"type":"resume","lastEventId":5,"wantStatus":true}"#,
    ];
    assert_eq!(others, expected, "what this client never sends");
}

#[test]
fn every_frame_of_the_client_has_one_text() {
    let auth = |token: &str, client_id: Option<&str>| ClientFrame::Auth {
        token: token.to_owned(),
        client_id: client_id.map(str::to_owned),
    };
    let resume = |id: &str| ClientFrame::Resume { last_event_id: id.to_owned() };
    let confirmation = |approved| ClientFrame::ToolConfirmation { tool_call_id: "call_ad".to_owned(), approved };
    let input = |content: &str| ClientFrame::UserInput { request_id: "8f0c".to_owned(), content: content.to_owned() };
    let result = r#"{"toolCallId":"call_ab","content":"{\"files\":2}","success":true,"type":"tool_result"}"#;
    for (frame, expected) in [
        (auth("eyJ.e30.x", None), r#"{"type":"auth","token":"eyJ.e30.x"}"#),
        (auth("eyJ.e30.x", Some("tab-7")), r#"{"type":"auth","token":"eyJ.e30.x","clientId":"tab-7"}"#),
        (auth("", None), r#"{"type":"auth","token":""}"#),
        (auth(r#"a"b"#, Some("c\\d")), r#"{"type":"auth","token":"a\"b","clientId":"c\\d"}"#),
        (resume(""), r#"{"type":"resume","lastEventId":"","wantStatus":true}"#),
        (resume("118"), r#"{"type":"resume","lastEventId":"118","wantStatus":true}"#),
        (resume("evt-\"1\""), r#"{"type":"resume","lastEventId":"evt-\"1\"","wantStatus":true}"#),
        (ClientFrame::Heartbeat, r#"{"type":"heartbeat"}"#),
        (ClientFrame::Interrupt, r#"{"type":"interrupt"}"#),
        (confirmation(true), r#"{"type":"tool_confirmation","toolCallId":"call_ad","approved":true}"#),
        (confirmation(false), r#"{"type":"tool_confirmation","toolCallId":"call_ad","approved":false}"#),
        (input("yes, \"two\""), r#"{"type":"user_input","requestId":"8f0c","content":"yes, \"two\""}"#),
        (input("a\nb\r\n\tc"), r#"{"type":"user_input","requestId":"8f0c","content":"a\nb\r\n\tc"}"#),
        (input("\u{1}\u{1f}"), r#"{"type":"user_input","requestId":"8f0c","content":"\u0001\u001f"}"#),
        (input("ü ✓ 世界 🦀"), r#"{"type":"user_input","requestId":"8f0c","content":"ü ✓ 世界 🦀"}"#),
        (tool_result(result), result),
    ] {
        assert_eq!(encode(&frame), expected);
    }
}

#[test]
fn what_is_no_frame_is_refused_with_a_reason() {
    for (text, reason) in [
        ("", "EOF while parsing a value"),
        ("{oops", "key must be a string"),
        ("null", "invalid type: null"),
        ("5", "invalid type: integer `5`"),
        (r#""x""#, "invalid type: string \"x\""),
        (r#"{"type":"auth_success"} x"#, "trailing characters at line 1 column 25"),
        (r#"{"type":"agent_event"}"#, "agent_event without an event"),
        (r#"{"type":"agent_event","id":"x","event":null}"#, "agent_event without an event"),
        (r#"{"type":"agent_event","event":"x"}"#, "agent_event without an event"),
    ] {
        let told = decode(text, "op").expect_err(text);
        assert!(told.contains(reason), "{text}: {told}");
    }
}

#[test]
fn a_type_that_is_not_known_is_no_error() {
    for text in
        [r#"{"type":"no_such_type","id":"4"}"#, r#"{"type":""}"#, "{}", r#"{"type":"agent_event_v9","event":5}"#]
    {
        assert_eq!(decode(text, "op").map(|frame| name_of(&frame)), Ok("unknown"), "{text}");
    }
}

#[test]
fn a_field_that_is_missing_or_new_is_no_error() {
    let read = |text: &str| decode(text, "op").expect(text);
    let refused = read(r#"{"type":"auth_failed"}"#);
    assert!(matches!(&refused, Frame::AuthFailed { reason } if reason.is_empty()), "{refused:?}");
    let bare = read(r#"{"type":"resume_complete"}"#);
    assert!(matches!(bare, Frame::ResumeComplete { status: None, gap: false, .. }), "{bare:?}");
    let pending = read(r#"{"type":"resume_complete","status":null,"pending":true,"gap":true,"later":{"a":[1]}}"#);
    assert!(matches!(pending, Frame::ResumeComplete { status: None, gap: true, .. }), "{pending:?}");
    let changed = read(r#"{"type":"status_change","status":"cancelled"}"#);
    assert!(
        matches!(&changed, Frame::StatusChange { id: None, status } if status.as_str() == "cancelled"),
        "{changed:?}"
    );
    let summary = |text: &str| match read(text) {
        Frame::SessionComplete { id: None, summary } => summary,
        other => panic!("{other:?}"),
    };
    assert_eq!(summary(r#"{"type":"session_complete"}"#), None);
    assert_eq!(summary(r#"{"type":"session_complete","summary":"ok"}"#), Some("ok".to_owned()));
    assert_eq!(summary(r#"{"type":"session_complete","summary":{"any":"thing"}}"#), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_survives_being_sent(content in any::<String>(), id in any::<String>()) {
        let frame = ClientFrame::UserInput { request_id: id.clone(), content: content.clone() };
        let written: Value = serde_json::from_str(&encode(&frame)).expect("a frame is JSON");
        prop_assert_eq!(written, json!({"type": "user_input", "requestId": id, "content": content}));
    }

    #[test]
    fn any_text_is_a_frame_or_refused(text in any::<String>()) {
        if let Err(reason) = decode(&text, "op") {
            prop_assert!(!reason.is_empty());
        }
    }
}

fn recorded() -> Vec<Connection> {
    transcripts().iter().flat_map(|name| connections(name)).collect()
}

fn name_of(frame: &Frame) -> &'static str {
    match frame {
        Frame::AuthSuccess => "auth_success",
        Frame::AuthFailed { .. } => "auth_failed",
        Frame::AuthExpired => "auth_expired",
        Frame::HeartbeatAck => "heartbeat_ack",
        Frame::AgentEvent { .. } => "agent_event",
        Frame::ResumeComplete { .. } => "resume_complete",
        Frame::SessionComplete { .. } => "session_complete",
        Frame::StatusChange { .. } => "status_change",
        Frame::ToolConfirmationRequest { .. } => "tool_confirmation_request",
        Frame::InputRequest { .. } => "input_request",
        Frame::Unknown => "unknown",
    }
}

fn compare_fields(frame: &Frame, raw: &str, expected: &Value, operation_id: &str) {
    let id = frame.id().map(|id| json!(id.text())).unwrap_or_default();
    assert_eq!(id, expected["id"], "{raw}");
    match frame {
        Frame::AuthFailed { reason } => assert_eq!(json!(reason), expected["reason"]),
        Frame::ResumeComplete { status, gap, .. } => {
            let status = status.as_ref().expect("recorded with a status");
            assert_eq!((json!(status.as_str()), json!(gap)), (expected["status"].clone(), expected["gap"].clone()));
        }
        Frame::StatusChange { status, .. } => assert_eq!(json!(status.as_str()), expected["status"]),
        Frame::SessionComplete { summary, .. } => assert_eq!(json!(summary), expected["summary"]),
        Frame::ToolConfirmationRequest { payload, .. } | Frame::InputRequest { payload, .. } => {
            assert_eq!(payload.get(), raw, "the whole frame is handed through");
        }
        Frame::AgentEvent { head, payload, .. } => {
            let event = &expected["event"];
            let event_type = EventType::from_name(event["type"].as_str().expect("a type"));
            assert!(head.event_type == event_type && event_type != EventType::OTHER, "{raw}");
            assert_eq!(head.own, event["operationId"] == operation_id, "{raw}");
            assert_eq!(json!(head.step_index), event["stepIndex"], "{raw}");
            assert_eq!(json!(head.timestamp), event["timestamp"], "{raw}");
            assert_eq!(head.ending.is_some(), event_type.tells_end(), "{raw}");
            let reason = head.ending.as_ref().and_then(|ending| ending.reason.as_deref());
            assert!(!event_type.tells_end() || json!(reason) == event["data"]["reason"], "{raw}");
            assert!(raw.contains(&format!("\"event\":{}", payload.get())), "the event's text is handed through: {raw}");
        }
        Frame::AuthSuccess | Frame::AuthExpired | Frame::HeartbeatAck | Frame::Unknown => {}
    }
}

/// The recorded frame as this client would send it. `None`: it never would.
fn ours(frame: &Value, raw: &str) -> Option<ClientFrame> {
    let text = |name: &str| frame[name].as_str().map(str::to_owned);
    Some(match frame["type"].as_str()? {
        "auth" if frame.get("tokenType").is_none() => {
            ClientFrame::Auth { token: text("token")?, client_id: text("clientId") }
        }
        "resume" if frame["wantStatus"] == true => ClientFrame::Resume { last_event_id: text("lastEventId")? },
        "heartbeat" => ClientFrame::Heartbeat,
        "interrupt" => ClientFrame::Interrupt,
        "tool_confirmation" => {
            ClientFrame::ToolConfirmation { tool_call_id: text("toolCallId")?, approved: frame["approved"].as_bool()? }
        }
        "user_input" => ClientFrame::UserInput { request_id: text("requestId")?, content: text("content")? },
        "tool_result" => tool_result(raw),
        _ => return None,
    })
}

fn tool_result(text: &str) -> ClientFrame {
    ClientFrame::ToolResult(ToolResult { tool_call_id: "call_ab".into(), frame: text.into() })
}

#[test]
fn a_json_array_is_no_frame() {
    decode(r#"["auth_success",null,null,null,null,null,null]"#, "op").expect_err("an array is no frame");
}

#[test]
fn an_unknown_type_is_ignored_whatever_its_members_are() {
    for text in [r#"{"type":"no_such_type","status":5}"#, r#"{"type":"no_such_type","id":5}"#] {
        assert!(matches!(decode(text, "op"), Ok(ServerFrame::Unknown)), "{text}");
    }
}

#[test]
fn an_event_with_an_odd_member_is_delivered_as_in_a_browser() {
    for text in [
        r#"{"type":"agent_event","id":5,"event":{"type":"stream_chunk"}}"#,
        r#"{"type":"agent_event","id":"5","event":{"type":"stream_chunk","stepIndex":null}}"#,
        r#"{"type":"agent_event","id":"5","event":{"type":"stream_chunk","timestamp":"x"}}"#,
    ] {
        assert!(matches!(decode(text, "op"), Ok(ServerFrame::AgentEvent { .. })), "{text}");
    }
}

#[test]
fn one_odd_member_of_an_ending_does_not_take_the_others_away() {
    let text = r#"{"type":"agent_event","id":"5","event":{"type":"error","data":{"errorType":"X","message":"m","body":"text"}}}"#;
    let Ok(ServerFrame::AgentEvent { head, .. }) = decode(text, "op") else { panic!("an event") };
    let ending = head.ending.expect("an error tells an end");
    assert_eq!((ending.error_type.as_deref(), ending.detail.as_deref()), (Some("X"), Some("m")));
}

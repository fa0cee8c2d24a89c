#![cfg(not(target_family = "wasm"))]
//! The frames of an OpenClaw gateway on the wire: sent ones have one text, odd ones are read as far as they go.

use agent_gateway_client::openclaw::json::{decode, encode};
use agent_gateway_client::openclaw::wire::{ClientFrame, Frame, Json};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn a_request_has_one_text() {
    let params = Json::Object(vec![
        ("text", Json::text("say \"hi\"\n")),
        ("limit", Json::Number(20)),
        ("deep", Json::Flag(false)),
        ("scopes", Json::texts(&["a".to_owned(), "b".to_owned()])),
        ("given", Json::Raw(r#"{"x":1}"#.to_owned())),
    ]);
    let frame = ClientFrame { id: 7, method: "chat.send".to_owned(), params };
    let expected = r#"{"type":"req","id":"7","method":"chat.send","params":{"text":"say \"hi\"\n","limit":20,"deep":false,"scopes":["a","b"],"given":{"x":1}}}"#;
    assert_eq!(encode(&frame), expected);
}

#[test]
fn odd_members_count_as_absent() {
    let rows = [
        (r#"{"type":"res","id":"1","ok":"yes"}"#, "refused "),
        (r#"{"type":"res","id":"1","ok":true}"#, "answer null"),
        (r#"{"type":"res","id":"1","ok":false,"error":"no"}"#, "refused "),
        (r#"{"type":"event","event":"tick","seq":"4","payload":7}"#, "event tick None 7"),
        (r#"{"type":"event","event":"tick","seq":-4}"#, "event tick None null"),
        (r#"{"type":"event","event":"tick","seq":4,"recipientProfileId":"x"}"#, "event tick Some(4) null"),
        (r#"{"type":"novelty"}"#, "unknown"),
    ];
    for (text, expected) in rows {
        assert_eq!(line(text), expected, "{text}");
    }
}

#[test]
fn what_is_no_frame_is_named() {
    let rows = [
        ("{oops", "key must be a string at line 1 column 2"),
        ("[]", "a frame without a type"),
        ("{}", "a frame without a type"),
        (r#"{"type":"res"}"#, "a response without an id"),
        (r#"{"type":"event","event":7}"#, "an event without a name"),
    ];
    for (text, expected) in rows {
        assert_eq!(decode(text).expect_err(text), expected);
    }
}

#[test]
fn the_specific_code_is_that_of_the_details_a_reason_like_one_or_the_class() {
    let rows = [
        (json!({"code": "FORBIDDEN", "details": {"code": "MISSING_SCOPE", "reason": "X"}}), "MISSING_SCOPE"),
        (json!({"code": "INVALID_REQUEST", "details": {"reason": "APPROVAL_NOT_FOUND"}}), "APPROVAL_NOT_FOUND"),
        (json!({"code": "INVALID_REQUEST", "message": "missing scope: operator.admin"}), "MISSING_SCOPE"),
        (json!({"code": "UNAVAILABLE", "details": {"reason": "startup-sidecars"}}), "UNAVAILABLE"),
        (json!({"code": "UNAVAILABLE", "details": null}), "UNAVAILABLE"),
        (json!({"code": "UNAVAILABLE", "details": {"reason": ""}}), "UNAVAILABLE"),
        (json!({}), ""),
    ];
    for (error, expected) in rows {
        let frame = json!({"type": "res", "id": "1", "ok": false, "error": error});
        let Ok(Frame::Response { outcome: Err(fault), .. }) = decode(&frame.to_string()) else { panic!("{frame}") };
        assert_eq!(fault.specific_code(), expected);
    }
}

proptest! {
    #[test]
    fn a_request_is_json_whatever_its_texts_are_and_no_smaller_than_it_says(method: String, text: String) {
        let params = Json::Object(vec![("text", Json::Text(text.clone()))]);
        let frame = ClientFrame { id: 1, method: method.clone(), params };
        let written = encode(&frame);
        let expected = json!({"type": "req", "id": "1", "method": method, "params": {"text": text}});
        prop_assert_eq!(serde_json::from_str::<Value>(&written).expect("JSON"), expected);
        prop_assert!(written.len() as u64 >= frame.least_size());
    }

    #[test]
    fn no_text_makes_the_decoder_panic(text: String) {
        let _ = decode(&text);
    }
}

fn line(text: &str) -> String {
    match decode(text).expect("a frame") {
        Frame::Response { outcome: Ok(payload), .. } => format!("answer {payload}"),
        Frame::Response { outcome: Err(fault), .. } => format!("refused {}", fault.code),
        Frame::Event(notice) => format!("event {} {:?} {}", notice.name, notice.seq, notice.payload),
        Frame::Unknown => "unknown".to_owned(),
    }
}

//! What a client says, and how it is told that nobody could use it.

use agent_gateway::Timers;
use serde_json::{Value, json};

use crate::support::{Stub, production};
use crate::{assert_quiet, dial, gateway, gateway_with, subscriber};

#[tokio::test]
async fn a_tool_result_that_cannot_be_forwarded_is_told() {
    let nobody = "http://127.0.0.1:1".to_owned();
    let gateway = gateway_with(production(Timers::default(), Some(nobody))).await;
    let mut peer = subscriber(&gateway).await;
    peer.send(tool_result("op_1", json!("x"))).await;
    let error = peer.frame().await;
    assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("forward_failed")));
    assert_eq!(error["operationId"], "op_1");
    assert!(error["message"].is_string());
}

#[tokio::test]
async fn a_tool_result_reaches_the_product_server_without_the_name_of_the_operation() {
    let stub = Stub::start((200, Value::Null)).await;
    let gateway = gateway_with(production(Timers::default(), Some(stub.url.clone()))).await;
    let mut peer = subscriber(&gateway).await;
    peer.send(tool_result("op_1", Value::Null)).await;
    let asked = stub.seen_at_least(1).await;
    assert_eq!(asked[0]["path"], "/api/agent/tool-result");
    assert_eq!(asked[0]["body"], json!({ "content": null, "success": true, "toolCallId": "call_1" }));
    assert_quiet(&mut peer).await;
}

#[tokio::test]
async fn nothing_is_taken_for_an_operation_without_a_subscription_or_of_another_user() {
    let gateway = gateway().await;
    let mut peer = dial(&gateway, "mallory").await;
    let frames = [
        tool_result("op_1", json!("x")),
        json!({ "type": "tool_confirmation", "operationId": "op_1", "toolCallId": "c", "approved": true }),
        json!({ "type": "user_input", "operationId": "op_1", "requestId": "r", "content": "x" }),
        json!({ "type": "interrupt", "operationId": "op_1" }),
    ];
    for frame in &frames {
        peer.send(frame.clone()).await;
        assert_eq!(peer.frame().await["code"], "not_subscribed", "{frame}");
    }
    peer.subscribe("op_2", "").await;
    assert_eq!(peer.frame().await["pending"], true);
    gateway.control("init", json!({ "operationId": "op_2", "userId": "alice" })).await;
    for mut frame in frames {
        frame["operationId"] = json!("op_2");
        peer.send(frame.clone()).await;
        assert_eq!(peer.frame().await["code"], "forbidden", "{frame}");
    }
}

#[tokio::test]
async fn frames_of_no_use_are_answered_and_the_socket_stays() {
    let gateway = gateway().await;
    let mut peer = subscriber(&gateway).await;
    let wrong = [
        ("{oops", "invalid_message", "Malformed JSON"),
        ("[]", "invalid_message", "Malformed JSON"),
        ("null", "invalid_message", "Malformed JSON"),
        ("{}", "unknown_type", "Unknown message type: "),
        (r#"{"type":7}"#, "unknown_type", "Unknown message type: "),
        (r#"{"type":"unsubscribe"}"#, "invalid_message", "Missing operationId"),
        (r#"{"type":"interrupt","operationId":""}"#, "invalid_message", "Missing operationId"),
        (r#"{"type":"tool_result","operationId":"op_1"}"#, "invalid_message", "Malformed message"),
        (r#"{"type":"user_input","operationId":"op_1","requestId":1}"#, "invalid_message", "Malformed message"),
        (r#"{"type":"doc_subscribe"}"#, "invalid_message", "Missing documentId"),
    ];
    for (raw, code, message) in wrong {
        peer.send_text(raw.to_owned()).await;
        let error = peer.frame().await;
        assert_eq!(
            (&error["type"], &error["code"], &error["message"]),
            (&json!("error"), &json!(code), &json!(message))
        );
    }
    for raw in [r#"{"type":"subscribe","operationId":""}"#, r#"{"type":"subscribe","operationId":7}"#] {
        peer.send_text(raw.to_owned()).await;
        let failed = json!({ "type": "subscribe_failed", "operationId": "", "reason": "invalid" });
        assert_eq!(peer.frame().await, failed);
    }
    peer.send_binary(vec![1, 2, 3]).await;
    peer.send(json!({ "type": "interrupt", "operationId": "op_1" })).await;
    assert_quiet(&mut peer).await;
    peer.send(json!({ "type": "heartbeat" })).await;
    assert!(peer.acked_within(crate::support::DEADLINE).await);
}

#[tokio::test]
async fn the_first_answer_of_any_socket_counts() {
    let gateway = gateway().await;
    let mut first = subscriber(&gateway).await;
    let mut second = subscriber(&gateway).await;
    let tool = json!({ "identifier": "i", "apiName": "run", "arguments": "{}", "name": "n" });
    let asking =
        gateway.control("request-confirmation", json!({ "operationId": "op_1", "toolCallId": "c", "tool": tool }));
    let answering = async {
        let request = second.frame().await;
        assert_eq!((&request["operationId"], &request["tool"]), (&json!("op_1"), &tool));
        for (peer, approved) in [(&mut second, false), (&mut first, true)] {
            let answer = json!({
                "type": "tool_confirmation", "operationId": "op_1", "toolCallId": "c", "approved": approved,
            });
            peer.send(answer).await;
            peer.send(json!({ "type": "heartbeat" })).await;
            assert!(peer.acked_within(crate::support::DEADLINE).await);
        }
    };
    let (answer, ()) = tokio::join!(asking, answering);
    assert_eq!(answer, (200, json!({ "approved": false })));
}

fn tool_result(operation_id: &str, content: Value) -> Value {
    json!({
        "type": "tool_result", "operationId": operation_id, "toolCallId": "call_1", "content": content, "success": true,
    })
}

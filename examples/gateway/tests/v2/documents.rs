//! Document channels (§2.5).

use serde_json::{Value, json};

use crate::support::{Gateway, Peer, development};
use crate::{assert_quiet, dial, gateway};

#[tokio::test]
async fn an_update_is_acknowledged_and_reaches_the_others() {
    let gateway = gateway().await;
    let (mut alice, mut bob) = (dial(&gateway, "alice").await, dial(&gateway, "bob").await);
    let first = enter(&mut alice, json!({})).await;
    assert_eq!((&first["access"], &first["reset"]), (&json!("edit"), &json!(false)));
    assert_eq!((&first["bootstrap"], &first["bootstrapped"]), (&json!(true), &json!(false)));
    let second = enter(&mut bob, json!({ "stateVector": "AQ==" })).await;
    assert_eq!((&second["bootstrap"], &second["bootstrapped"]), (&json!(false), &json!(false)));
    assert_eq!(first["epoch"], second["epoch"]);

    alice.send(update(7, "AAE=")).await;
    assert_eq!(alice.frame().await, json!({ "type": "doc_ack", "documentId": "doc_1", "seq": 7 }));
    assert_eq!(bob.frame().await, json!({ "type": "doc_update", "documentId": "doc_1", "update": "AAE=" }));
    assert_quiet(&mut alice).await;

    bob.send(json!({ "type": "doc_unsubscribe", "documentId": "doc_1" })).await;
    bob.send(update(1, "AAI=")).await;
    let error = bob.frame().await;
    assert_eq!((&error["type"], &error["code"]), (&json!("doc_error"), &json!("not_subscribed")));
    alice.send(update(8, "AAM=")).await;
    alice.frame().await;
    assert_quiet(&mut bob).await;
}

#[tokio::test]
async fn who_comes_later_gets_every_update_and_every_presence() {
    let gateway = gateway().await;
    let (mut alice, mut bob) = (dial(&gateway, "alice").await, dial(&gateway, "bob").await);
    enter(&mut alice, json!({})).await;
    for (seq, payload) in [(1, "AAE="), (2, "AAI=")] {
        alice.send(update(seq, payload)).await;
        alice.frame().await;
    }
    alice.send(presence(12, json!({ "cursor": 3 }))).await;
    alice.send(json!({ "type": "heartbeat" })).await;
    assert!(alice.acked_within(crate::support::DEADLINE).await);

    let synced = enter(&mut bob, json!({})).await;
    assert_eq!((&synced["bootstrap"], &synced["bootstrapped"]), (&json!(false), &json!(true)));
    assert_eq!(synced["awareness"], json!([{ "clientID": 12, "state": { "cursor": 3 } }]));
    assert_eq!(bob.frame().await["update"], "AAE=");
    assert_eq!(bob.frame().await["update"], "AAI=");
    bob.send(presence(34, json!({ "cursor": 9 }))).await;
    assert_eq!(alice.frame().await, presence(34, json!({ "cursor": 9 })));
    alice.close(1000, "Client disconnect").await;
    assert_eq!(bob.frame().await, presence(12, Value::Null));
}

#[tokio::test]
async fn a_room_of_another_epoch_tells_the_client_to_start_over() {
    let gateway = Gateway::start(development()).await;
    let (_, token) = gateway.post("/dev/tokens", json!({ "userId": "alice" })).await;
    let token = token["token"].as_str().expect("a token");
    let mut peer = gateway.dial_v2(token).await;
    let epoch = enter(&mut peer, json!({})).await["epoch"].clone();
    assert_eq!(enter(&mut peer, json!({ "epoch": epoch })).await["reset"], false);
    gateway.post("/dev/restart", json!({})).await;
    assert_eq!(peer.closed().await.0, 1006);
    let mut peer = gateway.dial_v2(token).await;
    assert_eq!(enter(&mut peer, json!({ "epoch": epoch })).await["reset"], true);
}

#[tokio::test]
async fn a_frame_with_the_wrong_fields_is_told_to_its_document() {
    let gateway = gateway().await;
    let mut peer = dial(&gateway, "alice").await;
    enter(&mut peer, json!({})).await;
    for seq in [json!("one"), json!(-1), Value::Null] {
        peer.send(json!({ "type": "doc_update", "documentId": "doc_1", "seq": seq, "update": "AAE=" })).await;
        let error = peer.frame().await;
        assert_eq!((&error["type"], &error["code"]), (&json!("doc_error"), &json!("invalid_message")));
        assert_eq!(error["documentId"], "doc_1");
    }
}

async fn enter(peer: &mut Peer, fields: Value) -> Value {
    let mut frame = json!({ "type": "doc_subscribe", "documentId": "doc_1" });
    frame.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    peer.send(frame).await;
    let synced = peer.frame().await;
    assert_eq!((&synced["type"], &synced["documentId"]), (&json!("doc_synced"), &json!("doc_1")));
    synced
}

fn update(seq: u64, payload: &str) -> Value {
    json!({ "type": "doc_update", "documentId": "doc_1", "seq": seq, "update": payload })
}

fn presence(client_id: u64, state: Value) -> Value {
    json!({ "type": "doc_awareness", "documentId": "doc_1", "clientID": client_id, "state": state })
}

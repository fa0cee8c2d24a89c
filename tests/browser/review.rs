//! What a run in a Rust front end shows of a producer's question.

use std::cell::RefCell;
use std::rc::Rc;

use agent_gateway_client::run::Started;
use agent_gateway_client::web::{Carriage, ChatRun, ChatRunOptions, InterventionRequest};
use futures::future;
use js_sys::{Function, JSON};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::page::{now, open_socket, parse, receive, scripted_web_socket, sent_on, sleep, text_at, wait_for};

const OPTIONS: &str = r#"[{"id":"yes","label":"Yes","secret":1},{"id":7,"label":"No"}]"#;

#[wasm_bindgen_test]
async fn a_question_is_shown_by_its_known_members_only() {
    let producer = Producer::new().await;
    let question = format!(r#"{{"header":"","question":"Go on?","options":{OPTIONS},"script":"…"}}"#);
    producer.asks("call_1", "question", &[question]);
    wait_for("the question", || producer.asked.borrow().len() == 1).await;
    let shown = producer.asked.borrow()[0].clone();
    assert_eq!(text_at(&shown, "toolCallId"), "call_1");
    assert_eq!(text_at(&shown, "unknown"), "");
    let arguments = JSON::stringify(&parse(&text_at(&shown, "arguments"))).map(String::from);
    assert_eq!(
        arguments.expect("arguments"),
        r#"{"questions":[{"header":"","multiSelect":false,"options":[{"id":"yes","label":"Yes"},{"label":"No"}],"question":"Go on?"}]}"#
    );
}

#[wasm_bindgen_test]
async fn a_malformed_question_is_not_shown() {
    let producer = Producer::new().await;
    let question = |members: &str| format!(r#"{{"header":"h","question":"Go on?",{members}}}"#);
    let sound = question(&format!(r#""options":{OPTIONS}"#));
    producer.asks("none", "question", &[]);
    producer.asks("repeated", "question", &[sound.clone(), sound.clone()]);
    producer.asks("two_plans", "plan", &[sound.clone(), sound.replace("Go on?", "Stop?")]);
    producer.asks("no_ids", "permission", &[question(r#""options":[{"label":"Yes"}]"#)]);
    producer.asks("no_options", "question", &[question(r#""options":[]"#)]);
    producer.asks("long", "question", &[sound.replace("Go on?", &"?".repeat(4_001))]);
    producer.asks("twins", "question", &[question(r#""options":[{"id":"a","label":"1"},{"id":"a","label":"2"}]"#)]);
    producer.asks("unknown_kind", "wish", std::slice::from_ref(&sound));
    producer.asks("sound", "question", &[sound.replace("Go on?", &"?".repeat(4_000))]);
    wait_for("the sound one", || !producer.asked.borrow().is_empty()).await;
    sleep(50).await;
    let shown: Vec<_> = producer.asked.borrow().iter().map(|shown| text_at(shown, "toolCallId")).collect();
    assert_eq!(shown, ["sound"]);
}

/// A gateway that passes a producer's questions on, and what a run shows of them.
struct Producer {
    socket: Function,
    asked: Rc<RefCell<Vec<JsValue>>>,
    _run: ChatRun,
}

impl Producer {
    async fn new() -> Self {
        let socket = scripted_web_socket();
        let asked = Rc::new(RefCell::new(Vec::new()));
        let noted = asked.clone();
        let options = ChatRunOptions::new("http://127.0.0.1:1", |_| future::pending(), |_| future::ready(Ok(true)))
            .carriage(Carriage::V1)
            .web_socket(socket.clone())
            .on_intervention(move |InterventionRequest { request, .. }| {
                noted.borrow_mut().push(request);
                future::pending()
            });
        let run = ChatRun::new(options);
        run.submit(|_| future::ready(Ok(Started::new("op_1", Some("secret".to_owned())))));
        wait_for("a socket", || run.view().connection.is_some()).await;
        open_socket(&socket);
        wait_for("the token", || !sent_on(&socket).is_empty()).await;
        receive(&socket, r#"{"type":"auth_success"}"#);
        Self { socket, asked, _run: run }
    }

    fn asks(&self, id: &str, kind: &str, questions: &[String]) {
        let arguments = format!(r#"{{"questions":[{}]}}"#, questions.join(","));
        let arguments = String::from(JSON::stringify(&arguments.into()).expect("a text"));
        let deadline = now().as_millis() + 60_000;
        let data = format!(
            r#"{{"apiName":"askUserQuestion","identifier":"i","interactionKind":"{kind}","provider":"codex","toolCallId":"{id}","deadline":{deadline},"arguments":{arguments},"unknown":"…"}}"#
        );
        let event =
            format!(r#"{{"type":"agent_intervention_request","operationId":"op_1","stepIndex":0,"data":{data}}}"#);
        receive(&self.socket, &format!(r#"{{"type":"agent_event","event":{event}}}"#));
    }
}

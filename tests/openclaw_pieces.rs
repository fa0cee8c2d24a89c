#![cfg(not(target_family = "wasm"))]
//! What comes many times a second is taken in by a look at the little that matters of it, and nothing is otherwise.

#[path = "support/captures.rs"]
mod captures;
#[path = "support/fleet.rs"]
mod fleet;

use agent_gateway_client::machine::{DialId, Input, Machine, Output};
use agent_gateway_client::openclaw::chat::ChatEvent;
use agent_gateway_client::openclaw::wire::Json;
use agent_gateway_client::openclaw::{Answers, Client, ClientEvent, Event, Message, Piece, READ, json as wire};
use agent_gateway_client::time::Timestamp;
use captures::{What, records};
use fleet::{FleetSim, START};
use proptest::prelude::*;
use serde_json::{Value, json};

const KEY: &str = "agent:main:main";
const OTHER: &str = "agent:main:other";
/// The socket of a client that was connected once.
const DIAL: DialId = DialId(0);

proptest! {
    #[test]
    fn what_is_admitted_changes_and_tells_what_handling_it_does(
        steps in prop::collection::vec(step(), 1..60),
        opened in prop::sample::select(vec![Chats::None, Chats::Two, Chats::TwoAndAnotherName]),
    ) {
        let (mut handling, mut admitting) = (chat(opened), chat(opened));
        let (mut seq, mut admitted, mut followed) = (0, 0, None);
        for (index, step) in steps.into_iter().enumerate() {
            let now = Timestamp::from_millis(START + index as u64);
            let (mut frame, number) = match step {
                Step::Frame(frame, number) => (frame, number),
                Step::Command(command) => {
                    prop_assert_eq!(commanded(&mut admitting, command, now), commanded(&mut handling, command, now));
                    continue;
                }
            };
            seq = match number { Number::Next => seq + 1, Number::Later => seq + 3, Number::Same | Number::None => seq };
            if !matches!(number, Number::None) {
                frame["seq"] = json!(seq);
            }
            let expected = handled(&mut handling, &frame, now);
            let told = admit(&mut admitting, &mut followed, &frame, now);
            admitted += usize::from(told.is_some());
            prop_assert_eq!(told.unwrap_or_else(|| handled(&mut admitting, &frame, now)), expected);
            prop_assert_eq!(format!("{admitting:?}"), format!("{handling:?}"));
        }
        prop_assume!(admitted > 0);
    }
}

#[test]
fn a_piece_of_a_run_that_streams_is_admitted_and_says_whether_its_text_is_new() {
    let (mut client, mut followed) = (chat(Chats::Two), None);
    let now = Timestamp::from_millis(START);
    assert_eq!(admit(&mut client, &mut followed, &piece(KEY, "r1", "Hel", 1), now), None, "the run is not known");
    handled(&mut client, &piece(KEY, "r1", "Hel", 1), now);
    assert_eq!(
        admit(&mut client, &mut followed, &piece(KEY, "r1", "Hello", 2), now),
        Some(vec!["event chat".into(), "text r1".into()])
    );
    assert_eq!(admit(&mut client, &mut followed, &piece(KEY, "r1", "Hello", 3), now), Some(vec!["event chat".into()]));
    assert_eq!(admit(&mut client, &mut followed, &piece(KEY, "r1", "Hello!", 5), now), None, "an event is missing");
    assert_eq!(client.chat(KEY).and_then(|chat| chat.run("r1")).map(|run| run.text.clone()), Some(json!("Hello")));
}

#[test]
fn a_piece_of_a_chat_that_was_closed_without_a_word_is_not_taken_for_one_of_the_next() {
    let (mut client, mut followed) = (chat(Chats::Two), None);
    let now = Timestamp::from_millis(START);
    for (seq, key) in [(1, KEY), (2, OTHER)] {
        handled(&mut client, &piece(key, "r1", "Hel", seq), now);
    }
    admit(&mut client, &mut followed, &piece(OTHER, "r1", "Hello", 3), now).expect("a piece");
    // With as many calls open as there may be, the gateway is not told that the chat was closed.
    while client.call("health", Json::Object(Vec::new()), Answers::default(), now).is_ok() {}
    told(&mut client);
    admit(&mut client, &mut followed, &piece(OTHER, "r1", "Hello,", 4), now).expect("a piece");
    client.close_chat(OTHER, now);
    admit(&mut client, &mut followed, &piece(OTHER, "r1", "Hello, you", 5), now);
    assert_eq!(client.chat(KEY).and_then(|chat| chat.run("r1")).map(|run| run.text.clone()), Some(json!("Hel")));
}

#[test]
fn a_piece_of_a_session_that_is_open_under_another_name_is_handled_as_any_other_frame() {
    let (mut client, mut followed) = (chat(Chats::TwoAndAnotherName), None);
    let now = Timestamp::from_millis(START);
    for (seq, text) in [(1, "Hel"), (2, "Hello")] {
        assert_eq!(admit(&mut client, &mut followed, &piece(KEY, "r1", text, seq), now), None);
        handled(&mut client, &piece(KEY, "r1", text, seq), now);
    }
    for name in ["main", KEY] {
        let run = client.chat(name).and_then(|chat| chat.run("r1"));
        assert_eq!(run.map(|run| run.text.clone()), Some(json!("Hello")), "{name}");
    }
}

#[test]
fn a_piece_that_follows_reaches_a_chat_that_was_opened_meanwhile() {
    let (mut client, mut followed) = (chat(Chats::TwoAndAnotherName), None);
    let now = Timestamp::from_millis(START);
    handled(&mut client, &piece(OTHER, "r1", "Hel", 1), now);
    admit(&mut client, &mut followed, &piece(OTHER, "r1", "Hello", 2), now).expect("a piece");
    client.open_chat("more", now);
    let told = admit(&mut client, &mut followed, &piece(OTHER, "r1", "Hello!", 3), now);
    assert_eq!(told, None, "it is looked at anew");
}

#[test]
fn nothing_of_another_socket_is_admitted() {
    let mut client = chat(Chats::Two);
    let now = Timestamp::from_millis(START);
    assert!(!client.admit(DialId(7), None, now));
    assert!(client.admit(DIAL, None, now));
    client.disconnect(now);
    assert!(!client.admit(DIAL, None, now));
}

#[test]
fn what_nobody_reads_leaves_no_trace_in_any_captured_conversation() {
    let mut counted = 0;
    for capture in captures::captures() {
        let mut client = chat(Chats::Two);
        for record in records(&capture) {
            let What::Received(mut frame) = record.what else { continue };
            let Some(name) = frame["event"].as_str().map(str::to_owned) else { continue };
            if READ.split(' ').any(|read| read == name) {
                continue;
            }
            frame["seq"] = Value::Null;
            frame["payload"]["sessionKey"] = json!(KEY);
            let before = format!("{client:?}");
            let told = handled(&mut client, &frame, Timestamp::from_millis(START));
            assert_eq!((told, format!("{client:?}")), (vec![format!("event {name}")], before), "{capture}: {frame}");
            counted += 1;
        }
    }
    assert!(counted > 100, "{counted}");
}

#[derive(Clone, Copy, Debug)]
enum Number {
    Next,
    Later,
    Same,
    None,
}

#[derive(Clone, Debug)]
enum Step {
    Frame(Value, Number),
    Command(Command),
}

#[derive(Clone, Copy, Debug)]
enum Command {
    Abort,
    Close,
    Open,
    Send,
}

fn step() -> impl Strategy<Value = Step> {
    let number = prop_oneof![
        8 => Just(Number::Next), 1 => Just(Number::Later), 1 => Just(Number::Same), 1 => Just(Number::None)
    ];
    let chats = (
        prop::sample::select(vec![KEY, KEY, KEY, OTHER]),
        prop::sample::select(vec!["r1", "r1", "r2"]),
        prop::sample::select(vec!["delta", "delta", "delta", "delta", "status", "final", "error"]),
        "[ab]{0,2}",
    );
    let told = chats.prop_map(|(key, run, state, text)| {
        let mut frame = piece(key, run, &text, 0);
        frame["payload"]["state"] = json!(state);
        frame
    });
    let names =
        prop::sample::select(vec!["agent", "agent", "health", "tick", "presence", "shutdown", "session.message"]);
    let others = names.prop_map(|name| json!({"type": "event", "event": name, "payload": {"sessionKey": KEY}}));
    let frame = (prop_oneof![4 => told, 2 => others], number);
    let command = prop::sample::select(vec![Command::Abort, Command::Close, Command::Open, Command::Send]);
    prop_oneof![8 => frame.prop_map(|(frame, number)| Step::Frame(frame, number)), 1 => command.prop_map(Step::Command)]
}

/// What follows from a command for the chat whose pieces come, or for the one before it.
fn commanded(client: &mut Client<Value>, command: Command, now: Timestamp) -> Vec<String> {
    match command {
        Command::Abort => client.abort(KEY, None, now),
        Command::Close => client.close_chat(OTHER, now),
        Command::Open => client.open_chat(OTHER, now),
        Command::Send => {
            let message = Message { run: "r2".to_owned(), text: "hello".to_owned(), ..Message::default() };
            client.send(KEY, &message, now).unwrap_or_default();
        }
    }
    told(client)
}

/// The chats that are open.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Chats {
    None,
    Two,
    /// One of them under two names of its session.
    TwoAndAnotherName,
}

/// A client whose connection stands.
fn chat(opened: Chats) -> Client<Value> {
    let mut sim = FleetSim::live(json!([]));
    if opened == Chats::TwoAndAnotherName {
        sim.call(|client, now| client.open_chat("main", now));
        sim.answer("sessions.messages.subscribe", json!({"subscribed": true, "key": KEY}));
        sim.answer("chat.history", json!({"sessionKey": KEY, "messages": []}));
    }
    if opened != Chats::None {
        // Before the other, which is closed in between.
        sim.call(|client, now| client.open_chat(OTHER, now));
        sim.answer("chat.history", json!({"sessionKey": OTHER, "messages": []}));
        sim.call(|client, now| client.open_chat(KEY, now));
        sim.answer("chat.history", json!({"sessionKey": KEY, "messages": []}));
    }
    sim.client
}

fn piece(key: &str, run: &str, text: &str, seq: u64) -> Value {
    let message = json!({"role": "assistant", "content": [{"type": "text", "text": text}]});
    let payload = json!({"sessionKey": key, "runId": run, "state": "delta", "deltaText": "?", "message": message});
    json!({"type": "event", "event": "chat", "payload": payload, "seq": seq})
}

/// The session, the run and the text of the last piece, as the page's side of the boundary remembers them.
type Followed = Option<(Value, Value, Value)>;

/// Takes a frame in as the page's side of the boundary does, where that suffices.
fn admit(client: &mut Client<Value>, followed: &mut Followed, frame: &Value, now: Timestamp) -> Option<Vec<String>> {
    let (name, seq, payload) = (frame["event"].as_str()?, frame["seq"].as_u64(), &frame["payload"]);
    let event = format!("event {name}");
    if !READ.split(' ').any(|read| read == name) {
        return client.admit(DIAL, seq, now).then(|| vec![event]);
    }
    if name != "chat" || payload["state"] != "delta" {
        return None;
    }
    let (key, run, text) = (&payload["sessionKey"], &payload["runId"], &payload["message"]["content"][0]["text"]);
    let same_run = followed.as_ref().filter(|(of_key, of_run, _)| of_key == key && of_run == run);
    let new_text = same_run.map(|(_, _, known)| (known != text).then(|| text.clone()));
    let is_new = match new_text {
        Some(new_text) if client.admit_more(DIAL, seq, new_text.clone(), now) => new_text.is_some(),
        _ => match client.admit_text(DIAL, seq, (key, run, text), now)? {
            Piece::OfNoChat => {
                *followed = None;
                return Some(vec![event]);
            }
            piece => piece == Piece::New,
        },
    };
    *followed = Some((key.clone(), run.clone(), text.clone()));
    let text = is_new.then(|| format!("text {}", run.as_str().unwrap_or_default()));
    Some([event].into_iter().chain(text).collect())
}

fn handled(client: &mut Client<Value>, frame: &Value, now: Timestamp) -> Vec<String> {
    let frame = wire::decode(&frame.to_string()).expect("a frame");
    client.handle(Input::Frame { dial: DIAL, frame }, now);
    told(client)
}

fn told(client: &mut Client<Value>) -> Vec<String> {
    let told = std::iter::from_fn(|| client.poll());
    told.map(|output| match output {
        Output::Event(ClientEvent::Session(Event::Notice(notice))) => format!("event {}", notice.name),
        Output::Event(ClientEvent::Chat { event: ChatEvent::Text { run, .. }, .. }) => format!("text {run}"),
        other => format!("{other:?}"),
    })
    .collect()
}

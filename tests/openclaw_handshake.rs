#![cfg(not(target_family = "wasm"))]
//! The handshake with an OpenClaw gateway: what is signed, what is presented, and what the welcome means.

#[path = "support/openclaw.rs"]
mod openclaw;

use agent_gateway_client::machine::{DialId, Input, Wake};
use agent_gateway_client::openclaw::device::{Answer, Challenge, Claim, signing_text};
use agent_gateway_client::openclaw::{Auth, Config, State};
use openclaw::{OpenClawSim, START, config, hello, secret, state_line, stored};
use serde_json::{Value, json};

#[test]
fn the_challenge_is_signed_before_the_connection_is_asked_for() {
    let mut sim = OpenClawSim::new(config());
    sim.connect();
    sim.challenge();
    sim.welcome(hello());
    let expected =
        ["connecting", "dial ws://127.0.0.1:18789", "authenticating", "sign", "send connect", "hello 4", "ready"];
    assert_eq!(sim.log(), expected);
}

#[test]
fn the_signed_text_names_the_device_the_client_the_grant_the_credential_and_the_challenge() {
    let sim = OpenClawSim::greeting(config());
    let scopes = "operator.read,operator.write,operator.approvals";
    assert_eq!(sim.to_sign, format!("v3|d1|webchat-ui|webchat|operator|{scopes}|{START}|shared|n1|web|"));
}

#[test]
fn the_platform_of_the_signed_text_is_trimmed_and_in_lower_case() {
    let challenge = Challenge { nonce: "n".to_owned(), at: 5 };
    let claim = Claim {
        device_id: "d",
        client_id: "cli",
        client_mode: "cli",
        role: "node",
        scopes: &[],
        token: "",
        platform: " MacIntel ",
        device_family: "Desk Top",
    };
    assert_eq!(signing_text(&claim, &challenge).0, "v3|d|cli|cli|node||5||n|macintel|desk top");
}

#[test]
fn the_request_holds_every_member_once_and_no_other() {
    let mut sim = OpenClawSim::greeting(Config {
        client: agent_gateway_client::openclaw::Application {
            version: "1.2".to_owned(),
            locale: Some("en-US".to_owned()),
            instance_id: Some("tab".to_owned()),
            ..Default::default()
        },
        ..config()
    });
    let expected = json!({"type": "req", "id": "1", "method": "connect", "params": {
        "minProtocol": 3, "maxProtocol": 4,
        "client": {"id": "webchat-ui", "version": "1.2", "platform": "web", "mode": "webchat", "instanceId": "tab"},
        "role": "operator",
        "scopes": ["operator.read", "operator.write", "operator.approvals"],
        "caps": ["tool-events", "session-scoped-events", "exec-approvals"],
        "locale": "en-US",
        "auth": {"token": "shared"},
        "device": {"id": "d1", "publicKey": "pk1", "signature": "sig", "signedAt": START, "nonce": "n1"},
    }});
    assert_eq!(sim.sent(), [expected]);
}

#[test]
fn a_client_without_a_device_signs_nothing() {
    let mut sim = OpenClawSim::greeting(Config { device: None, ..config() });
    let sent = sim.sent();
    assert_eq!((sim.request, sent[0]["params"].get("device")), (None, None));
}

#[test]
fn the_first_credential_that_is_there_is_presented_and_a_password_goes_along() {
    let all = Auth {
        token: secret("shared"),
        device_token: secret("own"),
        password: secret("word"),
        bootstrap_token: secret("boot"),
    };
    let without_token = Auth { token: None, ..all.clone() };
    let only_password = Auth { device_token: None, ..without_token.clone() };
    let only_bootstrap = Auth { password: None, ..only_password.clone() };
    let rows = [
        (all, "shared", json!({"token": "shared", "password": "word"})),
        (without_token, "own", json!({"deviceToken": "own", "password": "word"})),
        (only_password, "", json!({"password": "word"})),
        (only_bootstrap, "boot", json!({"bootstrapToken": "boot"})),
        (Auth::default(), "", Value::Null),
    ];
    for (auth, signed, presented) in rows {
        let mut sim = OpenClawSim::greeting(Config { auth, ..config() });
        assert_eq!(sim.sent()[0]["params"]["auth"], presented);
        assert_eq!(sim.to_sign.split('|').nth(7), Some(signed));
    }
}

#[test]
fn a_stored_token_asks_for_the_scopes_that_it_is_good_for() {
    let mut sim = OpenClawSim::greeting(Config { auth: Auth::default(), stored: stored("kept"), ..config() });
    let params = sim.sent()[0]["params"].clone();
    assert_eq!((&params["auth"], &params["scopes"]), (&json!({"deviceToken": "kept"}), &json!(["operator.read"])));
    assert_eq!(sim.to_sign.split('|').nth(5), Some("operator.read"));
}

#[test]
fn a_new_token_of_the_device_is_handed_to_the_host_once() {
    let mut sim = OpenClawSim::greeting(config());
    let mut welcome = hello();
    welcome["auth"]["deviceToken"] = json!("fresh");
    sim.welcome(welcome.clone());
    assert_eq!(sim.log(), ["hello 4", "token granted fresh", "ready"]);
    sim.close(1006, "");
    sim.advance_to_dial();
    sim.challenge();
    sim.log();
    sim.welcome(welcome);
    assert_eq!(sim.log(), ["hello 4", "ready"]);
}

#[test]
fn an_operator_without_a_scope_is_degraded_and_told_what_to_do() {
    for (device, remedy) in [(None, None), (config().device, Some("openclaw devices approve"))] {
        let mut sim = OpenClawSim::greeting(Config { device, ..config() });
        let mut welcome = hello();
        welcome["auth"]["scopes"] = json!([]);
        sim.welcome(welcome);
        let State::Degraded(trouble) = sim.session.state() else { panic!("{:?}", sim.session.state()) };
        assert_eq!((trouble.code.as_str(), trouble.remedy.as_deref()), ("no_scopes", remedy));
        assert!(trouble.next_step.contains("device"));
    }
}

#[test]
fn a_node_needs_no_scopes() {
    let mut sim = OpenClawSim::greeting(Config { role: "node".to_owned(), scopes: Vec::new(), ..config() });
    let mut welcome = hello();
    welcome["auth"]["scopes"] = json!([]);
    sim.welcome(welcome);
    assert_eq!(sim.session.state(), &State::Ready);
}

#[test]
fn a_welcome_with_unknown_members_and_without_known_ones_is_read() {
    let mut sim = OpenClawSim::greeting(config());
    sim.welcome(json!({"type": "hello-ok", "protocol": 3, "novelty": 1, "auth": {"scopes": ["operator.read"]}}));
    assert_eq!(sim.session.state(), &State::Ready);
    let policy = sim.session.policy().expect("it stands");
    assert_eq!((policy.max_payload, policy.tick_every), (26_214_400, 30_000));
}

#[test]
fn another_boot_is_told_as_a_restart() {
    let mut sim = OpenClawSim::ready();
    sim.close(1012, "service restart");
    sim.advance_to_dial();
    sim.challenge();
    sim.log();
    let mut welcome = hello();
    welcome["server"]["bootId"] = json!("boot-2");
    sim.welcome(welcome);
    assert_eq!(sim.log(), ["hello 4 restarted", "ready"]);
}

#[test]
fn events_that_come_before_the_welcome_are_told() {
    let mut sim = OpenClawSim::greeting(config());
    sim.event("presence", json!({"presence": []}));
    sim.welcome(hello());
    assert_eq!(sim.log(), ["event presence", "hello 4", "ready"]);
}

#[test]
fn each_step_of_the_handshake_has_a_deadline() {
    let mut sim = OpenClawSim::new(Config { ..config() });
    sim.signs = false;
    sim.connect();
    assert_eq!(sim.deadline_in(), Some((15_000, "handshake")));
    sim.challenge();
    assert_eq!(sim.deadline_in(), Some((10_000, "signature")));
    sim.sign(Answer::Signed { signature: "sig".to_owned() });
    assert_eq!(sim.deadline_in(), Some((15_000, "handshake")));
}

#[test]
fn a_step_that_takes_too_long_is_given_up_and_tried_anew() {
    let mut sim = OpenClawSim::new(config());
    sim.signs = false;
    sim.connect();
    sim.log();
    sim.advance(15_000);
    assert_eq!(sim.log(), ["hangup 4000 challenge_timeout", "waiting challenge_timeout"]);
    sim.advance_to_dial();
    sim.challenge();
    sim.log();
    sim.advance(10_000);
    assert_eq!(sim.log(), ["withdraw", "hangup 4000 signature_timeout", "waiting signature_timeout"]);
    sim.advance_to_dial();
    sim.challenge();
    sim.sign(Answer::Signed { signature: "sig".to_owned() });
    sim.log();
    sim.advance(15_000);
    assert_eq!(sim.log(), ["hangup 4000 welcome_timeout", "waiting welcome_timeout"]);
}

#[test]
fn a_host_that_cannot_sign_is_asked_again_on_the_next_socket() {
    let mut sim = OpenClawSim::new(config());
    sim.signs = false;
    sim.connect();
    sim.challenge();
    sim.log();
    sim.sign(Answer::Failed { detail: "locked".to_owned() });
    assert_eq!(sim.log(), ["hangup 4000 signature_failed", "waiting signature_failed"]);
    sim.advance_to_dial();
    sim.challenge();
    assert!(sim.log().contains(&"sign".to_owned()));
}

#[test]
fn a_late_signature_is_ignored() {
    let mut sim = OpenClawSim::new(config());
    sim.signs = false;
    sim.connect();
    sim.challenge();
    sim.close(1006, "");
    sim.log();
    sim.sign(Answer::Signed { signature: "late".to_owned() });
    assert_eq!((sim.log(), sim.sent()), (vec![], vec![]));
}

#[test]
fn frames_of_an_older_socket_are_ignored() {
    let mut sim = OpenClawSim::ready();
    let frame = agent_gateway_client::openclaw::json::decode(r#"{"type":"event","event":"presence","seq":9}"#);
    sim.close(1006, "");
    sim.advance_to_dial();
    sim.log();
    sim.input(Input::Frame { dial: DialId(0), frame: frame.expect("a frame") });
    sim.input(Input::Closed { dial: DialId(0), code: 1006, reason: String::new() });
    assert_eq!(sim.log(), Vec::<String>::new());
}

#[test]
fn a_gateway_on_this_machine_is_dialled_without_a_network_too() {
    let mut sim = OpenClawSim::ready();
    sim.wake(Wake::Offline);
    sim.close(1012, "service restart");
    assert_eq!(sim.log(), ["waiting gateway_restarting"]);
    assert!(sim.advance_to_dial() < 1_000);
    sim.log();
    sim.close(1006, "");
    sim.wake(Wake::Offline);
    assert_eq!(sim.log(), ["waiting connection_lost"]);
    assert!(sim.advance_to_dial() < 2_000);
}

#[test]
fn a_network_that_came_back_while_nothing_was_connected_is_not_missed() {
    let mut sim = OpenClawSim::new(far());
    sim.connect();
    sim.wake(Wake::Offline);
    sim.call(|session, _| session.disconnect());
    sim.connect();
    sim.log();
    sim.close(1006, "");
    assert_eq!(sim.log(), ["waiting connection_lost"]);
}

#[test]
fn a_socket_that_opens_proves_that_there_is_a_network() {
    let mut sim = OpenClawSim::new(far());
    sim.connect();
    sim.wake(Wake::Offline);
    sim.challenge();
    sim.log();
    sim.close(1006, "");
    assert_eq!(sim.log(), ["waiting connection_lost"]);
}

#[test]
fn neither_the_network_nor_the_page_cuts_a_wait_that_the_gateway_asked_for() {
    for (gone, back) in [(Wake::Offline, Wake::Online), (Wake::Hidden, Wake::Shown)] {
        let mut sim = asked_to_wait();
        sim.wake(gone);
        sim.wake(back);
        assert!((60_000..=72_000).contains(&sim.advance_to_dial()), "{gone:?}");
    }
}

#[test]
fn after_a_wait_that_the_gateway_asked_for_the_network_or_the_page_is_waited_for() {
    let rows = [(Wake::Offline, Wake::Online, "offline"), (Wake::Hidden, Wake::Shown, "page_hidden")];
    for (gone, back, code) in rows {
        let mut sim = asked_to_wait();
        sim.wake(gone);
        assert_eq!(sim.log(), Vec::<String>::new());
        sim.advance(72_000);
        assert_eq!((sim.log(), sim.deadline_in()), (vec![format!("waiting for the host: {code}")], None));
        sim.wake(back);
        assert_eq!(sim.log(), ["connecting", "dial wss://gateway.example.org"]);
    }
}

#[test]
fn a_token_that_the_host_keeps_by_now_is_not_taken_while_a_socket_is_there() {
    let mut sim = OpenClawSim::new(Config { auth: Auth::default(), stored: stored("kept"), ..config() });
    sim.signs = false;
    sim.connect();
    sim.challenge();
    sim.call(|session, _| session.renew_token(stored("another").expect("a token")));
    sim.sign(Answer::Signed { signature: "sig".to_owned() });
    assert_eq!(sim.sent()[0]["params"]["auth"], json!({"deviceToken": "kept"}));
    assert_eq!(sim.to_sign.split('|').nth(7), Some("kept"));
}

#[test]
fn disconnecting_ends_everything() {
    let mut sim = OpenClawSim::ready();
    let call = sim.ask("status");
    sim.call(|session, _| session.disconnect());
    sim.wake(Wake::Visible);
    let expected = [
        "send status".to_owned(),
        "hangup 1000 client disconnect".to_owned(),
        format!("failed {} connection_lost", call.0),
        "closed".to_owned(),
    ];
    assert_eq!(sim.log(), expected);
    assert_eq!(sim.deadline_in(), None);
    assert_eq!(state_line(sim.session.state()), "closed");
}

#[test]
fn no_secret_is_shown_in_debug_output() {
    let mut sim = OpenClawSim::greeting(Config { stored: stored("kept-secret"), ..config() });
    sim.call(|session, _| assert!(!format!("{session:?}").contains("kept-secret")));
    let shown = format!("{:?}", Config { auth: Auth { token: secret("top-secret"), ..Auth::default() }, ..config() });
    assert!(!shown.contains("top-secret"), "{shown}");
    let mut pending = OpenClawSim::new(config());
    pending.call(|session, now| {
        session.connect(now);
        assert!(!format!("{session:?}").contains("shared"));
    });
}

/// A gateway on another machine.
fn far() -> Config {
    Config { gateway_url: "wss://gateway.example.org".to_owned(), ..config() }
}

/// A gateway on another machine that wants to be asked again in a minute, and an empty log.
fn asked_to_wait() -> OpenClawSim {
    let mut sim = OpenClawSim::greeting(far());
    sim.refuse(json!({"code": "UNAVAILABLE", "message": "later", "retryable": true, "retryAfterMs": 60_000}));
    sim.log();
    sim
}

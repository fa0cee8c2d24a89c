#![cfg(not(target_family = "wasm"))]
//! What follows from each code of a refusal, from each close code, and what a person is told to do.

#[path = "support/openclaw.rs"]
mod openclaw;

use std::collections::BTreeSet;

use agent_gateway_client::machine::Wake;
use agent_gateway_client::openclaw::json::decode;
use agent_gateway_client::openclaw::refusal::{ROWS, Verdict, trouble_of};
use agent_gateway_client::openclaw::wire::Frame;
use agent_gateway_client::openclaw::{Auth, Config, State, Trouble};
use openclaw::{OpenClawSim, config, hello, refusal, secret, stored};
use serde_json::json;

/// No attempt follows by itself, whatever happens; a person can connect again.
fn blocks(code: &str) {
    let mut sim = OpenClawSim::greeting(config());
    sim.refuse(refusal(code, json!({"requestId": "r1"})));
    assert_eq!(sim.log(), ["hangup 1000 connect refused".to_owned(), format!("blocked {code}")]);
    assert!(trouble(&sim).next_step.len() > 10, "{code} has no next step");
    stays_blocked(&mut sim);
    sim.connect();
    assert_eq!(sim.log(), ["connecting", "dial ws://127.0.0.1:18789"]);
}

/// Attempts follow, with growing delays.
fn retries(code: &str) {
    let mut sim = OpenClawSim::greeting(config());
    let mut delays = Vec::new();
    for _ in 0..3 {
        sim.refuse(refusal(code, json!({})));
        assert!(sim.log().contains(&format!("waiting {code}")));
        delays.push(sim.advance_to_dial());
        sim.challenge();
    }
    assert!(delays.is_sorted() && delays[0] >= 800 && delays[2] < 3_000, "{delays:?}");
}

/// One attempt follows, and none after the same refusal.
fn retries_once(code: &str) {
    let mut sim = OpenClawSim::greeting(config());
    sim.refuse(refusal(code, json!({})));
    sim.advance_to_dial();
    sim.challenge();
    sim.log();
    sim.refuse(refusal(code, json!({})));
    assert_eq!(sim.log(), ["hangup 1000 connect refused".to_owned(), format!("blocked {code}")]);
    stays_blocked(&mut sim);
}

macro_rules! codes {
    ($($name:ident: $code:literal $check:ident;)*) => {
        $(
            #[test]
            fn $name() {
                $check($code);
            }
        )*

        /// The codes with a test of their own.
        const TESTED: &[&str] = &[$($code),*];
    };
}

codes! {
    a_required_credential_blocks: "AUTH_REQUIRED" blocks;
    an_unauthorized_client_blocks: "AUTH_UNAUTHORIZED" blocks;
    a_missing_token_blocks: "AUTH_TOKEN_MISSING" blocks;
    a_wrong_token_without_a_device_token_blocks: "AUTH_TOKEN_MISMATCH" blocks;
    a_gateway_without_a_token_blocks: "AUTH_TOKEN_NOT_CONFIGURED" blocks;
    a_missing_password_blocks: "AUTH_PASSWORD_MISSING" blocks;
    a_wrong_password_blocks: "AUTH_PASSWORD_MISMATCH" blocks;
    a_gateway_without_a_password_blocks: "AUTH_PASSWORD_NOT_CONFIGURED" blocks;
    a_used_bootstrap_token_blocks: "AUTH_BOOTSTRAP_TOKEN_INVALID" blocks;
    a_wrong_device_token_with_nothing_else_blocks: "AUTH_DEVICE_TOKEN_MISMATCH" blocks;
    scopes_that_a_token_is_not_good_for_block: "AUTH_SCOPE_MISMATCH" blocks;
    too_many_failures_block: "AUTH_RATE_LIMITED" blocks;
    a_missing_tailscale_identity_blocks: "AUTH_TAILSCALE_IDENTITY_MISSING" blocks;
    a_missing_tailscale_proxy_blocks: "AUTH_TAILSCALE_PROXY_MISSING" blocks;
    a_failed_tailscale_lookup_is_tried_once_more: "AUTH_TAILSCALE_WHOIS_FAILED" retries_once;
    another_tailscale_identity_blocks: "AUTH_TAILSCALE_IDENTITY_MISMATCH" blocks;
    a_missing_identity_header_blocks: "AUTH_IDENTITY_HEADER_REQUIRED" blocks;
    an_unverified_user_blocks: "AUTH_VERIFIED_USER_REQUIRED" blocks;
    an_unreadable_profile_is_tried_again: "AUTHENTICATED_PROFILE_UNAVAILABLE" retries;
    a_page_of_another_build_blocks: "CONTROL_UI_BUILD_MISMATCH" blocks;
    a_refused_origin_blocks: "CONTROL_UI_ORIGIN_NOT_ALLOWED" blocks;
    a_control_page_without_a_device_blocks: "CONTROL_UI_DEVICE_IDENTITY_REQUIRED" blocks;
    a_client_without_a_device_blocks: "DEVICE_IDENTITY_REQUIRED" blocks;
    another_protocol_blocks: "PROTOCOL_MISMATCH" blocks;
    another_client_version_blocks: "CLIENT_VERSION_MISMATCH" blocks;
    an_invalid_public_key_blocks: "DEVICE_AUTH_PUBLIC_KEY_INVALID" blocks;
    an_id_of_another_key_blocks: "DEVICE_AUTH_DEVICE_ID_MISMATCH" blocks;
    a_late_signature_is_tried_once_more: "DEVICE_AUTH_SIGNATURE_EXPIRED" retries_once;
    a_missing_nonce_blocks: "DEVICE_AUTH_NONCE_REQUIRED" blocks;
    another_nonce_is_tried_once_more: "DEVICE_AUTH_NONCE_MISMATCH" retries_once;
    an_invalid_signature_blocks: "DEVICE_AUTH_SIGNATURE_INVALID" blocks;
    a_device_that_awaits_approval_blocks: "PAIRING_REQUIRED" blocks;
    a_device_that_was_turned_down_blocks: "PAIRING_REJECTED" blocks;
    an_approval_that_nobody_gave_blocks: "PAIRING_EXPIRED" blocks;
    a_missing_scope_blocks: "MISSING_SCOPE" blocks;
    an_unpaired_device_blocks: "NOT_PAIRED" blocks;
    an_invalid_request_blocks: "INVALID_REQUEST" blocks;
    a_forbidden_request_blocks: "FORBIDDEN" blocks;
    an_unknown_approval_blocks: "APPROVAL_NOT_FOUND" blocks;
    an_answered_approval_blocks: "APPROVAL_ALREADY_RESOLVED" blocks;
    an_unavailable_gateway_is_tried_again: "UNAVAILABLE" retries;
    an_unlinked_channel_is_tried_again: "NOT_LINKED" retries;
    a_slow_agent_is_tried_again: "AGENT_TIMEOUT" retries;
}

#[test]
fn every_row_of_the_table_has_a_test() {
    let rows: BTreeSet<_> = ROWS.iter().map(|row| row.code).collect();
    assert_eq!((rows.len(), rows), (ROWS.len(), TESTED.iter().copied().collect()));
}

#[test]
fn every_row_of_the_table_is_in_the_documentation() {
    let documentation = include_str!("../docs/openclaw.md");
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let documented: Vec<_> = documentation.lines().map(cells).collect();
    let name = |verdict: Verdict| match verdict {
        Verdict::Retry => "retry",
        Verdict::RetryOnce => "retry once",
        Verdict::TryDeviceToken => "device token",
        Verdict::ForgetDeviceToken => "forget",
        Verdict::AwaitApproval => "approval",
        Verdict::Block => "block",
    };
    let missing = ROWS.iter().filter_map(|row| {
        let remedy = row.remedy.map_or(String::new(), |remedy| format!("`{remedy}`"));
        let line = format!("| `{}` | {} | {} | {remedy} |", row.code, name(row.verdict), row.next_step);
        (!documented.contains(&cells(&line))).then_some(line)
    });
    let missing: Vec<_> = missing.collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn an_unknown_code_blocks_under_its_own_name() {
    blocks("AUTH_OF_TOMORROW");
}

#[test]
fn a_refusal_that_may_be_retried_is_whatever_its_class() {
    let mut sim = OpenClawSim::greeting(config());
    sim.refuse(json!({"code": "INVALID_REQUEST", "message": "busy", "retryable": true, "retryAfterMs": 5000}));
    assert!((5_000..=6_000).contains(&sim.advance_to_dial()));
}

#[test]
fn a_refusal_without_any_code_blocks() {
    let mut sim = OpenClawSim::greeting(config());
    sim.refuse(json!({}));
    assert_eq!(trouble(&sim).code, "UNKNOWN");
    stays_blocked(&mut sim);
}

#[test]
fn a_starting_gateway_is_asked_again_when_it_says_but_not_later_than_two_seconds() {
    for (asked, least, most) in [(500, 500, 600), (10, 100, 120), (60_000, 2_000, 2_400)] {
        let mut sim = OpenClawSim::greeting(config());
        let details = json!({"reason": "startup-sidecars"});
        sim.refuse(json!({"code": "UNAVAILABLE", "message": "gateway starting", "retryable": true,
            "retryAfterMs": asked, "details": details}));
        let waited = sim.advance_to_dial();
        assert!((least..=most).contains(&waited), "{asked}: {waited}");
    }
}

#[test]
fn a_restarting_or_suspending_gateway_is_asked_again_when_it_says() {
    for reason in ["gateway-restarting", "gateway-suspending"] {
        let mut sim = OpenClawSim::greeting(config());
        sim.refuse(json!({"code": "UNAVAILABLE", "message": "later", "retryable": true, "retryAfterMs": 4000,
            "details": {"reason": reason}}));
        sim.wake(Wake::Visible);
        assert!((4_000..=4_800).contains(&sim.advance_to_dial()), "a wake-up cuts no wait that the gateway asked for");
    }
}

#[test]
fn a_wrong_shared_token_is_followed_by_one_attempt_with_the_devices_own() {
    let mut sim = with_stored();
    sim.refuse(refusal("AUTH_TOKEN_MISMATCH", json!({"canRetryWithDeviceToken": true})));
    assert_eq!(sim.advance_to_dial(), 250);
    sim.challenge();
    let auth = sim.sent().pop().expect("a request")["params"]["auth"].clone();
    assert_eq!(auth, json!({"deviceToken": "kept"}));
    assert_eq!(sim.to_sign.split('|').nth(7), Some("kept"));
}

#[test]
fn the_refused_shared_token_is_not_presented_again_by_itself() {
    let mut sim = with_stored();
    sim.refuse(refusal("AUTH_TOKEN_MISMATCH", json!({"recommendedNextStep": "retry_with_device_token"})));
    sim.advance_to_dial();
    sim.challenge();
    sim.welcome(hello());
    for _ in 0..3 {
        sim.close(1006, "");
        sim.advance_to_dial();
        sim.challenge();
        let auth = sim.sent().pop().expect("a request")["params"]["auth"].clone();
        assert_eq!(auth, json!({"deviceToken": "kept"}));
        reopen(&mut sim);
    }
}

#[test]
fn without_the_gateways_word_a_trusted_endpoint_or_a_device_there_is_no_second_attempt() {
    let offered = json!({"canRetryWithDeviceToken": true});
    let far = "wss://gateway.example.org".to_owned();
    let base = Config { stored: stored("kept"), ..config() };
    let rows = [
        (base.clone(), json!({"canRetryWithDeviceToken": false})),
        (Config { gateway_url: far.clone(), ..base.clone() }, offered.clone()),
        (Config { device: None, ..base.clone() }, offered.clone()),
        (Config { stored: None, ..base.clone() }, offered.clone()),
    ];
    for (config, details) in rows {
        let mut sim = OpenClawSim::greeting(config);
        sim.refuse(refusal("AUTH_TOKEN_MISMATCH", details));
        stays_blocked(&mut sim);
    }
    let mut trusted = OpenClawSim::greeting(Config { gateway_url: far, trusts_endpoint: true, ..base });
    trusted.refuse(refusal("AUTH_TOKEN_MISMATCH", offered));
    assert_eq!(trusted.advance_to_dial(), 250);
}

#[test]
fn when_both_tokens_were_refused_nothing_more_is_tried_and_the_kept_one_is_forgotten() {
    let mut sim = with_stored();
    sim.refuse(refusal("AUTH_TOKEN_MISMATCH", json!({"canRetryWithDeviceToken": true})));
    sim.advance_to_dial();
    sim.challenge();
    sim.log();
    sim.refuse(refusal("AUTH_DEVICE_TOKEN_MISMATCH", json!({})));
    sim.advance(250);
    assert_eq!(sim.log(), forgotten("kept"));
    stays_blocked(&mut sim);
}

#[test]
fn a_refused_kept_token_is_forgotten_and_the_bootstrap_token_is_tried_once() {
    let auth = Auth { bootstrap_token: secret("boot"), ..Auth::default() };
    let mut sim = OpenClawSim::greeting(Config { auth, stored: stored("kept"), ..config() });
    sim.refuse(refusal("AUTH_DEVICE_TOKEN_MISMATCH", json!({})));
    sim.advance_to_dial();
    sim.challenge();
    assert_eq!(sim.sent().pop().expect("a request")["params"]["auth"], json!({"bootstrapToken": "boot"}));
}

#[test]
fn a_password_that_went_along_is_refused_with_the_token() {
    let auth = Auth { token: secret("bad"), password: secret("wrong"), ..Auth::default() };
    let mut sim = OpenClawSim::greeting(Config { auth, stored: stored("kept"), ..config() });
    sim.refuse(refusal("AUTH_TOKEN_MISMATCH", json!({"canRetryWithDeviceToken": true})));
    sim.advance_to_dial();
    sim.challenge();
    assert_eq!(sim.presented(), json!({"deviceToken": "kept"}));
    sim.refuse(refusal("AUTH_DEVICE_TOKEN_MISMATCH", json!({})));
    sim.advance(250);
    assert_eq!(trouble(&sim).code, "AUTH_DEVICE_TOKEN_MISMATCH");
    stays_blocked(&mut sim);
    sim.connect();
    sim.challenge();
    let auth = sim.sent().pop().expect("a request")["params"]["auth"].clone();
    assert_eq!(auth, json!({"token": "bad", "password": "wrong"}), "a person asked for it");
}

#[test]
fn another_token_that_the_host_keeps_by_now_is_tried_in_place_of_the_refused_one() {
    let mut sim = OpenClawSim::greeting(Config { auth: Auth::default(), stored: stored("old"), ..config() });
    sim.refuse(refusal("AUTH_DEVICE_TOKEN_MISMATCH", json!({})));
    let expected = ["hangup 1000 connect refused", "token refused old", "waiting AUTH_DEVICE_TOKEN_MISMATCH"];
    assert_eq!(sim.log(), expected);
    sim.call(|session, _| session.renew_token(stored("new").expect("a token")));
    assert_eq!(sim.advance_to_dial(), 250);
    sim.challenge();
    assert_eq!(sim.sent().pop().expect("a request")["params"]["auth"], json!({"deviceToken": "new"}));
}

#[test]
fn one_such_token_is_tried_and_a_person_or_a_welcome_allows_the_next() {
    let mut sim = OpenClawSim::greeting(Config { auth: Auth::default(), stored: stored("t0"), ..config() });
    refuse_and_renew(&mut sim, "t1");
    sim.advance_to_dial();
    sim.challenge();
    sim.welcome(hello());
    sim.close(4001, "gateway auth changed");
    sim.advance_to_dial();
    sim.challenge();
    refuse_and_renew(&mut sim, "t2");
    sim.advance_to_dial();
    sim.challenge();
    refuse_and_renew(&mut sim, "t0");
    assert_eq!(trouble(&sim).code, "AUTH_DEVICE_TOKEN_MISMATCH");
    stays_blocked(&mut sim);
    sim.connect();
    sim.challenge();
    assert_eq!(sim.sent().pop().expect("a request")["params"]["auth"], json!({"deviceToken": "t0"}));
}

#[test]
fn a_token_that_was_refused_is_not_taken_for_another_one() {
    for again in ["old", "own"] {
        let auth = Auth { device_token: secret("own"), ..Auth::default() };
        let mut sim = OpenClawSim::greeting(Config { auth, stored: stored("old"), ..config() });
        sim.refuse(refusal("AUTH_DEVICE_TOKEN_MISMATCH", json!({})));
        sim.advance_to_dial();
        sim.challenge();
        assert_eq!(sim.presented(), json!({"deviceToken": "old"}));
        refuse_and_renew(&mut sim, again);
        sim.advance(250);
        assert_eq!(trouble(&sim).code, "AUTH_DEVICE_TOKEN_MISMATCH");
        stays_blocked(&mut sim);
    }
}

#[test]
fn while_the_host_may_say_which_token_it_keeps_nothing_is_presented() {
    let mut sim = OpenClawSim::greeting(Config { auth: Auth::default(), stored: stored("old"), ..config() });
    sim.refuse(refusal("AUTH_DEVICE_TOKEN_MISMATCH", json!({})));
    sim.log();
    for wake in [Wake::Visible, Wake::Online, Wake::Shown] {
        sim.wake(wake);
    }
    sim.connect();
    assert_eq!(sim.log(), Vec::<String>::new());
    sim.advance(250);
    assert_eq!(sim.log(), ["blocked AUTH_DEVICE_TOKEN_MISMATCH"]);
}

#[test]
fn a_refused_call_means_what_its_reason_or_its_words_say_where_it_has_no_code() {
    let scope = "Connect with the scope operator.admin (option `scopes`), or leave the call out.";
    let of = |code: &str| ROWS.iter().find(|row| row.code == code).expect("a row").next_step;
    let rows = [
        (
            json!({"code": "INVALID_REQUEST", "message": "no", "details": {"reason": "APPROVAL_ALREADY_RESOLVED"}}),
            "APPROVAL_ALREADY_RESOLVED",
            of("APPROVAL_ALREADY_RESOLVED"),
        ),
        (
            json!({"code": "INVALID_REQUEST", "message": "no", "details": {"reason": "APPROVAL_NOT_FOUND"}}),
            "APPROVAL_NOT_FOUND",
            of("APPROVAL_NOT_FOUND"),
        ),
        (json!({"code": "INVALID_REQUEST", "message": "missing scope: operator.admin"}), "MISSING_SCOPE", scope),
        (
            json!({"code": "FORBIDDEN", "message": "no",
                "details": {"code": "MISSING_SCOPE", "missingScope": "operator.admin"}}),
            "MISSING_SCOPE",
            scope,
        ),
        (
            json!({"code": "FORBIDDEN", "message": "no", "details": {"code": "MISSING_SCOPE"}}),
            "MISSING_SCOPE",
            of("MISSING_SCOPE"),
        ),
        (
            json!({"code": "INVALID_REQUEST", "message": "no", "details": {"reason": "not-known"}}),
            "INVALID_REQUEST",
            of("INVALID_REQUEST"),
        ),
    ];
    for (error, code, next_step) in rows {
        let frame = json!({"type": "res", "id": "1", "ok": false, "error": error});
        let Ok(Frame::Response { outcome: Err(fault), .. }) = decode(&frame.to_string()) else { panic!("{frame}") };
        let trouble = trouble_of(&fault, None);
        assert_eq!((fault.specific_code().as_str(), trouble.code.as_str()), (code, code));
        assert_eq!(trouble.next_step, next_step);
    }
}

#[test]
fn a_refused_token_of_the_application_is_not_tried_again_because_the_gateway_gave_it_once_more() {
    let auth = Auth { device_token: secret("own"), ..Auth::default() };
    let mut sim = OpenClawSim::greeting(Config { auth, ..config() });
    let mut welcome = hello();
    welcome["auth"]["deviceToken"] = json!("own");
    sim.welcome(welcome);
    sim.close(4001, "device removed");
    sim.advance_to_dial();
    sim.challenge();
    sim.log();
    sim.refuse(refusal("AUTH_DEVICE_TOKEN_MISMATCH", json!({})));
    sim.advance(250);
    assert_eq!(sim.log(), forgotten("own"));
    stays_blocked(&mut sim);
}

#[test]
fn at_most_one_automatic_attempt_follows_any_refused_credential() {
    let auth = Auth {
        token: secret("shared"),
        device_token: secret("own"),
        password: secret("word"),
        bootstrap_token: secret("boot"),
    };
    let credential_codes =
        TESTED.iter().filter(|code| code.starts_with("AUTH_") && !["AUTH_DEVICE_TOKEN_MISMATCH"].contains(code));
    for code in credential_codes {
        let mut sim = OpenClawSim::greeting(Config { auth: auth.clone(), stored: stored("kept"), ..config() });
        let mut attempts = 0;
        while !matches!(sim.session.state(), State::Blocked(_)) {
            sim.refuse(refusal(code, json!({"canRetryWithDeviceToken": true})));
            if let State::Waiting { .. } = sim.session.state() {
                attempts += 1;
                assert!(attempts <= 1, "{code}");
                sim.advance_to_dial();
                sim.challenge();
            }
        }
    }
}

#[test]
fn new_credentials_end_a_block_and_are_the_ones_presented() {
    let mut sim = OpenClawSim::greeting(config());
    sim.refuse(refusal("AUTH_TOKEN_MISMATCH", json!({})));
    sim.call(|session, now| session.update_auth(Auth { token: secret("new"), ..Auth::default() }, now));
    sim.challenge();
    assert_eq!(sim.sent().pop().expect("a request")["params"]["auth"], json!({"token": "new"}));
}

#[test]
fn new_credentials_take_the_place_of_those_that_are_being_presented() {
    let new = || Auth { token: secret("new"), ..Auth::default() };
    let greeting = OpenClawSim::greeting(config());
    let mut signing = OpenClawSim::new(config());
    signing.signs = false;
    signing.connect();
    signing.challenge();
    signing.log();
    signing.signs = true;
    for (mut sim, withdrawn) in [(greeting, None), (signing, Some("withdraw"))] {
        sim.call(|session, now| session.update_auth(new(), now));
        let dialled = ["hangup 1000 other credentials", "connecting", "dial ws://127.0.0.1:18789"];
        assert_eq!(sim.log(), withdrawn.into_iter().chain(dialled).collect::<Vec<_>>());
        sim.challenge();
        assert_eq!(sim.presented(), json!({"token": "new"}));
    }
}

#[test]
fn a_refused_origin_names_the_line_of_the_configuration() {
    let mut sim = OpenClawSim::greeting(config());
    sim.refuse(refusal("CONTROL_UI_ORIGIN_NOT_ALLOWED", json!({})));
    let expected = r#"gateway.controlUi.allowedOrigins: ["https://page.example.org"]"#;
    assert_eq!(trouble(&sim).remedy.as_deref(), Some(expected));
}

#[test]
fn a_device_that_awaits_approval_names_the_command_with_its_request() {
    let mut sim = OpenClawSim::greeting(config());
    sim.refuse(refusal("PAIRING_REQUIRED", json!({"requestId": "req-7", "reason": "not-paired"})));
    assert_eq!(trouble(&sim).remedy.as_deref(), Some("openclaw devices approve req-7"));
}

#[test]
fn an_approval_that_the_gateway_wants_to_be_asked_about_again_is_waited_for() {
    for details in [json!({"pauseReconnect": false}), json!({"recommendedNextStep": "wait_then_retry"})] {
        let mut sim = OpenClawSim::greeting(config());
        sim.refuse(refusal("PAIRING_REQUIRED", details));
        assert!(matches!(sim.session.state(), State::Waiting { .. }));
        sim.advance_to_dial();
    }
}

#[test]
fn a_rate_limit_says_how_long_to_wait_and_is_not_waited_out_by_itself() {
    let mut sim = OpenClawSim::greeting(config());
    let mut error = refusal("AUTH_RATE_LIMITED", json!({"recommendedNextStep": "wait_then_retry"}));
    error["retryable"] = json!(true);
    error["retryAfterMs"] = json!(299_953);
    sim.refuse(error);
    assert_eq!(trouble(&sim).retry_after, Some(299_953));
    stays_blocked(&mut sim);
}

#[test]
fn an_older_gateway_that_names_only_its_version_is_a_protocol_mismatch() {
    let mut sim = OpenClawSim::greeting(config());
    sim.refuse(json!({"code": "INVALID_REQUEST", "message": "protocol mismatch", "details": {"expectedProtocol": 3}}));
    assert_eq!(trouble(&sim).code, "PROTOCOL_MISMATCH");
}

#[test]
fn a_close_before_the_welcome_blocks_where_a_person_must_act() {
    let rows = [
        (1000, "waiting handshake_timeout"),
        (1002, "blocked PROTOCOL_MISMATCH"),
        (1006, "waiting connection_lost"),
        (1008, "blocked policy_closed"),
        (1009, "blocked frame_too_large"),
        (1011, "waiting gateway_failed"),
        (1013, "waiting gateway_unavailable"),
    ];
    for (code, expected) in rows {
        let mut sim = OpenClawSim::greeting(config());
        sim.close(code, "");
        assert_eq!(sim.log(), [expected], "{code}");
    }
}

#[test]
fn a_close_after_the_welcome_is_followed_by_another_attempt() {
    let rows = [
        (1000, "connection_lost"),
        (1006, "connection_lost"),
        (1008, "policy_closed"),
        (1009, "frame_too_large"),
        (1011, "gateway_failed"),
        (1012, "gateway_restarting"),
        (1013, "gateway_unavailable"),
        (4001, "credential_changed"),
    ];
    for (code, expected) in rows {
        let mut sim = OpenClawSim::ready();
        sim.close(code, "the reason");
        assert_eq!(sim.log(), [format!("waiting {expected}")], "{code}");
        assert!((800..=960).contains(&sim.advance_to_dial()), "{code}");
    }
}

/// The log of the refusal of a kept token that is the last credential.
fn forgotten(token: &str) -> [String; 4] {
    let code = "AUTH_DEVICE_TOKEN_MISMATCH";
    [
        "hangup 1000 connect refused".to_owned(),
        format!("token refused {token}"),
        format!("waiting {code}"),
        format!("blocked {code}"),
    ]
}

/// The gateway refuses the kept token, and the host keeps another by now.
fn refuse_and_renew(sim: &mut OpenClawSim, token: &str) {
    sim.refuse(refusal("AUTH_DEVICE_TOKEN_MISMATCH", json!({})));
    sim.call(|session, _| session.renew_token(stored(token).expect("a token")));
}

/// With a kept token, and nothing answered yet.
fn with_stored() -> OpenClawSim {
    OpenClawSim::greeting(Config { stored: stored("kept"), ..config() })
}

/// Ends the attempt under way as a gateway that is there.
fn reopen(sim: &mut OpenClawSim) {
    sim.close(1006, "");
    sim.advance_to_dial();
    sim.challenge();
    sim.welcome(hello());
}

fn trouble(sim: &OpenClawSim) -> Trouble {
    let State::Blocked(trouble) = sim.session.state() else { panic!("not blocked but {:?}", sim.session.state()) };
    trouble.clone()
}

fn stays_blocked(sim: &mut OpenClawSim) {
    sim.log();
    for wake in [Wake::Visible, Wake::Resumed, Wake::Offline, Wake::Online, Wake::Hidden, Wake::Shown] {
        sim.wake(wake);
    }
    sim.advance(3_600_000);
    assert_eq!((sim.log(), sim.deadline_in()), (Vec::<String>::new(), None));
    assert!(matches!(sim.session.state(), State::Blocked(_)));
}

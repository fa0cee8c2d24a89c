//! `agent-run config`, and which settings win.

mod support;

use serde_json::{Value, json};
use support::{Output, Program};

/// Runs the program in a settings directory that stays.
async fn config(home: &std::path::Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let home = home.to_str().expect("a path in Unicode");
    let environment = [&[("LOBEHUB_CLI_HOME", home)], environment].concat();
    Program::start_with(&[&["config"], arguments].concat(), &environment).end().await
}

#[tokio::test]
async fn a_gateway_of_ones_own_survives_every_other_save() {
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join("settings.json");
    std::fs::write(&file, r#"{"gatewayUrl":"https://device.example"}"#).expect("it is written");
    config(home.path(), &["set", "gateway", "https://mine.example/"], &[]).await;
    config(home.path(), &["set", "server", "https://server.example"], &[]).await;
    config(home.path(), &["unset", "server"], &[]).await;

    let stored: Value = serde_json::from_slice(&std::fs::read(&file).expect("a file")).expect("JSON");
    let expected = json!({ "gatewayUrl": "https://device.example", "agentGatewayUrl": "https://mine.example" });
    assert_eq!(stored, expected);
    let shown = config(home.path(), &["show"], &[]).await;
    assert!(shown.stdout.starts_with("gateway     https://mine.example  ("), "{}", shown.stdout);
    assert!(shown.stdout.contains("server      https://mine.example  (the same as the gateway)"), "{}", shown.stdout);
}

#[tokio::test]
async fn the_environment_wins_over_the_file_and_its_secrets_are_only_named() {
    let home = tempfile::tempdir().expect("a directory");
    config(home.path(), &["set", "gateway", "https://file.example"], &[]).await;
    let environment =
        [("AGENT_GATEWAY_URL", "https://environment.example"), ("LOBEHUB_JWT", "eyJ.secret.x"), ("LOBEHUB_SERVER", "")];
    let shown = config(home.path(), &["show"], &environment).await;

    assert_eq!(shown.code, Some(0));
    assert!(shown.stdout.contains("https://environment.example  (AGENT_GATEWAY_URL)"), "{}", shown.stdout);
    assert!(shown.stdout.contains("from LOBEHUB_JWT") && !shown.stdout.contains("secret"), "{}", shown.stdout);
}

#[tokio::test]
async fn a_file_that_is_no_settings_file_is_named_and_left_alone() {
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join("settings.json");
    std::fs::write(&file, "{oops").expect("it is written");
    let output = config(home.path(), &["set", "gateway", "https://g.example"], &[]).await;

    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("[settings_unreadable]") && output.stderr.contains("settings.json"), "{output:?}");
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), "{oops");
}

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, pause, timeout};

use super::*;
use crate::application::Application;
use crate::credential::Credential;
use crate::render::JsonOutput;

#[allow(dead_code, reason = "the tests of the program use all of it")]
#[path = "../../tests/support/gateway.rs"]
mod gateway;
#[allow(dead_code, reason = "the tests of the program use all of it")]
#[path = "../../tests/support/stub.rs"]
mod stub;

use gateway::Gateway;
use stub::Stub;

const DEADLINE: Duration = Duration::from_secs(60);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_run_of_which_nobody_tells_anything_is_given_up_after_ten_minutes() {
    let (gateway, server) = (Gateway::start().await, Stub::product().await);
    let (end, minutes) = follow_for_an_hour(&gateway, &server).await;

    let End { outcome, detail } = end.expect("it ends");
    assert_eq!((outcome, minutes), (Outcome::Unknown, 10));
    let expected = "Nothing came for 10 minutes, and the server does not say why; it may go on, \
                    follow it with: agent-run --operation op_1";
    assert_eq!(detail.as_deref(), Some(expected));
}

#[tokio::test]
async fn a_run_that_goes_on_by_the_servers_word_is_not_given_up() {
    let (gateway, server) = (Gateway::start().await, Stub::saying(json!({ "status": "running" })).await);
    let (end, minutes) = follow_for_an_hour(&gateway, &server).await;

    assert_eq!((end, minutes), (None, 60));
}

/// Follows a silent run while an hour passes that nobody waits for; its end, and the minutes until then.
async fn follow_for_an_hour(gateway: &Gateway, server: &Stub) -> (Option<End>, u64) {
    let source = source(gateway, &server.url).await;
    let (mut stops, mut output) = (Stops::listen().expect("signals"), JsonOutput::default());
    pause();
    let began = Instant::now();
    let follow = Follow::new(source.clone(), Transport::socket(source), &mut output, MINUTE);
    let end = timeout(60 * MINUTE, follow.until_the_end(&mut stops)).await;
    (end.ok().map(|end| end.expect("an output")), began.elapsed().as_secs() / 60)
}

/// A run that the gateway knows and is silent about, and that belongs to a server.
async fn source(gateway: &Gateway, server: &str) -> Source {
    let token = gateway.operation("op_1").await;
    let http = reqwest::Client::new();
    Source {
        http: http.clone(),
        operation_id: "op_1".to_owned(),
        gateway: gateway.url.clone(),
        credential: Some(Credential::jwt(token)),
        application: Application::new(http, server.to_owned()),
    }
}

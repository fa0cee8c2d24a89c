//! What a run and its connection are called.

use agent_gateway_client::link::Reason;
use agent_gateway_client::run::{Ending, Outcome, Phase, Snapshot, Verdict};

/// What the button of the input does.
pub fn button(run: &Snapshot) -> &'static str {
    match run.phase {
        Phase::Stopping => "stopping",
        _ if run.can_stop => "stop",
        _ => "send",
    }
}

/// The state of an answer.
pub fn state(outcome: Option<&Outcome>) -> &'static str {
    let Some(outcome) = outcome else { return "running" };
    match (outcome.verdict, outcome.ending) {
        (Verdict::Completed, _) => "completed",
        (Verdict::Failed, _) => "error",
        (Verdict::Interrupted, _) => "interrupted",
        (_, Ending::AuthFailed | Ending::RefreshFailed | Ending::Unauthorized) => "auth_failed",
        // The page leaves a run alone only where its server does not know it any more.
        (_, Ending::UnknownOperation | Ending::Detached) => "lost",
        (Verdict::Unknown, _) => "disconnected",
    }
}

/// The headline of an ending.
pub fn headline(state: &str) -> &'static str {
    match state {
        "completed" => "Done",
        "error" => "The run failed",
        "interrupted" => "Stopped",
        "auth_failed" => "Not allowed to follow this run",
        "lost" => "The run is lost",
        _ => "The connection was closed",
    }
}

/// What a person should know about an ending that is none of a failure.
pub fn footer(outcome: &Outcome) -> Option<String> {
    match outcome.ending {
        Ending::Stopped => Some("The server stopped the run; the gateway did not confirm the stop.".to_owned()),
        Ending::StopUnconfirmed => {
            Some("The gateway did not confirm the stop. The run may still be working there.".to_owned())
        }
        _ => None,
    }
}

/// Why a run failed, or was lost.
pub fn note(outcome: &Outcome) -> String {
    let told = || outcome.detail.clone().filter(|detail| !detail.is_empty());
    match outcome.ending {
        Ending::UnknownOperation | Ending::Detached => "The gateway does not know this run any more.".to_owned(),
        ending => told().unwrap_or_else(|| match outcome.reason.as_deref() {
            Some("auth_failed") => "The gateway refused the token.".to_owned(),
            Some("auth_expired") => "The gateway says that the token has expired.".to_owned(),
            Some(reason) => reason.to_owned(),
            None => format!("The run was left: {}", ending.as_str()),
        }),
    }
}

/// Why a connection is in its state.
pub fn reason(reason: Reason) -> String {
    match reason.as_str() {
        "connection_lost" => "the connection was lost".to_owned(),
        "offline" => "this device is offline".to_owned(),
        "token_pending" => "waiting for a fresh token".to_owned(),
        "auth_failed" => "the gateway refused the token".to_owned(),
        code => code.replace('_', " "),
    }
}

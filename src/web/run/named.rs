//! What a transport of the facade tells, by the names of the facade's events.

use wasm_bindgen::JsValue;

use super::facade::Facade;
use super::runner::Runner;
use super::told::asks;
use crate::agent::{Completion, CompletionSource, Outcome, SessionStatus};
use crate::link::{Reason, Status};
use crate::operation::Continuity;
use crate::run::{InterventionKind, Told, TransportId};
use crate::web::codec::{member, text_member};

/// Hands what a transport tells besides events to its run.
pub(super) fn tell(runner: &Runner<Facade>, transport: TransportId, name: &str, argument: &JsValue) {
    match name {
        "continuity" => {
            let reset = text_member(argument, "kind").as_deref() == Some("reset");
            runner.broken(if reset { Continuity::Reset } else { Continuity::Gap });
        }
        "resume_complete" => {
            if let Some(told) = status_of_replay(argument) {
                runner.told(transport, told);
            }
        }
        _ => {}
    }
    if let Some(told) = told(name, argument) {
        runner.told(transport, told);
    }
    match name {
        "status_changed" if text_member(argument, "status").as_deref() == Some("connected") => runner.connected(),
        "resume_complete" => runner.replayed(),
        _ => {}
    }
}

/// An event besides `agent_event`. `None`: the run need not know of it.
fn told(name: &str, argument: &JsValue) -> Option<Told<JsValue>> {
    Some(match name {
        "status_changed" => Told::Link { status: status(argument)?, reason: reason(argument) },
        "resume_complete" => Told::Replayed { pending: member(argument, "pending").is_truthy() },
        "status_change" => Told::Status(SessionStatus::from_name(&argument.as_string()?)),
        "input_request" => asks(argument, "requestId", InterventionKind::Input)?,
        "tool_confirmation_request" => asks(argument, "toolCallId", InterventionKind::ToolConfirmation)?,
        "unknown_operation" => Told::UnknownOperation,
        "unavailable" => Told::Unavailable { last_event_id: argument.as_string()? },
        "done" => Told::Done(completion(argument)),
        _ => return None,
    })
}

/// The status at the end of a replay.
fn status_of_replay(argument: &JsValue) -> Option<Told<JsValue>> {
    text_member(argument, "status").map(|status| Told::Status(SessionStatus::from_name(&status)))
}

/// `None` for the last one: what ended there is told by `done`.
fn status(state: &JsValue) -> Option<Status> {
    Some(match text_member(state, "status")?.as_str() {
        "connecting" => Status::Connecting,
        "authenticating" => Status::Authenticating,
        "connected" => Status::Connected,
        "reconnecting" => Status::Reconnecting,
        _ => return None,
    })
}

/// The reasons that make a difference to a run.
fn reason(state: &JsValue) -> Option<Reason> {
    match text_member(state, "reason")?.as_str() {
        "token_pending" => Some(Reason::TokenPending),
        "token_expired" => Some(Reason::TokenExpired),
        _ => None,
    }
}

fn completion(completion: &JsValue) -> Completion {
    let text = |name| text_member(completion, name);
    Completion {
        outcome: match text("status").as_deref() {
            Some("completed") => Outcome::Completed,
            Some("error") => Outcome::Error,
            Some("interrupted") => Outcome::Interrupted,
            Some("auth_failed") => Outcome::AuthFailed,
            _ => Outcome::Disconnected,
        },
        source: match text("source").as_deref() {
            Some("agent_event") => CompletionSource::AgentEvent,
            Some("session_complete") => CompletionSource::SessionComplete,
            Some("resume_status") => CompletionSource::ResumeStatus,
            Some("status_change") => CompletionSource::StatusChange,
            Some("lifecycle") => CompletionSource::Lifecycle,
            Some("auth_failed") => CompletionSource::AuthFailed,
            Some("disconnect") => CompletionSource::Disconnect,
            _ => CompletionSource::ConnectionLost,
        },
        terminal_received: member(completion, "terminalReceived").is_truthy(),
        succeeded: member(completion, "succeeded").is_truthy(),
        reason: text("reason"),
        detail: text("detail"),
    }
}

//! What a transport of the facade tells, by the names of the facade's events.

use std::rc::Rc;

use wasm_bindgen::JsValue;

use super::read::is_set;
use crate::agent::{Completion, CompletionSource, EventType, Outcome, SessionStatus};
use crate::link::{Reason, Status};
use crate::run::{Intervention, InterventionKind, Told};
use crate::time::Timestamp;
use crate::web::codec::{member, number, text_member};

/// An event besides `agent_event`. `None`: the run need not know of it.
pub(super) fn told(name: &str, argument: &JsValue) -> Option<Told<JsValue>> {
    Some(match name {
        "status_changed" => Told::Link { status: status(argument)?, reason: reason(argument) },
        "resume_complete" => Told::Replayed { pending: member(argument, "pending").is_truthy() },
        "status_change" => Told::Status(SessionStatus::from_name(&argument.as_string()?)),
        "input_request" => asks(argument, "requestId", InterventionKind::Input)?,
        "tool_confirmation_request" => asks(argument, "toolCallId", InterventionKind::ToolConfirmation)?,
        "unavailable" => Told::Unavailable { last_event_id: argument.as_string()? },
        "done" => Told::Done(completion(argument)),
        _ => return None,
    })
}

/// The status at the end of a replay.
pub(super) fn status_of_replay(argument: &JsValue) -> Option<Told<JsValue>> {
    text_member(argument, "status").map(|status| Told::Status(SessionStatus::from_name(&status)))
}

/// An agent's event; `review` rebuilds what a producer asks from the members that are safe to show.
pub(super) fn event(
    name: &str,
    own: bool,
    data: JsValue,
    review: impl FnOnce(&JsValue) -> JsValue,
) -> Option<Told<JsValue>> {
    let id = || text_member(&data, "toolCallId").map(Rc::from);
    Some(match name {
        "tool_execute" if own => Told::ToolExecute {
            tool_call_id: id()?,
            execution_timeout_ms: Some(number(&data, "executionTimeoutMs"))
                .filter(|timeout| *timeout > 0.0)
                .map(|timeout| timeout as u64),
            payload: data,
        },
        "agent_intervention_request" if own => {
            let payload = review(&data);
            Told::Asks { intervention: reviewed(&payload)?, payload }
        }
        "agent_intervention_response" if own => {
            if is_set(&data, "resolutionRequestId") && !is_set(&data, "producerAck") {
                return None;
            }
            Told::Resolved { id: id()? }
        }
        _ => Told::Event { event_type: EventType::from_name(name), own },
    })
}

fn asks(frame: &JsValue, id: &str, kind: InterventionKind) -> Option<Told<JsValue>> {
    let id = text_member(frame, id)?.into();
    Some(Told::Asks { intervention: Intervention { id, kind, deadline: None }, payload: frame.clone() })
}

fn reviewed(payload: &JsValue) -> Option<Intervention> {
    let deadline = number(payload, "deadline");
    Some(Intervention {
        id: text_member(payload, "toolCallId")?.into(),
        kind: InterventionKind::from_name(&text_member(payload, "interactionKind")?)?,
        deadline: (!deadline.is_nan()).then_some(Timestamp::from_millis(deadline as u64)),
    })
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

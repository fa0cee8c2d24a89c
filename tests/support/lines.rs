//! What a machine does, as the lines of a log.

use agent_gateway_client::machine::{Output, Question};
use agent_gateway_client::operation::{Continuity, Event, SessionCompletion};
use serde_json::Value;
use serde_json::value::RawValue;

/// The line of an output; `encode` writes a frame, `tell` an event.
pub fn of_output<C, E>(
    output: Output<C, E>,
    encode: impl FnOnce(&C) -> String,
    tell: impl FnOnce(E) -> String,
) -> String {
    match output {
        Output::Ask { question: Question::Token { reason }, .. } => format!("ask {}", reason.as_str()),
        Output::Withdraw { .. } => "withdraw".to_owned(),
        Output::Dial { url, .. } => format!("dial {url}"),
        Output::Send { command, .. } => format!("send {}", encode(&command)),
        Output::Hangup { code, reason, .. } => format!("hangup {code} {reason}"),
        Output::Event(event) => tell(event),
    }
}

/// The line of an event of an operation; `summarize` writes what the agent said.
pub fn of_event(event: &Event<Box<RawValue>>, summarize: impl FnOnce(Value) -> String) -> String {
    match event {
        Event::AgentEvent(payload) => {
            let said = serde_json::from_str(payload.get()).expect("an event is JSON");
            format!("event {}", summarize(said))
        }
        Event::StatusChanged(status) => format!("status {}", status.as_str()),
        Event::Connected => "connected".to_owned(),
        Event::Disconnected => "disconnected".to_owned(),
        Event::Reconnecting { delay } => format!("reconnecting {delay}"),
        Event::AuthExpired => "auth_expired".to_owned(),
        Event::AuthFailed { reason } => format!("auth_failed {reason}"),
        Event::SessionComplete(completion) => format!("session_complete {}", of_completion(completion)),
        Event::StatusChange(status) => format!("status_change {}", status.as_str()),
        Event::ResumeComplete { status, gap, pending } => {
            let status = status.as_ref().map_or("none", |status| status.as_str());
            let (gap, pending) = (if *gap { " gap" } else { "" }, if *pending { " pending" } else { "" });
            format!("resume_complete {status}{gap}{pending}")
        }
        Event::ToolConfirmationRequest(_) => "tool_confirmation_request".to_owned(),
        Event::InputRequest(_) => "input_request".to_owned(),
        Event::Continuity(Continuity::Missing { from, to }) => format!("continuity gap {from}-{to}"),
        Event::Continuity(continuity) => format!("continuity {}", continuity.as_str()),
        Event::Error { code, message } => format!("error {} {message}", code.as_str()),
        Event::Done(completion) => format!("done {} {}", completion.outcome.as_str(), completion.source.as_str()),
    }
}

fn of_completion(completion: &SessionCompletion) -> String {
    match completion {
        SessionCompletion::AgentEvent => "agent_event".to_owned(),
        SessionCompletion::RawSessionComplete => "raw_session_complete".to_owned(),
        SessionCompletion::ResumeStatus(status) => format!("resume_status {}", status.as_str()),
        SessionCompletion::StatusChange(status) => format!("status_change {}", status.as_str()),
        SessionCompletion::Lifecycle(status) => {
            format!("lifecycle {}", status.as_ref().map_or("none", |status| status.as_str()))
        }
    }
}

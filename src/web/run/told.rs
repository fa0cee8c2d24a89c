//! What the agent's events tell a run.

use std::rc::Rc;

use wasm_bindgen::JsValue;

use crate::agent::EventType;
use crate::run::transcript::read::is_set;
use crate::run::{Intervention, InterventionKind, Told};
use crate::web::codec::{number, text_member};
use crate::web::platform::date;

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

/// A question of the gateway that the answer to is a frame; `id` is the member that names it.
pub(super) fn asks(frame: &JsValue, id: &str, kind: InterventionKind) -> Option<Told<JsValue>> {
    let id = text_member(frame, id)?.into();
    Some(Told::Asks { intervention: Intervention { id, kind, deadline: None }, payload: frame.clone() })
}

fn reviewed(payload: &JsValue) -> Option<Intervention> {
    let deadline = number(payload, "deadline");
    Some(Intervention {
        id: text_member(payload, "toolCallId")?.into(),
        kind: InterventionKind::from_name(&text_member(payload, "interactionKind")?)?,
        deadline: (!deadline.is_nan()).then_some(date(deadline)),
    })
}

//! The objects that JavaScript sees of a run.

use wasm_bindgen::prelude::*;

use crate::run::{Intervention, InterventionKind, Opening, Outcome, Snapshot};
use crate::time::Timestamp;
use crate::web::platform::shown;

#[wasm_bindgen(module = "/src/web/run/shape.js")]
extern "C" {
    #[wasm_bindgen(js_name = snapshot)]
    fn snapshot_of(
        phase: &str,
        since: f64,
        started_at: Option<f64>,
        loading: bool,
        visibly_loading: bool,
        can_send: bool,
        can_stop: bool,
        connection: Option<&str>,
        waiting_for: Option<&str>,
        deadline_at: Option<f64>,
        timer: Option<&str>,
        operation_id: Option<&str>,
        outcome: JsValue,
    ) -> JsValue;

    #[wasm_bindgen(js_name = outcome)]
    fn outcome_of(
        ending: &str,
        verdict: &str,
        known: bool,
        succeeded: bool,
        terminal_received: bool,
        resumable: bool,
        reason: Option<&str>,
        detail: Option<&str>,
    ) -> JsValue;

    #[wasm_bindgen(js_name = opening)]
    fn opening_of(
        operation_id: &str,
        gateway_url: Option<&str>,
        token: Option<&str>,
        last_event_id: &str,
        resume: bool,
        executor: bool,
        fallback: bool,
    ) -> JsValue;

    #[wasm_bindgen(js_name = call)]
    fn call_of(tool_call_id: &str, deadline: f64, data: &JsValue) -> JsValue;

    /// `{operationId, reason}`.
    #[wasm_bindgen(js_name = tokenQuestion)]
    pub(super) fn token_question(operation_id: &str, reason: &str) -> JsValue;

    #[wasm_bindgen(js_name = intervention)]
    fn intervention_of(id: &str, kind: &str, deadline: Option<f64>, request: &JsValue) -> JsValue;
}

/// A run at one moment.
pub(super) fn snapshot(snapshot: &Snapshot, operation_id: Option<&str>) -> JsValue {
    snapshot_of(
        snapshot.phase.as_str(),
        shown(snapshot.since),
        snapshot.started_at.map(shown),
        snapshot.loading,
        snapshot.visibly_loading,
        snapshot.can_send,
        snapshot.can_stop,
        snapshot.connection.map(|status| status.as_str()),
        snapshot.waiting_for.map(|waiting| waiting.as_str()),
        snapshot.deadline.map(|(at, _)| shown(at)),
        snapshot.deadline.map(|(_, timer)| timer.as_str()),
        operation_id,
        snapshot.outcome.as_ref().map_or(JsValue::UNDEFINED, |told| outcome(told)),
    )
}

fn outcome(outcome: &Outcome) -> JsValue {
    outcome_of(
        outcome.ending.as_str(),
        outcome.verdict.as_str(),
        outcome.known,
        outcome.succeeded,
        outcome.terminal_received,
        outcome.ending.is_resumable(),
        outcome.reason.as_deref(),
        outcome.detail.as_deref(),
    )
}

/// What a transport is opened for.
pub(super) fn opening(opening: &Opening) -> JsValue {
    opening_of(
        &opening.operation_id,
        opening.gateway_url.as_deref(),
        opening.token.as_ref().map(|token| token.secret.as_str()),
        &opening.last_event_id,
        opening.resume,
        opening.executor,
        opening.fallback,
    )
}

/// `{toolCallId, deadline, data}`.
pub(super) fn call(tool_call_id: &str, deadline: Timestamp, data: &JsValue) -> JsValue {
    call_of(tool_call_id, shown(deadline), data)
}

/// `{id, kind, deadline?, request}`.
pub(super) fn intervention(intervention: &Intervention, request: &JsValue) -> JsValue {
    let Intervention { id, kind, deadline } = intervention;
    intervention_of(id, kind_name(*kind), deadline.map(shown), request)
}

/// The name on the public surface.
pub(super) const fn kind_name(kind: InterventionKind) -> &'static str {
    match kind {
        InterventionKind::Input => "input",
        InterventionKind::ToolConfirmation => "tool_confirmation",
        InterventionKind::Permission => "permission",
        InterventionKind::Plan => "plan",
        InterventionKind::Question => "question",
    }
}

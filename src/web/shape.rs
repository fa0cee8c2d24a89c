//! The objects that JavaScript sees.

use wasm_bindgen::prelude::*;

use super::platform::shown;
use crate::agent::{Completion, Outcome};
use crate::link::Snapshot;
use crate::v1::SessionCompletion;
#[cfg(feature = "mux")]
use crate::{link::Transition, machine::Timer, time::Timestamp};

#[wasm_bindgen(module = "/src/web/shape.js")]
extern "C" {
    #[wasm_bindgen(js_name = snapshot)]
    fn snapshot_of(status: &str, since: f64, attempt: u32, retry_at: Option<f64>, reason: Option<&str>) -> JsValue;

    #[wasm_bindgen(js_name = sessionCompletion)]
    fn session_completion_of(source: &str, status: Option<&str>) -> JsValue;

    #[wasm_bindgen(js_name = completion)]
    fn completion_of(
        status: &str,
        source: &str,
        terminal_received: bool,
        succeeded: bool,
        auth_failed: bool,
        reason: Option<&str>,
        detail: Option<&str>,
    ) -> JsValue;

    /// `{gap, pending, status}`: all three keys, always.
    #[wasm_bindgen(js_name = resumeComplete)]
    pub(super) fn resume_complete(gap: bool, pending: bool, status: Option<&str>) -> JsValue;

    /// `{code, message}`.
    pub(super) fn error(code: &str, message: &str) -> JsValue;

    /// `{kind, from?, to?}`.
    pub(super) fn continuity(kind: &str, from: Option<f64>, to: Option<f64>) -> JsValue;

    /// `{at, timer}`.
    #[cfg(feature = "mux")]
    #[wasm_bindgen(js_name = deadline)]
    fn deadline_of(at: f64, timer: &str) -> JsValue;
}

/// `{status, since, attempt, retryAt?, reason?}`.
pub(super) fn snapshot(snapshot: &Snapshot) -> JsValue {
    snapshot_of(
        snapshot.status.as_str(),
        shown(snapshot.since),
        snapshot.attempt,
        snapshot.retry_at.map(shown),
        snapshot.reason.map(|reason| reason.as_str()),
    )
}

#[cfg(feature = "mux")]
/// `{status, since, attempt, reason?}`.
pub(super) fn transition(&Transition { at: since, status, reason }: &Transition) -> JsValue {
    snapshot(&Snapshot { status, since, reason, ..Snapshot::default() })
}

#[cfg(feature = "mux")]
/// `{at, timer}`.
pub(super) fn deadline(at: Timestamp, timer: Timer) -> JsValue {
    deadline_of(shown(at), timer.as_str())
}

/// `{source}` or `{source, status}`.
pub(super) fn session_completion(completion: &SessionCompletion) -> JsValue {
    match completion {
        SessionCompletion::AgentEvent => session_completion_of("agent_event", None),
        SessionCompletion::RawSessionComplete => session_completion_of("raw_session_complete", None),
        SessionCompletion::ResumeStatus(status) => session_completion_of("resume_status", Some(status.as_str())),
        SessionCompletion::Lifecycle(status) => {
            session_completion_of("lifecycle", status.as_ref().map(|status| status.as_str()))
        }
        SessionCompletion::StatusChange(status) => session_completion_of("status_change", Some(status.as_str())),
    }
}

/// `{status, source, terminalReceived, succeeded, authFailed, reason?, detail?}`.
pub(super) fn completion(completion: &Completion) -> JsValue {
    completion_of(
        completion.outcome.as_str(),
        completion.source.as_str(),
        completion.terminal_received,
        completion.succeeded,
        completion.outcome == Outcome::AuthFailed,
        completion.reason.as_deref(),
        completion.detail.as_deref(),
    )
}

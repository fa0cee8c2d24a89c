//! The objects that JavaScript sees. Their types are in the facade.

use wasm_bindgen::prelude::*;

use super::super::platform::shown;
use super::payload::Value;
use crate::openclaw::approvals::Approvals;
use crate::openclaw::chat::{Chat, Run, RunState};
use crate::openclaw::fleet::{Activity, AgentCard, Change, Fleet, Freshness, SessionCard};
use crate::openclaw::node::Invocation;
use crate::openclaw::wire::Fault;
use crate::openclaw::{CallError, Hello, Session, State, Trouble, refusal};

#[wasm_bindgen(module = "/src/web/openclaw.js")]
extern "C" {
    /// An object with these names, apart from values that are undefined.
    #[wasm_bindgen(js_name = objectOf)]
    pub(super) fn object(names: &str, values: Vec<JsValue>) -> JsValue;
}

pub(super) fn texts(texts: &[String]) -> JsValue {
    texts.iter().map(|text| JsValue::from(text.as_str())).collect::<js_sys::Array>().into()
}

fn optional(text: Option<&String>) -> JsValue {
    text.map_or(JsValue::UNDEFINED, |text| text.as_str().into())
}

/// What the gateway said, where it said something.
fn words(message: &str) -> JsValue {
    if message.is_empty() { JsValue::UNDEFINED } else { message.into() }
}

fn millis(millis: Option<u64>) -> JsValue {
    millis.map_or(JsValue::UNDEFINED, |millis| (millis as f64).into())
}

/// `{status, attempt, retryAt?, code?, message?, nextStep?, remedy?, retryAfterMs?}`.
pub(super) fn state(session: &Session<Value>) -> JsValue {
    let (trouble, until) = match session.state() {
        State::Waiting { until, why } => (Some(why), *until),
        State::Degraded(trouble) | State::Blocked(trouble) => (Some(trouble), None),
        State::Closed | State::Connecting | State::Authenticating | State::Ready => (None, None),
    };
    let of = |member: fn(&Trouble) -> JsValue| trouble.map_or(JsValue::UNDEFINED, member);
    object(
        "status attempt retryAt code message nextStep remedy retryAfterMs",
        vec![
            session.state().as_str().into(),
            session.attempt().into(),
            until.map(shown).into(),
            of(|trouble| trouble.code.as_str().into()),
            of(|trouble| trouble.message.as_str().into()),
            of(|trouble| trouble.next_step.as_ref().into()),
            of(|trouble| optional(trouble.remedy.as_ref())),
            of(|trouble| millis(trouble.retry_after)),
        ],
    )
}

/// The gateway's welcome.
pub(super) fn hello(hello: &Hello<Value>) -> JsValue {
    let policy = object(
        "maxPayload maxBufferedBytes tickIntervalMs",
        vec![
            (hello.policy.max_payload as f64).into(),
            (hello.policy.max_buffered as f64).into(),
            (hello.policy.tick_every as f64).into(),
        ],
    );
    object(
        "protocol serverVersion bootId connectionId restarted authMethod role scopes policy methods snapshot",
        vec![
            (hello.protocol as f64).into(),
            hello.server_version.as_str().into(),
            optional(hello.boot_id.as_ref()),
            hello.connection_id.as_str().into(),
            hello.restarted.into(),
            hello.auth_method.as_str().into(),
            hello.role.as_str().into(),
            texts(&hello.scopes),
            policy,
            texts(&hello.methods),
            hello.snapshot.0.clone(),
        ],
    )
}

/// Why a call failed: `{code, message, retryable, accepted?, details?, nextStep?, remedy?, retryAfterMs?}`.
pub(super) fn call_error(error: &CallError<Value>) -> JsValue {
    let own = |accepted: &bool| {
        object(
            "code message retryable accepted",
            vec![error.as_str().into(), JsValue::from(""), true.into(), (*accepted).into()],
        )
    };
    match error {
        CallError::Refused(fault) => refused(fault),
        CallError::ConnectionLost { accepted } | CallError::TimedOut { accepted } => own(accepted),
    }
}

fn refused(fault: &Fault<Value>) -> JsValue {
    let trouble = refusal::trouble_of(fault, None);
    object(
        "code message retryable details nextStep remedy retryAfterMs",
        vec![
            fault.specific_code().into(),
            fault.message.as_str().into(),
            fault.retryable.into(),
            fault.details.0.clone(),
            trouble.next_step.as_ref().into(),
            optional(trouble.remedy.as_ref()),
            millis(fault.retry_after),
        ],
    )
}

/// `{agents, sessions, presence, freshness, asOf?, isComplete}`; the ids and the keys alone.
pub(super) fn fleet(fleet: &Fleet<Value>) -> JsValue {
    let agents: js_sys::Array = fleet.agents().iter().map(|agent| JsValue::from(agent.id.as_str())).collect();
    let sessions: js_sys::Array = fleet.sessions().map(|session| JsValue::from(session.key.as_str())).collect();
    let (freshness, as_of) = match fleet.freshness() {
        Freshness::Empty => ("empty", None),
        Freshness::Live => ("live", None),
        Freshness::Stale { as_of } => ("stale", Some(shown(as_of))),
    };
    object(
        "agents sessions presence freshness asOf isComplete",
        vec![
            agents.into(),
            sessions.into(),
            fleet.presence().0.clone(),
            freshness.into(),
            as_of.into(),
            fleet.is_complete().into(),
        ],
    )
}

/// An agent with what its sessions do.
pub(super) fn agent(agent: &AgentCard<Value>) -> JsValue {
    let work = object(
        "sessions running unknown updatedAt",
        vec![
            (agent.work.sessions as f64).into(),
            texts(&agent.work.running),
            (agent.work.unknown as f64).into(),
            millis(agent.work.updated_at),
        ],
    );
    object(
        "id name isDefault work row",
        vec![
            agent.id.as_str().into(),
            optional(agent.name.as_ref()),
            agent.is_default.into(),
            work,
            agent.row.0.clone(),
        ],
    )
}

/// A session of the fleet.
pub(super) fn session(card: &SessionCard<Value>) -> JsValue {
    object(
        "key agentId title status activity runs updatedAt row",
        vec![
            card.key.as_str().into(),
            card.agent_id.as_str().into(),
            optional(card.title.as_ref()),
            card.status.as_ref().map_or(JsValue::UNDEFINED, |status| status.as_str().into()),
            card.activity.as_str().into(),
            runs_of(&card.activity),
            millis(card.updated_at),
            card.row.0.clone(),
        ],
    )
}

fn runs_of(activity: &Activity) -> JsValue {
    match activity {
        Activity::Running(ids) => texts(ids),
        Activity::Unknown | Activity::Idle => texts(&[]),
    }
}

/// `{kind, id?, code?, retries?}`.
pub(super) fn change(change: &Change) -> JsValue {
    let (kind, id, failure) = match change {
        Change::Agent(id) => ("agent", Some(id), None),
        Change::AgentGone(id) => ("agent_gone", Some(id), None),
        Change::Session(key) => ("session", Some(key), None),
        Change::SessionGone(key) => ("session_gone", Some(key), None),
        Change::Presence => ("presence", None, None),
        Change::Freshness => ("freshness", None, None),
        Change::ReadFailed { code, retries } => ("read_failed", None, Some((code, *retries))),
    };
    object(
        "kind id code retries",
        vec![
            kind.into(),
            optional(id),
            optional(failure.map(|(code, _)| code)),
            failure.map_or(JsValue::UNDEFINED, |(_, retries)| retries.into()),
        ],
    )
}

/// `{isLive, pending: [the gateway's rows]}`.
pub(super) fn approvals(approvals: &Approvals<Value>) -> JsValue {
    let pending: js_sys::Array = approvals.pending().map(|(_, row)| row.0.clone()).collect();
    object("isLive pending", vec![approvals.is_live().into(), pending.into()])
}

/// `{key, command, params, sessionKey?, deadline}`; the parameters are JSON text.
pub(super) fn invocation(invocation: &Invocation) -> JsValue {
    object(
        "key command params sessionKey deadline",
        vec![
            invocation.key.as_str().into(),
            invocation.command.as_str().into(),
            invocation.params.as_str().into(),
            optional(invocation.session_key.as_ref()),
            shown(invocation.until).into(),
        ],
    )
}

/// `{isLive, isBusy, activity, runs}`; the ids of the runs alone.
pub(super) fn chat(chat: &Chat<Value>) -> JsValue {
    let runs: js_sys::Array = chat.runs().iter().map(|run| JsValue::from(run.id.as_str())).collect();
    object(
        "isLive isBusy activity runs",
        vec![chat.is_live().into(), chat.is_busy().into(), chat.activity().as_str().into(), runs.into()],
    )
}

/// `{code, message?}`.
pub(super) fn failure(code: &str, message: &str) -> JsValue {
    object("code message", vec![code.into(), words(message)])
}

/// `{id, isOwn, state, text, code?, message?}`.
pub(super) fn run(run: &Run<Value>) -> JsValue {
    let (code, message) = match &run.state {
        RunState::NotSent { code, message } | RunState::Failed { kind: code, message } => (Some(code), words(message)),
        _ => (None, JsValue::UNDEFINED),
    };
    object(
        "id isOwn state text code message",
        vec![
            run.id.as_str().into(),
            run.is_own.into(),
            run.state.as_str().into(),
            run.text.0.clone(),
            optional(code),
            message,
        ],
    )
}

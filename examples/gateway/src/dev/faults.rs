//! Faults on demand, per run and per user.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::{Problem, dev, known_run, parse};
use crate::app::App;
use crate::auth::Verdict;
use crate::writer::Socket;

const LONGEST_DELAY_MS: u64 = 600_000;
const SLOW_TOKEN: Duration = Duration::from_secs(6);
/// Longer than any client waits for a token.
const TOKEN_THAT_NEVER_COMES: Duration = Duration::from_secs(600);
const MALFORMED_FRAMES: [&str; 6] =
    ["{oops", "null", "[]", "\"x\"", r#"{"type":"agent_event"}"#, r#"{"type":"agent_event","id":"x","event":null}"#];

/// The switches of one run or one user; all off is a gateway without faults.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Switches>);

/// The switches that concern one socket: on v1 those of its operation, on v2 those of its user and of
/// every operation it is subscribed to.
#[derive(Clone)]
pub(crate) struct FaultSet {
    base: Arc<Faults>,
    of_operations: Arc<Mutex<HashMap<String, Arc<Faults>>>>,
}

/// How `/dev/runs/{operationId}/token` answers, and `/dev/tokens` for a user.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum TokenEndpoint {
    #[default]
    Ok,
    Slow,
    Refuse,
    Never,
    Error,
}

#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Switches {
    half_open: bool,
    delay_ms: u64,
    duplicate: bool,
    refuse_connections: bool,
    expire_token: bool,
    refuse_token: bool,
    token_endpoint: TokenEndpoint,
    no_acks: bool,
    /// Tokens up to this number are the expired ones.
    #[serde(skip)]
    expired_up_to: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    #[serde(default)]
    drop: bool,
    close: Option<CloseWith>,
    half_open: Option<bool>,
    delay_ms: Option<u64>,
    duplicate: Option<bool>,
    #[serde(default)]
    malformed: bool,
    refuse_connections: Option<bool>,
    expire_token: Option<bool>,
    refuse_token: Option<bool>,
    token_endpoint: Option<TokenEndpoint>,
    no_acks: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CloseWith {
    code: u16,
    #[serde(default)]
    reason: String,
}

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/runs/{operation_id}/faults", get(show).post(change))
        .route("/users/{user_id}/faults", get(show_user).post(change_user))
}

impl FaultSet {
    pub(crate) fn of(base: Arc<Faults>) -> Self {
        Self { base, of_operations: Arc::default() }
    }

    /// The longest delay any switch asks for.
    pub(crate) fn delay(&self) -> Option<Duration> {
        let of_operations = self.lock();
        of_operations.values().chain([&self.base]).filter_map(|faults| faults.delay()).max()
    }

    pub(crate) fn duplicates(&self) -> bool {
        self.any(Faults::duplicates)
    }

    pub(crate) fn refuses_connections(&self) -> bool {
        self.any(Faults::refuses_connections)
    }

    pub(crate) fn withholds_acks(&self) -> bool {
        self.any(Faults::withholds_acks)
    }

    /// See [`Faults::overrule`].
    pub(crate) fn overrule(&self, verdict: Verdict) -> Verdict {
        self.lock().values().fold(self.base.overrule(verdict), |verdict, faults| faults.overrule(verdict))
    }

    pub(crate) fn add(&self, operation_id: &str, faults: Arc<Faults>) {
        self.lock().insert(operation_id.to_owned(), faults);
    }

    pub(crate) fn remove(&self, operation_id: &str) {
        self.lock().remove(operation_id);
    }

    fn any(&self, switched_on: impl Fn(&Faults) -> bool) -> bool {
        switched_on(&self.base) || self.lock().values().any(|faults| switched_on(faults))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Faults>>> {
        self.of_operations.lock().expect("no holder of the lock panics")
    }
}

impl TokenEndpoint {
    /// Waits and fails as told.
    pub(super) async fn obey(self) -> Result<(), Problem> {
        match self {
            Self::Ok => Ok(()),
            Self::Slow => {
                sleep(SLOW_TOKEN).await;
                Ok(())
            }
            Self::Refuse => Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "no token for you")),
            Self::Never => {
                sleep(TOKEN_THAT_NEVER_COMES).await;
                Err(Problem::new(StatusCode::GATEWAY_TIMEOUT, "timeout", "the token never came"))
            }
            Self::Error => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                Err(Problem::new(status, "internal_error", "the token service failed"))
            }
        }
    }
}

impl Faults {
    fn delay(&self) -> Option<Duration> {
        Some(self.lock().delay_ms).filter(|ms| *ms > 0).map(Duration::from_millis)
    }

    fn duplicates(&self) -> bool {
        self.lock().duplicate
    }

    fn refuses_connections(&self) -> bool {
        self.lock().refuse_connections
    }

    fn withholds_acks(&self) -> bool {
        self.lock().no_acks
    }

    pub(super) fn token_endpoint(&self) -> TokenEndpoint {
        self.lock().token_endpoint
    }

    /// Replaces a verdict where a switch says so; a token issued after `expireToken` switches it off.
    fn overrule(&self, verdict: Verdict) -> Verdict {
        let mut switches = self.lock();
        if switches.refuse_token {
            return Verdict::Refused("Token refused".to_owned());
        }
        if !switches.expire_token {
            return verdict;
        }
        let number = match &verdict {
            Verdict::Accepted { token_id: Some(id), .. } => id.parse().unwrap_or(0),
            _ => 0,
        };
        if number <= switches.expired_up_to {
            return Verdict::Expired;
        }
        switches.expire_token = false;
        verdict
    }

    fn switch(&self, change: &Change, newest_token: u64) {
        let mut switches = self.lock();
        if change.expire_token == Some(true) {
            switches.expired_up_to = newest_token;
        }
        set(&mut switches.half_open, change.half_open);
        set(&mut switches.delay_ms, change.delay_ms);
        set(&mut switches.duplicate, change.duplicate);
        set(&mut switches.refuse_connections, change.refuse_connections);
        set(&mut switches.expire_token, change.expire_token);
        set(&mut switches.refuse_token, change.refuse_token);
        set(&mut switches.token_endpoint, change.token_endpoint);
        set(&mut switches.no_acks, change.no_acks);
    }

    fn show(&self) -> Response {
        Json(self.lock().clone()).into_response()
    }

    fn lock(&self) -> MutexGuard<'_, Switches> {
        self.0.lock().expect("no holder of the lock panics")
    }
}

async fn show(State(app): State<Arc<App>>, Path(operation_id): Path<String>) -> Result<Response, Problem> {
    Ok(known_run(&app, &operation_id)?.faults.show())
}

async fn change(
    State(app): State<Arc<App>>,
    Path(operation_id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let run = known_run(&app, &operation_id)?;
    let change: Change = parse(&body)?;
    check(&change)?;
    run.faults.switch(&change, dev(&app).mint.issued());
    for socket in app.gateway.sockets(&operation_id) {
        apply(&change, &socket);
    }
    Ok(run.faults.show())
}

async fn show_user(State(app): State<Arc<App>>, Path(user_id): Path<String>) -> Response {
    dev(&app).known_user_faults(&user_id).unwrap_or_default().show()
}

async fn change_user(
    State(app): State<Arc<App>>,
    Path(user_id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let change: Change = parse(&body)?;
    check(&change)?;
    let faults = app.user_faults(&user_id);
    faults.switch(&change, dev(&app).mint.issued());
    for socket in app.gateway.sockets_of_user(&user_id) {
        apply(&change, &socket);
    }
    Ok(faults.show())
}

fn check(change: &Change) -> Result<(), Problem> {
    if change.delay_ms.is_some_and(|ms| ms > LONGEST_DELAY_MS) {
        return Err(Problem::invalid(format!("delayMs must not exceed {LONGEST_DELAY_MS}")));
    }
    let Some(close) = &change.close else { return Ok(()) };
    if !matches!(close.code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Problem::invalid(format!("{} is not a code a close frame may carry", close.code)));
    }
    if close.reason.len() > 123 {
        return Err(Problem::invalid("the reason of a close frame has 123 bytes at most"));
    }
    Ok(())
}

/// Does what concerns the sockets that exist at this moment.
fn apply(change: &Change, socket: &Socket) {
    if let Some(half_open) = change.half_open {
        socket.set_half_open(half_open);
    }
    if change.malformed {
        for frame in MALFORMED_FRAMES {
            socket.send(frame.into());
        }
        socket.send_binary(vec![0, 1, 2, 255]);
    }
    if let Some(close) = &change.close {
        socket.close(close.code, &close.reason);
    }
    if change.drop {
        socket.cut();
    }
}

fn set<T>(switch: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *switch = value;
    }
}

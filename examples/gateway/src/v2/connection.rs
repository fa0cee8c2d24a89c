//! One v2 WebSocket of one user, from the upgrade to its end (§2.1, §2.2).

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::ws::{WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::time::{Instant, sleep_until};
use tracing::info;

use super::frames::{self, ClientFrame};
use super::{Standing, Subscribe};
use crate::app::App;
use crate::auth::{Credential, Verdict};
use crate::dev::FaultSet;
use crate::frames::{ClientFrame as RunFrame, heartbeat_ack};
use crate::link::{self, Counted, Inbound, ReadEnd, Received};
use crate::writer::{Socket, write_queue};

/// The close code of a credential that was not accepted.
const UNAUTHENTICATED: u16 = 4401;

/// `GET /v2/ws?token=&clientId=[&tokenType=&serverUrl=]`: upgrades to the v2 protocol.
///
/// Errors: 426 for a request that is no upgrade. A credential that is not accepted is told by a close
/// frame, since a browser cannot read the status of a refused upgrade.
pub(crate) async fn accept(
    State(app): State<Arc<App>>,
    Query(mut query): Query<HashMap<String, String>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        return (StatusCode::UPGRADE_REQUIRED, "Expected WebSocket upgrade").into_response();
    };
    let mut given = |name: &str| query.remove(name).map(Value::String);
    let credential = Credential::from_frame(given("token"), given("tokenType"), given("serverUrl"));
    let mut verdict = app.auth.verify(&credential, None).await;
    if let Verdict::Accepted { user_id, .. } = &verdict {
        let faults = app.dial_faults(user_id);
        if faults.refuses_connections() {
            return (StatusCode::SERVICE_UNAVAILABLE, "Connections are refused").into_response();
        }
        verdict = faults.overrule(verdict);
    }
    match verdict {
        Verdict::Accepted { user_id, .. } => upgrade.on_upgrade(move |socket| run(app, user_id, socket)),
        Verdict::Expired => upgrade.on_upgrade(move |socket| refuse(app, socket, "auth_expired")),
        Verdict::Refused(reason) => {
            info!(reason, "authentication refused");
            upgrade.on_upgrade(move |socket| refuse(app, socket, "auth_failed"))
        }
    }
}

async fn refuse(app: Arc<App>, websocket: WebSocket, reason: &'static str) {
    let _counted = Counted::v2(app);
    let (socket, queue) = Socket::unbounded(0);
    let (sink, stream) = websocket.split();
    let faults = FaultSet::of(Arc::default());
    let writer = tokio::spawn(write_queue(sink, queue, socket.clone(), faults.clone()));
    socket.close(UNAUTHENTICATED, reason);
    link::finish(ReadEnd::Closing, &mut Inbound::new(stream, socket.clone()), writer, &socket, &faults).await;
}

async fn run(app: Arc<App>, user_id: String, websocket: WebSocket) {
    let _counted = Counted::v2(app.clone());
    let faults = FaultSet::of(app.user_faults(&user_id));
    let (socket, queue) = app.gateway.join(&user_id);
    let (sink, stream) = websocket.split();
    let mut writer = tokio::spawn(write_queue(sink, queue, socket.clone(), faults.clone()));
    let inbound = Inbound::new(stream, socket.clone());
    let mut reader = Reader { app: &app, socket: &socket, faults: &faults, inbound };
    info!(user_id, socket = socket.id(), "v2 socket opened");

    let end = tokio::select! {
        end = reader.read() => end,
        end = link::interrupted(&mut writer, &socket) => end,
    };
    app.gateway.leave(&socket);
    link::finish(end, &mut reader.inbound, writer, &socket, &faults).await;
    info!(user_id, socket = socket.id(), "v2 socket ended");
}

struct Reader<'a> {
    app: &'a Arc<App>,
    socket: &'a Socket,
    faults: &'a FaultSet,
    inbound: Inbound,
}

impl Reader<'_> {
    async fn read(&mut self) -> ReadEnd {
        let heartbeat_timeout = self.app.timers().v2_heartbeat_timeout;
        let mut deadline = Instant::now() + heartbeat_timeout;
        loop {
            let received = tokio::select! {
                received = self.inbound.next() => received,
                () = sleep_until(deadline) => {
                    self.socket.close(1000, "Heartbeat timeout");
                    return ReadEnd::Closing;
                }
            };
            let text = match received {
                Received::Text(text) => text,
                Received::Close => {
                    self.app.gateway.leave(self.socket);
                    self.inbound.drain().await;
                    return ReadEnd::Gone;
                }
                Received::Nothing => return ReadEnd::Gone,
            };
            match ClientFrame::parse(&text) {
                Ok(ClientFrame::Heartbeat) => {
                    deadline = Instant::now() + heartbeat_timeout;
                    if !self.faults.withholds_acks() {
                        self.socket.send(heartbeat_ack());
                    }
                }
                Ok(frame) => self.handle(frame),
                Err(answer) => self.socket.send(answer),
            }
        }
    }

    fn handle(&self, frame: ClientFrame) {
        let gateway = &self.app.gateway;
        match frame {
            ClientFrame::Heartbeat => {}
            ClientFrame::Subscribe { operation_id, last_event_id, executor } => {
                self.subscribe(&Subscribe { operation_id: &operation_id, last_event_id, executor });
            }
            ClientFrame::Unsubscribe { operation_id } => {
                gateway.unsubscribe(self.socket, &operation_id);
                self.faults.remove(&operation_id);
            }
            ClientFrame::Run { operation_id, frame } => self.hand_on(operation_id, frame),
            ClientFrame::Document(frame) => gateway.document(self.socket, frame),
        }
    }

    fn subscribe(&self, wanted: &Subscribe<'_>) {
        let operation_id = wanted.operation_id;
        // Before the replay, so that a delay or a duplication concerns it as well.
        if let Some(of_run) = self.app.faults_of_run(operation_id) {
            self.faults.add(operation_id, of_run);
        }
        if self.app.gateway.subscribe(self.socket, wanted).is_err() {
            self.faults.remove(operation_id);
            return;
        }
        self.app.client_authenticated(operation_id);
        self.app.client_resumed(operation_id);
    }

    /// Hands what a client says about an operation to whoever waits for it.
    fn hand_on(&self, operation_id: String, frame: Option<RunFrame>) {
        let gateway = &self.app.gateway;
        let complain = |code, message| self.socket.send(frames::error(code, message, Some(&operation_id)));
        match gateway.standing(self.socket, &operation_id) {
            Standing::Subscribed => {}
            Standing::NotSubscribed => return complain("not_subscribed", "Not subscribed to this operation"),
            Standing::Forbidden => return complain("forbidden", "Operation belongs to another user"),
        }
        match frame {
            Some(RunFrame::ToolResult(result)) => {
                let socket = self.socket.clone();
                let message = "The tool result could not be forwarded";
                let failed = frames::error("forward_failed", message, Some(&operation_id));
                self.app.tool_result(&operation_id, result, move || socket.send(failed));
            }
            Some(RunFrame::ToolConfirmation { tool_call_id, approved }) => {
                gateway.confirm(&operation_id, &tool_call_id, approved);
            }
            Some(RunFrame::UserInput { request_id, content }) => {
                gateway.answer_input(&operation_id, &request_id, content);
            }
            // An interrupt is the business of the product server; the rest is not told apart as v2.
            Some(RunFrame::Interrupt | RunFrame::Auth { .. } | RunFrame::Resume { .. } | RunFrame::Heartbeat) => {}
            None => complain("invalid_message", "Malformed message"),
        }
    }
}

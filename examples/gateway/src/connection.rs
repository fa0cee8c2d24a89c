//! One v1 WebSocket of one operation, from the upgrade to its end (§1.2–§1.4).

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::ws::{WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{debug, info};

use crate::app::App;
use crate::auth::{Credential, Verdict};
use crate::dev::FaultSet;
use crate::frames::{self, ClientFrame};
use crate::link::{self, Counted, Inbound, ReadEnd, Received};
use crate::writer::{Socket, write_queue};

/// `GET /ws?operationId=`: upgrades to the v1 protocol.
///
/// Errors: 400 without an operation id; a request that is no upgrade gets an empty 200.
pub(crate) async fn accept(
    State(app): State<Arc<App>>,
    Query(query): Query<HashMap<String, String>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Some(operation_id) = query.get("operationId").filter(|id| !id.is_empty()).cloned() else {
        return (StatusCode::BAD_REQUEST, "Missing operationId").into_response();
    };
    let Ok(upgrade) = upgrade else {
        return StatusCode::OK.into_response();
    };
    let faults = FaultSet::of(app.faults_of_run(&operation_id).unwrap_or_default());
    if faults.refuses_connections() {
        return (StatusCode::SERVICE_UNAVAILABLE, "Connections are refused").into_response();
    }
    upgrade.on_upgrade(move |socket| run(app, operation_id, socket, faults))
}

async fn run(app: Arc<App>, operation_id: String, websocket: WebSocket, faults: FaultSet) {
    let _counted = Counted::v1(app.clone());
    let (socket, queue) = app.gateway.attach(&operation_id);
    let (sink, stream) = websocket.split();
    let mut writer = tokio::spawn(write_queue(sink, queue, socket.clone(), faults.clone()));
    let inbound = Inbound::new(stream, socket.clone());
    let mut reader = Reader { app: &app, operation_id: &operation_id, socket: &socket, faults: &faults, inbound };
    info!(operation_id, socket = socket.id(), "socket opened");

    let end = tokio::select! {
        end = reader.read() => end,
        end = link::interrupted(&mut writer, &socket) => end,
    };
    app.gateway.detach(&operation_id, &socket);
    link::finish(end, &mut reader.inbound, writer, &socket, &faults).await;
    info!(operation_id, socket = socket.id(), "socket ended");
}

struct Reader<'a> {
    app: &'a Arc<App>,
    operation_id: &'a str,
    socket: &'a Socket,
    faults: &'a FaultSet,
    inbound: Inbound,
}

impl Reader<'_> {
    async fn read(&mut self) -> ReadEnd {
        if let Some(end) = self.authenticate().await {
            return end;
        }
        self.app.client_authenticated(self.operation_id);
        let heartbeat_timeout = self.app.timers().heartbeat_timeout;
        let mut deadline = Instant::now() + heartbeat_timeout;
        loop {
            let text = tokio::select! {
                text = self.next_text() => text,
                () = sleep_until(deadline) => {
                    self.socket.close(1000, "Heartbeat timeout");
                    return ReadEnd::Closing;
                }
            };
            let Some(text) = text else { return ReadEnd::Gone };
            let Ok(frame) = serde_json::from_str::<ClientFrame>(&text) else {
                debug!(self.operation_id, "frame ignored");
                continue;
            };
            if matches!(frame, ClientFrame::Heartbeat) {
                deadline = Instant::now() + heartbeat_timeout;
            }
            self.handle(frame);
        }
    }

    fn handle(&self, frame: ClientFrame) {
        let gateway = &self.app.gateway;
        match frame {
            ClientFrame::Resume { last_event_id, want_status } => {
                let cursor = last_event_id.and_then(|id| id.parse().ok()).unwrap_or(0);
                gateway.resume(self.operation_id, self.socket, cursor, want_status.unwrap_or(false));
                self.app.client_resumed(self.operation_id);
            }
            ClientFrame::Heartbeat if self.faults.withholds_acks() => {}
            ClientFrame::Heartbeat => self.socket.send(frames::heartbeat_ack()),
            ClientFrame::ToolResult(result) => self.app.tool_result(self.operation_id, result, || {}),
            ClientFrame::ToolConfirmation { tool_call_id, approved } => {
                gateway.confirm(self.operation_id, &tool_call_id, approved);
            }
            ClientFrame::UserInput { request_id, content } => {
                gateway.answer_input(self.operation_id, &request_id, content);
            }
            // One socket authenticates once, and an interrupt is the business of the product server.
            ClientFrame::Auth { .. } | ClientFrame::Interrupt => {}
        }
    }

    /// Reads until a credential is accepted (`None`) or the socket ends.
    ///
    /// The timer runs from the connect, whatever was answered meanwhile.
    async fn authenticate(&mut self) -> Option<ReadEnd> {
        let deadline = Instant::now() + self.app.timers().auth_timeout;
        loop {
            let Ok(text) = timeout_at(deadline, self.next_text()).await else {
                return Some(self.refuse("Authentication timeout"));
            };
            let Some(text) = text else { return Some(ReadEnd::Gone) };
            let Ok(ClientFrame::Auth { token, token_type, server_url }) = serde_json::from_str(&text) else {
                continue;
            };
            let credential = Credential::from_frame(token, token_type, server_url);
            let owner = self.app.gateway.owner(self.operation_id);
            let Ok(verdict) = timeout_at(deadline, self.app.auth.verify(&credential, owner.as_deref())).await else {
                return Some(self.refuse("Authentication timeout"));
            };
            match self.faults.overrule(verdict) {
                Verdict::Accepted { user_id, .. } => {
                    let admitted = self.app.gateway.admit(self.operation_id, self.socket, &user_id);
                    return admitted.is_err().then(|| self.refuse("userId mismatch"));
                }
                Verdict::Expired => self.socket.send(frames::auth_expired()),
                Verdict::Refused(reason) => return Some(self.refuse(&reason)),
            }
        }
    }

    fn refuse(&self, reason: &str) -> ReadEnd {
        info!(self.operation_id, socket = self.socket.id(), reason, "authentication refused");
        self.socket.send(frames::auth_failed(reason));
        self.socket.close(1008, reason);
        ReadEnd::Closing
    }

    /// The next text message, or `None` when the peer closed or vanished.
    async fn next_text(&mut self) -> Option<String> {
        match self.inbound.next().await {
            Received::Text(text) => Some(text),
            Received::Close => {
                self.app.gateway.detach(self.operation_id, self.socket);
                self.inbound.drain().await;
                None
            }
            Received::Nothing => None,
        }
    }
}

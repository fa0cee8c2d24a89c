//! What an application may ask of a client, whichever machine it has. A subscription is that of a mux; a stream has one
//! operation, whatever the number.

use wasm_bindgen::JsValue;

use super::agent_gateway::AgentGateway;
use super::codec;
use super::driver::Driver;
use crate::agent::ToolResult;
use crate::link::Snapshot;
use crate::time::Timestamp;
use crate::v1::wire::ClientFrame;
use crate::v2::SubscriptionId;

#[cfg_attr(not(feature = "npm"), expect(dead_code, reason = "Rust front ends know which machine they have"))]
impl AgentGateway {
    /// A subscription of a mux at this moment; the connection where the number is 0.
    pub(super) fn snapshot(&self, subscription: u32) -> Snapshot {
        match self {
            Self::Stream(session) => session.snapshot(),
            Self::Mux(mux, _) if subscription == 0 => mux.snapshot(),
            Self::Mux(mux, _) => mux.subscription(SubscriptionId(subscription)).unwrap_or_default(),
        }
    }

    pub(super) fn last_event_id(&self, subscription: u32) -> String {
        match self {
            Self::Stream(session) => session.last_event_id(),
            Self::Mux(mux, _) => mux.last_event_id(SubscriptionId(subscription)).unwrap_or_default(),
        }
    }

    /// `false`: the gateway does not serve this protocol.
    pub(super) fn connect(&mut self, now: Timestamp) -> bool {
        match self {
            Self::Stream(session) => {
                session.connect(now);
                true
            }
            Self::Mux(mux, _) => mux.connect(now),
        }
    }

    pub(super) fn disconnect(&mut self, now: Timestamp) {
        match self {
            Self::Stream(session) => session.disconnect(now),
            Self::Mux(mux, _) => mux.disconnect(now),
        }
    }

    pub(super) fn send_tool_confirmation(&mut self, subscription: u32, tool_call_id: String, approved: bool) -> bool {
        match self {
            Self::Stream(session) => session.send(ClientFrame::ToolConfirmation { tool_call_id, approved }),
            Self::Mux(mux, _) => mux.send_tool_confirmation(SubscriptionId(subscription), tool_call_id, approved),
        }
    }

    pub(super) fn send_user_input(&mut self, subscription: u32, request_id: String, content: String) -> bool {
        match self {
            Self::Stream(session) => session.send(ClientFrame::UserInput { request_id, content }),
            Self::Mux(mux, _) => mux.send_user_input(SubscriptionId(subscription), request_id, content),
        }
    }

    fn send_tool_result(&mut self, subscription: u32, result: ToolResult, now: Timestamp) -> bool {
        match self {
            Self::Stream(session) => session.send_tool_result(result, now),
            Self::Mux(mux, _) => mux.send_tool_result(SubscriptionId(subscription), result, now),
        }
    }
}

impl Driver<AgentGateway> {
    /// Sends a tool's result; see [`Session`](crate::v1::Session::send_tool_result) and
    /// [`Mux`](crate::v2::Mux::send_tool_result).
    pub(super) fn send_tool_result(&self, subscription: u32, payload: &JsValue) -> Result<bool, JsValue> {
        let operation_id = self.with(|engine| match engine {
            AgentGateway::Stream(_) => Some(None),
            AgentGateway::Mux(mux, _) => mux.operation_of(SubscriptionId(subscription)).map(Some),
        });
        let Some(operation_id) = operation_id else { return Ok(false) };
        let tool_call_id = codec::text_member(payload, "toolCallId").unwrap_or_default();
        let frame = codec::tool_result_frame(payload, operation_id.as_deref())?;
        let result = ToolResult { tool_call_id: tool_call_id.into(), frame: frame.into() };
        Ok(self.call(|engine, now| engine.send_tool_result(subscription, result, now)).unwrap_or(false))
    }

    /// Hands over the payloads of the results that no living socket carried.
    #[cfg(feature = "mux")]
    pub(super) fn take_pending_tool_results(&self, operation_id: &str, mut taken: impl FnMut(JsValue)) {
        for result in self.mux(|mux, now| mux.take_pending_tool_results(operation_id, now)).unwrap_or_default() {
            taken(codec::tool_result_payload(&result.frame));
        }
    }
}

//! Requests to the client that wait for its answer.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::timeout;
use uuid::Uuid;

use super::Gateway;

/// Why a request to the client brought no answer.
#[derive(Debug, PartialEq)]
pub(crate) enum Unanswered {
    /// The time given for it ran out.
    Timeout,
    /// The gateway forgot the operation meanwhile.
    Forgotten,
}

impl Gateway {
    /// Asks the clients whether a tool may run and waits for the first answer.
    pub(crate) async fn request_confirmation(
        &self,
        operation_id: &str,
        tool_call_id: &str,
        tool: Value,
        wait: Duration,
    ) -> Result<bool, Unanswered> {
        let (sender, answer) = oneshot::channel();
        {
            let mut state = self.lock();
            let operation = state.operation(operation_id);
            operation.confirmations.entry(tool_call_id.to_owned()).or_default().push(sender);
            let request = json!({ "type": "tool_confirmation_request", "toolCallId": tool_call_id, "tool": tool });
            let numbered = operation.push_frame(request);
            state.publish(operation_id, &numbered);
        }
        answered(answer, wait).await
    }

    pub(crate) fn confirm(&self, operation_id: &str, tool_call_id: &str, approved: bool) {
        let mut state = self.lock();
        let Some(operation) = state.operations.get_mut(operation_id) else {
            return;
        };
        for waiting in operation.confirmations.remove(tool_call_id).unwrap_or_default() {
            // A request that timed out has no receiver any more.
            let _ = waiting.send(approved);
        }
    }

    /// Asks the clients for a line of text and waits for the first answer.
    pub(crate) async fn request_input(
        &self,
        operation_id: &str,
        prompt: &str,
        wait: Duration,
    ) -> Result<String, Unanswered> {
        let (sender, answer) = oneshot::channel();
        {
            let mut state = self.lock();
            let operation = state.operation(operation_id);
            let request_id = Uuid::new_v4().to_string();
            let request = json!({ "type": "input_request", "requestId": request_id, "prompt": prompt });
            operation.inputs.retain(|_, waiting| !waiting.is_closed());
            operation.inputs.insert(request_id, sender);
            let numbered = operation.push_frame(request);
            state.publish(operation_id, &numbered);
        }
        answered(answer, wait).await
    }

    pub(crate) fn answer_input(&self, operation_id: &str, request_id: &str, content: String) {
        let mut state = self.lock();
        let waiting = state.operations.get_mut(operation_id).and_then(|operation| operation.inputs.remove(request_id));
        let Some(waiting) = waiting else { return };
        // A request that timed out has no receiver any more.
        let _ = waiting.send(content);
    }
}

async fn answered<T>(answer: oneshot::Receiver<T>, wait: Duration) -> Result<T, Unanswered> {
    match timeout(wait, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) => Err(Unanswered::Forgotten),
        Err(_) => Err(Unanswered::Timeout),
    }
}

//! A recorded run, as `--json` prints it.

use std::fs;
use std::path::Path;

use agent_gateway_client::v1::Event;
use serde::Deserialize;

use super::Payload;
use super::unframed::Unframed;
use crate::problem::Problem;

/// Reads a recording; what a live run would have told, in order.
///
/// The recording belongs to the operation of its first event, unless another is named.
pub fn read(path: &Path, operation_id: Option<&str>) -> Result<(String, Vec<Event<Payload>>), Problem> {
    let unusable = |why: String| {
        let message = format!("Cannot show {}: {why}", path.display());
        Problem::new("bad_recording", message, "It must be one JSON array of events, as --json prints it")
    };
    let text = fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    let recorded: Vec<Payload> = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    let first = recorded.first().and_then(|event| serde_json::from_str::<Owned>(event.get()).ok());
    let owner = first.and_then(|event| event.operation_id).unwrap_or_default();
    let operation_id = operation_id.map_or(owner, str::to_owned);

    let mut run = Unframed::new(operation_id.clone());
    let mut told = Vec::new();
    for (index, event) in recorded.iter().enumerate() {
        run.take(event).map_err(|error| unusable(format!("item {index} is no event: {error}")))?;
        told.extend(std::iter::from_fn(|| run.poll()));
    }
    Ok((operation_id, told))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Owned {
    operation_id: Option<String>,
}

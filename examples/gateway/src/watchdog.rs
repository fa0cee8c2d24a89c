//! The clock of the operations: removal after the end, and the end of those gone silent (§1.4).

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};

use crate::app::App;
use crate::gateway::Due;
use crate::lobe::Abandoned;

/// Serves deadlines until the process ends.
pub(crate) async fn watch(app: Arc<App>) {
    loop {
        wait(&app).await;
        for due in app.gateway.take_due(Instant::now()) {
            match due {
                Due::Forgotten(operation_id) => info!(operation_id, "operation forgotten"),
                Due::Silent { operation_id, window } => {
                    tokio::spawn(end_silent(app.clone(), operation_id, window));
                }
            }
        }
    }
}

async fn wait(app: &App) {
    let Some(deadline) = app.gateway.next_deadline() else {
        return app.gateway.deadlines_changed().await;
    };
    tokio::select! {
        () = sleep_until(deadline) => {}
        () = app.gateway.deadlines_changed() => {}
    }
}

async fn end_silent(app: Arc<App>, operation_id: String, window: Duration) {
    warn!(operation_id, silent_for_s = window.as_secs_f32(), "operation gone silent");
    let seconds = window.as_secs_f64().round();
    let summary =
        format!("Operation idle for {seconds}s with no events from agent-runtime — presumed killed mid-flight");
    let status = match app.lobe.finalize_abandoned(&operation_id).await {
        Abandoned::AlreadyFinished => "completed",
        Abandoned::Dead => "error",
    };
    app.gateway.end_silent(&operation_id, status, &summary);
}

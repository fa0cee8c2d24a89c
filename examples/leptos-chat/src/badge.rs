//! The state of the connection in plain words, with a countdown to the next attempt.

use std::time::Duration;

use agent_gateway_client::link::{Reason, Snapshot, Status};
use js_sys::Date;
use leptos::prelude::*;

use crate::words;

const TICK: Duration = Duration::from_millis(250);

#[component]
pub fn Badge(connection: impl Fn() -> Option<Snapshot> + Send + Sync + 'static) -> impl IntoView {
    let (now, set_now) = signal(Date::now());
    if let Ok(ticking) = set_interval_with_handle(move || set_now.set(Date::now()), TICK) {
        on_cleanup(move || ticking.clear());
    }
    // Between two changes the countdown runs on, and the reason may be another.
    let connection = Memo::new(move |_| {
        now.track();
        connection()
    });
    let status = move || match connection.get() {
        None => "idle",
        Some(Snapshot { reason: Some(Reason::RunEnded), .. }) => "idle",
        Some(Snapshot { status, .. }) => status.as_str(),
    };
    let reason = move || connection.get().and_then(|connection| connection.reason);
    let described = move || {
        let reason = reason().filter(|_| !matches!(status(), "idle" | "connected")).map(words::reason);
        let status = match status() {
            "idle" => "No run",
            "connecting" => "Connecting",
            "authenticating" => "Signing in",
            "connected" => "Connected",
            "reconnecting" => "Reconnecting",
            _ => "Disconnected",
        };
        [Some(status.to_owned()), reason].into_iter().flatten().collect::<Vec<_>>().join(" – ")
    };
    let countdown = move || {
        let at = connection.get().filter(|connection| connection.status == Status::Reconnecting)?.retry_at?;
        let seconds = ((at.as_millis() as f64 - now.get()) / 1_000.0).ceil();
        (seconds > 0.0).then(|| format!("next try in {seconds} s"))
    };
    view! {
        <div
            class="badge"
            data-testid="badge"
            data-status=status
            data-reason=move || reason().map_or("", |reason| reason.as_str())
        >
            <span class="badge-dot"></span>
            <span class="badge-words" role="status" aria-live="polite">{described}</span>
            <span class="badge-countdown" aria-hidden="true">{countdown}</span>
        </div>
    }
}

//! One run over server-sent events (§1.6 of the protocol).
//!
//! The stream has its ways: every event carries the same `id`, so the position is the `id` inside its data, and goes into
//! the query; a heartbeat has no `event` line; and the server closes after the end of *any* operation, a member's
//! included, so the end of the stream is not the end of the run.

use std::sync::Arc;
use std::time::Duration;

use agent_gateway_client::agent::{Completion, CompletionSource, Outcome};
use agent_gateway_client::machine::Answer;
use agent_gateway_client::v1::Event;
use eventsource_stream::Eventsource;
use futures_util::StreamExt;
use reqwest::{Response, StatusCode};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::Notify;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::delivered::Delivered;
use super::unframed::Unframed;
use super::{Payload, Signal, Source};
use crate::credential::{Credential, Kind};
use crate::problem::root_cause;

/// Three heartbeats of the server, which sends one every 30 s.
const SILENCE: Duration = Duration::from_secs(90);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// Failures in a row after which nothing more is tried, and tokens that may be refused in a row.
const FAILURES_ALLOWED: u32 = 5;
const REFUSALS_ALLOWED: u32 = 2;
const BUFFER: usize = 64;
/// The phases of an `error` of the stream itself. Any other error is the run's.
const STREAM_FAULTS: [&str; 2] = ["history_loading", "stream_subscription"];

/// The events of one run, through however many requests it takes. Dropped, it ends the request.
pub struct SseStream {
    signals: Receiver<Signal>,
    reconnect: Arc<Notify>,
    following: JoinHandle<()>,
}

impl SseStream {
    /// Begins to connect. What was delivered before is left out.
    pub fn open(source: Source, delivered: Delivered) -> Self {
        let (out, signals) = mpsc::channel(BUFFER);
        let reconnect = Arc::new(Notify::new());
        let run = Unframed::new(source.operation_id.clone());
        let position = "0".to_owned();
        let follower = Follower { source, delivered, run, position, out, heard: false, failures: 0, refusals: 0 };
        let following = tokio::spawn(follower.follow(reconnect.clone()));
        Self { signals, reconnect, following }
    }

    /// What comes next.
    pub async fn next(&mut self) -> Signal {
        let ended = || Signal::Lost { detail: "the stream is over".to_owned() };
        self.signals.recv().await.unwrap_or_else(ended)
    }

    /// Replaces the request.
    pub fn reconnect(&mut self) {
        self.reconnect.notify_one();
    }
}

impl Drop for SseStream {
    fn drop(&mut self) {
        self.following.abort();
    }
}

struct Follower {
    source: Source,
    delivered: Delivered,
    run: Unframed,
    /// The entry id of the last event, "0" at the start.
    position: String,
    out: Sender<Signal>,
    /// This request brought an event.
    heard: bool,
    failures: u32,
    refusals: u32,
}

/// Why a request is over.
enum Stop {
    /// Everything was told.
    Done,
    /// The connection or the server failed.
    Failed(String),
    /// The stream ended in good order and without the run's own end.
    Closed,
    /// The token was refused.
    Unauthorized,
}

impl Follower {
    async fn follow(mut self, reconnect: Arc<Notify>) {
        loop {
            self.heard = false;
            let stop = tokio::select! {
                stop = self.request() => stop,
                () = reconnect.notified() => continue,
            };
            let detail = match stop {
                Stop::Done => return,
                Stop::Unauthorized => match self.renew().await {
                    Ok(()) => continue,
                    Err(detail) => return self.refused(detail).await,
                },
                // What follows the end of a member comes at once.
                Stop::Closed if self.heard => continue,
                Stop::Closed => "the server closed the stream".to_owned(),
                Stop::Failed(detail) => detail,
            };
            self.failures = if self.heard { 0 } else { self.failures + 1 };
            if self.failures >= FAILURES_ALLOWED {
                return self.tell(Signal::Lost { detail }).await;
            }
            let delay = FIRST_DELAY * 2_u32.saturating_pow(self.failures.saturating_sub(1));
            let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
            self.tell(Signal::Event(Event::Reconnecting { delay: millis })).await;
            sleep(delay).await;
        }
    }

    /// One request, from the dial to its end.
    async fn request(&mut self) -> Stop {
        let response = match timeout(ANSWER_WITHIN, self.dial()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Stop::Failed(root_cause(&error)),
            Err(_) => return Stop::Failed("the server did not answer within 10 s".to_owned()),
        };
        match response.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Stop::Unauthorized,
            status => return Stop::Failed(format!("the server answered {status}")),
        }
        self.refusals = 0;
        self.tell(Signal::Event(Event::Connected)).await;
        let mut frames = response.bytes_stream().eventsource();
        loop {
            let frame = match timeout(SILENCE, frames.next()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => return Stop::Failed(root_cause(&error)),
                Ok(None) => return Stop::Closed,
                Err(_) => return Stop::Failed("nothing came for 90 s, not even a heartbeat".to_owned()),
            };
            if let Some(stop) = self.frame(&frame.data).await {
                return stop;
            }
        }
    }

    async fn dial(&self) -> Result<Response, reqwest::Error> {
        let url = format!("{}/api/agent/stream", self.source.application.base());
        let query = [("operationId", self.source.operation_id.as_str()), ("lastEventId", self.position.as_str())];
        let mut request = self.source.http.get(url).query(&query);
        if let Some(credential) = &self.source.credential {
            request = request.header(credential.kind.header(), &credential.token.secret);
        }
        request.send().await
    }

    /// Takes a frame in. What is no event is left out, as is data that is no JSON.
    async fn frame(&mut self, data: &str) -> Option<Stop> {
        let event: Payload = serde_json::from_str(data).ok()?;
        let parts: Value = serde_json::from_str(data).ok()?;
        match (parts["type"].as_str()?, parts["data"]["phase"].as_str()) {
            ("connected" | "heartbeat", _) => return None,
            ("error", Some(phase)) if STREAM_FAULTS.contains(&phase) => {
                return Some(Stop::Failed(format!("the server failed in {phase}")));
            }
            _ => {}
        }
        self.heard = true;
        if let Some(id) = parts["id"].as_str() {
            id.clone_into(&mut self.position);
        }
        if self.delivered.take(&event, &self.source.operation_id) {
            return None;
        }
        self.event(&event).await
    }

    async fn event(&mut self, event: &RawValue) -> Option<Stop> {
        self.run.take(event).ok()?;
        while let Some(event) = self.run.poll() {
            let done = matches!(event, Event::Done(_));
            self.tell(Signal::Event(event)).await;
            if done {
                return Some(Stop::Done);
            }
        }
        None
    }

    /// Asks for another token; errors with why there is none.
    async fn renew(&mut self) -> Result<(), String> {
        self.refusals += 1;
        let is_key = self.source.credential.as_ref().is_some_and(|credential| credential.kind == Kind::ApiKey);
        if is_key || self.refusals > REFUSALS_ALLOWED {
            return Err("The server refused the credentials".to_owned());
        }
        match self.source.application.token(&self.source.operation_id).await {
            Answer::Token(token) => {
                self.source.credential = Some(Credential { kind: Kind::Jwt, token });
                Ok(())
            }
            Answer::Unauthorized { detail } | Answer::Failed { detail } => Err(detail),
        }
    }

    async fn refused(&self, reason: String) {
        let completion = Completion {
            reason: Some(reason.clone()),
            ..Completion::of(Outcome::AuthFailed, CompletionSource::AuthFailed)
        };
        self.tell(Signal::Event(Event::AuthFailed { reason })).await;
        self.tell(Signal::Event(Event::Done(completion))).await;
    }

    /// Tells the run, unless it is gone.
    async fn tell(&self, signal: Signal) {
        let _ = self.out.send(signal).await;
    }
}

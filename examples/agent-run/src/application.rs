//! The server that runs belong to: starts them, stops them, gives tokens, knows how they ended.
//!
//! This is the application API of a development gateway (`/dev/…`). A product has another one; to speak it, replace this
//! module: nothing else knows a path of it.

use std::time::Duration;

use agent_gateway_client::link::Token;
use agent_gateway_client::machine::Answer;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::exit::Outcome;
use crate::problem::{Problem, root_cause};

/// The machine gives up on a token after 15 s, so an answer that comes later helps nobody.
const ANSWER_WITHIN: Duration = Duration::from_secs(12);

/// A server.
#[derive(Clone, Debug)]
pub struct Application {
    http: Client,
    base: String,
}

/// A run that was started.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Started {
    pub operation_id: String,
    pub token: String,
    pub gateway_url: String,
}

/// What the server says of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes on.
    GoesOn,
    /// It ended, or waits for a human.
    Ended(Outcome),
    /// The server answers for runs, and does not know this one.
    NotKnown,
    /// The server does not answer for runs, or cannot be asked.
    NotTold,
}

impl Application {
    /// The server at a URL without a slash at its end.
    pub fn new(http: Client, base: String) -> Self {
        Self { http, base }
    }

    /// The server's URL.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Starts a run of an agent.
    pub async fn start(&self, agent: &str, prompt: &str) -> Result<Started, Problem> {
        let answer = self.post("/dev/runs", json!({ "script": agent, "prompt": prompt })).send().await;
        let answer = answer.map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| self.unreachable(&error))?;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|error| {
                let message = format!("{} started a run but did not say which: {error}", self.base);
                Problem::new("bad_answer", message, "See whether --server names a development gateway of this version")
            });
        }
        let reason = reason_of(&body).unwrap_or_else(|| status.to_string());
        Err(match status {
            StatusCode::NOT_FOUND => Problem::new(
                "cannot_start_runs",
                format!("{} has no development API that starts runs", self.base),
                "Name a development gateway with --server, or start the run in your application and pass --operation ID",
            ),
            StatusCode::BAD_REQUEST => Problem::new(
                "run_refused",
                format!("The server did not start the agent \"{agent}\": {reason}"),
                "Choose another with --agent",
            ),
            _ => Problem::new("run_refused", format!("The server did not start the run: {reason}"), "Try again later"),
        })
    }

    /// A fresh token for a run.
    pub async fn token(&self, operation_id: &str) -> Answer {
        let answer = match self.post(&run_path(operation_id, "/token"), json!({})).send().await {
            Ok(answer) => answer,
            Err(error) => return Answer::Failed { detail: root_cause(&error) },
        };
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        match (status, body["token"].as_str()) {
            (status, Some(token)) if status.is_success() => Answer::Token(Token::read(token)),
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND, _) => {
                Answer::Unauthorized { detail: format!("{} gives no token for this run ({status})", self.base) }
            }
            _ => Answer::Failed { detail: format!("{} gave no token ({status})", self.base) },
        }
    }

    /// Stops a run.
    pub async fn interrupt(&self, operation_id: &str) -> Result<(), String> {
        let answer = self.post(&run_path(operation_id, "/interrupt"), json!({})).send().await;
        let answered = answer.map_err(|error| root_cause(&error))?;
        match answered.status() {
            status if status.is_success() => Ok(()),
            status => Err(format!("{} answered {status}", self.base)),
        }
    }

    /// How a run fares.
    pub async fn fate(&self, operation_id: &str) -> Fate {
        let request = self.http.get(format!("{}{}", self.base, run_path(operation_id, ""))).timeout(ANSWER_WITHIN);
        let Ok(answer) = request.send().await else { return Fate::NotTold };
        let status = answer.status();
        let answer: Value = answer.json().await.unwrap_or_default();
        if !status.is_success() {
            // A server that has no such path answers 404 too, but not in these words.
            let is_unknown = status == StatusCode::NOT_FOUND && answer["error"]["code"] == "run_not_found";
            return if is_unknown { Fate::NotKnown } else { Fate::NotTold };
        }
        match (answer["outcome"].as_str(), answer["status"].as_str()) {
            (Some(outcome), _) => Fate::Ended(Outcome::of_reason(outcome)),
            (None, Some("waiting_input" | "waiting_confirmation")) => Fate::Ended(Outcome::WaitingForHuman),
            (None, Some(_)) => Fate::GoesOn,
            (None, None) => Fate::NotTold,
        }
    }

    fn post(&self, path: &str, body: Value) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.base)).timeout(ANSWER_WITHIN).json(&body)
    }

    fn unreachable(&self, error: &reqwest::Error) -> Problem {
        Problem::new(
            "server_unreachable",
            format!("Cannot reach the server at {}: {}", self.base, root_cause(error)),
            "Start a development gateway with `cargo run -p agent-gateway -- --dev`, or name another server with --server",
        )
    }
}

fn run_path(operation_id: &str, of: &str) -> String {
    let mut url = reqwest::Url::parse("http://path/dev/runs").expect("a constant URL");
    url.path_segments_mut().expect("an http URL has a path").push(operation_id);
    format!("{}{of}", url.path())
}

fn reason_of(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    body["error"]["message"].as_str().map(str::to_owned)
}

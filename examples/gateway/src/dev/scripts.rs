//! The scripted agents.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};
use tracing::info;

use super::agent::Agent;
use super::answers;
use super::dev;
use super::runs::{Run, Signals};
use crate::app::App;
use crate::gateway::EndEcho;

const TOOL_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the user has.
const INPUT_TIMEOUT: Duration = Duration::from_secs(300);
const CLIENT_TIMEOUT: Duration = Duration::from_secs(60);
/// A client that authenticated normally resumes at once; a burst should not begin in between.
const RESUME_GRACE: Duration = Duration::from_millis(250);
const YIELD_EVERY: usize = 64;
/// A v2 socket is closed when too much waits for it, which is not what a burst is to show.
const CONGESTION_PAUSE: Duration = Duration::from_millis(1);
const MARKDOWN_CHUNKS: usize = 60;
const LONG_CHUNKS: usize = 600;

/// Which agent to play.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Script {
    Markdown,
    Tool,
    Members,
    Failing,
    Input,
    Approval,
    Long,
    Burst,
}

/// A script with its parameters.
pub(super) struct Plan {
    pub(super) script: Script,
    pub(super) prompt: String,
    pub(super) pause: Duration,
    pub(super) count: usize,
    pub(super) bytes: usize,
    pub(super) member_end: MemberEnd,
}

/// How the members of a supervisor end.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum MemberEnd {
    #[default]
    Done,
    Error,
    Interrupted,
}

/// How the gateway echoes the end of a member on the supervisor's channel.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum MemberEcho {
    #[default]
    SessionComplete,
    StatusChange,
}

/// How a run ends.
struct End {
    outcome: &'static str,
    reason: &'static str,
    detail: &'static str,
}

const DONE: End = End { outcome: "completed", reason: "done", detail: "Agent runtime completed successfully" };
const FAILED: End = End { outcome: "error", reason: "error", detail: "The model provider refused the request" };
const UNHEARD: End = End { outcome: "error", reason: "error", detail: "No client authenticated" };
const INTERRUPTED: End = End { outcome: "interrupted", reason: "interrupted", detail: "Interrupted by the user" };

impl MemberEnd {
    fn reason_and_detail(self) -> (&'static str, &'static str) {
        match self {
            Self::Done => ("done", "Member completed"),
            Self::Error => ("error", "Member failed"),
            Self::Interrupted => ("interrupted", "Member interrupted"),
        }
    }
}

impl From<MemberEcho> for EndEcho {
    fn from(echo: MemberEcho) -> Self {
        match echo {
            MemberEcho::SessionComplete => Self::SessionComplete,
            MemberEcho::StatusChange => Self::StatusChange,
        }
    }
}

/// Plays a script to its end, an interrupt, or the end of the process.
pub(super) fn spawn(app: Arc<App>, run: Arc<Run>, plan: Plan) {
    let mut stopping = dev(&app).stopping.subscribe();
    tokio::spawn(async move {
        let mut agent = Agent::supervisor(app, run.clone(), plan.pause, &plan.prompt);
        agent.push("agent_runtime_init", json!({}));
        let mut interrupts = run.signals.subscribe();
        let end = tokio::select! {
            end = play(&mut agent, &plan) => end,
            _ = interrupts.wait_for(|signals| signals.interrupted) => INTERRUPTED,
            _ = stopping.wait_for(|stop| *stop) => return,
        };
        // Known before the last event goes out, so that whoever saw the event sees the outcome.
        run.end(end.outcome, end.detail);
        agent.end(end.reason, end.detail);
        info!(operation_id = run.operation_id, outcome = end.outcome, "run ended");
    });
}

async fn play(agent: &mut Agent, plan: &Plan) -> End {
    match plan.script {
        Script::Markdown => markdown(agent, &plan.prompt).await,
        Script::Tool => tool(agent).await,
        Script::Members => members(agent, plan.member_end).await,
        Script::Failing => failing(agent).await,
        Script::Input => input(agent).await,
        Script::Approval => approval(agent).await,
        Script::Long => long(agent).await,
        Script::Burst => burst(agent, plan).await,
    }
}

async fn markdown(agent: &mut Agent, prompt: &str) -> End {
    agent.begin_step();
    for thought in answers::REASONING {
        agent.think(thought).await;
    }
    answer(agent, &answers::markdown(prompt), MARKDOWN_CHUNKS).await
}

async fn long(agent: &mut Agent) -> End {
    agent.begin_step();
    answer(agent, &answers::long(), LONG_CHUNKS).await
}

async fn tool(agent: &mut Agent) -> End {
    agent.begin_step();
    say_all(agent, "Let me look at the clock.\n\n", 4).await;
    let result = agent.ask_tool("demo", "getTime", TOOL_TIMEOUT).await;
    agent.finish_step();

    agent.begin_step();
    let text = match result {
        Some(result) if result.success => {
            let content = result.content.unwrap_or_default();
            format!("Your computer says it is **{content}**. Is there anything else?\n")
        }
        Some(_) => "The clock could not be read, so I do not know the time.\n".to_owned(),
        None => "Nobody read the clock for me, so I do not know the time.\n".to_owned(),
    };
    answer(agent, &text, 8).await
}

async fn members(agent: &mut Agent, end: MemberEnd) -> End {
    agent.begin_step();
    say_all(agent, "I will ask two colleagues.\n\n", 4).await;
    let mut researcher = agent.member("researcher");
    let mut critic = agent.member("critic");
    researcher.begin_step();
    critic.begin_step();
    for index in 0..4 {
        researcher.say(&format!("finding {index} ")).await;
        critic.say(&format!("objection {index} ")).await;
    }
    for member in [&mut researcher, &mut critic] {
        member.finish_step();
        let (reason, detail) = end.reason_and_detail();
        member.end_member(reason, detail);
        member.rest().await;
    }
    agent.finish_step();

    agent.begin_step();
    answer(agent, "Both agree: **the plan holds**.\n", 8).await
}

async fn failing(agent: &mut Agent) -> End {
    agent.begin_step();
    say_all(agent, "Here is the first part of the answer, before", 6).await;
    agent.push(
        "error",
        json!({ "message": FAILED.detail, "error": "ProviderBizError", "errorType": "ProviderBizError" }),
    );
    FAILED
}

async fn input(agent: &mut Agent) -> End {
    agent.begin_step();
    say_all(agent, "I need to know one thing.\n\n", 4).await;
    let content = agent.ask_input("Which branch?", INPUT_TIMEOUT).await;
    let text = match content {
        Some(content) => format!("Thank you, I go on with `{content}`.\n"),
        None => "No answer came, so I go on with `main`.\n".to_owned(),
    };
    answer(agent, &text, 6).await
}

async fn approval(agent: &mut Agent) -> End {
    agent.begin_step();
    say_all(agent, "The old build is in the way, so I would delete it.\n\n", 4).await;
    let arguments = r#"{"command":"rm -r build"}"#;
    let approved = agent.ask_confirmation("local-system", "runCommand", arguments, INPUT_TIMEOUT).await;
    agent.finish_step();

    agent.begin_step();
    let text = match approved {
        Some(true) => "The old build is gone, and the new one is ready.\n",
        Some(false) => "I left the old build alone.\n",
        None => "Nobody told me whether I may, so I left the old build alone.\n",
    };
    answer(agent, text, 6).await
}

async fn burst(agent: &mut Agent, plan: &Plan) -> End {
    let mut signals = agent.run.signals.subscribe();
    if !reached(&mut signals, CLIENT_TIMEOUT, |signals| signals.authenticated).await {
        return UNHEARD;
    }
    reached(&mut signals, RESUME_GRACE, |signals| signals.resumed).await;
    agent.begin_step();
    for index in 0..plan.count {
        agent.say_at_once(&answers::burst_chunk(index, plan.bytes));
        if index % YIELD_EVERY == 0 {
            yield_now().await;
            while agent.is_congested() {
                sleep(CONGESTION_PAUSE).await;
            }
        }
    }
    agent.finish_step();
    DONE
}

/// Streams the rest of the answer, closes its step and says that nothing visible follows.
async fn answer(agent: &mut Agent, text: &str, chunks: usize) -> End {
    say_all(agent, text, chunks).await;
    agent.finish_step();
    agent.push("visible_output_end", json!({}));
    DONE
}

async fn say_all(agent: &mut Agent, text: &str, chunks: usize) {
    for piece in answers::pieces(text, chunks) {
        agent.say(&piece).await;
    }
}

async fn reached(
    signals: &mut tokio::sync::watch::Receiver<Signals>,
    wait: Duration,
    state: impl FnMut(&Signals) -> bool,
) -> bool {
    matches!(timeout(wait, signals.wait_for(state)).await, Ok(Ok(_)))
}

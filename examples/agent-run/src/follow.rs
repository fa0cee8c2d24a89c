//! Follows a run to its end: what is shown, what ends it, and what is asked when nothing comes.

use std::io;
use std::time::Duration;

use agent_gateway_client::agent::{self, Completion, CompletionSource, SessionStatus};
use agent_gateway_client::v1::{Continuity, ErrorCode, Event};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::task::JoinSet;

use crate::application::Fate;
use crate::exit::{End, Outcome};
use crate::problem::Problem;
use crate::render::Render;
use crate::stops::{Stop, Stops};
use crate::transport::{Payload, Signal, Source, Transport};
use crate::watch::{Due, Watch};

const ENDED_BY_SERVER: &str = "The server says so; the last events did not come";

/// A run that is followed.
pub struct Follow<'a> {
    source: Source,
    transport: Transport,
    output: &'a mut dyn Render,
    watch: Watch,
    asking: JoinSet<Asked>,
    phase: Phase,
    /// What the agent asks a human.
    question: Option<String>,
    /// The replay of this connection is over: what comes happens now.
    live: bool,
    /// The gateway told something of the run, so there is one.
    heard: bool,
}

/// How far the run is, as far as this program knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Going,
    /// The user asked for its end.
    Stopping,
    /// The server said that it ended; its last events were asked for.
    Ended(Outcome),
    /// The stream is over. Only the server's word is missing.
    Settling,
}

/// What the server answered.
enum Asked {
    Fate(Fate),
    Stopped(Result<(), String>),
    Settled(Fate, Untold),
}

/// A run whose stream is over and did not tell how the run ended.
struct Untold {
    /// What became of the stream.
    why: String,
    /// What the gateway said of the run.
    summary: Option<String>,
}

impl<'a> Follow<'a> {
    /// Follows a run over a transport that was opened.
    pub fn new(source: Source, transport: Transport, output: &'a mut dyn Render, stall_after: Duration) -> Self {
        let (watch, asking, phase) = (Watch::new(stall_after), JoinSet::new(), Phase::Going);
        Self { source, transport, output, watch, asking, phase, question: None, live: false, heard: false }
    }

    /// The same, where the run is to be stopped from the start.
    pub fn stopping(mut self) -> io::Result<Self> {
        self.interrupt()?;
        Ok(self)
    }

    /// Shows everything until the run is over, waits for a human, or is left. Errors are those of the output.
    pub async fn until_the_end(mut self, stops: &mut Stops) -> io::Result<End> {
        loop {
            let end = tokio::select! {
                biased;
                stop = stops.next() => self.stop(stop)?,
                Some(Ok(asked)) = self.asking.join_next() => self.answered(asked)?,
                signal = self.transport.next(), if self.phase != Phase::Settling => self.signal(signal)?,
                due = self.watch.due() => self.due(due)?,
            };
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    fn signal(&mut self, signal: Signal) -> io::Result<Option<End>> {
        match signal {
            Signal::Event(event) => self.event(event),
            Signal::SocketsBlocked { detail } => {
                self.asks(None);
                let text = format!("WebSockets do not come through ({detail}); following over server-sent events");
                self.output.notice(&text)?;
                Ok(None)
            }
            Signal::Lost { detail } => {
                self.settle(Untold { why: format!("The stream was lost ({detail})"), summary: None });
                Ok(None)
            }
        }
    }

    fn event(&mut self, event: Event<Payload>) -> io::Result<Option<End>> {
        match event {
            Event::AgentEvent(payload) => {
                self.lives();
                if self.question.is_some() && self.is_own(&payload) {
                    self.asks(None);
                }
                self.output.event(&payload)?;
            }
            Event::Connected => self.live = false,
            Event::ResumeComplete { status, .. } => {
                self.live = true;
                if let Some(status) = status.as_ref().filter(|_| self.question.is_none()) {
                    self.status(status);
                }
            }
            Event::StatusChange(status) => {
                self.lives();
                self.status(&status);
            }
            Event::InputRequest(request) => self.asks(Some(text_of(&request, &["prompt"]))),
            Event::ToolConfirmationRequest(request) => {
                let tool = text_of(&request, &["tool", "apiName"]);
                self.asks(Some(format!("May it run {tool}?")));
            }
            Event::Reconnecting { delay } => {
                let text = format!("No connection; trying again in {} s", delay.div_ceil(1000));
                self.output.notice(&text)?;
            }
            Event::Continuity(Continuity::Reset) => {
                self.output.notice("The gateway lost its memory; what it had not told is lost")?;
            }
            Event::Continuity(Continuity::Gap | Continuity::Missing { .. }) => {
                self.output.notice("Some events are missing; the gateway no longer has them")?;
            }
            Event::Error { code: ErrorCode::TokenTimeout, .. } => {
                self.output.notice("The server did not give a token in time")?;
            }
            Event::Error { message, .. } => self.output.notice(&message)?,
            Event::Done(completion) => return Ok(self.done(&completion)),
            // What these tell is told by `Done`, or by what follows.
            Event::StatusChanged(_)
            | Event::Disconnected
            | Event::AuthExpired
            | Event::AuthFailed { .. }
            | Event::SessionComplete(_) => {}
        }
        Ok(None)
    }

    fn done(&mut self, completion: &Completion) -> Option<End> {
        if completion.outcome == agent::Outcome::AuthFailed {
            let reason = completion.reason.as_deref().unwrap_or("no reason was given");
            let next_step = "Set LOBEHUB_JWT or LOBEHUB_CLI_API_KEY to one that is valid for this run";
            return Some(End::new(Outcome::Failed, format!("Not allowed to follow the run: {reason}\n  {next_step}")));
        }
        // The end of the session says that the run is over, not how it fared.
        if completion.source == CompletionSource::SessionComplete {
            let why = "The gateway ended the session".to_owned();
            self.settle(Untold { why, summary: completion.detail.clone() });
            return None;
        }
        Some(End::from(completion))
    }

    fn status(&mut self, status: &SessionStatus) {
        match status {
            SessionStatus::WaitingInput | SessionStatus::WaitingConfirmation => {
                if self.question.is_none() {
                    self.asks(Some("It waits for an answer".to_owned()));
                }
            }
            SessionStatus::Running => self.asks(None),
            SessionStatus::Completed
            | SessionStatus::Error
            | SessionStatus::Interrupted
            | SessionStatus::Unknown(_) => {}
        }
    }

    fn stop(&mut self, stop: Stop) -> io::Result<Option<End>> {
        if stop == Stop::Terminate || matches!(self.phase, Phase::Stopping | Phase::Settling) {
            return Ok(Some(End::new(Outcome::Interrupted, format!("Left; {}", self.may_go_on()))));
        }
        self.interrupt()?;
        Ok(None)
    }

    fn interrupt(&mut self) -> io::Result<()> {
        self.phase = Phase::Stopping;
        self.watch.stops();
        let (application, operation_id) = (self.source.application.clone(), self.source.operation_id.clone());
        self.asking.spawn(async move { Asked::Stopped(application.interrupt(&operation_id).await) });
        self.output.notice("Stopping the run; Ctrl-C again leaves at once")
    }

    fn answered(&mut self, asked: Asked) -> io::Result<Option<End>> {
        match (asked, self.phase) {
            (Asked::Settled(fate, untold), _) => return Ok(Some(self.settled(fate, untold))),
            (Asked::Stopped(Ok(())), _) | (Asked::Stopped(Err(_)), Phase::Settling) => {}
            (Asked::Stopped(Err(why)), _) => {
                let text = format!("The run could not be stopped ({why}); {}", self.may_go_on());
                return Ok(Some(End::new(Outcome::Interrupted, text)));
            }
            (Asked::Fate(Fate::Ended(Outcome::WaitingForHuman)), Phase::Going) => {
                return Ok(Some(self.waits_for_human("It waits for an answer")));
            }
            (Asked::Fate(Fate::Ended(outcome)), Phase::Going) => {
                self.phase = Phase::Ended(outcome);
                self.watch.owes_rest();
                self.transport.reconnect();
            }
            (Asked::Fate(Fate::GoesOn), Phase::Going) => {
                self.watch.lives();
                self.output.notice("Nothing came for a while; the server says that the run goes on")?;
            }
            (Asked::Fate(Fate::NotKnown), Phase::Going) if !self.heard => return Ok(Some(self.not_known())),
            (Asked::Fate(Fate::NotKnown | Fate::NotTold), Phase::Going) => {
                if let Some(silence) = self.watch.given_up_after() {
                    let minutes = silence.as_secs() / 60;
                    let why = format!("Nothing came for {minutes} minutes, and the server does not say why");
                    return Ok(Some(End::new(Outcome::Unknown, format!("{why}; {}", self.may_go_on()))));
                }
                self.output.notice("Nothing came for a while, and the server does not say why. Ctrl-C ends this")?;
            }
            (Asked::Fate(_), Phase::Stopping | Phase::Ended(_) | Phase::Settling) => {}
        }
        Ok(None)
    }

    fn due(&mut self, due: Due) -> io::Result<Option<End>> {
        match (due, self.phase) {
            (Due::Stop, _) => {
                let text = format!("The run was told to stop and did not say that it did; {}", self.may_go_on());
                return Ok(Some(End::new(Outcome::Interrupted, text)));
            }
            (Due::Question, _) => {
                if self.live {
                    let question = self.question.take().unwrap_or_default();
                    return Ok(Some(self.waits_for_human(&question)));
                }
                self.watch.asks(true);
            }
            (Due::Stall, Phase::Ended(outcome)) => {
                return Ok(Some(End::new(outcome, ENDED_BY_SERVER)));
            }
            (Due::Stall, Phase::Going) => {
                self.watch.waits_on();
                let (application, operation_id) = (self.source.application.clone(), self.source.operation_id.clone());
                self.asking.spawn(async move { Asked::Fate(application.fate(&operation_id).await) });
            }
            // A run that is being stopped has a deadline of its own, as has the question that settles it.
            (Due::Stall, Phase::Stopping | Phase::Settling) => self.watch.waits_on(),
        }
        Ok(None)
    }

    /// Asks the server how a run ended whose stream does not tell.
    fn settle(&mut self, untold: Untold) {
        self.phase = Phase::Settling;
        self.asks(None);
        let (application, operation_id) = (self.source.application.clone(), self.source.operation_id.clone());
        self.asking.spawn(async move { Asked::Settled(application.fate(&operation_id).await, untold) });
    }

    fn settled(&self, fate: Fate, untold: Untold) -> End {
        let Untold { why, summary } = untold;
        match fate {
            Fate::Ended(Outcome::WaitingForHuman) => self.waits_for_human("It waits for an answer"),
            Fate::Ended(outcome) => End::new(outcome, summary.unwrap_or_else(|| ENDED_BY_SERVER.to_owned())),
            Fate::GoesOn => {
                let but = format!("{why}, but the server says that the run goes on");
                End::new(Outcome::Unknown, format!("{but}; follow it with: {}", self.again()))
            }
            Fate::NotKnown | Fate::NotTold => {
                let and = format!("{why}, and nobody told how the run ended");
                End::new(Outcome::Unknown, format!("{and}; {}", self.may_go_on()))
            }
        }
    }

    fn lives(&mut self) {
        self.heard = true;
        self.watch.lives();
        if matches!(self.phase, Phase::Ended(_)) {
            self.phase = Phase::Going;
        }
    }

    fn asks(&mut self, question: Option<String>) {
        self.watch.asks(question.is_some());
        self.question = question;
    }

    fn is_own(&self, event: &RawValue) -> bool {
        let owner = text_of(event, &["operationId"]);
        owner.is_empty() || owner == self.source.operation_id
    }

    fn waits_for_human(&self, question: &str) -> End {
        let next_step = format!("Answer it in your application, then: {}", self.again());
        End::new(Outcome::WaitingForHuman, format!("{question}\n  {next_step}"))
    }

    fn not_known(&self) -> End {
        let message = format!("{} does not know a run {}", self.source.application.base(), self.source.operation_id);
        let next_step = "See whether --operation and --server name it; a server forgets a run some time after its end";
        End::new(Outcome::Unknown, Problem::new("run_not_known", message, next_step).to_string())
    }

    fn may_go_on(&self) -> String {
        format!("it may go on, follow it with: {}", self.again())
    }

    fn again(&self) -> String {
        format!("agent-run --operation {}", self.source.operation_id)
    }
}

/// The text at a path of members, empty where there is none.
fn text_of(json: &RawValue, path: &[&str]) -> String {
    let value: Value = serde_json::from_str(json.get()).unwrap_or_default();
    path.iter().fold(&value, |value, name| &value[*name]).as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;

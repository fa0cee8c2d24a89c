//! One call of the program: what to follow, how to show it, and how it ended.

use std::ops::ControlFlow;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use agent_gateway_client::v1::Event;
use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::time::timeout;

use crate::application::Application;
use crate::args::RunArgs;
use crate::credential::Credential;
use crate::exit::{End, Outcome};
use crate::follow::Follow;
use crate::problem::Problem;
use crate::render::{JsonOutput, Render, TerminalOutput};
use crate::settings::{Settings, Source as From};
use crate::stops::{Stop, Stops};
use crate::transport::{Source, Transport, replay};

/// From Ctrl-C to the server's word on which run it started.
const STARTED_WITHIN: Duration = Duration::from_secs(5);

/// The run to follow, and whether it is to be stopped; or the end, where there is none.
type Begun = ControlFlow<End, (Source, bool)>;

/// Shows a run. Every way leads through the one call of [`Render::finish`].
pub async fn run(args: &RunArgs) -> Outcome {
    let mut output: Box<dyn Render> =
        if args.json { Box::<JsonOutput>::default() } else { Box::new(TerminalOutput::new()) };
    let end =
        show(args, output.as_mut()).await.unwrap_or_else(|problem| End::new(Outcome::Failed, problem.to_string()));
    match output.finish(&end) {
        Ok(()) => end.outcome,
        Err(_) => Outcome::Failed,
    }
}

async fn show(args: &RunArgs, output: &mut dyn Render) -> Result<End, Problem> {
    if let Some(path) = &args.replay {
        return recorded(path, args, output);
    }
    let mut stops = Stops::listen().map_err(|error| {
        Problem::new("no_signals", format!("Cannot listen for Ctrl-C: {error}"), "Try again from another terminal")
    })?;
    let (source, stopping) = match begin(args, output, &mut stops).await? {
        ControlFlow::Continue(begun) => begun,
        ControlFlow::Break(end) => return Ok(end),
    };
    output.follows(&source.operation_id);
    let transport = if args.sse { Transport::sse(source.clone()) } else { Transport::socket(source.clone()) };
    let mut follow = Follow::new(source, transport, output, args.stall_after());
    if stopping {
        follow = follow.stopping().map_err(not_written)?;
    }
    follow.until_the_end(&mut stops).await.map_err(not_written)
}

/// Starts the run where it is to be started. One that Ctrl-C comes in the way of may have begun all the same: the answer
/// is waited for, so that it can be stopped.
async fn begin(args: &RunArgs, output: &mut dyn Render, stops: &mut Stops) -> Result<Begun, Problem> {
    let left = |why: &str| Ok(ControlFlow::Break(End::new(Outcome::Interrupted, why)));
    if args.operation.is_some() && args.prompt.is_some() {
        output.notice("Following a run that was started before: the prompt is not sent").map_err(not_written)?;
    }
    let mut source = pin!(source(args));
    let stop = tokio::select! {
        source = &mut source => return Ok(ControlFlow::Continue((source?, false))),
        stop = stops.next() => stop,
    };
    if stop == Stop::Terminate {
        return left("Left before the server said which run it started; it may go on");
    }
    output
        .notice("Stopping the run once the server says which it started; Ctrl-C again leaves at once")
        .map_err(not_written)?;
    tokio::select! {
        source = timeout(STARTED_WITHIN, source) => match source {
            Ok(source) => Ok(ControlFlow::Continue((source?, true))),
            Err(_) => left("The server did not say in time which run it started; it may go on"),
        },
        _ = stops.next() => left("Left before the server said which run it started; it may go on"),
    }
}

/// The run to follow; with a prompt alone it is started.
async fn source(args: &RunArgs) -> Result<Source, Problem> {
    let endpoints = Settings::load()?.endpoints(args.gateway.as_deref(), args.server.as_deref())?;
    // A redirect would carry the credential to whomever it names.
    let http = Client::builder().redirect(Policy::none()).build().map_err(|error| {
        Problem::new("no_http", format!("Cannot make requests: {error}"), "See whether the system has certificates")
    })?;
    let application = Application::new(http.clone(), endpoints.server.url);
    let gateway = endpoints.gateway;
    let (operation_id, credential, gateway) = match (&args.operation, &args.prompt) {
        (Some(operation_id), _) => (operation_id.clone(), Credential::from_environment(), gateway.url),
        (None, Some(prompt)) => {
            let started = application.start(&args.agent, prompt).await?;
            let named = matches!(gateway.source, From::Option | From::Environment | From::File);
            let gateway = if named { gateway.url } else { started.gateway_url };
            (started.operation_id, Some(Credential::jwt(started.token)), gateway)
        }
        (None, None) => {
            let next_step = "Try: agent-run \"How does a message reach me?\", or agent-run --help";
            return Err(Problem::new("nothing_to_do", "Neither a prompt nor --operation was given", next_step));
        }
    };
    Ok(Source { http, operation_id, gateway, credential, application })
}

fn recorded(path: &Path, args: &RunArgs, output: &mut dyn Render) -> Result<End, Problem> {
    let (operation_id, events) = replay::read(path, args.operation.as_deref())?;
    output.follows(&operation_id);
    let mut end = End::new(Outcome::Unknown, "The recording ends before the run does");
    for event in &events {
        match event {
            Event::AgentEvent(payload) => output.event(payload).map_err(not_written)?,
            Event::Done(completion) => end = completion.into(),
            _ => {}
        }
    }
    Ok(end)
}

fn not_written(error: std::io::Error) -> Problem {
    Problem::new("not_written", format!("Cannot write the run: {error}"), "Whatever reads it ended before it did")
}
